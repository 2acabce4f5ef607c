/* Secrets that the server itself makes (client secrets, registration tokens): 256 random bits need no slow
 * hash; the registry holds their SHA-256 and never the secret. */
#ifndef NX_CRYPTO_SECRET_DIGEST_H
#define NX_CRYPTO_SECRET_DIGEST_H

#include "base/secret.h"
#include "crypto/digest.h"

#define NX_MADE_SECRET_LEN 43 /* base64url of 32 bytes */

/* A new secret of NX_MADE_SECRET_LEN characters. */
NX_FALLIBLE nx_secret_make(nx_secret *out);
NX_FALLIBLE nx_secret_digest(uint8_t out[NX_SHA256_LEN], nx_span secret);
/* NX_OK or NX_ERR_SECRET; the time does not depend on where they differ. digest must have 32 bytes. */
NX_FALLIBLE nx_secret_check(nx_span digest, nx_span presented);

#endif
