/* The snapshot of all upstreams, shared by all threads. Inside this folder only. */
#ifndef NX_REGISTRY_UPSTREAM_CACHE_H
#define NX_REGISTRY_UPSTREAM_CACHE_H

#include "registry/upstream.h"

struct nx_upstream_cache;

/* Counted; the rows borrow from the arena and are released with it. */
struct nx_upstream_snapshot {
    unsigned refs; /* atomic */
    nx_arena *arena;
    nx_upstream *v;
    size_t n;
};

/* An empty one with one reference. */
NX_FALLIBLE nx_upstream_snapshot_new(struct nx_upstream_snapshot **out);
void nx_upstream_snapshot_hold(struct nx_upstream_snapshot *s);
void nx_upstream_snapshot_leave(struct nx_upstream_snapshot *s);
static inline void nx_upstream_snapshot_auto(struct nx_upstream_snapshot **s)
{
    if (*s) nx_upstream_snapshot_leave(*s);
}

NX_FALLIBLE nx_upstream_cache_open(struct nx_upstream_cache **out);
void nx_upstream_cache_close(struct nx_upstream_cache *c);
/* A counted reference, or NULL when there is none; *generation is for nx_upstream_cache_put. */
struct nx_upstream_snapshot *nx_upstream_cache_get(struct nx_upstream_cache *c, uint64_t *generation);
/* Keeps a reference of its own, unless something was forgotten since `generation` was read. */
void nx_upstream_cache_put(struct nx_upstream_cache *c, struct nx_upstream_snapshot *s, uint64_t generation);
void nx_upstream_cache_forget(struct nx_upstream_cache *c);

#endif
