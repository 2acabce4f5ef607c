/* The strict guard in front of the JOSE library, whose parser aborts or reads past its input on strings that
 * anybody can send: nothing reaches it that did not pass here.
 *
 * A compact JWS (RFC 7515 section 7.1) passes when it has exactly three non-empty segments of canonical
 * base64url without padding; a header that is a JSON object without duplicate members, without crit, zip,
 * b64, jwk, jku, x5u and x5c; an alg with a row in alg.def; and a signature of a length that this alg can
 * have. */
#ifndef NX_CRYPTO_JOSE_GUARD_H
#define NX_CRYPTO_JOSE_GUARD_H

#include "base/json.h"
#include "crypto/alg.h"

#define NX_JWS_MAX (64u << 10)  /* bytes of a compact JWS: a status list of 2^17 entries fits, however it compresses */
#define NX_JOSE_HEADER_MAX 2048 /* bytes of a decoded header */

/* A token that passed. Spans borrow from the token or the arena, strings from the arena. */
struct nx_jose_parts {
    nx_alg alg;
    const char *typ;   /* NULL when absent */
    const char *kid;   /* NULL when absent */
    nx_span input;     /* header.payload as signed */
    nx_span payload;   /* decoded */
    nx_span signature; /* decoded */
};

/* NX_ERR_LIMIT, NX_ERR_JOSE_FORM, NX_ERR_JOSE_ALG. Nothing is verified yet. */
NX_FALLIBLE nx_jose_guard_jws(struct nx_jose_parts *out, nx_arena *a, nx_span token);
/* Whether a JSON key is a well-formed public one of a known type: the check of nx_jwk_from_json before any
 * key is made. NX_ERR_JWK, NX_ERR_JWK_PRIVATE; NX_ERR_UNKNOWN for a type, curve or use we do not know. */
NX_FALLIBLE nx_jose_guard_jwk(const json_t *key);

#endif
