/* Seals: authenticated encryption of small things that leave our hands (records in Redis, handles, keys at
 * rest).
 *
 *   sealed = nonce (24 random bytes) | ciphertext | tag (16)
 *
 * XAES-256-GCM: AES-256-GCM under a key derived from the first half of the nonce, so that random nonces stay
 * safe for 2^80 seals under one key; plain GCM with its 96-bit nonce would have to change keys after 2^32,
 * which a national service reaches in weeks. The additional data names what is sealed and for whom: a seal
 * opens in no other place. Thread safe. */
#ifndef NX_CRYPTO_SEAL_H
#define NX_CRYPTO_SEAL_H

#include "base/arena.h"

#define NX_SEAL_KEY_LEN 32
#define NX_SEAL_NONCE_LEN 24
#define NX_SEAL_TAG_LEN 16
#define NX_SEAL_OVERHEAD (NX_SEAL_NONCE_LEN + NX_SEAL_TAG_LEN)
#define NX_SEAL_MAX (1u << 20) /* of plain text and of additional data */

/* Writes plain.n + NX_SEAL_OVERHEAD bytes to out. NX_ERR_LIMIT, NX_ERR_RANDOM, NX_ERR_CRYPTO. */
NX_FALLIBLE nx_seal(uint8_t *out, nx_span key, nx_span aad, nx_span plain);
/* Writes sealed.n - NX_SEAL_OVERHEAD bytes to out; NX_ERR_SEAL, and out wiped, for whatever was not sealed by
 * this key with this aad. out may not overlap sealed. */
NX_FALLIBLE nx_seal_open(uint8_t *out, nx_span key, nx_span aad, nx_span sealed);

/* The same into memory of the arena. */
NX_FALLIBLE nx_seal_dup(nx_span *out, nx_arena *a, nx_span key, nx_span aad, nx_span plain);
NX_FALLIBLE nx_seal_open_dup(nx_span *out, nx_arena *a, nx_span key, nx_span aad, nx_span sealed);

#endif
