/* JSON Web Encryption, compact form (RFC 7516), as providers encrypt ID tokens to us. The JOSE library lacks the key
 * management algorithms that national apps use, so all of it is done here on EVP.
 *
 *   alg   ECDH-ES+A256KW (RFC 7518 section 4.6, P-256), RSA-OAEP-256 (4.3)
 *   enc   A256GCM, A128GCM (5.3), A128CBC-HS256, A256CBC-HS512 (5.2)
 *
 * The header is parsed as strictly as that of a signed token (crypto/jose_guard.h): no crit, zip, b64, jwk, jku, x5u,
 * x5c; `epk` has the members of a public P-256 key and no others; apu and apv are bounded. The caller says which
 * algorithms it takes; the key of ours decides which of them can open. Every way in which an encrypted token is wrong
 * behind its header is one error, NX_ERR_JWE_KEY: nobody learns how far it got. */
#ifndef NX_CRYPTO_JWE_H
#define NX_CRYPTO_JWE_H

#include "crypto/keyring.h"

#define NX_JWE_MAX (64u << 10) /* bytes of the token */

/* Opens a token that was encrypted to a published key of ours, of use UPSTREAM_EC or UPSTREAM_RSA: the one that its kid
 * names, or each of them in turn where it names none. alg: the algorithm that it must
 * have; NULL: either. *out is in the arena. NX_ERR_LIMIT, NX_ERR_JWE_FORM,
 * NX_ERR_JWE_ALG, NX_ERR_JWE_KEY. */
NX_FALLIBLE nx_jwe_open(nx_span *out, nx_arena *a, nx_keyring *ring, const char *alg, nx_span token);
/* The same with one key of OpenSSL: tests, vectors. */
NX_FALLIBLE nx_jwe_open_with(nx_span *out, nx_arena *a, EVP_PKEY *key, nx_span token);

/* Adds the public keys that a provider may encrypt to, with "use":"enc" and their alg, to the list of a key set. alg: of
 * that algorithm alone; NULL: of each. NX_ERR_JWE_ALG. */
NX_FALLIBLE nx_jwe_publish(json_t *keys, nx_keyring *ring, const char *alg);
/* Whether it is the name of a key management algorithm of ours. */
bool nx_jwe_alg_known(const char *alg);

#endif
