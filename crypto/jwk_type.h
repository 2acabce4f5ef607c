/* The body of nx_jwk, for the files of this folder that make and use keys. */
#ifndef NX_CRYPTO_JWK_TYPE_H
#define NX_CRYPTO_JWK_TYPE_H

#include "base/text.h"
#include "crypto/jose_guard.h"
#include "crypto/jwk.h"

#include <cjose/cjose.h>

#define NX_JWK_NUMBER_MAX NX_B64U_LEN(NX_SIGNATURE_MAX) /* characters of the longest number, a modulus */

struct nx_jwk {
    nx_kty kty;
    nx_alg alg;
    char *kid;                          /* NULL when absent; owned */
    char first[NX_JWK_NUMBER_MAX + 1];  /* x or n, canonical base64url */
    char second[NX_JWK_NUMBER_MAX + 1]; /* y or e */
    char thumbprint[NX_THUMBPRINT_LEN + 1];
    EVP_PKEY *evp;
};

nx_kty nx_jwk_kty_of(const json_t *key);
/* Fills evp from kty, first and second. NX_ERR_JWK for a point off the curve. */
NX_FALLIBLE nx_jwk_load(nx_jwk *k);
/* The same key for the JOSE library, which gets text that we wrote and never the text that came. Made when a
 * token is verified by it: most keys never are. *out is owned (cjose_jwk_release). */
NX_FALLIBLE nx_jwk_cjose(cjose_jwk_t **out, const nx_jwk *k);
/* Fills kty, first and second from a key of OpenSSL. */
NX_FALLIBLE nx_jwk_read_evp(nx_jwk *k, const EVP_PKEY *key);
/* The members of RFC 7638 in their order, without spaces; out has room for NX_JWK_CANONICAL_MAX. */
#define NX_JWK_CANONICAL_MAX (2 * NX_JWK_NUMBER_MAX + 64)
size_t nx_jwk_canonical(char out[NX_JWK_CANONICAL_MAX], const nx_jwk *k);

#endif
