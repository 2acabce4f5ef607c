#include "registry/operator_token.h"

#include "registry/sql.h"

#define COLUMNS "jti, kind, actor, scopes, issued, expires, revoked"
#define DAY_S 86400

nx_result nx_operator_token_put(nx_registry *r, const struct nx_operator_token *t)
{
    return nx_sql_write(r,
                        "INSERT INTO operator_token (jti, kind, actor, scopes, issued, expires, revoked)"
                        " VALUES ($1, $2, $3, $4, $5, $6, 0)",
                        "tittii", t->jti, (int64_t)t->kind, t->actor, t->scopes, (int64_t)t->issued,
                        (int64_t)t->expires);
}

static nx_result read_row(nx_sql *q, nx_arena *a, struct nx_operator_token *t)
{
    t->jti = nx_sql_get_text(q, a);
    int64_t kind = nx_sql_get_int(q);
    t->actor = nx_sql_get_text(q, a);
    t->scopes = nx_sql_get_text(q, a);
    t->issued = nx_sql_get_int(q);
    t->expires = nx_sql_get_int(q);
    t->revoked = nx_sql_get_int(q);
    NX_TRY(nx_sql_done(q));
    NX_REQUIRE(kind >= NX_OPERATOR_TOKEN && kind <= NX_OPERATOR_CONSOLE, NX_ERR_REGISTRY);
    t->kind = (enum nx_operator_kind)kind;
    return NX_OK;
}

nx_result nx_operator_token_live(nx_registry *r, nx_arena *a, const char *jti, enum nx_operator_kind kind,
                                 nx_time now, struct nx_operator_token *out)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r,
                       "SELECT " COLUMNS " FROM operator_token"
                       " WHERE jti = $1 AND kind = $2 AND expires > $3 AND revoked = 0"));
    nx_sql_text(&q, jti);
    nx_sql_int(&q, (int64_t)kind);
    nx_sql_int(&q, now);
    NX_TRY(nx_sql_step(&q, &row));
    NX_REQUIRE(row, NX_ERR_NOT_FOUND);
    return read_row(&q, a, out);
}

nx_result nx_operator_token_revoke(nx_registry *r, const char *jti, nx_time now)
{
    return nx_sql_write(r, "UPDATE operator_token SET revoked = $1 WHERE jti = $2 AND revoked = 0", "it",
                        (int64_t)now, jti);
}

nx_result nx_operator_token_take(nx_registry *r, nx_arena *a, const char *jti, enum nx_operator_kind kind,
                                 nx_time now, struct nx_operator_token *out)
{
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    NX_TRY(nx_operator_token_live(r, a, jti, kind, now, out));
    NX_TRY(nx_operator_token_revoke(r, jti, now));
    return nx_registry_commit(&change);
}

nx_result nx_operator_token_list(nx_registry *r, nx_arena *a, nx_time now, struct nx_operator_token_list *out)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r,
                       "SELECT " COLUMNS
                       " FROM operator_token WHERE expires > $1 ORDER BY issued DESC, jti LIMIT $2"));
    nx_sql_int(&q, now);
    nx_sql_int(&q, NX_PAGE_MAX);
    *out = (struct nx_operator_token_list){.v = nx_arena_new(a, struct nx_operator_token, NX_PAGE_MAX)};
    NX_NEED(out->v);
    while (out->n < NX_PAGE_MAX) {
        NX_TRY(nx_sql_step(&q, &row));
        if (!row) break;
        NX_TRY(read_row(&q, a, &out->v[out->n++]));
    }
    return NX_OK;
}

nx_result nx_operator_token_sweep(nx_registry *r, nx_time now)
{
    nx_result swept =
        nx_sql_write(r, "DELETE FROM operator_token WHERE expires < $1", "i", (int64_t)(now - DAY_S));
    return swept.e == NX_ERR_NOT_FOUND ? NX_OK : swept;
}
