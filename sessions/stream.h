/* The audit stream: lines that sign-ins and token issues append in the same act that makes them
 * (ARCHITECTURE.md 3.3), sealed, drained in batches into the registry's chain.
 *
 * Drain: read after the position that the registry remembers (nx_audit_position), append the batch
 * (nx_audit_append_batch skips what it has seen), then drop up to it. Reading removes nothing. */
#ifndef NX_SESSIONS_STREAM_H
#define NX_SESSIONS_STREAM_H

#include "sessions/store.h"

#define NX_STREAM_BATCH_MAX 512
#define NX_STREAM_KEEP 1000000 /* entries of a shard; the oldest go first if nobody drains */

struct nx_stream_entry {
    const char *position; /* "MILLISECONDS-N" */
    nx_time at;
    struct nx_note note;
};
struct nx_stream_batch {
    struct nx_stream_entry *v;
    size_t n;
};

/* Up to limit entries after `position` ("0-0": from the beginning), oldest first. */
NX_FALLIBLE nx_stream_read(nx_store *st, nx_arena *a, uint16_t shard, const char *position, size_t limit,
                           struct nx_stream_batch *out);
/* Forgets everything up to and including position. */
NX_FALLIBLE nx_stream_drop(nx_store *st, uint16_t shard, const char *position);
/* Appends one line by itself: for acts that change nothing else in the store. */
NX_FALLIBLE nx_stream_append(nx_store *st, uint16_t shard, const struct nx_note *note);

#endif
