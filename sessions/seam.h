/* Inside this folder only: the seam under the typed modules.
 *
 * A call is one atomic act on one shard with bytes as arguments; its answer is a flat list of bytes whose
 * first is a word. A run sends several calls in one round trip; each is atomic, the run is not. */
#ifndef NX_SESSIONS_SEAM_H
#define NX_SESSIONS_SEAM_H

#include "sessions/store.h"

#include <pthread.h>
#include <stdatomic.h>

enum nx_do {
#define X(name, script) NX_DO_##name,
#include "sessions/acts.def"
#undef X
    NX_DO_COUNT
};

#define NX_CALL_ARGS_MAX 96
#define NX_RUN_CALLS_MAX 6
#define NX_ANSWER_MAX 24000 /* texts in one answer */

struct nx_call {
    enum nx_do what;
    uint16_t shard;
    const nx_span *argv;
    size_t argc;
};
struct nx_answer {
    const nx_span *v; /* in the arena of the run; at least one */
    size_t n;
};

/* What a backend tells when it is met. */
struct nx_meeting {
    char run_id[48];
    char version[32];
};

struct nx_seam {
    const char *kind;
    /* One round trip on a fresh look at the other side: who is it now? */
    nx_result (*meet)(void *impl, struct nx_meeting *out);
    nx_result (*run)(void *impl, nx_arena *a, const struct nx_call *calls, size_t n,
                     struct nx_answer *answers);
    nx_result (*info)(void *impl, struct nx_store_info *out);
    /* No round trip: does the other side answer, as far as is known? */
    bool (*up)(void *impl);
    void (*close)(void *impl);
};

struct nx_store {
    const struct nx_seam *seam;
    void *impl;
    const nx_master *master;
    unsigned shards;
    struct nx_epoch_source epochs;
    bool watched;
    struct nx_store_watch watch; /* set once, before the store is served */
    pthread_mutex_t meeting;     /* held by the one thread that meets a new run */
    atomic_bool met;             /* this run was replayed; a backend clears it when it meets a stranger */
    _Atomic int64_t skew_ms;
    _Atomic int64_t recovered_ms;
    pthread_mutex_t lock; /* of generation */
    nx_id generation;
};

/* Runs calls in one round trip. calls[].argv does not hold the clock's shift: backends add it. */
NX_FALLIBLE nx_store_run(nx_store *s, nx_arena *a, const struct nx_call *calls, size_t n,
                         struct nx_answer *answers);
/* One call whose answer begins with a word; at least `least` texts or NX_ERR_STORE_REPLY. */
NX_FALLIBLE nx_store_call(nx_store *s, nx_arena *a, const struct nx_call *call, size_t least,
                          struct nx_answer *out);

/* Whether the calling thread may speak to the store: it was met and replayed, or this thread is doing that.
 * Backends ask again with the connection in hand. */
bool nx_store_admitted(const nx_store *s);

bool nx_answer_is(const struct nx_answer *a, const char *word);
/* The i-th text as a number; NX_ERR_STORE_REPLY when it is none or not there. */
NX_FALLIBLE nx_answer_number(const struct nx_answer *a, size_t i, int64_t *out);

/* Clock shift of test builds in milliseconds; 0 in others. */
int64_t nx_store_shift_ms(void);

/* "{sN}:" into out. */
#define NX_PREFIX_MAX 16
void nx_store_prefix(char out[NX_PREFIX_MAX], uint16_t shard);

/* A decimal number as text in the arena. */
nx_span nx_span_number(nx_arena *a, int64_t n);

/* Seals and opens what is kept under a key of the store: prefix, then name. */
NX_FALLIBLE nx_store_seal(nx_span *out, const nx_store *s, nx_arena *a, uint16_t shard, const char *name,
                          nx_span plain);
NX_FALLIBLE nx_store_open_seal(nx_span *out, const nx_store *s, nx_arena *a, uint16_t shard, const char *name,
                               nx_span sealed);
/* A note as it enters the stream. */
NX_FALLIBLE nx_note_seal(nx_span *out, const nx_store *s, nx_arena *a, uint16_t shard,
                         const struct nx_note *note);

/* Backends. */
NX_FALLIBLE nx_redis_open(nx_store *s, const char *url, unsigned connections);
NX_FALLIBLE nx_memory_open(nx_store *s);

#endif
