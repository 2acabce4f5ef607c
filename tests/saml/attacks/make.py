#!/usr/bin/env python3
"""Makes the corpus: forged, malformed and good SAML responses, and xml.table, which says of each what is to be made
of it. Run by hand in this folder when a row is added; the output is committed, so that the tests need none of this.

It signs by itself, with openssl's command line over strings that are written canonical, and shares no code with what
it attacks. What a foreign implementation is to have made is made by xmlsec1's command line."""
import base64
import hashlib
import hmac
import os
import re
import subprocess
import sys
import tempfile

os.chdir(os.path.dirname(os.path.abspath(sys.argv[0])))
SAML = 'urn:oasis:names:tc:SAML:2.0:assertion'
SAMLP = 'urn:oasis:names:tc:SAML:2.0:protocol'
DS = 'http://www.w3.org/2000/09/xmldsig#'
EXC = 'http://www.w3.org/2001/10/xml-exc-c14n#'
ENVELOPED = DS + 'enveloped-signature'
SHA256 = 'http://www.w3.org/2001/04/xmlenc#sha256'
MORE = 'http://www.w3.org/2001/04/xmldsig-more#'
XENC = 'http://www.w3.org/2001/04/xmlenc#'
XENC11 = 'http://www.w3.org/2009/xmlenc11#'
NAME, EVIL = 'an.nguyen', 'admin'
rows = []


def run(args, data=None):
    return subprocess.run(args, input=data, stdout=subprocess.PIPE, check=True).stdout


def row(file, error, why, text):
    data = text if isinstance(text, bytes) else text.encode()
    with open(file, 'wb') as f:
        f.write(data)
    rows.append((file, error, why))


# ---- what is signed ------------------------------------------------------------------------------------------------

def assertion(name=NAME, id='_assertion', issuer='https://upstream.example/idp', inside='', more=''):
    """In canonical form, with the place of the signature marked by @."""
    return (f'<saml:Assertion xmlns:saml="{SAML}" ID="{id}" IssueInstant="2026-01-01T00:00:00Z" Version="2.0">'
            f'<saml:Issuer>{issuer}</saml:Issuer>@<saml:Subject><saml:NameID>{name}</saml:NameID></saml:Subject>'
            f'{inside}<saml:AuthnStatement AuthnInstant="2026-01-01T00:00:00Z"><saml:AuthnContext>'
            '<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport'
            f'</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>{more}</saml:Assertion>')


def response(*content, id='_response'):
    return (f'<samlp:Response xmlns:samlp="{SAMLP}" ID="{id}" IssueInstant="2026-01-01T00:00:00Z" Version="2.0">'
            f'<saml:Issuer xmlns:saml="{SAML}">https://upstream.example/idp</saml:Issuer>@'
            '<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"></samlp:StatusCode>'
            '</samlp:Status>' + ''.join(content) + '</samlp:Response>')


def plain(text):
    return text.replace('@', '')


def raw_signature(data, key, digest='sha256', curve=0):
    der = run(['openssl', 'dgst', '-' + digest, '-sign', f'keys/{key}.key'], data)
    if not curve:
        return der
    numbers = re.findall(r'INTEGER\s*:([0-9A-F]+)', run(['openssl', 'asn1parse', '-inform', 'DER'], der).decode())
    return b''.join(int(n, 16).to_bytes(curve, 'big') for n in numbers)


def certificate(key):
    return ''.join(open(f'keys/{key}.crt').read().split('-----')[2].split())


def reference(covered, uri, transforms, digest_uri, digest, type=''):
    t = ''.join(x if x.startswith('<') else f'<ds:Transform Algorithm="{x}"></ds:Transform>' for x in transforms)
    value = base64.b64encode(hashlib.new(digest, covered.encode()).digest()).decode()
    attributes = (f' Type="{type}"' if type else '') + (f' URI="{uri}"' if uri is not None else '')
    transforms = f'<ds:Transforms>{t}</ds:Transforms>' if transforms else ''
    return (f'<ds:Reference{attributes}>{transforms}<ds:DigestMethod Algorithm="{digest_uri}"></ds:DigestMethod>'
            f'<ds:DigestValue>{value}</ds:DigestValue></ds:Reference>')


def signature(text, key='idp-rsa', uri='#_assertion', transforms=(ENVELOPED, EXC), method=MORE + 'rsa-sha256',
              digest_uri=SHA256, digest='sha256', sign_digest='sha256', curve=0, canonical=EXC, c14n_inside='',
              method_inside='', type='', references=None, tail='', value=None, keyinfo='', covered=None):
    covered = plain(text) if covered is None else covered
    if references is None:
        references = reference(covered, uri, transforms, digest_uri, digest, type)
    info = (f'<ds:CanonicalizationMethod Algorithm="{canonical}">{c14n_inside}</ds:CanonicalizationMethod>'
            f'<ds:SignatureMethod Algorithm="{method}">{method_inside}</ds:SignatureMethod>{references}</ds:SignedInfo>')
    if value is None:
        value = raw_signature(f'<ds:SignedInfo xmlns:ds="{DS}">{info}'.encode(), key, sign_digest, curve)
    elif callable(value):
        value = value(f'<ds:SignedInfo xmlns:ds="{DS}">{info}'.encode())
    return (f'<ds:Signature xmlns:ds="{DS}"><ds:SignedInfo>{info}<ds:SignatureValue>'
            f'{base64.b64encode(value).decode()}</ds:SignatureValue>{keyinfo}{tail}</ds:Signature>')


def signed(text, **how):
    return text.replace('@', signature(text, **how), 1)


def one(**how):
    """A response with one signed assertion."""
    return plain(response(signed(assertion(), **how)))


GENUINE = signed(assertion())
KEYINFO = '<ds:KeyInfo><ds:X509Data><ds:X509Certificate>%s</ds:X509Certificate></ds:X509Data></ds:KeyInfo>'
evil = assertion(EVIL, '_evil')
genuine_signature = signature(assertion())
bare = plain(assertion())


def good():
    row('good-assertion.xml', 'OK', 'the genuine one', one())
    row('good-keyinfo.xml', 'OK', 'KeyInfo is there and not read', one(keyinfo=KEYINFO % certificate('idp-rsa')))
    r = response(GENUINE)
    row('good-response.xml', 'OK', 'the response is signed and the assertion too',
        signed(r, uri='#_response', covered=plain(r)))
    r = response(bare)
    row('good-response-only.xml', 'OK', 'only the response is signed', signed(r, uri='#_response', covered=plain(r)))
    for bits, size, digest in ((256, 32, 'sha256'), (384, 48, 'sha384'), (521, 66, 'sha512')):
        row(f'good-ecdsa-{bits}.xml', 'OK', f'ECDSA on P-{bits}',
            one(key=f'idp-p{bits}', method=MORE + 'ecdsa-' + digest, sign_digest=digest, curve=size))
    for digest, digest_uri in (('sha384', MORE + 'sha384'), ('sha512', XENC + 'sha512')):
        row(f'good-rsa-{digest}.xml', 'OK', f'RSA and digests with {digest}',
            one(method=MORE + 'rsa-' + digest, sign_digest=digest, digest=digest, digest_uri=digest_uri))
    row('good-cdata.xml', 'OK', 'CDATA is text, for the digest and for the reader',
        plain(response(signed(assertion()).replace(f'>{NAME}<', '>an.<![CDATA[nguyen]]><'))))
    row('good-declared.xml', 'OK', 'byte order mark and XML declaration',
        b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8" standalone="no"?>\n' + one().encode())


def wrapping():
    """The eight placements of Somorovsky and others, On Breaking SAML (USENIX Security 2012), and relatives."""
    r = response(bare)
    genuine = plain(r)
    by_response = signature(r, uri='#_response')
    evil_response = response(plain(evil), id='_evil_response')
    row('xsw1.xml', 'XML_SIGNATURE_FORM', 'response: the genuine one inside of the signature',
        evil_response.replace('@', by_response.replace('</ds:Signature>', genuine + '</ds:Signature>')))
    row('xsw2.xml', 'XML_REFERENCE', 'response: the genuine one before the signature',
        evil_response.replace('@', genuine + by_response))
    row('xsw3.xml', 'DUPLICATE', 'a forged assertion before the genuine one', plain(response(plain(evil), GENUINE)))
    row('xsw4.xml', 'XML_UNSIGNED', 'a forged assertion around the genuine one',
        plain(response(plain(assertion(EVIL, '_evil', more=GENUINE)))))
    row('xsw5.xml', 'DUPLICATE', 'the signature in a forged assertion, the genuine one behind it',
        plain(response(evil.replace('@', genuine_signature), bare)))
    row('xsw6.xml', 'XML_SIGNATURE_FORM', 'the signature in a forged assertion, the genuine one in the signature',
        plain(response(evil.replace('@', genuine_signature.replace('</ds:Signature>', bare + '</ds:Signature>')))))
    extensions = '<samlp:Extensions>%s</samlp:Extensions>'
    row('xsw7.xml', 'XML_ID', 'a forged assertion with the same ID in Extensions',
        plain(response(GENUINE)).replace('<samlp:Status>', extensions % plain(assertion(EVIL)) + '<samlp:Status>'))
    in_object = genuine_signature.replace('</ds:Signature>', f'<ds:Object>{bare}</ds:Object></ds:Signature>')
    row('xsw8.xml', 'XML_SIGNATURE_FORM', 'the genuine one in an Object of the signature of a forged one',
        plain(response(evil.replace('@', in_object))))
    row('xsw-extensions.xml', 'XML_REFERENCE', 'the genuine one in Extensions, its signature in a forged one',
        plain(response(evil.replace('@', genuine_signature))).replace('<samlp:Status>', extensions % bare + '<samlp:Status>'))
    row('xsw-extensions-only.xml', 'MISSING', 'the genuine one in Extensions and nowhere else',
        plain(response()).replace('<samlp:Status>', extensions % GENUINE + '<samlp:Status>'))
    row('xsw-ignored.xml', 'OK', 'a forged assertion in unsigned Extensions is nothing that anybody reads',
        plain(response(GENUINE)).replace('<samlp:Status>', extensions % plain(evil) + '<samlp:Status>'))
    row('xsw-other-namespace.xml', 'XML_UNSIGNED', 'what is called ds:Signature is in another namespace',
        one().replace(f'xmlns:ds="{DS}"', 'xmlns:ds="urn:example:ds"'))
    row('xsw-nested-response.xml', 'XML_REFERENCE', 'a forged response with the genuine response in its assertion',
        response(plain(assertion(EVIL, '_evil', more=genuine)), id='_evil_response').replace('@', by_response))
    row('signature-in-extensions.xml', 'XML_UNSIGNED', 'the signature stands in Extensions',
        plain(response(bare)).replace('<samlp:Status>', extensions % genuine_signature + '<samlp:Status>'))
    row('signature-in-subject.xml', 'XML_UNSIGNED', 'the signature is not a child of what it covers',
        plain(response(bare)).replace('<saml:Subject>', '<saml:Subject>' + genuine_signature))
    row('signature-twice.xml', 'XML_SIGNATURE_FORM', 'two signatures',
        plain(response(assertion().replace('@', genuine_signature + genuine_signature))))
    row('signature-nested.xml', 'XML_SIGNATURE_FORM', 'a signature inside of the signature',
        one(tail=genuine_signature))
    row('signature-in-value.xml', 'XML_SIGNATURE_FORM', 'an element inside of SignatureValue',
        one().replace('<ds:SignatureValue>', '<ds:SignatureValue>' + bare.replace('_assertion', '_x')))
    row('signature-object.xml', 'XML_SIGNATURE_FORM', 'an Object', one(tail='<ds:Object>x</ds:Object>'))
    row('signature-info-twice.xml', 'XML_SIGNATURE_FORM', 'two SignedInfo',
        one().replace('<ds:SignatureValue>', re.search('<ds:SignedInfo>.*</ds:SignedInfo>', GENUINE).group(0)
                      + '<ds:SignatureValue>', 1))


def texts():
    def named(text):
        return plain(response(signed(assertion()).replace(f'>{NAME}<', f'>{text}<')))
    victim = signed(assertion('admin.evil'))
    row('comment-in-nameid.xml', 'XML_COMMENT', 'the digest does not see the comment; a careless reader stops at it',
        plain(response(victim.replace('>admin.evil<', '>admin<!-- -->.evil<'))))
    row('comment-anywhere.xml', 'XML_COMMENT', 'a comment outside of what is signed', one() + '<!-- end -->')
    row('comment-before.xml', 'XML_COMMENT', 'a comment before the document element', '<!-- a -->' + one())
    row('pi-in-nameid.xml', 'XML_COMMENT', 'a processing instruction in the name', named('an<?x y?>.nguyen'))
    row('pi-before.xml', 'XML_COMMENT', 'a processing instruction before the document', '<?xml-stylesheet href="a"?>' + one())
    row('element-in-nameid.xml', 'SIGNATURE', 'an element in the name', named('an<saml:b></saml:b>.nguyen'))
    row('tampered-name.xml', 'SIGNATURE', 'another name', named(EVIL))
    row('tampered-space.xml', 'SIGNATURE', 'white space is covered', named(NAME + ' '))
    row('tampered-attribute.xml', 'SIGNATURE', 'a time is another one',
        one().replace('AuthnInstant="2026-01', 'AuthnInstant="2027-01'))
    row('id-twice.xml', 'XML_ID', 'ID stands twice', plain(response(GENUINE, id='_assertion')))
    row('id-twice-spelled-Id.xml', 'XML_ID', 'ID and Id are one space of names',
        plain(response(GENUINE)).replace('<samlp:Status>', '<samlp:Status Id="_assertion">'))
    row('id-twice-spelled-xml-id.xml', 'XML_ID', 'so is xml:id',
        plain(response(GENUINE)).replace('<samlp:Status>', '<samlp:Status xml:id="_assertion">'))
    row('id-no-name.xml', 'XML_ID', 'an ID that is no name',
        plain(response(signed(assertion(id="a') or id('b"), uri="#a') or id('b"))))
    row('id-empty.xml', 'XML_ID', 'an empty ID', plain(response(signed(assertion(id=''), uri='#'))))
    row('id-missing.xml', 'XML_REFERENCE', 'the signed element has no ID',
        plain(response(signed(assertion().replace(' ID="_assertion"', ''), uri=''))))
    row('id-other-namespace.xml', 'XML_REFERENCE', 'an ID in some namespace is none',
        plain(response(signed(assertion().replace(' ID="_assertion"', '').replace(
            ' Version', ' Version="2.0" saml:ID="_assertion" x'))).replace(' x="2.0"', '')))


def keys_and_algorithms():
    row('unsigned.xml', 'XML_UNSIGNED', 'the signature was taken away', plain(response(bare)))
    row('foreign-key.xml', 'SIGNATURE', 'signed by somebody else, whose certificate comes along',
        one(key='foreign-rsa', keyinfo=KEYINFO % certificate('foreign-rsa')))
    modulus = run(['openssl', 'rsa', '-in', 'keys/foreign-rsa.key', '-noout', '-modulus'])
    modulus = base64.b64encode(bytes.fromhex(modulus.decode().split('=')[1].strip())).decode()
    row('foreign-key-value.xml', 'SIGNATURE', 'signed by somebody else, whose key comes along',
        one(key='foreign-rsa', keyinfo=f'<ds:KeyInfo><ds:KeyValue><ds:RSAKeyValue><ds:Modulus>{modulus}</ds:Modulus>'
            '<ds:Exponent>AQAB</ds:Exponent></ds:RSAKeyValue></ds:KeyValue></ds:KeyInfo>'))
    row('weak-key.xml', 'SIGNATURE', 'RSA-1024 (and such a key cannot be pinned)', one(key='weak-rsa'))
    der = run(['openssl', 'x509', '-in', 'keys/idp-rsa.crt', '-outform', 'DER'])
    row('hmac-public-key.xml', 'XML_ALGORITHM', 'HMAC with the public certificate as its key',
        one(method=MORE + 'hmac-sha256', value=lambda d: hmac.new(der, d, 'sha256').digest()))
    row('hmac-truncated.xml', 'XML_ALGORITHM', 'HMAC of no bits',
        one(method=DS + 'hmac-sha1', method_inside='<ds:HMACOutputLength>0</ds:HMACOutputLength>', value=b'\0'))
    row('method-parameter.xml', 'XML_ALGORITHM', 'a parameter that RSA does not have',
        one(method_inside='<ds:HMACOutputLength>8</ds:HMACOutputLength>'))
    row('rsa-sha1.xml', 'XML_ALGORITHM', 'RSA with SHA-1', one(method=DS + 'rsa-sha1', sign_digest='sha1'))
    row('rsa-md5.xml', 'XML_ALGORITHM', 'RSA with MD5', one(method=MORE + 'rsa-md5', sign_digest='md5'))
    row('ecdsa-sha1.xml', 'XML_ALGORITHM', 'ECDSA with SHA-1',
        one(key='idp-p256', method=MORE + 'ecdsa-sha1', sign_digest='sha1', curve=32))
    row('method-missing.xml', 'XML_ALGORITHM', 'no algorithm', one(method=''))
    row('method-confused.xml', 'SIGNATURE', 'an RSA signature that says ECDSA', one(method=MORE + 'ecdsa-sha256'))
    row('digest-sha1.xml', 'XML_ALGORITHM', 'the digest is SHA-1', one(digest_uri=DS + 'sha1', digest='sha1'))
    row('digest-md5.xml', 'XML_ALGORITHM', 'the digest is MD5', one(digest_uri=MORE + 'md5', digest='md5'))
    row('digest-parameter.xml', 'XML_ALGORITHM', 'the digest has a parameter',
        one(references=reference(bare, '#_assertion', (ENVELOPED, EXC), SHA256, 'sha256').replace(
            '</ds:DigestMethod>', '<ds:x></ds:x></ds:DigestMethod>')))
    row('value-empty.xml', 'SIGNATURE', 'an empty signature', one(value=b''))
    row('value-zero.xml', 'SIGNATURE', 'ECDSA of zeros (CVE-2022-21449)',
        one(method=MORE + 'ecdsa-sha256', value=b'\0' * 64))
    row('value-der.xml', 'SIGNATURE', 'ECDSA in DER, which XML signatures never are',
        one(key='idp-p256', method=MORE + 'ecdsa-sha256'))


def references():
    def ref(**how):
        return reference(**{**dict(covered=bare, uri='#_assertion', transforms=(ENVELOPED, EXC), digest_uri=SHA256,
                                   digest='sha256'), **how})
    row('reference-empty.xml', 'XML_REFERENCE', 'the whole document', one(uri=''))
    row('reference-missing-uri.xml', 'XML_REFERENCE', 'no URI', one(uri=None))
    row('reference-none.xml', 'XML_REFERENCE', 'no reference at all', one(references=''))
    row('reference-two.xml', 'XML_REFERENCE', 'a second reference', one(references=ref() + ref(uri='#_response')))
    row('reference-same-twice.xml', 'XML_REFERENCE', 'the same reference twice', one(references=ref() + ref()))
    row('reference-foreign.xml', 'XML_REFERENCE', 'the response, from inside of the assertion', one(uri='#_response'))
    row('reference-http.xml', 'XML_REFERENCE', 'something to be fetched', one(uri='http://127.0.0.1:1/a'))
    row('reference-file.xml', 'XML_REFERENCE', 'a file', one(uri='file:///etc/hostname'))
    row('reference-xpointer.xml', 'XML_REFERENCE', 'XPointer', one(uri="#xpointer(id('_assertion'))"))
    row('reference-xpointer-root.xml', 'XML_REFERENCE', 'XPointer to the document', one(uri='#xpointer(/)'))
    row('reference-manifest.xml', 'XML_REFERENCE', 'a manifest', one(type=DS + 'Manifest'))
    row('reference-no-digest.xml', 'XML_SIGNATURE_FORM', 'no digest value',
        one(references=re.sub('<ds:DigestValue>.*</ds:DigestValue>', '', ref())))
    xpath = ('<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116">'
             '<ds:XPath>not(ancestor-or-self::saml:Subject)</ds:XPath></ds:Transform>')
    xslt = ('<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"><xsl:stylesheet '
            'xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="1.0"></xsl:stylesheet></ds:Transform>')
    for name, transforms, why in (
            ('xpath', (ENVELOPED, xpath, EXC), 'XPath leaves the subject out'),
            ('xslt', (ENVELOPED, xslt, EXC), 'XSLT'),
            ('xpath-instead', (xpath, EXC), 'XPath in the place of the enveloped signature'),
            ('base64', (ENVELOPED, DS + 'base64'), 'base64'),
            ('comments', (ENVELOPED, EXC + 'WithComments'), 'canonicalisation with comments'),
            ('inclusive', (ENVELOPED, 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315'), 'inclusive canonicalisation'),
            ('none', (), 'no transforms'),
            ('enveloped-only', (ENVELOPED,), 'only the enveloped signature'),
            ('exclusive-only', (EXC,), 'only canonicalisation: what is covered holds the signature'),
            ('order', (EXC, ENVELOPED), 'the other order'),
            ('twice', (ENVELOPED, ENVELOPED, EXC), 'the enveloped signature twice'),
            ('three', (ENVELOPED, EXC, EXC), 'canonicalisation twice'),
            ('filled', (f'<ds:Transform Algorithm="{ENVELOPED}"><ds:XPath>1</ds:XPath></ds:Transform>', EXC),
             'a parameter of the enveloped signature'),
            ('parameter', (ENVELOPED, f'<ds:Transform Algorithm="{EXC}"><ds:XPath>1</ds:XPath></ds:Transform>'),
             'a parameter of canonicalisation that it does not have')):
        row(f'transform-{name}.xml', 'XML_TRANSFORM', why, one(transforms=transforms))
    row('method-inclusive.xml', 'XML_TRANSFORM', 'SignedInfo by inclusive canonicalisation',
        one(canonical='http://www.w3.org/TR/2001/REC-xml-c14n-20010315'))
    row('method-comments.xml', 'XML_TRANSFORM', 'SignedInfo with comments', one(canonical=EXC + 'WithComments'))
    row('canonical-error.xml', 'SIGNATURE', 'a namespace that cannot be made canonical',
        plain(response(GENUINE.replace('<saml:Subject>', '<x:e xmlns:x="relative"></x:e><saml:Subject>'))))
    row('canonical-void.xml', 'SIGNATURE', 'the same, and the digest is of nothing at all',
        one(covered='').replace('<saml:Subject>', '<x:e xmlns:x="relative"></x:e><saml:Subject>'))


def documents():
    body = one()
    bomb = ''.join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    row('dtd.xml', 'XML_DTD', 'a document type', '<!DOCTYPE r>' + body)
    row('dtd-after-declaration.xml', 'XML_DTD', 'a document type behind an XML declaration',
        '<?xml version="1.0"?>\n<!DOCTYPE r SYSTEM "http://127.0.0.1:1/x.dtd">' + body)
    row('dtd-id.xml', 'XML_DTD', 'an attribute made an ID', '<!DOCTYPE r [<!ATTLIST r Destination ID #IMPLIED>]>' + body)
    row('entity-bomb.xml', 'XML_DTD', 'a billion laughs',
        f'<!DOCTYPE r [<!ENTITY l0 "lol">{bomb}]>' + body.replace(f'>{NAME}<', '>&l9;<'))
    row('entity-quadratic.xml', 'XML_DTD', 'one long entity, often',
        f'<!DOCTYPE r [<!ENTITY l "{"l" * 5000}">]>' + body.replace(f'>{NAME}<', f'>{"&l;" * 2000}<'))
    row('entity-external.xml', 'XML_DTD', 'an external entity',
        '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]>' + body.replace(f'>{NAME}<', '>&x;<'))
    row('entity-parameter.xml', 'XML_DTD', 'a parameter entity',
        '<!DOCTYPE r [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x">%x;]>' + body)
    row('entity-unknown.xml', 'XML_FORM', 'an entity that nobody declared', body.replace(f'>{NAME}<', '>&x;<'))
    row('depth.xml', 'XML_BOUNDS', 'ten thousand elements deep', '<a>' * 10000 + '</a>' * 10000)
    row('attributes.xml', 'XML_BOUNDS', 'five hundred attributes',
        '<a ' + ' '.join(f'b{i}=""' for i in range(500)) + '></a>')
    row('namespaces.xml', 'XML_BOUNDS', 'five hundred namespaces',
        '<a ' + ' '.join(f'xmlns:b{i}="urn:b"' for i in range(500)) + '></a>')
    row('namespace-long.xml', 'XML_BOUNDS', 'a namespace that canonicalisation would repeat at each element',
        f'<a xmlns:b="urn:{"b" * 4000}">' + '<b:c></b:c>' * 1000 + '</a>')
    row('elements.xml', 'XML_BOUNDS', 'ten thousand elements', '<a>' + '<b></b>' * 10000 + '</a>')
    row('utf16.xml', 'XML_ENCODING', 'UTF-16', body.encode('utf-16'))
    row('utf16-no-mark.xml', 'XML_ENCODING', 'UTF-16 without a mark', body.encode('utf-16-le'))
    row('utf16-declared.xml', 'XML_ENCODING', 'says UTF-16', '<?xml version="1.0" encoding="UTF-16"?>' + body)
    row('utf7-declared.xml', 'XML_ENCODING', 'says UTF-7', "<?xml version='1.0' encoding='UTF-7'?>" + body)
    row('latin1-declared.xml', 'XML_ENCODING', 'says ISO-8859-1', '<?xml version="1.0" encoding="ISO-8859-1"?>' + body)
    row('utf8-bad.xml', 'XML_ENCODING', 'a byte that UTF-8 does not have', body.encode().replace(b'an.nguyen', b'an\xff'))
    row('utf8-overlong.xml', 'XML_ENCODING', 'an overlong <', body.encode().replace(b'an.nguyen', b'an\xc0\xbc'))
    row('nul.xml', 'XML_ENCODING', 'a NUL', body.encode().replace(b'an.nguyen', b'an\0nguyen'))
    row('xml11.xml', 'XML_FORM', 'XML 1.1', '<?xml version="1.1"?>' + body)
    row('declaration-open.xml', 'XML_FORM', 'an XML declaration without an end', '<?xml version="1.0" ' + body)
    row('two-roots.xml', 'XML_FORM', 'two documents', body + body.replace('_assertion', '_b').replace('_response', '_c'))
    row('not-closed.xml', 'XML_FORM', 'the end is missing', body[:-10])
    row('not-nested.xml', 'XML_FORM', 'tags that cross', '<a><b></a></b>')
    row('prefix-unknown.xml', 'XML_FORM', 'a prefix that nobody declared', '<samlp:Response></samlp:Response>')
    row('control-character.xml', 'XML_FORM', 'a character that XML does not have', body.replace(f'>{NAME}<', '>a&#1;<'))
    row('empty.xml', 'XML_FORM', 'nothing', '')
    row('text.xml', 'XML_FORM', 'no XML', 'SAMLResponse')


# ---- encryption, and what a foreign implementation makes ---------------------------------------------------------

def encrypted(text, cipher=XENC11 + 'aes256-gcm', session='aes-256', transport=XENC + 'rsa-oaep-mgf1p', key='sp-rsa'):
    """By xmlsec1: the assertion in an EncryptedAssertion of a response."""
    template = (f'<xenc:EncryptedData xmlns:xenc="{XENC}" Type="{XENC}Element"><xenc:EncryptionMethod '
                f'Algorithm="{cipher}"/><ds:KeyInfo xmlns:ds="{DS}"><xenc:EncryptedKey><xenc:EncryptionMethod '
                f'Algorithm="{transport}"/><xenc:CipherData><xenc:CipherValue/></xenc:CipherData></xenc:EncryptedKey>'
                '</ds:KeyInfo><xenc:CipherData><xenc:CipherValue/></xenc:CipherData></xenc:EncryptedData>')
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (('plain', text), ('template', template)):
            with open(f'{folder}/{name}', 'w') as f:
                f.write(content)
        out = run(['xmlsec1', '--encrypt', '--pubkey-cert-pem', f'keys/{key}.crt', '--session-key', session,
                   '--xml-data', f'{folder}/plain', f'{folder}/template']).decode()
    out = out.replace('<?xml version="1.0"?>\n', '').strip()
    return plain(response(f'<saml:EncryptedAssertion xmlns:saml="{SAML}">{out}</saml:EncryptedAssertion>'))


def encryption():
    sealed = encrypted(GENUINE)
    row('good-encrypted.xml', 'OK', 'AES-256-GCM and RSA-OAEP, by xmlsec1', sealed)
    row('good-encrypted-128.xml', 'OK', 'AES-128-GCM', encrypted(GENUINE, XENC11 + 'aes128-gcm', 'aes-128'))
    beside = re.search(r'<ds:KeyInfo.*?</ds:KeyInfo>', sealed, re.S).group(0)
    key = re.search(r'<xenc:EncryptedKey.*</xenc:EncryptedKey>', beside, re.S).group(0)
    row('good-encrypted-beside.xml', 'OK', 'the key stands beside the data', sealed.replace(beside, '').replace(
        '</xenc:EncryptedData>', '</xenc:EncryptedData>' + key.replace('EncryptedKey>', f'EncryptedKey xmlns:xenc="{XENC}">', 1)))
    row('encrypted-unsigned.xml', 'XML_UNSIGNED', 'anybody can encrypt to us', encrypted(bare))
    row('encrypted-forged.xml', 'SIGNATURE', 'encrypted and signed by somebody else',
        encrypted(signed(assertion(), key='foreign-rsa')))
    row('encrypted-rsa15.xml', 'XML_ALGORITHM', 'PKCS#1 v1.5 key transport', encrypted(GENUINE, transport=XENC + 'rsa-1_5'))
    row('encrypted-cbc.xml', 'XML_ALGORITHM', 'AES-CBC where no policy allows it', encrypted(GENUINE, XENC + 'aes256-cbc'))
    row('encrypted-3des.xml', 'XML_ALGORITHM', 'triple DES', encrypted(GENUINE, XENC + 'tripledes-cbc', 'des-192'))
    row('encrypted-other-key.xml', 'XML_DECRYPT', 'to somebody else', encrypted(GENUINE, key='foreign-rsa'))
    row('encrypted-dtd.xml', 'XML_DECRYPT', 'what comes out has a document type',
        reseal(sealed, b'<!DOCTYPE a><a></a>'))
    row('encrypted-two.xml', 'XML_DECRYPT', 'what comes out is two elements', reseal(sealed, (bare + bare).encode()))
    row('encrypted-text.xml', 'XML_DECRYPT', 'what comes out is no XML', reseal(sealed, b'admin'))
    row('encrypted-content.xml', 'XML_ENCRYPTED_FORM', 'says that it holds content and no element',
        sealed.replace(f'{XENC}Element"', f'{XENC}Content"'))
    row('encrypted-reference.xml', 'XML_ENCRYPTED_FORM', 'the content is elsewhere', re.sub(
        r'<xenc:CipherValue>[^<]*</xenc:CipherValue>(?=</xenc:CipherData></xenc:EncryptedData>)',
        '<xenc:CipherReference URI="http://127.0.0.1:1/x"/>', sealed))
    values = re.findall('<xenc:CipherValue>([^<]*)<', sealed)
    turned = values[1][:-8] + ('A' if values[1][-8] != 'A' else 'B') + values[1][-7:]
    row('encrypted-tampered.xml', 'XML_DECRYPT', 'a bit is turned', sealed.replace(values[1], turned))
    short = base64.b64encode(base64.b64decode(''.join(values[1].split()))[:28]).decode()
    row('encrypted-short.xml', 'XML_DECRYPT', 'IV and tag without a text', sealed.replace(values[1], short))
    row('encrypted-twice.xml', 'XML_ENCRYPTED_FORM', 'two EncryptedData', re.sub(
        '(<xenc:EncryptedData.*</xenc:EncryptedData>)', r'\1\1', sealed, flags=re.S))
    row('encrypted-many-keys.xml', 'XML_ENCRYPTED_FORM', 'a hundred keys to try', sealed.replace(key, key * 100))
    method = f'<xenc:EncryptionMethod Algorithm="{XENC}rsa-oaep-mgf1p"'
    for name, inside, why in (('md5', f'<ds:DigestMethod Algorithm="{MORE}md5"/>', 'OAEP with MD5'),
                              ('label', '<xenc:OAEPparams>AAAA</xenc:OAEPparams>', 'OAEP with a label')):
        row(f'encrypted-oaep-{name}.xml', 'XML_ALGORITHM', why,
            sealed.replace(method + '/>', f'{method}>{inside}</xenc:EncryptionMethod>'))
    row('encrypted-not-base64.xml', 'XML_ENCRYPTED_FORM', 'not base64', sealed.replace(values[1], '!!!!'))


def reseal(sealed, data):
    """Another content under a new key, AES-256-GCM as xmlsec1 has no way to encrypt what is no XML."""
    key = os.urandom(32)
    wrapped = run(['openssl', 'pkeyutl', '-encrypt', '-certin', '-inkey', 'keys/sp-rsa.crt', '-pkeyopt',
                   'rsa_padding_mode:oaep', '-pkeyopt', 'rsa_oaep_md:sha1'], key)
    values = re.findall('<xenc:CipherValue>([^<]*)<', sealed)
    for old, new in ((values[0], wrapped), (values[1], gcm(key, data))):
        sealed = sealed.replace(old, base64.b64encode(new).decode())
    return sealed


def gcm(key, data):
    """By node's crypto: openssl's command line has no AEAD."""
    script = ('const c=require("crypto"),[k,d]=process.argv.slice(1).map(x=>Buffer.from(x,"hex")),iv=c.randomBytes(12),'
              's=c.createCipheriv("aes-256-gcm",k,iv);process.stdout.write(Buffer.concat([iv,s.update(d),s.final(),'
              's.getAuthTag()]))')
    return run(['node', '-e', script, key.hex(), data.hex()])


def foreign():
    """Signed by xmlsec1, with an inclusive prefix that only attribute values use, and folded base64."""
    inside = ('<saml:AttributeStatement><saml:Attribute Name="uid"><saml:AttributeValue '
              'xsi:type="xs:string">an</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>')
    prefix = f'<ec:InclusiveNamespaces xmlns:ec="{EXC}" PrefixList="xs"/>'
    template = signature('', value=b'', references=(
        f'<ds:Reference URI="#_assertion"><ds:Transforms><ds:Transform Algorithm="{ENVELOPED}"/>'
        f'<ds:Transform Algorithm="{EXC}">{prefix}</ds:Transform></ds:Transforms><ds:DigestMethod '
        f'Algorithm="{SHA256}"/><ds:DigestValue/></ds:Reference>'), keyinfo='<ds:KeyInfo><ds:X509Data/></ds:KeyInfo>')
    text = response(assertion(more=inside).replace('@', '\n' + template + '\n')).replace('@', '').replace(
        'xmlns:samlp=', 'xmlns:xs="http://www.w3.org/2001/XMLSchema" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:samlp=')
    with tempfile.NamedTemporaryFile('w') as f:
        f.write(text)
        f.flush()
        out = run(['xmlsec1', '--sign', '--privkey-pem', 'keys/idp-rsa.key,keys/idp-rsa.crt', '--id-attr:ID',
                   SAML + ':Assertion', f.name])
    row('good-xmlsec1.xml', 'OK', 'signed by xmlsec1, with an inclusive prefix', out)
    row('prefix-moved.xml', 'SIGNATURE', 'the inclusive prefix is bound to another namespace',
        out.replace(b'"http://www.w3.org/2001/XMLSchema"', b'"urn:example:evil"'))


def main():
    for part in (good, foreign, wrapping, texts, keys_and_algorithms, references, documents, encryption):
        part()
    with open('xml.table', 'w') as f:
        f.write('# Made by make.py: file, what nx_err it ends with, why. See README.md.\n')
        for file, error, why in rows:
            f.write(f'{file:32} {error:20} {why}\n')


main()
