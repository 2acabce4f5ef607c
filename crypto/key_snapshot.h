/* What the ring knows at one moment: the rows with their keys. Built aside by one writer, then swapped in;
 * the ring's lock guards the pointer, the keys are reference counted. */
#ifndef NX_CRYPTO_KEY_SNAPSHOT_H
#define NX_CRYPTO_KEY_SNAPSHOT_H

#include "crypto/signing_key.h"

struct nx_key_entry {
    struct nx_key_row row; /* without sealed: that stays in the registry */
    nx_signing_key *key;
};

typedef struct nx_key_snapshot {
    size_t count;
    struct nx_key_entry entry[NX_KEYS_MAX];
} nx_key_snapshot;

void nx_key_snapshot_close(nx_key_snapshot *s);
NX_AUTO_DEFINE(nx_key_snapshot, nx_key_snapshot_close)

/* From rows; a key that `old` (may be NULL) has already is not opened again. NX_ERR_KEY_ROW. */
NX_FALLIBLE nx_key_snapshot_build(nx_key_snapshot **out, const nx_key_snapshot *old, const nx_master *m,
                                  const struct nx_key_row *rows, size_t count);
bool nx_key_snapshot_equal(const nx_key_snapshot *a, const nx_key_snapshot *b);

/* NULL when there is none. */
const struct nx_key_entry *nx_key_snapshot_state(const nx_key_snapshot *s, nx_key_use use,
                                                 nx_key_state state);
const struct nx_key_entry *nx_key_snapshot_kid(const nx_key_snapshot *s, nx_span kid);
/* A retired key whose time is over is published no more, even before housekeeping drops it. */
bool nx_key_entry_published(const struct nx_key_entry *e, nx_time now);

#endif
