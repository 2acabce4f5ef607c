/* The memory backend of test builds: the same acts as the scripts of lua/, on a table of keys under one
 * mutex. Inside this folder only. Names, layouts and answers are those of the scripts, so that a test may be
 * read against either. */
#ifndef NX_SESSIONS_MEMORY_H
#define NX_SESSIONS_MEMORY_H

#include "sessions/seam.h"

#define NX_MEMORY_BUCKETS 8192
#define NX_MEMORY_KEY_MAX 256

struct nx_memory_entry {
    struct nx_memory_entry *next;
    int64_t expires_ms; /* 0: never */
    size_t n;
    uint8_t *value;
    char key[];
};

struct nx_memory {
    nx_store *store;
    pthread_mutex_t lock;
    struct nx_memory_entry *buckets[NX_MEMORY_BUCKETS];
    nx_arena *scratch; /* of the act under way */
    unsigned runs;
    uint64_t stream_seq;
    bool away;
};

/* One act under way: where its answer grows. */
struct nx_memory_act {
    struct nx_memory *m;
    nx_arena *a; /* the scratch */
    const struct nx_call *call;
    int64_t now;
    nx_span *answer;
    size_t answers;
    nx_err failed;
};

/* Keys: a formatted name behind the shard's prefix. Values are borrowed until the next write of that key. */
nx_span nx_mem_get(struct nx_memory_act *x, const char *name, ...) __attribute__((format(printf, 2, 3)));
void nx_mem_set(struct nx_memory_act *x, nx_span value, int64_t expires_ms, const char *name, ...)
    __attribute__((format(printf, 4, 5)));
void nx_mem_del(struct nx_memory_act *x, const char *name, ...) __attribute__((format(printf, 2, 3)));
/* The entry itself, for bits; NULL. */
struct nx_memory_entry *nx_mem_entry(struct nx_memory_act *x, const char *name, ...)
    __attribute__((format(printf, 2, 3)));
/* A number kept under a key, or otherwise. */
int64_t nx_mem_number(struct nx_memory_act *x, int64_t otherwise, const char *name, ...)
    __attribute__((format(printf, 3, 4)));

/* The i-th argument; empty past the end. arg_text copies it with a NUL. */
nx_span nx_mem_arg(const struct nx_memory_act *x, size_t i);
const char *nx_mem_arg_text(struct nx_memory_act *x, size_t i);
int64_t nx_mem_arg_number(struct nx_memory_act *x, size_t i);
/* Copies into the arena; empty once memory has run out, and the act has failed. */
const char *nx_mem_text(struct nx_memory_act *x, nx_span s);
nx_span nx_mem_copy(struct nx_memory_act *x, nx_span s);
int64_t nx_mem_to_number(nx_span s);

void nx_mem_reply(struct nx_memory_act *x, nx_span s);
void nx_mem_reply_text(struct nx_memory_act *x, const char *s);
void nx_mem_reply_number(struct nx_memory_act *x, int64_t n);
/* Forgets the answer so far: it becomes this word alone. */
void nx_mem_refuse(struct nx_memory_act *x, const char *word);

/* A record in its nine words. */
struct nx_memory_rec {
    const char *key;
    nx_span value;
    const char *state, *up, *status, *bounds, *life, *extra;
    int64_t link, expires, made;
    nx_span body;
};
bool nx_mem_load(struct nx_memory_rec *r, struct nx_memory_act *x, const char *key);
void nx_mem_save(struct nx_memory_act *x, const struct nx_memory_rec *r, nx_span body);
void nx_mem_kill(struct nx_memory_act *x, const struct nx_memory_rec *r);
/* The person that bounds name, or NULL. */
const char *nx_mem_subject(struct nx_memory_act *x, const char *bounds);
void nx_mem_set_bits(struct nx_memory_act *x, const char *status, int value);

/* Index of a subject: members with their ends. */
struct nx_memory_member {
    const char *key;
    int64_t expires;
};
size_t nx_mem_index(struct nx_memory_act *x, const char *subject, struct nx_memory_member **out);
void nx_mem_index_put(struct nx_memory_act *x, const char *subject, const char *key, int64_t expires);
void nx_mem_index_drop(struct nx_memory_act *x, const char *subject, const char *key);

/* Walks "kind:id=value,…": false at the end. value is -1 for a tag. */
bool nx_mem_bound(struct nx_memory_act *x, nx_span *rest, char *kind, const char **id, int64_t *value);
void nx_mem_append(struct nx_memory_act *x, nx_span subject, nx_span line);

void nx_mem_do_bound(struct nx_memory_act *x);
void nx_mem_do_list(struct nx_memory_act *x);
void nx_mem_do_kill(struct nx_memory_act *x);
void nx_mem_do_epoch(struct nx_memory_act *x);
void nx_mem_do_order(struct nx_memory_act *x);
void nx_mem_do_throttle(struct nx_memory_act *x);
void nx_mem_do_guard(struct nx_memory_act *x);
void nx_mem_do_status(struct nx_memory_act *x);
void nx_mem_do_stream(struct nx_memory_act *x);
void nx_mem_do_mark(struct nx_memory_act *x);

#endif
