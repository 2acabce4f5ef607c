/* The header of an encrypted token and its five parts. Inside this folder only. */
#ifndef NX_CRYPTO_JWE_HEADER_H
#define NX_CRYPTO_JWE_HEADER_H

#include "base/json.h"
#include "base/secret.h"
#include "crypto/alg.h"

enum nx_jwe_alg { NX_JWE_ECDH_A256KW, NX_JWE_RSA_OAEP_256 };

/* A row of content encryption. */
struct nx_jwe_enc {
    const char *name;
    size_t key; /* bytes of the content key, both halves of it */
    size_t iv;
    size_t tag;
    const EVP_CIPHER *(*cipher)(void);
    const EVP_MD *(*digest)(void); /* NULL: authenticated by itself */
};

#define NX_JWE_POINT 65 /* uncompressed P-256 */
#define NX_JWE_PARTY_MAX 256

struct nx_jwe {
    enum nx_jwe_alg alg;
    const struct nx_jwe_enc *enc;
    const char *kid;            /* NULL when absent */
    uint8_t epk[NX_JWE_POINT];  /* of ECDH-ES */
    nx_span apu, apv;           /* decoded; empty when absent */
    nx_span aad;                /* the header as it was sent */
    nx_span wrapped, iv, cipher, tag; /* decoded */
};

/* "ECDH-ES+A256KW". Static. */
const char *nx_jwe_alg_name(enum nx_jwe_alg alg);
/* Nothing is decrypted yet. NX_ERR_LIMIT, NX_ERR_JWE_FORM, NX_ERR_JWE_ALG. */
NX_FALLIBLE nx_jwe_parse(struct nx_jwe *out, nx_arena *a, nx_span token);

#endif
