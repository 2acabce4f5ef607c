// Our XML before other judges: the OASIS schemas, xmlsec1's command line. Metadata, and a response with its assertion (in
// clear and encrypted), as they leave the server; and what is refused at the door.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { Nixa } from '../e2e/nixa.mjs';
import { finish, ok, scenario } from '../e2e/tap.mjs';
import { Browser } from './browser.mjs';
import { makePair, ownMetadata, register, signers, through } from './saml_peer.mjs';
import { decrypt, schemaCheck, signatureCheck } from './xml_tools.mjs';

const nixa = await Nixa.up();
const own = await ownMetadata(nixa);
const certificates = signers(own);
const pair = makePair(join(nixa.dir, 'xml'), 'portal');
const bare = (text) => text.split('-----')[2].replaceAll(/\s/g, '');
const lan = new Browser(nixa);

const entity = (name) => `http://${name}.localhost:9/metadata`;

function metadata(name, { encrypted = false } = {}) {
  const key = (use) => `<md:KeyDescriptor use="${use}"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>
    <ds:X509Certificate>${bare(pair.certText)}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`;
  return `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${entity(name)}"><md:SPSSODescriptor
    protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol" WantAssertionsSigned="true">${key('signing')}
    ${encrypted ? key('encryption') : ''}
    <md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="http://${name}.localhost:9/slo"/>
    <md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="http://${name}.localhost:9/acs"
    index="0" isDefault="true"/></md:SPSSODescriptor></md:EntityDescriptor>`;
}

const request = (name) => `<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_${randomBytes(16).toString('hex')}"
  Version="2.0" IssueInstant="${new Date().toISOString()}" Destination="${nixa.issuer}/saml/sso"><saml:Issuer
  xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">${entity(name)}</saml:Issuer></samlp:AuthnRequest>`;

// The message in the form of a page, without posting it.
const posted = (browser) => {
  if (!browser.page.text.includes('name="SAMLResponse"')) return '';
  return Buffer.from(browser.form('/acs').fields.SAMLResponse, 'base64').toString();
};

async function answer(name) {
  const packed = deflateRawSync(request(name)).toString('base64');
  await lan.go(`${nixa.issuer}/saml/sso?SAMLRequest=${encodeURIComponent(packed)}`);
  await through(lan, 'lan', (browser) => browser.page.text.includes('name="SAMLResponse"'));
  return posted(lan);
}

const where = () => `${lan.page.status} ${lan.page.url}\n${lan.page.text.slice(0, 800)}`;
const byUs = (xml, element) => certificates.some((c) => signatureCheck(xml, element, c).good);
const valid = (xml, what) => {
  const { good, said } = schemaCheck(xml);
  ok(good, `${what} is valid by the OASIS schemas`, `${said}\n${xml}`);
};

await scenario('metadata', () => {
  valid(own, 'our metadata');
  ok(byUs(own, '/*'), 'signed by a key that it names', own);
});

await scenario('a response in clear', async () => {
  await register(nixa, metadata('clear'));
  const xml = await answer('clear');
  ok(xml, 'a response comes', where());
  valid(xml, 'it');
  const inner = "/*/*[local-name()='Assertion']";
  ok(byUs(xml, inner), 'xmlsec1 verifies the assertion', xml);
  if (/<\/saml:Issuer><ds:Signature/.test(xml.slice(0, xml.indexOf('<saml:Assertion')))) ok(byUs(xml, '/*'), 'and the response', xml);
  ok(!byUs(xml.replace(/(<saml:NameID[^>]*>)./, '$1~'), inner), 'and not another name', xml);
});

await scenario('an encrypted one', async () => {
  await register(nixa, metadata('sealed', { encrypted: true }));
  const xml = await answer('sealed');
  ok(/<saml:EncryptedAssertion/.test(xml) && !/<saml:Assertion/.test(xml), 'the assertion is sealed', xml || where());
  valid(xml, 'the sealed response');
  const opened = decrypt(xml, pair.keyText);
  ok(opened.good, 'xmlsec1 opens it with the portal\'s key', opened.said);
  ok(byUs(opened.made, "/*/*[local-name()='EncryptedAssertion']/*[local-name()='Assertion']"), 'and verifies what was inside', opened.made);
});

const sso = `${nixa.issuer}/saml/sso/post`;
const post = (bytes) => new Browser(nixa).once(sso, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams({ SAMLRequest: Buffer.from(bytes).toString('base64') }).toString() });

// A request that is taken, and the same with one thing more.
await scenario('the attacks are refused at the door', async () => {
  const good = request('clear').replace('/saml/sso"', '/saml/sso/post"');
  const doctype = (inside) => `<!DOCTYPE samlp:AuthnRequest [${inside}]>${good}`;
  const bomb = `<!ENTITY a "aaaaaaaaaa">${[...'bcdefgh'].map((c, i) => `<!ENTITY ${c} "${`&${'abcdefgh'[i]};`.repeat(10)}">`).join('')}`;
  const taken = await post(good);
  ok(taken.status === 303 || taken.status === 200, 'a good request is taken', `${taken.status} ${taken.text.slice(0, 800)}`);
  for (const [what, xml, status] of [
    ['a document type', doctype(''), 400],
    ['an entity bomb', doctype(bomb).replace('</saml:Issuer>', '&h;</saml:Issuer>'), 400],
    ['an external entity', doctype('<!ENTITY x SYSTEM "file:///etc/hostname">').replace('</saml:Issuer>', '&x;</saml:Issuer>'), 400],
    ['a comment in the issuer', good.replace('</saml:Issuer>', '<!---->.evil.example</saml:Issuer>'), 400],
    ['an instruction', good.replace('</saml:Issuer>', '<?x?></saml:Issuer>'), 400],
    ['UTF-16', Buffer.from(`\uFEFF${good}`, 'utf16le'), 400],
    ['depth', good.replace('</saml:Issuer>', `</saml:Issuer>${'<x>'.repeat(2000)}${'</x>'.repeat(2000)}`), 400],
    ['more than a form holds', good.replace('</saml:Issuer>', `</saml:Issuer>${' '.repeat(60_000)}`), 413],
  ]) {
    const began = Date.now();
    const page = await post(xml);
    ok(page.status === status && Date.now() - began < 5000, what, `${page.status} ${page.text.slice(0, 800)}`);
  }
});

await nixa.down();
finish();
