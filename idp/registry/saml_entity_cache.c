/* A fixed table by hash of the name, a few entries a bucket; a full bucket forgets its oldest, and a change of any
 * entity everything: reading one again is a row and no XML. */
#include "registry/saml_entity_cache.h"

#include "registry/saml_entity_pack.h"

#include <pthread.h>
#include <stdlib.h>

#define WAYS 4
#define BUCKETS (NX_SAML_ENTITY_CACHE_MAX / WAYS)

struct place {
    nx_saml_entity *entity; /* NULL: free */
    bool owner;
};

struct nx_saml_entity_cache {
    pthread_mutex_t lock;
    uint64_t generation;
    struct place bucket[BUCKETS][WAYS]; /* newest first */
};

NX_FALLIBLE nx_saml_entity_cache_open(struct nx_saml_entity_cache **out)
{
    struct nx_saml_entity_cache *c = calloc(1, sizeof *c);
    NX_NEED(c);
    if (pthread_mutex_init(&c->lock, NULL) != 0) {
        free(c);
        NX_FAIL(NX_ERR_MEMORY);
    }
    *out = c;
    return NX_OK;
}

static struct place *bucket_of(struct nx_saml_entity_cache *c, struct nx_saml_entity_key key)
{
    uint64_t h = 14695981039346656037u ^ (uint64_t)key.role ^ (key.owner ? 2u : 0u);
    for (size_t i = 0; i < key.text.n; i++)
        h = (h ^ key.text.p[i]) * 1099511628211u;
    return c->bucket[h % BUCKETS];
}

static bool fits(const struct place *p, struct nx_saml_entity_key key)
{
    return p->owner == key.owner && p->entity->role == key.role &&
           nx_span_eq_str(key.text, key.owner ? p->entity->owner : p->entity->entity_id);
}

static void forget_all(struct nx_saml_entity_cache *c)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        for (size_t w = 0; w < WAYS; w++)
            nx_saml_entity_release(c->bucket[i][w].entity);
        memset(c->bucket[i], 0, sizeof c->bucket[i]);
    }
}

void nx_saml_entity_cache_close(struct nx_saml_entity_cache *c)
{
    if (!c) return;
    forget_all(c);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

nx_saml_entity *nx_saml_entity_cache_get(struct nx_saml_entity_cache *c, struct nx_saml_entity_key key,
                                         uint64_t *generation)
{
    nx_saml_entity *found = NULL;
    pthread_mutex_lock(&c->lock);
    struct place *way = bucket_of(c, key);
    for (size_t w = 0; w < WAYS && way[w].entity && !found; w++)
        if (fits(&way[w], key)) found = nx_saml_entity_hold(way[w].entity);
    *generation = c->generation;
    pthread_mutex_unlock(&c->lock);
    return found;
}

void nx_saml_entity_cache_put(struct nx_saml_entity_cache *c, nx_saml_entity *e, bool owner, uint64_t generation)
{
    struct nx_saml_entity_key key = {e->role, owner, nx_span_str(owner ? e->owner : e->entity_id)};
    pthread_mutex_lock(&c->lock);
    if (c->generation == generation) {
        struct place *way = bucket_of(c, key);
        nx_saml_entity_release(way[WAYS - 1].entity);
        memmove(way + 1, way, (WAYS - 1) * sizeof *way);
        way[0] = (struct place){nx_saml_entity_hold(e), owner};
    }
    pthread_mutex_unlock(&c->lock);
}

void nx_saml_entity_cache_forget(struct nx_saml_entity_cache *c)
{
    pthread_mutex_lock(&c->lock);
    c->generation++;
    forget_all(c);
    pthread_mutex_unlock(&c->lock);
}
