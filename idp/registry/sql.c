#include "registry/sql.h"

#include "base/fault.h"
#include "registry/pool.h"

#include <stdarg.h>
#include <string.h>

static const struct nx_sql_driver *driver_of(const nx_sql *q)
{
    return q->loan->registry->driver;
}

static void keep_failure(nx_sql *q, nx_result r)
{
    if (q->failed == NX_ERR_NONE) q->failed = r.e;
}

nx_result nx_sql_open(nx_sql *q, nx_registry *r, const char *sql)
{
    NX_TRY(nx_sql_lend(r, false));
    struct nx_sql_loan *loan = nx_sql_loan_mine();
    *q = (nx_sql){.loan = loan};
    loan->statements++;
    NX_REQUIRE(loan->doomed == NX_ERR_NONE, loan->doomed);
    NX_TRY(nx_sql_statement_take(&q->statement, loan->connection, r->driver, sql));
    NX_REQUIRE(!q->statement->writes || loan->changes > 0, NX_ERR_INTERNAL);
    return NX_OK;
}

void nx_sql_close(nx_sql *q)
{
    if (!q->loan) return;
    if (q->statement) nx_sql_statement_leave(q->statement, driver_of(q));
    q->loan->statements--;
    nx_sql_give_back(q->loan);
    q->loan = NULL;
    q->statement = NULL;
}

void nx_sql_span(nx_sql *q, nx_span text)
{
    keep_failure(q, driver_of(q)->bind_text(q->statement->handle, ++q->bound, (const char *)text.p, text.n));
}

void nx_sql_text(nx_sql *q, const char *text)
{
    nx_sql_span(q, nx_span_str(text));
}

void nx_sql_blob(nx_sql *q, nx_span bytes)
{
    keep_failure(q, driver_of(q)->bind_blob(q->statement->handle, ++q->bound, bytes.p, bytes.n));
}

void nx_sql_int(nx_sql *q, int64_t value)
{
    keep_failure(q, driver_of(q)->bind_int(q->statement->handle, ++q->bound, value));
}

static nx_result step(nx_sql *q, bool *row)
{
    if (!q->on_row && nx_fault_hit(NX_ACT_SQL)) NX_FAIL(NX_ERR_FAULT);
    return driver_of(q)->step(q->statement->handle, row);
}

nx_result nx_sql_step(nx_sql *q, bool *row)
{
    *row = false;
    NX_TRY(nx_sql_done(q));
    nx_result r = step(q, row);
    q->on_row = *row;
    q->read = 0;
    if (nx_ok(r)) return r;
    keep_failure(q, r);
    /* A refused row leaves the change as it was; after anything else the database may have ended it. */
    if (r.e != NX_ERR_CONFLICT && q->loan->changes > 0) q->loan->doomed = r.e;
    return r;
}

nx_result nx_sql_run(nx_sql *q, int64_t *changed)
{
    bool row;
    NX_TRY(nx_sql_step(q, &row));
    NX_REQUIRE(!row, NX_ERR_INTERNAL);
    if (changed) *changed = driver_of(q)->changes(q->loan->connection->handle);
    return NX_OK;
}

void nx_sql_again(nx_sql *q)
{
    driver_of(q)->reset(q->statement->handle);
    q->bound = 0;
    q->on_row = false;
    q->failed = NX_ERR_NONE;
}

static const void *next_bytes(nx_sql *q, size_t *n)
{
    *n = 0;
    if (!q->on_row) keep_failure(q, (nx_result){NX_ERR_INTERNAL});
    return q->on_row ? driver_of(q)->bytes(q->statement->handle, q->read++, n) : NULL;
}

char *nx_sql_get_text(nx_sql *q, nx_arena *a)
{
    size_t n;
    const void *p = next_bytes(q, &n);
    if (!p) return NULL;
    char *text = nx_arena_dup(a, nx_span_of(p, n));
    if (!text) keep_failure(q, (nx_result){NX_ERR_MEMORY});
    return text;
}

nx_span nx_sql_get_blob(nx_sql *q, nx_arena *a)
{
    size_t n;
    const void *p = next_bytes(q, &n);
    if (!p) return NX_SPAN_NONE;
    char *bytes = nx_arena_dup(a, nx_span_of(p, n));
    if (!bytes) keep_failure(q, (nx_result){NX_ERR_MEMORY});
    return nx_span_of(bytes, bytes ? n : 0);
}

int64_t nx_sql_get_int(nx_sql *q)
{
    if (q->on_row) return driver_of(q)->integer(q->statement->handle, q->read++);
    keep_failure(q, (nx_result){NX_ERR_INTERNAL});
    return 0;
}

void nx_sql_get_id(nx_sql *q, nx_id *out)
{
    size_t n;
    const void *p = next_bytes(q, &n);
    memset(out, 0, sizeof *out);
    if (p && n == NX_ID_LEN)
        memcpy(out->s, p, n);
    else if (p)
        keep_failure(q, (nx_result){NX_ERR_REGISTRY});
}

nx_result nx_sql_done(const nx_sql *q)
{
    if (q->failed != NX_ERR_NONE) NX_FAIL(q->failed);
    return NX_OK;
}

static void bind_all(nx_sql *q, const char *format, va_list args)
{
    for (; *format; format++) {
        if (*format == 't')
            nx_sql_text(q, va_arg(args, const char *));
        else if (*format == 'i')
            nx_sql_int(q, va_arg(args, int64_t));
        else
            keep_failure(q, (nx_result){NX_ERR_INTERNAL});
    }
}

static nx_result write_bound(nx_registry *r, const char *sql, const char *format, va_list args)
{
    int64_t changed = 0;
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r, sql));
    bind_all(&q, format, args);
    NX_TRY(nx_sql_run(&q, &changed));
    NX_REQUIRE(changed > 0, NX_ERR_NOT_FOUND);
    return NX_OK;
}

/* One statement is whole by itself: within a change it needs no part of its own. */
nx_result nx_sql_write(nx_registry *r, const char *sql, const char *format, ...)
{
    NX_AUTO_CHANGE(change);
    const struct nx_sql_loan *loan = nx_sql_loan_mine();
    bool alone = loan->registry != r || loan->changes == 0;
    if (alone) NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    va_list args;
    va_start(args, format);
    nx_result written = write_bound(r, sql, format, args);
    va_end(args);
    NX_TRY(written);
    return alone ? nx_registry_commit(&change) : NX_OK;
}
