#include "registry/upstream_cache.h"

#include <pthread.h>
#include <stdlib.h>

/* Every row's texts and config, in text and parsed apart from it. */
#define SNAPSHOT_MAX (64u << 20)

struct nx_upstream_cache {
    pthread_mutex_t lock;
    uint64_t generation;
    struct nx_upstream_snapshot *now; /* NULL: to be read */
};

nx_result nx_upstream_snapshot_new(struct nx_upstream_snapshot **out)
{
    struct nx_upstream_snapshot *s = calloc(1, sizeof *s);
    NX_REQUIRE(s, NX_ERR_MEMORY);
    s->refs = 1;
    s->arena = nx_arena_open(SNAPSHOT_MAX);
    if (!s->arena) {
        free(s);
        NX_FAIL(NX_ERR_MEMORY);
    }
    *out = s;
    return NX_OK;
}

void nx_upstream_snapshot_hold(struct nx_upstream_snapshot *s)
{
    __atomic_add_fetch(&s->refs, 1, __ATOMIC_RELAXED);
}

void nx_upstream_snapshot_leave(struct nx_upstream_snapshot *s)
{
    if (__atomic_sub_fetch(&s->refs, 1, __ATOMIC_ACQ_REL) > 0) return;
    for (size_t i = 0; i < s->n; i++)
        json_decref((json_t *)(uintptr_t)s->v[i].config);
    nx_arena_close(s->arena);
    free(s);
}

nx_result nx_upstream_cache_open(struct nx_upstream_cache **out)
{
    struct nx_upstream_cache *c = calloc(1, sizeof *c);
    NX_REQUIRE(c, NX_ERR_MEMORY);
    if (pthread_mutex_init(&c->lock, NULL) != 0) {
        free(c);
        NX_FAIL(NX_ERR_MEMORY);
    }
    *out = c;
    return NX_OK;
}

void nx_upstream_cache_close(struct nx_upstream_cache *c)
{
    if (!c) return;
    if (c->now) nx_upstream_snapshot_leave(c->now);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

struct nx_upstream_snapshot *nx_upstream_cache_get(struct nx_upstream_cache *c, uint64_t *generation)
{
    pthread_mutex_lock(&c->lock);
    struct nx_upstream_snapshot *s = c->now;
    if (s) nx_upstream_snapshot_hold(s);
    *generation = c->generation;
    pthread_mutex_unlock(&c->lock);
    return s;
}

void nx_upstream_cache_put(struct nx_upstream_cache *c, struct nx_upstream_snapshot *s, uint64_t generation)
{
    pthread_mutex_lock(&c->lock);
    if (c->generation == generation && !c->now) {
        nx_upstream_snapshot_hold(s);
        c->now = s;
    }
    pthread_mutex_unlock(&c->lock);
}

void nx_upstream_cache_forget(struct nx_upstream_cache *c)
{
    pthread_mutex_lock(&c->lock);
    struct nx_upstream_snapshot *old = c->now;
    c->now = NULL;
    c->generation++;
    pthread_mutex_unlock(&c->lock);
    if (old) nx_upstream_snapshot_leave(old);
}
