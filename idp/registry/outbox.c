#include "registry/outbox.h"

#include "registry/sql.h"

#define COLUMNS "id, kind, target, payload, revocation, tries, created, due, delivered, given_up, last_error"
#define WAITING "delivered = 0 AND given_up = 0"
#define OF_REVOCATION_MAX 1000

static nx_result insert(nx_registry *r, struct nx_notice *n)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(
        nx_sql_open(&q, r,
                    "INSERT INTO outbox (kind, target, payload, revocation, tries, created, due, delivered,"
                    " given_up) VALUES ($1, $2, $3, $4, 0, $5, $6, 0, 0) RETURNING id"));
    nx_sql_text(&q, n->kind);
    nx_sql_text(&q, n->target);
    nx_sql_text(&q, n->payload);
    nx_sql_int(&q, n->revocation);
    nx_sql_int(&q, n->created);
    nx_sql_int(&q, n->due);
    NX_TRY(nx_sql_step(&q, &row));
    n->id = nx_sql_get_int(&q);
    return nx_sql_done(&q);
}

nx_result nx_outbox_put(nx_registry *r, struct nx_notice *n)
{
    NX_REQUIRE(n->kind && n->target && n->payload, NX_ERR_MISSING);
    NX_REQUIRE(strlen(n->payload) <= NX_OUTBOX_PAYLOAD_MAX, NX_ERR_LIMIT);
    n->created = nx_now();
    if (n->due == 0) n->due = n->created;
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    NX_TRY(insert(r, n));
    return nx_registry_commit(&change);
}

static nx_result read_row(nx_sql *q, nx_arena *a, struct nx_notice *n)
{
    n->id = nx_sql_get_int(q);
    n->kind = nx_sql_get_text(q, a);
    n->target = nx_sql_get_text(q, a);
    n->payload = nx_sql_get_text(q, a);
    n->revocation = nx_sql_get_int(q);
    n->tries = nx_sql_get_int(q);
    n->created = nx_sql_get_int(q);
    n->due = nx_sql_get_int(q);
    n->delivered = nx_sql_get_int(q);
    n->given_up = nx_sql_get_int(q);
    n->last_error = nx_sql_get_text(q, a);
    return nx_sql_done(q);
}

static nx_result read_list(nx_sql *q, nx_arena *a, size_t limit, struct nx_notice_list *out)
{
    bool row;
    *out = (struct nx_notice_list){.v = nx_arena_new(a, struct nx_notice, limit)};
    NX_NEED(out->v);
    while (out->n < limit) {
        NX_TRY(nx_sql_step(q, &row));
        if (!row) break;
        NX_TRY(read_row(q, a, &out->v[out->n++]));
    }
    return NX_OK;
}

/* The usual answer is "nothing is due": seen by a read, without the writer. */
static nx_result anything_due(nx_registry *r, nx_time now, bool *due)
{
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r, "SELECT 1 FROM outbox WHERE " WAITING " AND due <= $1 LIMIT 1"));
    nx_sql_int(&q, now);
    return nx_sql_step(&q, due);
}

static nx_result take_due(nx_registry *r, nx_arena *a, nx_time now, int lease_s, size_t limit,
                          struct nx_notice_list *out)
{
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(
        &q, r,
        "UPDATE outbox SET tries = tries + 1, due = $1 WHERE id IN (SELECT id FROM outbox WHERE " WAITING
        " AND due <= $2 ORDER BY due, id LIMIT $3) RETURNING " COLUMNS));
    nx_sql_int(&q, now + lease_s);
    nx_sql_int(&q, now);
    nx_sql_int(&q, (int64_t)limit);
    return read_list(&q, a, limit, out);
}

/* A lease is a due time in the future: an unclean stop loses nothing, the notice is due again. */
nx_result nx_outbox_lease(nx_registry *r, nx_arena *a, nx_time now, int lease_s, size_t limit,
                          struct nx_notice_list *out)
{
    bool due;
    *out = (struct nx_notice_list){.n = 0};
    if (limit == 0 || limit > NX_OUTBOX_LEASE_MAX) limit = NX_OUTBOX_LEASE_MAX;
    NX_TRY(anything_due(r, now, &due));
    if (!due) return NX_OK;
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_RELAXED));
    NX_TRY(take_due(r, a, now, lease_s, limit, out));
    return nx_registry_commit(&change);
}

nx_result nx_outbox_delivered(nx_registry *r, int64_t id, nx_time at)
{
    return nx_sql_write(r, "UPDATE outbox SET delivered = $1, last_error = NULL WHERE id = $2 AND " WAITING,
                        "ii", (int64_t)at, id);
}

nx_result nx_outbox_retry(nx_registry *r, int64_t id, nx_time due, const char *error)
{
    return nx_sql_write(r, "UPDATE outbox SET due = $1, last_error = $2 WHERE id = $3 AND " WAITING, "iti",
                        (int64_t)due, error, id);
}

nx_result nx_outbox_give_up(nx_registry *r, int64_t id, nx_time at, const char *error)
{
    return nx_sql_write(r, "UPDATE outbox SET given_up = $1, last_error = $2 WHERE id = $3 AND " WAITING,
                        "iti", (int64_t)at, error, id);
}

nx_result nx_outbox_of_revocation(nx_registry *r, nx_arena *a, int64_t seq, struct nx_notice_list *out)
{
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r,
                       "SELECT " COLUMNS
                       " FROM outbox WHERE revocation = $1 AND revocation <> 0 ORDER BY id LIMIT $2"));
    nx_sql_int(&q, seq);
    nx_sql_int(&q, OF_REVOCATION_MAX);
    return read_list(&q, a, OF_REVOCATION_MAX, out);
}

nx_result nx_outbox_depth(nx_registry *r, struct nx_outbox_depth *out)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r, "SELECT count(*), coalesce(min(created), 0) FROM outbox WHERE " WAITING));
    NX_TRY(nx_sql_step(&q, &row));
    out->waiting = nx_sql_get_int(&q);
    out->oldest = nx_sql_get_int(&q);
    return nx_sql_done(&q);
}
