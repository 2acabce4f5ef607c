/* SHA-256 (FIPS 180-4), HMAC-SHA256 (RFC 2104) and HKDF-SHA256 (RFC 5869). Thread safe; NX_ERR_CRYPTO when
 * the library fails (out of memory). */
#ifndef NX_CRYPTO_DIGEST_H
#define NX_CRYPTO_DIGEST_H

#include "base/result.h"
#include "base/span.h"

#define NX_SHA256_LEN 32
#define NX_HKDF_MAX (255 * NX_SHA256_LEN)

NX_FALLIBLE nx_sha256(uint8_t out[NX_SHA256_LEN], nx_span in);
NX_FALLIBLE nx_hmac_sha256(uint8_t out[NX_SHA256_LEN], nx_span key, nx_span in);

/* The same over the parts, each preceded by its length in 8 bytes (big endian): ("ab","c") and ("a","bc")
 * differ. For every digest of more than one value. */
NX_FALLIBLE nx_sha256_parts(uint8_t out[NX_SHA256_LEN], const nx_span *parts, size_t count);
NX_FALLIBLE nx_hmac_sha256_parts(uint8_t out[NX_SHA256_LEN], nx_span key, const nx_span *parts, size_t count);

/* Extract and expand; n at most NX_HKDF_MAX (NX_ERR_LIMIT). */
NX_FALLIBLE nx_hkdf_sha256(uint8_t *out, size_t n, nx_span key, nx_span salt, nx_span info);

#endif
