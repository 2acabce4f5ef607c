/* Public keys as JSON (RFC 7517), strict: EC P-256 and RSA of 2048 to 4096 bits (exponent 65537 only).
 *
 * Every member that would carry a private or symmetric key ("d", "p", "q", "dp", "dq", "qi", "oth", "k", kty
 * "oct") is refused: who sends one has published a secret. Coordinates and moduli must be canonical base64url
 * of exact length, the point on the curve. An nx_jwk is immutable and may be used by many threads. */
#ifndef NX_CRYPTO_JWK_H
#define NX_CRYPTO_JWK_H

#include "base/json.h"
#include "crypto/alg.h"
#include "crypto/digest.h"

#define NX_JWK_MAX 4096         /* bytes of JSON text of one key */
#define NX_JWKS_MAX (64u << 10) /* of a set */
#define NX_JWKS_KEYS_MAX 32
#define NX_KID_MAX 128 /* characters of a foreign kid */
#define NX_THUMBPRINT_LEN 43

typedef struct nx_jwk nx_jwk;
typedef struct nx_jwks nx_jwks;

/* *out is owned. NX_ERR_JWK, NX_ERR_JWK_PRIVATE, NX_ERR_LIMIT, and the errors of nx_json_parse. */
NX_FALLIBLE nx_jwk_parse(nx_jwk **out, nx_span json);
NX_FALLIBLE nx_jwk_from_json(nx_jwk **out, const json_t *key);
/* From a key of OpenSSL (whose public half is copied); kid may be NULL. */
NX_FALLIBLE nx_jwk_from_evp(nx_jwk **out, const EVP_PKEY *key, nx_alg alg, const char *kid);
void nx_jwk_close(nx_jwk *k);
NX_AUTO_DEFINE(nx_jwk, nx_jwk_close)

nx_kty nx_jwk_kty(const nx_jwk *k);
/* The key's own "alg"; NX_ALG_NONE when it names none. */
nx_alg nx_jwk_alg(const nx_jwk *k);
/* The key's own "kid", borrowed; NULL when it has none. */
const char *nx_jwk_kid(const nx_jwk *k);
/* RFC 7638 thumbprint with SHA-256 as base64url, borrowed. */
const char *nx_jwk_thumbprint(const nx_jwk *k);
/* The canonical public members with kid, alg and use "sig" where known. Owned: json_decref. NULL when out of
 * memory. */
json_t *nx_jwk_public(const nx_jwk *k);
/* Borrowed; for nx_alg_verify and for COSE. */
EVP_PKEY *nx_jwk_evp(const nx_jwk *k);
/* NX_OK or NX_ERR_SIGNATURE; NX_ERR_JOSE_ALG when alg is not one for this key or the key names another. */
NX_FALLIBLE nx_jwk_verify(const nx_jwk *k, nx_alg alg, nx_span message, nx_span signature);

/* {"keys":[…]}: keys of unknown types, curves or algorithms and those with use "enc" are skipped (RFC 7517
 * section 5); a known one that is malformed, a private or a symmetric one, or two with one kid make the whole
 * set invalid. A set without a usable key is NX_ERR_JWK. */
NX_FALLIBLE nx_jwks_parse(nx_jwks **out, nx_span json);
NX_FALLIBLE nx_jwks_from_json(nx_jwks **out, const json_t *set);
void nx_jwks_close(nx_jwks *s);
NX_AUTO_DEFINE(nx_jwks, nx_jwks_close)
size_t nx_jwks_count(const nx_jwks *s);
/* Borrowed from s; NULL past the end. */
const nx_jwk *nx_jwks_at(const nx_jwks *s, size_t i);
/* The key with that kid; NULL when there is none. */
const nx_jwk *nx_jwks_find(const nx_jwks *s, nx_span kid);

#endif
