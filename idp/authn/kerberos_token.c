/* What a browser sends after `Negotiate`, looked at before the library sees it: only SPNEGO and Kerberos go
 * on, and SPNEGO only where its first mechanism, whose token is inside, is Kerberos. Bounded, no allocation
 * but the decoding. */
#include "authn/kerberos.h"

#include "base/text.h"

static const uint8_t spnego[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x02};
static const uint8_t krb5[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02};
static const uint8_t krb5_of_windows[] = {0x2a, 0x86, 0x48, 0x82, 0xf7, 0x12, 0x01, 0x02, 0x02};
static const char ntlm[] = "NTLMSSP";

enum tag { OID = 0x06, SEQUENCE = 0x30, TOKEN = 0x60, INIT = 0xa0, MECHANISMS = 0xa0 };

/* The contents of the element of that tag at the head of *rest, which moves behind it. Lengths are definite
 * and shorter than the token. */
static bool take(nx_span *rest, enum tag tag, nx_span *out)
{
    if (rest->n < 2 || rest->p[0] != (uint8_t)tag) return false;
    size_t length = rest->p[1], head = 2;
    if (length > 0x80) {
        size_t bytes = length & 0x7f;
        if (bytes > 3 || rest->n < 2 + bytes) return false;
        length = 0;
        for (size_t i = 0; i < bytes; i++)
            length = length << 8 | rest->p[2 + i];
        head = 2 + bytes;
    } else if (length == 0x80) {
        return false;
    }
    if (length > rest->n - head) return false;
    *out = nx_span_of(rest->p + head, length);
    *rest = nx_span_from(*rest, head + length);
    return true;
}

static bool is(nx_span oid, const uint8_t *bytes, size_t n)
{
    return nx_span_eq(oid, nx_span_of(bytes, n));
}

static bool is_kerberos(nx_span oid)
{
    return is(oid, krb5, sizeof krb5) || is(oid, krb5_of_windows, sizeof krb5_of_windows);
}

/* RFC 4178 4.2.1: NegTokenInit, and its first mechanism. */
static nx_result check_init(nx_span inside)
{
    nx_span init, sequence, list, oids, first;
    bool form = take(&inside, INIT, &init) && take(&init, SEQUENCE, &sequence) &&
                take(&sequence, MECHANISMS, &list) && take(&list, SEQUENCE, &oids) &&
                take(&oids, OID, &first);
    NX_REQUIRE(form, NX_ERR_NEGOTIATE);
    NX_REQUIRE(is_kerberos(first), NX_ERR_NEGOTIATE_MECH);
    return NX_OK;
}

nx_result nx_negotiate_check(nx_span token)
{
    nx_span inside, oid;
    NX_REQUIRE(token.n > 0 && token.n <= NX_NEGOTIATE_MAX, NX_ERR_NEGOTIATE);
    NX_REQUIRE(!nx_span_starts(token, nx_span_of(ntlm, sizeof ntlm)), NX_ERR_NEGOTIATE_MECH);
    NX_REQUIRE(take(&token, TOKEN, &inside) && token.n == 0 && take(&inside, OID, &oid), NX_ERR_NEGOTIATE);
    if (is_kerberos(oid)) return NX_OK;
    NX_REQUIRE(is(oid, spnego, sizeof spnego), NX_ERR_NEGOTIATE_MECH);
    return check_init(inside);
}

nx_result nx_negotiate_token(nx_span *out, nx_arena *a, const char *authorization)
{
    static const char scheme[] = "Negotiate ";
    size_t n = sizeof scheme - 1;
    NX_REQUIRE(authorization, NX_ERR_TOKEN_ABSENT);
    NX_REQUIRE(strncasecmp(authorization, "NTLM", 4) != 0, NX_ERR_NEGOTIATE_MECH);
    NX_REQUIRE(strncasecmp(authorization, scheme, n) == 0, NX_ERR_TOKEN_ABSENT);
    nx_span text = nx_span_str(authorization + n);
    NX_REQUIRE(text.n > 0 && text.n <= NX_NEGOTIATE_MAX / 3 * 4, NX_ERR_NEGOTIATE);
    nx_result r = nx_b64_decode_dup(out, a, text);
    NX_REQUIRE(nx_ok(r) || r.e == NX_ERR_MEMORY, NX_ERR_NEGOTIATE);
    NX_TRY(r);
    return nx_negotiate_check(*out);
}

nx_result nx_kerberos_principal(nx_span *name, nx_span principal, const struct nx_kerberos_row *row)
{
    const uint8_t *at = memrchr(principal.p, '@', principal.n);
    NX_REQUIRE(at && principal.n <= NX_AGENCY_VALUE_MAX && nx_utf8_printable(principal),
               NX_ERR_NEGOTIATE_REALM);
    *name = nx_span_of(principal.p, (size_t)(at - principal.p));
    nx_span realm = nx_span_from(principal, name->n + 1);
    NX_REQUIRE(nx_span_eq_str(realm, row->realm), NX_ERR_NEGOTIATE_REALM);
    /* A backslash hides an '@' or '/' that is part of a name: nobody has such a name. */
    NX_REQUIRE(name->n > 0 && !memchr(name->p, '\\', name->n), NX_ERR_NEGOTIATE_REALM);
    NX_REQUIRE(row->instances || !memchr(name->p, '/', name->n), NX_ERR_NEGOTIATE_REALM);
    return NX_OK;
}
