/* MD5 (RFC 1321) and HMAC-MD5 (RFC 2104), for RADIUS alone, whose packets are made of them (RFC 2865, RFC
 * 2869). Nothing of NIXA's own is ever kept or signed by them. Thread safe; NX_ERR_CRYPTO where the library
 * has none. */
#ifndef NX_CRYPTO_MD5_H
#define NX_CRYPTO_MD5_H

#include "base/result.h"
#include "base/span.h"

#define NX_MD5_LEN 16

/* Of the parts, one after the other. */
NX_FALLIBLE nx_md5(uint8_t out[NX_MD5_LEN], const nx_span *parts, size_t count);
NX_FALLIBLE nx_hmac_md5(uint8_t out[NX_MD5_LEN], nx_span key, nx_span in);

#endif
