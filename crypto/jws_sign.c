/* The token is written into one piece of memory of its final size: header, payload and signature are encoded
 * where they stand. */
#include "base/text.h"
#include "crypto/jws.h"

#include <stdio.h>

#define HEADER_MAX 256

/* typ is a literal of ours, the kid base64url: neither needs escaping, which is checked and not assumed. */
static nx_result header_of(char json[HEADER_MAX], const nx_signing_key *k, const char *typ)
{
    bool plain = !typ || (nx_ascii_printable(nx_span_str(typ)) && !strpbrk(typ, "\"\\"));
    NX_REQUIRE(plain, NX_ERR_RANGE);
    int n = snprintf(json, HEADER_MAX, "{\"alg\":\"%s\"%s%s%s,\"kid\":\"%s\"}", nx_alg_name(nx_signing_key_alg(k)),
                     typ ? ",\"typ\":\"" : "", typ ? typ : "", typ ? "\"" : "", nx_signing_key_kid(k));
    NX_REQUIRE(n > 0 && n < HEADER_MAX, NX_ERR_LIMIT);
    return NX_OK;
}

/* Encodes and puts a dot behind; gives the place behind the dot. */
static char *put_segment(char *at, nx_span bytes)
{
    nx_b64u_encode(at, bytes);
    at += NX_B64U_LEN(bytes.n);
    *at = '.';
    return at + 1;
}

NX_FALLIBLE nx_jws_sign(char **out, nx_arena *a, nx_keyring *r, nx_key_use use, const char *typ, nx_span payload)
{
    NX_REQUIRE(payload.n && payload.n <= NX_JWS_MAX, NX_ERR_LIMIT);
    NX_AUTO(nx_signing_key) k = NULL;
    NX_TRY(nx_keyring_active(&k, r, use));
    char json[HEADER_MAX];
    NX_TRY(header_of(json, k, typ));
    nx_span header = nx_span_str(json);
    size_t signed_max = NX_B64U_LEN(header.n) + 1 + NX_B64U_LEN(payload.n) + 1;
    char *token = nx_arena_alloc(a, signed_max + NX_B64U_LEN(NX_SIGNATURE_MAX) + 1);
    NX_NEED(token);
    char *end = put_segment(put_segment(token, header), payload);
    uint8_t signature[NX_SIGNATURE_MAX];
    size_t n;
    NX_TRY(nx_signing_key_sign(k, signature, &n, nx_span_of(token, (size_t)(end - token) - 1)));
    NX_REQUIRE((size_t)(end - token) + NX_B64U_LEN(n) <= NX_JWS_MAX, NX_ERR_LIMIT);
    nx_b64u_encode(end, nx_span_of(signature, n));
    *out = token;
    return NX_OK;
}

NX_FALLIBLE nx_jws_sign_json(char **out, nx_arena *a, nx_keyring *r, nx_key_use use, const char *typ,
                             const json_t *claims)
{
    char *text = nx_json_dump(a, claims);
    NX_NEED(text);
    return nx_jws_sign(out, a, r, use, typ, nx_span_str(text));
}
