#include "base/text.h"
#include "crypto/jws.h"

#include <stdio.h>

#define HEADER_MAX 256

/* typ is a literal of ours, the kid base64url: neither needs escaping, which is checked and not assumed. */
static nx_result write_header(nx_buf *out, nx_arena *a, const nx_signing_key *k, const char *typ)
{
    char json[HEADER_MAX];
    bool plain = !typ || (nx_ascii_printable(nx_span_str(typ)) && !strpbrk(typ, "\"\\"));
    NX_REQUIRE(plain, NX_ERR_RANGE);
    int n = snprintf(json, sizeof json, "{\"alg\":\"%s\"%s%s%s,\"kid\":\"%s\"}",
                     nx_alg_name(nx_signing_key_alg(k)), typ ? ",\"typ\":\"" : "", typ ? typ : "",
                     typ ? "\"" : "", nx_signing_key_kid(k));
    NX_REQUIRE(n > 0 && (size_t)n < sizeof json, NX_ERR_LIMIT);
    char *text = nx_b64u_dup(a, nx_span_of(json, (size_t)n));
    NX_NEED(text);
    return nx_buf_puts(out, text);
}

static nx_result write_b64u(nx_buf *out, nx_arena *a, nx_span bytes)
{
    char *text = nx_b64u_dup(a, bytes);
    NX_NEED(text);
    NX_TRY(nx_buf_putc(out, '.'));
    return nx_buf_puts(out, text);
}

NX_FALLIBLE nx_jws_sign(char **out, nx_arena *a, nx_keyring *r, nx_key_use use, const char *typ,
                        nx_span payload)
{
    NX_REQUIRE(payload.n && payload.n <= NX_JWS_MAX, NX_ERR_LIMIT);
    NX_AUTO(nx_signing_key) k = NULL;
    NX_TRY(nx_keyring_active(&k, r, use));
    nx_buf b;
    nx_buf_init(&b, a, NX_JWS_MAX);
    NX_TRY(write_header(&b, a, k, typ));
    NX_TRY(write_b64u(&b, a, payload));
    uint8_t signature[NX_SIGNATURE_MAX];
    size_t n;
    NX_TRY(nx_signing_key_sign(k, signature, &n, nx_buf_span(&b)));
    NX_TRY(write_b64u(&b, a, nx_span_of(signature, n)));
    *out = nx_buf_str(&b);
    NX_NEED(*out);
    return NX_OK;
}

NX_FALLIBLE nx_jws_sign_json(char **out, nx_arena *a, nx_keyring *r, nx_key_use use, const char *typ,
                             const json_t *claims)
{
    char *text = nx_json_dump(a, claims);
    NX_NEED(text);
    return nx_jws_sign(out, a, r, use, typ, nx_span_str(text));
}
