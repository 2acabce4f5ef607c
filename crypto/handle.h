/* Handles: whatever a client or a browser holds to find a record of ours (docs/architecture.md section 4).
 *
 *   text = base64url(seal(type | shard (2 bytes) | 16 random bytes)), additional data = label, type, holder
 *
 * The text has one length, names nothing, and opens only as the type and for the holder that it was made for.
 * Every way in which a text can be wrong is the one error NX_ERR_HANDLE: a caller learns nothing from it. Two
 * seals of one handle are different texts: never compare texts, compare what they open to. Thread safe. */
#ifndef NX_CRYPTO_HANDLE_H
#define NX_CRYPTO_HANDLE_H

#include "base/text.h"
#include "crypto/master.h"
#include "crypto/seal.h"

typedef enum nx_handle_type {
#define X(name, number) NX_HANDLE_##name = (number),
#include "crypto/handle.def"
#undef X
} nx_handle_type;

/* What a handle says: where the record is. id is the record's name in the store. */
struct nx_handle {
    uint16_t shard;
    nx_id id;
};

#define NX_HANDLE_PLAIN_LEN 19                                            /* type, shard, id */
#define NX_HANDLE_LEN NX_B64U_LEN(NX_HANDLE_PLAIN_LEN + NX_SEAL_OVERHEAD) /* characters, without the NUL */

typedef struct nx_handle_text {
    char s[NX_HANDLE_LEN + 1];
} nx_handle_text;

/* A new random handle in that shard. */
NX_FALLIBLE nx_handle_make(struct nx_handle *out, uint16_t shard);
/* holder may be empty; at most 1024 bytes. */
NX_FALLIBLE nx_handle_seal(nx_handle_text *out, const nx_master *m, nx_handle_type type, nx_span holder,
                           const struct nx_handle *h);
NX_FALLIBLE nx_handle_open(struct nx_handle *out, const nx_master *m, nx_handle_type type, nx_span holder,
                           nx_span text);

#endif
