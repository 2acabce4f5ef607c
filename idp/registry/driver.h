/* What a database behind the SQL seam must do: one const struct each. Connections and statements are the
 * driver's own and belong to one thread at a time. Inside this folder only. */
#ifndef NX_REGISTRY_DRIVER_H
#define NX_REGISTRY_DRIVER_H

#include "base/result.h"
#include "base/span.h"

struct nx_sql_driver {
    const char *scheme;        /* "sqlite:" */
    const char *begin_durable; /* scripts that begin a change */
    const char *begin_relaxed;
    nx_result (*connect)(void **connection, const char *where, bool writer);
    void (*disconnect)(void *connection);
    /* Statements without parameters and rows. */
    nx_result (*script)(void *connection, const char *sql);
    /* *writes: it may change something. */
    nx_result (*prepare)(void **statement, bool *writes, void *connection, const char *sql);
    void (*finalise)(void *statement);
    /* i counts from 1; p NULL binds NULL; the bytes live until reset. */
    nx_result (*bind_text)(void *statement, int i, const char *p, size_t n);
    nx_result (*bind_blob)(void *statement, int i, const void *p, size_t n);
    nx_result (*bind_int)(void *statement, int i, int64_t value);
    nx_result (*step)(void *statement, bool *row);
    /* Forgets rows and parameters. */
    void (*reset)(void *statement);
    /* i counts from 0; NULL with n 0 for NULL. Borrowed until the next step. */
    const void *(*bytes)(void *statement, int i, size_t *n);
    int64_t (*integer)(void *statement, int i);
    /* Rows that the last finished write touched. */
    int64_t (*changes)(void *connection);
};

extern const struct nx_sql_driver nx_sqlite;

/* The driver of a URL; *where is the rest of it. NX_ERR_REGISTRY_URL. */
NX_FALLIBLE nx_sql_driver_of(const struct nx_sql_driver **out, const char **where, const char *url);

#endif
