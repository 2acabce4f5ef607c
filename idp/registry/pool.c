#include "registry/pool.h"

#include <errno.h>
#include <time.h>

static _Thread_local struct nx_sql_loan mine;

struct nx_sql_loan *nx_sql_loan_mine(void)
{
    return &mine;
}

static bool available(const nx_registry *r, bool writer)
{
    return writer ? r->writer_free : r->readers_free > 0;
}

static struct nx_sql_connection *take(nx_registry *r, bool writer)
{
    if (!writer) return r->reader[--r->readers_free];
    r->writer_free = false;
    return r->writer;
}

static nx_result wait_for(struct nx_sql_connection **out, nx_registry *r, bool writer)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += NX_SQL_WAIT_S;
    int waited = 0;
    pthread_mutex_lock(&r->lock);
    while (!available(r, writer) && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&r->given_back, &r->lock, &until);
    *out = available(r, writer) ? take(r, writer) : NULL;
    pthread_mutex_unlock(&r->lock);
    NX_REQUIRE(*out, NX_ERR_BUSY);
    return NX_OK;
}

nx_result nx_sql_lend(nx_registry *r, bool writer)
{
    if (mine.registry) {
        NX_REQUIRE(mine.registry == r, NX_ERR_INTERNAL);
        NX_REQUIRE(!writer || mine.connection == r->writer, NX_ERR_INTERNAL);
        return NX_OK;
    }
    struct nx_sql_connection *c;
    NX_TRY(wait_for(&c, r, writer));
    mine = (struct nx_sql_loan){.registry = r, .connection = c};
    return NX_OK;
}

void nx_sql_give_back(struct nx_sql_loan *loan)
{
    if (loan->statements > 0 || loan->changes > 0) return;
    nx_registry *r = loan->registry;
    pthread_mutex_lock(&r->lock);
    if (loan->connection == r->writer)
        r->writer_free = true;
    else
        r->reader[r->readers_free++] = loan->connection;
    /* Waiters for the writer and for a reader share the condition. */
    pthread_cond_broadcast(&r->given_back);
    pthread_mutex_unlock(&r->lock);
    *loan = (struct nx_sql_loan){.registry = NULL};
}
