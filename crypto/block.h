/* One block of AES-256 (FIPS 197) as a permutation of 16-byte names: deterministic, without redundancy of its own, and
 * reversible by the holder of the key alone. For names whose sixteen bytes carry their own check (sessions/signon.h);
 * never for texts, which nx_seal seals. Thread safe. NX_ERR_CRYPTO. */
#ifndef NX_CRYPTO_BLOCK_H
#define NX_CRYPTO_BLOCK_H

#include "base/result.h"
#include "base/span.h"

#define NX_BLOCK_LEN 16

/* key: 32 bytes. out may be in. */
NX_FALLIBLE nx_block_seal(uint8_t out[NX_BLOCK_LEN], nx_span key, const uint8_t in[NX_BLOCK_LEN]);
NX_FALLIBLE nx_block_open(uint8_t out[NX_BLOCK_LEN], nx_span key, const uint8_t in[NX_BLOCK_LEN]);

#endif
