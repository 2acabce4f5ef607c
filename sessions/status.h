/* Token status lists of the store (IETF Token Status List; rule 22): two bits an entry, 0 valid, 1 revoked, 2
 * suspended, least significant bits first.
 *
 * An index is drawn at random among the unused ones of the newest list of the shard, in the act that makes
 * the grant (code.h). A list that is about full is closed and a new one begun; an index is never given twice,
 * and a list lives until the last grant in it has expired. Lists are numbered n * shards + shard. The
 * generation is part of their URI: after the loss of the store another one begins (kill.h), and whoever asks
 * for a list of an older one is told that all are revoked. */
#ifndef NX_SESSIONS_STATUS_H
#define NX_SESSIONS_STATUS_H

#include "sessions/grant.h"
#include "sessions/store.h"

#define NX_STATUS_ENTRIES (1 << 17)
#define NX_STATUS_BYTES (NX_STATUS_ENTRIES / 4)

enum nx_status { NX_STATUS_VALID = 0, NX_STATUS_REVOKED = 1, NX_STATUS_SUSPENDED = 2 };

/* The generation of now; 26 characters. NX_ERR_AWAY before the store was met. */
NX_FALLIBLE nx_status_generation(nx_store *st, nx_id *out);

/* The bits of a list of the present generation. *found is NX_GONE when no entry of it was ever drawn or all
 * have expired. */
NX_FALLIBLE nx_status_read(nx_store *st, nx_arena *a, int64_t list, uint8_t bits[NX_STATUS_BYTES],
                           enum nx_found *found);
/* The numbers of the lists that exist now, ascending; for the aggregation endpoint. */
NX_FALLIBLE nx_status_lists(nx_store *st, nx_arena *a, int64_t **lists, size_t *n);

#endif
