#include "registry/approval.h"

#include "crypto/random.h"
#include "registry/sql.h"

static void bind(nx_sql *q, const struct nx_approval *w)
{
    nx_sql_text(q, w->act);
    nx_sql_text(q, w->scopes);
    nx_sql_text(q, w->asked_by);
}

nx_result nx_approval_take(nx_registry *r, const struct nx_approval *wanted, nx_time now, bool *granted)
{
    int64_t changed = 0;
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(
        &q, r,
        "UPDATE approval SET used = $1 WHERE id = (SELECT id FROM approval WHERE act = $2"
        " AND scopes = $3 AND asked_by = $4 AND approved > 0 AND used = 0 AND expires > $1 LIMIT 1)"));
    nx_sql_int(&q, now);
    bind(&q, wanted);
    NX_TRY(nx_sql_run(&q, &changed));
    nx_sql_close(&q);
    *granted = changed > 0;
    return nx_registry_commit(&change);
}

static nx_result waiting(nx_registry *r, struct nx_approval *wanted, nx_time now, bool *found)
{
    NX_AUTO_SQL(q);
    NX_TRY(
        nx_sql_open(&q, r,
                    "SELECT id, asked, expires FROM approval WHERE act = $1 AND scopes = $2 AND asked_by = $3"
                    " AND approved = 0 AND expires > $4 LIMIT 1"));
    bind(&q, wanted);
    nx_sql_int(&q, now);
    NX_TRY(nx_sql_step(&q, found));
    if (!*found) return NX_OK;
    nx_sql_get_id(&q, &wanted->id);
    wanted->asked = nx_sql_get_int(&q);
    wanted->expires = nx_sql_get_int(&q);
    return nx_sql_done(&q);
}

/* What expired a day ago is told by the audit trail alone. */
static nx_result sweep(nx_registry *r, nx_time now)
{
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r, "DELETE FROM approval WHERE expires < $1"));
    nx_sql_int(&q, now - 86400);
    return nx_sql_run(&q, NULL);
}

static nx_result has_room(nx_registry *r)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r, "SELECT count(*) FROM approval"));
    NX_TRY(nx_sql_step(&q, &row));
    NX_REQUIRE(row && nx_sql_get_int(&q) < NX_APPROVALS_MAX, NX_ERR_LIMIT);
    return NX_OK;
}

nx_result nx_approval_ask(nx_registry *r, struct nx_approval *wanted, nx_time now)
{
    bool found;
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    NX_TRY(sweep(r, now));
    NX_TRY(waiting(r, wanted, now, &found));
    if (found) return nx_registry_commit(&change);
    NX_TRY(has_room(r));
    NX_TRY(nx_id_make(&wanted->id));
    wanted->asked = now;
    wanted->expires = now + NX_APPROVAL_S;
    NX_TRY(nx_sql_write(
        r,
        "INSERT INTO approval (id, act, scopes, asked_by, asked, expires, approved_by, approved, used)"
        " VALUES ($1, $2, $3, $4, $5, $6, NULL, 0, 0)",
        "ttttii", wanted->id.s, wanted->act, wanted->scopes, wanted->asked_by, (int64_t)wanted->asked,
        (int64_t)wanted->expires));
    return nx_registry_commit(&change);
}

nx_result nx_approval_give(nx_registry *r, const char *id, const char *actor, nx_time now)
{
    return nx_sql_write(r,
                        "UPDATE approval SET approved_by = $1, approved = $2 WHERE id = $3 AND approved = 0"
                        " AND expires > $2 AND asked_by <> $1",
                        "tit", actor, (int64_t)now, id);
}

static nx_result read_row(nx_sql *q, nx_arena *a, struct nx_approval *out)
{
    nx_sql_get_id(q, &out->id);
    out->act = nx_sql_get_text(q, a);
    out->scopes = nx_sql_get_text(q, a);
    out->asked_by = nx_sql_get_text(q, a);
    out->asked = nx_sql_get_int(q);
    out->expires = nx_sql_get_int(q);
    out->approved_by = nx_sql_get_text(q, a);
    return nx_sql_done(q);
}

nx_result nx_approval_list(nx_registry *r, nx_arena *a, nx_time now, struct nx_approval **out, size_t *n)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(
        &q, r,
        "SELECT id, act, scopes, asked_by, asked, expires, approved_by FROM approval WHERE used = 0"
        " AND expires > $1 ORDER BY asked, id LIMIT $2"));
    nx_sql_int(&q, now);
    nx_sql_int(&q, NX_APPROVALS_MAX);
    *out = nx_arena_new(a, struct nx_approval, NX_APPROVALS_MAX);
    NX_NEED(*out);
    for (*n = 0; *n < NX_APPROVALS_MAX; ++*n) {
        NX_TRY(nx_sql_step(&q, &row));
        if (!row) break;
        NX_TRY(read_row(&q, a, &(*out)[*n]));
    }
    return NX_OK;
}
