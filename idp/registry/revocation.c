#include "registry/revocation.h"

#include "registry/sql.h"

#define COLUMNS "seq, shard, act, scope, target, subject, reason, actor, plan, receipt, at, applied"
#define SELECT "SELECT " COLUMNS " FROM revocation "

static nx_result check(const struct nx_revocation *v)
{
    NX_REQUIRE(v->act && v->scope && v->target && v->reason && v->actor, NX_ERR_MISSING);
    NX_REQUIRE(strlen(v->reason) <= NX_REASON_MAX, NX_ERR_LIMIT);
    NX_REQUIRE(nx_utf8_printable(nx_span_str(v->reason)) || !*v->reason, NX_ERR_ENCODING);
    NX_REQUIRE(!v->plan || strlen(v->plan) <= NX_RECEIPT_MAX, NX_ERR_LIMIT);
    return NX_OK;
}

static nx_result insert(nx_registry *r, struct nx_revocation *v)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(
        &q, r,
        "INSERT INTO revocation (shard, act, scope, target, subject, reason, actor, plan, at, applied)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0) RETURNING seq"));
    nx_sql_int(&q, v->shard);
    nx_sql_text(&q, v->act);
    nx_sql_text(&q, v->scope);
    nx_sql_text(&q, v->target);
    nx_sql_text(&q, v->subject);
    nx_sql_text(&q, v->reason);
    nx_sql_text(&q, v->actor);
    nx_sql_text(&q, v->plan);
    nx_sql_int(&q, v->at);
    NX_TRY(nx_sql_step(&q, &row));
    v->seq = nx_sql_get_int(&q);
    return nx_sql_done(&q);
}

nx_result nx_revocation_add(nx_registry *r, struct nx_revocation *v)
{
    NX_TRY(check(v));
    v->at = nx_now();
    v->applied = 0;
    v->receipt = NULL;
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    NX_TRY(insert(r, v));
    return nx_registry_commit(&change);
}

static nx_result read_row(nx_sql *q, nx_arena *a, struct nx_revocation *v)
{
    v->seq = nx_sql_get_int(q);
    v->shard = (int)nx_sql_get_int(q);
    v->act = nx_sql_get_text(q, a);
    v->scope = nx_sql_get_text(q, a);
    v->target = nx_sql_get_text(q, a);
    v->subject = nx_sql_get_text(q, a);
    v->reason = nx_sql_get_text(q, a);
    v->actor = nx_sql_get_text(q, a);
    v->plan = nx_sql_get_text(q, a);
    v->receipt = nx_sql_get_text(q, a);
    v->at = nx_sql_get_int(q);
    v->applied = nx_sql_get_int(q);
    return nx_sql_done(q);
}

static nx_result read_list(nx_sql *q, nx_arena *a, size_t limit, struct nx_revocation_list *out)
{
    bool row;
    *out = (struct nx_revocation_list){.v = nx_arena_new(a, struct nx_revocation, limit)};
    NX_NEED(out->v);
    while (out->n < limit) {
        NX_TRY(nx_sql_step(q, &row));
        if (!row) break;
        NX_TRY(read_row(q, a, &out->v[out->n++]));
    }
    return NX_OK;
}

static size_t limit_of(size_t limit)
{
    if (limit == 0) return NX_PAGE_DEFAULT;
    return limit < NX_PAGE_MAX ? limit : NX_PAGE_MAX;
}

nx_result nx_revocation_get(nx_registry *r, nx_arena *a, int64_t seq, struct nx_revocation *out)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r, SELECT "WHERE seq = $1"));
    nx_sql_int(&q, seq);
    NX_TRY(nx_sql_step(&q, &row));
    NX_REQUIRE(row, NX_ERR_NOT_FOUND);
    return read_row(&q, a, out);
}

nx_result nx_revocation_find(nx_registry *r, const char *act, const char *scope, const char *target, int64_t *seq)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r,
                       "SELECT seq FROM revocation WHERE scope = $1 AND target = $2 AND act = $3"
                       " ORDER BY seq DESC LIMIT 1"));
    nx_sql_text(&q, scope);
    nx_sql_text(&q, target);
    nx_sql_text(&q, act);
    NX_TRY(nx_sql_step(&q, &row));
    NX_REQUIRE(row, NX_ERR_NOT_FOUND);
    *seq = nx_sql_get_int(&q);
    return nx_sql_done(&q);
}

nx_result nx_revocation_pending(nx_registry *r, nx_arena *a, size_t limit, struct nx_revocation_list *out)
{
    NX_AUTO_SQL(q);
    limit = limit_of(limit);
    NX_TRY(nx_sql_open(&q, r, SELECT "WHERE applied = 0 ORDER BY seq LIMIT $1"));
    nx_sql_int(&q, (int64_t)limit);
    return read_list(&q, a, limit, out);
}

nx_result nx_revocation_since(nx_registry *r, nx_arena *a, int shard, int64_t seq, size_t limit,
                              struct nx_revocation_list *out)
{
    NX_AUTO_SQL(q);
    limit = limit_of(limit);
    NX_TRY(nx_sql_open(&q, r, SELECT "WHERE shard IN ($1, -1) AND seq > $2 ORDER BY seq LIMIT $3"));
    nx_sql_int(&q, shard);
    nx_sql_int(&q, seq);
    nx_sql_int(&q, (int64_t)limit);
    return read_list(&q, a, limit, out);
}

nx_result nx_revocation_last(nx_registry *r, int shard, int64_t *seq)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r, "SELECT coalesce(max(seq), 0) FROM revocation WHERE shard IN ($1, -1)"));
    nx_sql_int(&q, shard);
    NX_TRY(nx_sql_step(&q, &row));
    *seq = nx_sql_get_int(&q);
    return nx_sql_done(&q);
}

nx_result nx_revocation_applied(nx_registry *r, int64_t seq, const char *receipt)
{
    NX_REQUIRE(strlen(receipt) <= NX_RECEIPT_MAX, NX_ERR_LIMIT);
    return nx_sql_write(
        r,
        "UPDATE revocation SET receipt = $1, applied = CASE applied WHEN 0 THEN $2 ELSE applied END"
        " WHERE seq = $3",
        "tii", receipt, (int64_t)nx_now(), seq);
}

nx_result nx_revocation_set_receipt(nx_registry *r, int64_t seq, const char *receipt)
{
    NX_REQUIRE(strlen(receipt) <= NX_RECEIPT_MAX, NX_ERR_LIMIT);
    return nx_sql_write(r, "UPDATE revocation SET receipt = $1 WHERE seq = $2", "ti", receipt, seq);
}

nx_result nx_revocation_page(nx_registry *r, nx_arena *a, int64_t before, size_t limit,
                             struct nx_revocation_list *out)
{
    NX_AUTO_SQL(q);
    limit = limit_of(limit);
    NX_TRY(nx_sql_open(&q, r, SELECT "WHERE seq < $1 ORDER BY seq DESC LIMIT $2"));
    nx_sql_int(&q, before > 0 ? before : INT64_MAX);
    nx_sql_int(&q, (int64_t)limit);
    return read_list(&q, a, limit, out);
}
