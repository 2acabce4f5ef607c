/* The body of nx_keyring, for the files that read it (keyring.c) and that change it (keyring_turn.c). */
#ifndef NX_CRYPTO_KEYRING_RING_H
#define NX_CRYPTO_KEYRING_RING_H

#include "crypto/key_snapshot.h"
#include "crypto/verified.h"

#include <pthread.h>

struct nx_keyring {
    const nx_master *master;
    struct nx_key_store store;
    struct nx_keyring_terms terms;
    pthread_mutex_t turn; /* held by the one who changes rows */
    pthread_mutex_t lock; /* guards now and generation; held for a few loads */
    nx_key_snapshot *now;
    uint64_t generation;
    struct nx_verified verified;
};

/* Reads the rows and swaps the snapshot if they changed. The caller holds turn. */
NX_FALLIBLE nx_keyring_reload(nx_keyring *r);
/* Makes the key of that use and state unless there is one. The caller holds turn. */
NX_FALLIBLE nx_keyring_make(nx_keyring *r, nx_key_use use, nx_key_state state);
/* Makes the active key of a late use unless there is one, as the turn allows. */
NX_FALLIBLE nx_keyring_make_late(nx_keyring *r, nx_key_use use);

#endif
