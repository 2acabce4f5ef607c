/* A fixed table by hash of the id, a few entries a bucket; a full bucket forgets its oldest. Clients change
 * rarely, so that forgetting means forgetting everything. */
#include "registry/client_cache.h"

#include "registry/client_parse.h"

#include <pthread.h>
#include <stdlib.h>

#define WAYS 4
#define BUCKETS (NX_CLIENT_CACHE_MAX / WAYS)

struct nx_client_cache {
    pthread_mutex_t lock;
    uint64_t generation;
    nx_client *bucket[BUCKETS][WAYS]; /* newest first */
};

nx_result nx_client_cache_open(struct nx_client_cache **out)
{
    struct nx_client_cache *c = calloc(1, sizeof *c);
    NX_REQUIRE(c, NX_ERR_MEMORY);
    if (pthread_mutex_init(&c->lock, NULL) != 0) {
        free(c);
        NX_FAIL(NX_ERR_MEMORY);
    }
    *out = c;
    return NX_OK;
}

static nx_client **bucket_of(struct nx_client_cache *c, nx_span id)
{
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < id.n; i++)
        h = (h ^ id.p[i]) * 1099511628211u;
    return c->bucket[h % BUCKETS];
}

static void forget_all(struct nx_client_cache *c)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        for (size_t w = 0; w < WAYS; w++)
            if (c->bucket[i][w]) nx_client_release(c->bucket[i][w]);
        memset(c->bucket[i], 0, sizeof c->bucket[i]);
    }
}

void nx_client_cache_close(struct nx_client_cache *c)
{
    if (!c) return;
    forget_all(c);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

nx_client *nx_client_cache_get(struct nx_client_cache *c, nx_span id, uint64_t *generation)
{
    nx_client *found = NULL;
    pthread_mutex_lock(&c->lock);
    nx_client **way = bucket_of(c, id);
    for (size_t w = 0; w < WAYS && way[w] && !found; w++)
        if (nx_span_eq_str(id, way[w]->id)) found = nx_client_hold(way[w]);
    *generation = c->generation;
    pthread_mutex_unlock(&c->lock);
    return found;
}

void nx_client_cache_put(struct nx_client_cache *c, nx_client *client, uint64_t generation)
{
    pthread_mutex_lock(&c->lock);
    if (c->generation == generation) {
        nx_client **way = bucket_of(c, nx_span_str(client->id));
        if (way[WAYS - 1]) nx_client_release(way[WAYS - 1]);
        memmove(way + 1, way, (WAYS - 1) * sizeof *way);
        way[0] = nx_client_hold(client);
    }
    pthread_mutex_unlock(&c->lock);
}

void nx_client_cache_forget(struct nx_client_cache *c)
{
    pthread_mutex_lock(&c->lock);
    c->generation++;
    forget_all(c);
    pthread_mutex_unlock(&c->lock);
}
