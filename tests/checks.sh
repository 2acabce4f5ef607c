#!/usr/bin/env bash
# Checks of the tree itself. checks.sh NAME runs one and exits 0 or says what is wrong; checks.sh list names them.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

sources() {
    git ls-files -- '*.c' '*.h' | grep -vE '^tests/'
}

# Prints what a search found and fails if it found anything.
none() {
    local found
    found=$(cat)
    [ -z "$found" ] && return 0
    printf '%s\n%s\n' "$1" "$found"
    return 1
}

check_shell() {
    { git ls-files -- '*.sh'; echo nixa; echo .ci/run; } | sort -u | xargs shellcheck -x
}

# Functions that do not know how much room there is, that are not safe in threads, or that run a shell.
check_banned() {
    sources | xargs grep -nE '\b(strcat|strncat|sprintf|vsprintf|gets|strtok|alloca|system|popen|tmpnam|mktemp|rand|srand|gmtime|localtime|ctime|asctime)\(' |
        none 'banned functions:'
}

# Secrets and tags are compared by nx_ct_equal; memcmp stays where nothing is secret.
check_compare() {
    sources | grep -E '^(crypto|idp/(authn|operate|oidc|qr|xml))/' | xargs grep -nE 'memcmp\([^)]*(secret|tag|mac|token|pin|password)' |
        none 'memcmp on what looks like a secret:'
}

# The build proves the arrows by what it lets a folder see; a path that climbs would see more.
check_arrows() {
    sources | xargs grep -nE '#include "(\.\./|/)' | none 'includes that climb:'
}

# Third-party libraries enter by one door each (docs/architecture.md).
check_doors() {
    {
        sources | grep -v '^idp/http/' | xargs grep -nE '#include <microhttpd'
        sources | grep -v '^idp/egress/' | xargs grep -nE '#include <curl/'
        sources | grep -v '^sessions/' | xargs grep -nE '#include <hiredis'
        sources | grep -v '^crypto/' | xargs grep -nE '#include <(cjose|cbor|sodium)'
        sources | grep -v '^idp/registry/' | xargs grep -nE '#include <sqlite3'
        sources | grep -v '^idp/qr/' | xargs grep -nE '#include <(qrencode|png)'
        sources | grep -v '^idp/config/' | xargs grep -nE '#include <yaml'
        sources | grep -v '^base/json' | xargs grep -nE '#include <jansson'
        sources | grep -v '^idp/xml/' | xargs grep -nE '#include <(libxml|xmlsec)/'
        sources | grep -v '^idp/authn/' | xargs grep -nE '#include <(ldap|lber|openldap|gssapi)'
        sources | grep -v '^idp/endpoints/bearer/' | xargs grep -nE '#include <oauth2/'
    } | none 'a library comes in by another door:'
}

# Words of unfinished work, and nothing that was left lying about.
check_marks() {
    git grep -nE '\b(TODO|FIXME|XXX|HACK)\b' -- '*.c' '*.h' '*.sh' '*.mjs' '*.js' '*.html' '*.md' ':!tests/checks.sh' |
        none 'unfinished:'
}

check_length() {
    sources | xargs wc -l | awk '$2 != "total" && $1 > 600 { print $2 ": " $1 " lines" }' |
        none 'files of more than 600 lines hold more than one story:'
}

# No key in git, development's neither.
check_keys() {
    git grep -lE 'BEGIN( EC| RSA| ENCRYPTED)? PRIVATE KEY' -- ':!tests/' | none 'private keys:'
}

# A target without seeds is replayed on nothing.
check_corpora() {
    local target name
    for target in tests/fuzz/*/fuzz_*.c; do
        [ -e "$target" ] || continue
        name=$(basename "$target" .c)
        [ -n "$(ls -A "tests/fuzz/corpus/${name#fuzz_}" 2>/dev/null)" ] || echo "$target"
    done | none 'fuzz targets without a corpus:'
}

# A setting that nothing reads promises what it does not do.
check_settings() {
    local name
    sed -nE 's/^(TEXT|BOOL|NUMBER)\(([a-z_0-9]+),.*/\2/p' idp/config/settings.def | while read -r name; do
        git grep -qE "(->|\.)$name\b" -- idp ':!idp/config' || echo "$name"
    done | none 'settings that nothing reads:'
}

# Every package once, in a known section.
check_packages() {
    awk '{ sub(/#.*/, "") } /^\[/ { if ($1 !~ /^\[(run|build|test|deep|bench)\]$/) print; section = $1; next } NF && seen[section, $1]++ { print }' \
        docker/packages.txt | none 'package list:'
}

# Both catalogues say the same things.
check_catalogues() {
    diff <(sed -n 's/ = .*//p' idp/web/lang/vi.txt | sort) <(sed -n 's/ = .*//p' idp/web/lang/en.txt | sort) |
        none 'keys that only one language has:'
}

# HAProxy takes the template (but for its certificate, which a data folder makes).
check_edge() {
    local filled
    filled=$(mktemp)
    sed -e 's/@DEMO@//; s/@LISTEN@/127.0.0.1:1/; s/@MTLS_LISTEN@/127.0.0.1:2/; s#@SHARE@#.#; s/@PORT@//; s/@PORTAL_1@/3/; s/@PORTAL_2@/4/; s/@PORTAL_3@/5/; s/@PROVIDER@//' \
        -e 's# ssl crt certs/edge.pem.*##' docker/haproxy.cfg.in >"$filled"
    /usr/sbin/haproxy -c -q -f "$filled"
    local status=$?
    rm -f "$filled"
    return $status
}

case ${1:-} in
list) declare -F | sed -n 's/^declare -f check_//p' ;;
*) "check_$1" ;;
esac
