#!/bin/sh
# Portals' certificates for tests/unit/crypto/test_cert.c and tests/flow/test_client_certificate.c: an authority of
# theirs, which is none of people's, and a list of what it took back. Made once, good for a hundred years.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
days=36500

openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/ca.key" 2>/dev/null
openssl req -x509 -new -config /dev/null -key "$work/ca.key" -sha256 -days $days -subj '/C=VN/O=Portals (test)/CN=Portals (test)' \
    -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign,cRLSign' \
    -addext 'subjectKeyIdentifier=hash' -out clients.pem

issue() { # NAME SUBJECT NAMES
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/$1.key" 2>/dev/null
    openssl req -new -config /dev/null -key "$work/$1.key" -utf8 -subj "$2" -out "$work/$1.csr"
    printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\nsubjectAltName=%s\n' \
        "$3" >"$work/$1.ext"
    openssl x509 -req -in "$work/$1.csr" -CA clients.pem -CAkey "$work/ca.key" \
        -set_serial "0x$(openssl rand -hex 15 | sed 's/^./4/')" -extfile "$work/$1.ext" -days $days -out "$work/$1.pem" 2>/dev/null
    openssl x509 -in "$work/$1.pem" -outform DER -out "$1.der"
}
issue portal '/C=VN/O=Sở Tài chính/CN=api' \
    'DNS:api.portal.example,DNS:*.wild.example,URI:urn:portal:1,IP:192.0.2.7,IP:2001:db8::7,email:ops@portal.example'
issue portal-other '/C=VN/O=Sở Tài chính/CN=other' 'DNS:other.portal.example'
issue portal-revoked '/C=VN/O=Sở Tài chính/CN=api' 'DNS:api.portal.example'

printf '[ca]\ndefault_ca=c\n[c]\ndatabase=%s/index\ncrlnumber=%s/number\ndefault_md=sha256\nunique_subject=no\n' "$work" "$work" >"$work/ca.cnf"
echo 01 >"$work/number"
row() { printf '%s\t21200101000000Z\t%s\t%s\tunknown\t/CN=x\n' "$1" "$2" "$(openssl x509 -in "$work/$3.pem" -noout -serial | sed 's/.*=//')"; }
{ row V '' portal; row V '' portal-other; row R 250101000000Z,keyCompromise portal-revoked; } >"$work/index"
openssl ca -config "$work/ca.cnf" -gencrl -cert clients.pem -keyfile "$work/ca.key" -crldays $days -out "$work/crl.pem" 2>/dev/null
openssl crl -in "$work/crl.pem" -outform DER -out clients.crl
