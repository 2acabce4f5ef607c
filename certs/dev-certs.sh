#!/bin/sh
# The development authority and the edge's certificate.
#
#   dev-certs.sh DIR HOST [NAME...]
#
# DIR/ca.pem (0644) and DIR/ca.key (0600): an authority of this folder alone, EC P-256, that can vouch for HOST
# and, where HOST is loopback, for the other loopback names; for nothing else, whoever steals its key (RFC 5280
# 4.2.1.10). DIR/edge.pem (0600): key and certificate of the edge for HOST and every NAME.
# What is there and still good for 30 days is left alone; prints "new" when edge.pem was made, else "kept".
set -eu
umask 077

dir=$1
shift
host=$1
mkdir -p "$dir"
month=2592000

loopback() {
    case $1 in localhost|*.localhost|127.*|::1) return 0 ;; *) return 1 ;; esac
}
is_address() {
    case $1 in *:*) return 0 ;; *[!0-9.]*) return 1 ;; *.*.*.*) return 0 ;; *) return 1 ;; esac
}

constraints() {
    if loopback "$host"; then
        printf 'critical,permitted;DNS:localhost,permitted;IP:127.0.0.0/255.0.0.0'
        printf ',permitted;IP:::1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'
    elif is_address "$host"; then
        # A type without a row is not constrained: one that matches nothing shuts out names.
        mask=255.255.255.255
        case $host in *:*) mask=ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ;; esac
        printf 'critical,permitted;IP:%s/%s,permitted;DNS:invalid' "$host" "$mask"
    else
        # Likewise addresses.
        printf 'critical,permitted;DNS:%s,excluded;IP:0.0.0.0/0.0.0.0,excluded;IP:::/::' "$host"
    fi
}

alternatives() {
    comma=
    for name in "$@"; do
        if is_address "$name"; then printf '%sIP:%s' "$comma" "$name"; else printf '%sDNS:%s' "$comma" "$name"; fi
        comma=,
    done
}

fresh() {
    openssl x509 -in "$1" -noout -checkend $month >/dev/null 2>&1
}

make_key() {
    openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null ||
        openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"
}

make_authority() {
    make_key "$dir/ca.key.new"
    # The subject is unique, so that the authorities of two folders never pass for one another in a browser.
    openssl req -x509 -new -config /dev/null -key "$dir/ca.key.new" -sha256 -days 1825 \
        -subj "/O=NIXA development/CN=NIXA development CA $(openssl rand -hex 4)" \
        -addext 'basicConstraints=critical,CA:TRUE,pathlen:0' \
        -addext 'keyUsage=critical,keyCertSign,cRLSign' \
        -addext 'extendedKeyUsage=serverAuth' \
        -addext "nameConstraints=$(constraints)" \
        -addext 'subjectKeyIdentifier=hash' \
        -out "$dir/ca.pem.new"
    mv "$dir/ca.key.new" "$dir/ca.key"
    chmod 644 "$dir/ca.pem.new"
    mv "$dir/ca.pem.new" "$dir/ca.pem"
    rm -f "$dir/edge.pem"
}

make_edge() {
    make_key "$dir/edge.key.new"
    openssl req -x509 -new -config /dev/null -key "$dir/edge.key.new" -sha256 -days 365 \
        -CA "$dir/ca.pem" -CAkey "$dir/ca.key" -set_serial "0x4e$(openssl rand -hex 15)" \
        -subj "/O=NIXA development/CN=NIXA edge" \
        -addext 'basicConstraints=critical,CA:FALSE' \
        -addext 'keyUsage=critical,digitalSignature' \
        -addext 'extendedKeyUsage=serverAuth' \
        -addext "subjectAltName=$(alternatives "$@")" \
        -addext 'authorityKeyIdentifier=keyid' \
        -out "$dir/edge.crt.new"
    cat "$dir/edge.crt.new" "$dir/edge.key.new" >"$dir/edge.pem.new"
    rm -f "$dir/edge.crt.new" "$dir/edge.key.new"
    mv "$dir/edge.pem.new" "$dir/edge.pem"
}

# Another set of names needs another certificate, another host another authority.
if [ "$(cat "$dir/names" 2>/dev/null)" != "$*" ]; then
    case $(cat "$dir/names" 2>/dev/null) in
    "$host"|"$host "*) rm -f "$dir/edge.pem" ;;
    *) rm -f "$dir/edge.pem" "$dir/ca.pem" ;;
    esac
    printf '%s\n' "$*" >"$dir/names"
fi

if [ ! -s "$dir/ca.key" ] || ! fresh "$dir/ca.pem"; then make_authority; fi
if [ -s "$dir/edge.pem" ] && fresh "$dir/edge.pem"; then
    echo kept
else
    make_edge "$@"
    echo new
fi
