#include "registry/registry.h"

#include "registry/client_cache.h"
#include "registry/pool.h"
#include "registry/upstream_cache.h"
#include "registry/saml_entity_cache.h"

#include <stdlib.h>

static nx_result open_lock(nx_registry *r)
{
    pthread_condattr_t attr;
    NX_REQUIRE(pthread_mutex_init(&r->lock, NULL) == 0, NX_ERR_MEMORY);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&r->given_back, &attr);
    pthread_condattr_destroy(&attr);
    return NX_OK;
}

static nx_result open_readers(nx_registry *r, const char *where, unsigned readers)
{
    for (; r->readers_free < readers; r->readers_free++)
        NX_TRY(nx_sql_connection_open(&r->reader[r->readers_free], r->driver, where, false));
    return NX_OK;
}

static nx_result open_all(nx_registry *r, const char *where, unsigned readers)
{
    NX_TRY(nx_client_cache_open(&r->clients));
    NX_TRY(nx_upstream_cache_open(&r->upstreams));
    NX_TRY(nx_saml_entity_cache_open(&r->entities));
    NX_TRY(nx_sql_connection_open(&r->writer, r->driver, where, true));
    r->writer_free = true;
    NX_TRY(nx_registry_migrate(r));
    return open_readers(r, where, readers);
}

nx_result nx_registry_open(nx_registry **out, const char *url, unsigned readers)
{
    const struct nx_sql_driver *driver;
    const char *where;
    NX_REQUIRE(readers > 0 && readers <= NX_REGISTRY_READERS_MAX, NX_ERR_RANGE);
    NX_TRY(nx_sql_driver_of(&driver, &where, url));
    NX_AUTO(nx_registry) r = calloc(1, sizeof *r);
    NX_REQUIRE(r, NX_ERR_MEMORY);
    r->driver = driver;
    nx_result locked = open_lock(r);
    if (!nx_ok(locked)) {
        free(NX_STEAL(r));
        return locked;
    }
    NX_TRY(open_all(r, where, readers));
    *out = NX_STEAL(r);
    return NX_OK;
}

void nx_registry_close(nx_registry *r)
{
    if (!r) return;
    for (unsigned i = 0; i < r->readers_free; i++)
        nx_sql_connection_close(r->reader[i], r->driver);
    nx_sql_connection_close(r->writer, r->driver);
    nx_client_cache_close(r->clients);
    nx_upstream_cache_close(r->upstreams);
    nx_saml_entity_cache_close(r->entities);
    pthread_cond_destroy(&r->given_back);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

nx_result nx_registry_ping(nx_registry *r)
{
    bool row;
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r, "SELECT 1 FROM meta LIMIT 1"));
    NX_TRY(nx_sql_step(&q, &row));
    return NX_OK;
}

void nx_registry_tell(nx_registry *r, bool on)
{
    r->tells = on;
}
