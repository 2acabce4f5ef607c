/* Signatures of our own tokens that were verified a moment ago, so that a portal that introspects one token
 * again and again costs one verification: a table of digests of whole tokens, newest in its place.
 *
 * It says one thing: this exact text carries a good signature by the key that its kid names. Whether that key
 * is still published, and everything the claims say, is asked anew each time. Only good tokens enter, so
 * strangers cannot fill it. Thread safe. */
#ifndef NX_CRYPTO_VERIFIED_H
#define NX_CRYPTO_VERIFIED_H

#include "crypto/digest.h"

#include <pthread.h>

#define NX_VERIFIED_SLOTS 4096
#define NX_VERIFIED_LOCKS 16

struct nx_verified {
    pthread_mutex_t lock[NX_VERIFIED_LOCKS];
    uint8_t digest[NX_VERIFIED_SLOTS][NX_SHA256_LEN]; /* zero: empty */
};

void nx_verified_init(struct nx_verified *v);
void nx_verified_end(struct nx_verified *v);
bool nx_verified_has(struct nx_verified *v, const uint8_t digest[NX_SHA256_LEN]);
void nx_verified_add(struct nx_verified *v, const uint8_t digest[NX_SHA256_LEN]);

#endif
