/* The table of signature algorithms (alg.def) and the raw operations on an EVP key.
 *
 * Signatures are in JOSE and COSE form: for ES256 r | s, 32 bytes each. Keys may be used by many threads. */
#ifndef NX_CRYPTO_ALG_H
#define NX_CRYPTO_ALG_H

#include "base/result.h"
#include "base/span.h"

#include <openssl/evp.h>

typedef enum nx_alg {
    NX_ALG_NONE = 0, /* no algorithm: never valid for signing or verifying */
#define X(name, kty, low, high) NX_ALG_##name,
#include "crypto/alg.def"
#undef X
    NX_ALG_COUNT
} nx_alg;

typedef enum nx_kty { NX_KTY_NONE, NX_KTY_EC, NX_KTY_RSA } nx_kty;

/* Sets of algorithms, as allow lists. */
#define NX_ALG_BIT(alg) (1u << (alg))
#define NX_ALGS_ALL (NX_ALG_BIT(NX_ALG_ES256) | NX_ALG_BIT(NX_ALG_RS256) | NX_ALG_BIT(NX_ALG_PS256))

#define NX_SIGNATURE_MAX 512 /* RSA-4096 */

/* "ES256"; "" for NX_ALG_NONE. Static. */
const char *nx_alg_name(nx_alg alg);
/* NX_ALG_NONE for a name without a row. */
nx_alg nx_alg_of(nx_span name);
nx_kty nx_alg_kty(nx_alg alg);
/* Whether the key's type, curve and size are those of the row. */
bool nx_alg_fits(nx_alg alg, const EVP_PKEY *key);
/* Bytes of a signature by that key; 0 when it does not fit. */
size_t nx_alg_signature_len(nx_alg alg, const EVP_PKEY *key);

/* *n is the length of the signature. NX_ERR_JOSE_ALG when the key does not fit. */
NX_FALLIBLE nx_alg_sign(uint8_t out[NX_SIGNATURE_MAX], size_t *n, nx_alg alg, EVP_PKEY *key, nx_span message);
/* NX_OK or NX_ERR_SIGNATURE. */
NX_FALLIBLE nx_alg_verify(nx_alg alg, EVP_PKEY *key, nx_span message, nx_span signature);
/* A new key pair that fits: P-256 or RSA-2048. Owned by the caller (EVP_PKEY_free). */
NX_FALLIBLE nx_alg_generate(EVP_PKEY **out, nx_alg alg);

#endif
