#!/bin/sh
# The certificates that tests/unit/crypto/test_cert.c and the OCSP fuzz target read: a state-like authority, an
# issuing one under it, people, and what the issuer says of them. Made once, good for a hundred years; run again
# to make others. Keys are of this folder's authorities only and stand for nobody.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
days=36500

key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/$1.key" 2>/dev/null; }
ca_ext='certificatePolicies=2.5.29.32.0
basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash'
under='authorityKeyIdentifier=keyid'
person='basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
subjectKeyIdentifier=hash'
use='extendedKeyUsage=clientAuth'
policy='certificatePolicies=1.3.6.1.4.1.99999.1'
urls='authorityInfoAccess=OCSP;URI:https://ocsp.ca.example/status
crlDistributionPoints=URI:https://ca.example/people.crl'

root() { # NAME SUBJECT
    key "$1"
    openssl req -x509 -new -config /dev/null -key "$work/$1.key" -sha256 -days $days -subj "$2" -utf8 \
        -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign,cRLSign' \
        -addext 'subjectKeyIdentifier=hash' -out "$work/$1.pem"
}
issue() { # NAME ISSUER SUBJECT EXTENSIONS [OPTIONS]
    name=$1 by=$2 subject=$3 ext=$4
    shift 4
    [ -f "$work/$name.key" ] || key "$name"
    openssl req -new -config /dev/null -key "$work/$name.key" -utf8 -subj "$subject" -out "$work/$name.csr"
    printf '%s\n%s\n' "$ext" "$under" >"$work/$name.ext"
    openssl x509 -req -in "$work/$name.csr" -CA "$work/$by.pem" -CAkey "$work/$by.key" \
        -set_serial "0x$(openssl rand -hex 15 | sed 's/^./4/')" -extfile "$work/$name.ext" -days $days "$@" \
        -out "$work/$name.pem" 2>/dev/null
    openssl x509 -in "$work/$name.pem" -outform DER -out "$name.der"
}

root root '/C=VN/O=National authority (test)/CN=Root (test)'
issue people root '/C=VN/O=National authority (test)/CN=People (test)' "$ca_ext"
rm people.der
cat "$work/root.pem" "$work/people.pem" >anchors.pem
cp "$work/people.pem" helpers-only.pem
root stranger '/C=VN/O=National authority (test)/CN=Root (test)'
issue strangers-people stranger '/C=VN/O=National authority (test)/CN=People (test)' "$ca_ext"
rm strangers-people.der

lan='/C=VN/CN=Nguyễn Thị Lan/UID=CCCD:001190012345'
all="$person
$use
$policy
$urls"
issue lan people "$lan" "$all"
issue revoked people '/C=VN/CN=Lê Văn Cũ/serialNumber=PNOVN-001190012346' "$all"
issue foreign strangers-people "$lan" "$all"
issue server people "$lan" "$person
extendedKeyUsage=serverAuth
$policy"
issue useless people "$lan" "$person
$policy"
issue encipherer people "$lan" "basicConstraints=critical,CA:FALSE
keyUsage=critical,keyAgreement
$use
$policy"
issue no-policy people "$lan" "$person
$use"
issue authority people "$lan" "basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,digitalSignature
$use
$policy"
issue two-numbers people '/C=VN/CN=Hai số/UID=CCCD:001190012345/serialNumber=PNOVN-001190012346' "$all"
issue weak people "$lan" "$all" -sha1
openssl genrsa -out "$work/small.key" 1024 2>/dev/null
issue small people "$lan" "$all"
openssl x509 -in "$work/root.pem" -outform DER -out root.der
issue expired people "$lan" "$all"
# openssl x509 cannot make a certificate of the past: openssl ca can.
: >"$work/index"; echo 1000 >"$work/serial"; echo 01 >"$work/crlnumber"
cat >"$work/ca.cnf" <<CNF
[ca]
default_ca = c
[c]
database = $work/index
serial = $work/serial
crlnumber = $work/crlnumber
default_md = sha256
policy = p
new_certs_dir = $work
unique_subject = no
[p]
countryName = optional
commonName = optional
UID = optional
serialNumber = optional
CNF
openssl ca -config "$work/ca.cnf" -batch -notext -preserveDN -in "$work/expired.csr" -cert "$work/people.pem" \
    -keyfile "$work/people.key" -startdate 20200101000000Z -enddate 20210101000000Z -extfile "$work/expired.ext" \
    -out "$work/expired.pem" -utf8 2>/dev/null
openssl x509 -in "$work/expired.pem" -outform DER -out expired.der

crl() { # NAME ISSUER OPTIONS
    name=$1 by=$2
    shift 2
    openssl ca -config "$work/ca.cnf" -gencrl -cert "$work/$by.pem" -keyfile "$work/$by.key" "$@" \
        -out "$work/$name.crl.pem" 2>/dev/null
    openssl crl -in "$work/$name.crl.pem" -outform DER -out "$name.crl"
}
# The rows of the authority's index, by hand: state, end, revocation, serial, file, subject.
row() { printf '%s\t21200101000000Z\t%s\t%s\tunknown\t/CN=x\n' "$1" "$2" "$(openssl x509 -in "$work/$3.pem" -noout -serial | sed 's/.*=//')"; }
{ row V '' lan; row R 250101000000Z,keyCompromise revoked; } >"$work/index"
crl people people -crldays $days
crl over people -crl_lastupdate 20240101000000Z -crl_nextupdate 20240201000000Z
crl future people -crl_lastupdate 20990101000000Z -crl_nextupdate 20990201000000Z
crl weak-crl people -crldays $days -md sha1
crl forged strangers-people -crldays $days
printf '[x]\nissuingDistributionPoint=critical,@i\n[i]\nonlysomereasons=keyCompromise\n' >>"$work/ca.cnf"
crl partial people -crldays $days -crlexts x

issue responder people '/CN=Responder (test)' "$person
extendedKeyUsage=OCSPSigning
noCheck=ignored"
issue impostor people '/CN=Impostor (test)' "$person
$use"
issue foreign-responder strangers-people '/CN=Responder (test)' "$person
extendedKeyUsage=OCSPSigning"
rm responder.der impostor.der foreign-responder.der
answer() { # NAME SIGNER ABOUT OPTIONS
    name=$1 signer=$2 about=$3
    shift 3
    openssl ocsp -issuer "$work/people.pem" -cert "$work/$about.pem" -no_nonce -reqout "$work/rq" >/dev/null 2>&1
    openssl ocsp -index "$work/index" -CA "$work/people.pem" -rsigner "$work/$signer.pem" -rkey "$work/$signer.key" \
        -reqin "$work/rq" -respout "$name.ocsp" "$@" >/dev/null 2>&1
}
answer good responder lan -ndays $days
answer revoked-answer responder revoked -ndays $days
answer unknown responder expired -ndays $days
answer issuer people lan -ndays $days
answer other responder revoked -ndays $days
answer impostor impostor lan -ndays $days
answer foreign-responder foreign-responder lan -ndays $days
mv other.ocsp about-another.ocsp
