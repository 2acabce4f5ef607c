/* JSON Web Signatures, compact form (RFC 7515), as JWTs use them.
 *
 * Signing is ours, on EVP keys of the keyring. Verifying our own tokens is too: the kid finds the key, the
 * key decides the algorithm. Tokens of others go through the guard and then to the JOSE library, with the
 * algorithm pinned by key and allow list. In no case does the token choose. typ is checked against what the
 * caller expects (RFC 8725 section 3.11). Claims are the caller's business. */
#ifndef NX_CRYPTO_JWS_H
#define NX_CRYPTO_JWS_H

#include "crypto/jose_guard.h"
#include "crypto/jwk.h"
#include "crypto/keyring.h"

/* A verified token; memory of the arena. */
struct nx_jws {
    nx_alg alg;
    const char *kid; /* NULL when absent */
    const char *typ; /* NULL when absent */
    nx_span payload;
};

/* Signs with the active key of the use; the header is {"alg","typ","kid"}. typ may be NULL (no member). *out
 * is in the arena. NX_ERR_LIMIT when the token would pass NX_JWS_MAX. */
NX_FALLIBLE nx_jws_sign(char **out, nx_arena *a, nx_keyring *r, nx_key_use use, const char *typ,
                        nx_span payload);
NX_FALLIBLE nx_jws_sign_json(char **out, nx_arena *a, nx_keyring *r, nx_key_use use, const char *typ,
                             const json_t *claims);

/* Verifies a token that we signed with a key of one of the uses. typ must be equal without regard to case (an
 * "application/" prefix of the token's is ignored); NULL: the token must have none or "JWT". NX_ERR_JOSE_KEY
 * for an unknown kid, NX_ERR_JOSE_TYP, NX_ERR_SIGNATURE, and the errors of the guard. */
NX_FALLIBLE nx_jws_verify_own(struct nx_jws *out, nx_arena *a, nx_keyring *r, uint32_t uses, const char *typ,
                              nx_span token);

/* What is expected of a foreign token. */
struct nx_jws_rules {
    uint32_t algs;          /* allow list, a set of NX_ALG_BIT */
    const char *const *typ; /* NULL-terminated list of types that pass */
    bool no_typ;            /* a token without typ passes too */
};
/* Against one key, whatever the kid says; the key's own alg, if it names one, must be the token's. */
NX_FALLIBLE nx_jws_verify(struct nx_jws *out, nx_arena *a, const nx_jwk *key,
                          const struct nx_jws_rules *rules, nx_span token);
/* Against a set: the key with the token's kid, or, when the token has none, the only key that fits its alg.
 * NX_ERR_JOSE_KEY when there is none or the choice is not clear. */
NX_FALLIBLE nx_jws_verify_set(struct nx_jws *out, nx_arena *a, const nx_jwks *keys,
                              const struct nx_jws_rules *rules, nx_span token);

#endif
