/* Connections and who has them: one for writing, a few for reading, lent to threads. Inside this folder only.
 *
 * A thread has at most one loan at a time: within a change it is the writer, otherwise a reader for as long
 * as a statement is open. All statements of the thread share it, so that nobody waits for a second connection
 * while holding a first. */
#ifndef NX_REGISTRY_POOL_H
#define NX_REGISTRY_POOL_H

#include "registry/driver.h"
#include "registry/registry.h"
#include "registry/sql.h"

#include <pthread.h>

#define NX_SQL_SLOTS (NX_SQL_KEPT_MAX * 2)
#define NX_SQL_WAIT_S 5

struct nx_sql_statement {
    void *handle;
    char *text; /* NULL: not kept */
    bool writes;
    bool open;
};

struct nx_sql_connection {
    void *handle;
    size_t kept;
    struct nx_sql_statement *slot[NX_SQL_SLOTS]; /* open addressing by a hash of the text */
};

struct nx_client_cache;
struct nx_upstream_cache;
struct nx_saml_entity_cache;

struct nx_registry {
    const struct nx_sql_driver *driver;
    pthread_mutex_t lock; /* guards the next four */
    pthread_cond_t given_back;
    struct nx_sql_connection *reader[NX_REGISTRY_READERS_MAX]; /* those that are free */
    unsigned readers_free;
    bool writer_free;
    struct nx_sql_connection *writer;
    struct nx_client_cache *clients;
    struct nx_upstream_cache *upstreams;
    struct nx_saml_entity_cache *entities;
    bool tells; /* nx_registry_tell */
};

struct nx_sql_loan {
    nx_registry *registry; /* NULL: the thread has none */
    struct nx_sql_connection *connection;
    unsigned statements; /* open ones */
    unsigned changes;    /* begun and not ended, inner ones too */
    nx_err doomed;       /* why the change cannot be committed any more; NX_ERR_NONE while it can */
    bool clients;        /* the change touched clients */
    bool upstreams;      /* the change touched upstreams */
    bool entities;       /* the change touched SAML peers */
};

/* The loan of the calling thread, empty or not. */
struct nx_sql_loan *nx_sql_loan_mine(void);
/* Makes sure that the thread has a connection of this registry, of the wanted kind. NX_ERR_BUSY;
 * NX_ERR_INTERNAL when it holds one of another registry, or a reader where a writer is wanted. */
NX_FALLIBLE nx_sql_lend(nx_registry *r, bool writer);
/* Gives it back if no statement and no change needs it any more. */
void nx_sql_give_back(struct nx_sql_loan *loan);

NX_FALLIBLE nx_sql_connection_open(struct nx_sql_connection **out, const struct nx_sql_driver *d,
                                   const char *where, bool writer);
void nx_sql_connection_close(struct nx_sql_connection *c, const struct nx_sql_driver *d);
/* A prepared statement that nobody has open: a kept one, or a new one. */
NX_FALLIBLE nx_sql_statement_take(struct nx_sql_statement **out, struct nx_sql_connection *c,
                                  const struct nx_sql_driver *d, const char *sql);
void nx_sql_statement_leave(struct nx_sql_statement *s, const struct nx_sql_driver *d);

/* Brings the schema up to what this program was built with. */
NX_FALLIBLE nx_registry_migrate(nx_registry *r);

#endif
