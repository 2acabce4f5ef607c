/* Password and PIN hashing: Argon2id (RFC 9106) by libsodium, kept as PHC strings that carry their own
 * parameters. Slow on purpose (tens of milliseconds, memory_kib of memory): only in the HASH lane. Thread
 * safe.
 *
 * A pepper (a key outside the registry) may be mixed in: HMAC-SHA256(pepper, password) is hashed instead of
 * the password. Short secrets such as PINs need it: without the pepper a stolen registry yields nothing. */
#ifndef NX_CRYPTO_PASSWORD_H
#define NX_CRYPTO_PASSWORD_H

#include "base/secret.h"

struct nx_password_cost {
    uint32_t passes;     /* 1..10 */
    uint32_t memory_kib; /* 8..1048576 */
};
/* OWASP's first choice: 2 passes over 19 MiB. */
#define NX_PASSWORD_COST ((struct nx_password_cost){.passes = 2, .memory_kib = 19456})

/* How many hashes run at the same time in this process; others wait for their turn. 0, and at start: no
 * limit. Hashes that share a processor push each other's memory out of its caches. */
void nx_password_at_once(unsigned most);

#define NX_PHC_MAX 128
typedef struct nx_phc {
    char s[NX_PHC_MAX];
} nx_phc;

/* pepper may be NX_SPAN_NONE. NX_ERR_RANGE for a cost out of bounds, NX_ERR_MEMORY. */
NX_FALLIBLE nx_password_hash(nx_phc *out, const struct nx_password_cost *cost, const nx_secret *password,
                             nx_span pepper);
/* NX_OK or NX_ERR_PASSWORD. phc NULL is somebody who does not exist or has no password: costs what `cost`
 * costs and fails. A PHC string that is not Argon2id, or asks for more than the bounds above, is refused
 * (NX_ERR_PASSWORD_HASH). */
NX_FALLIBLE nx_password_verify(const char *phc, const struct nx_password_cost *cost,
                               const nx_secret *password, nx_span pepper);
/* Whether phc was made with another cost and should be made anew at the next successful sign-in. */
bool nx_password_stale(const char *phc, const struct nx_password_cost *cost);

#endif
