#include "registry/keys.h"

#include "registry/sql.h"

static nx_result read_row(nx_sql *q, nx_arena *a, struct nx_key_row *row)
{
    const char *kid = nx_sql_get_text(q, a);
    const char *use = nx_sql_get_text(q, a);
    const char *alg = nx_sql_get_text(q, a);
    const char *state = nx_sql_get_text(q, a);
    row->published = nx_sql_get_int(q);
    row->retire_after = nx_sql_get_int(q);
    row->sealed = nx_sql_get_blob(q, a);
    NX_TRY(nx_sql_done(q));
    NX_REQUIRE(strlen(kid) <= NX_KEY_ID_LEN, NX_ERR_REGISTRY);
    memcpy(row->kid, kid, strlen(kid) + 1);
    row->alg = nx_alg_of(nx_span_str(alg));
    NX_TRY(nx_key_use_of(&row->use, nx_span_str(use)));
    return nx_key_state_of(&row->state, nx_span_str(state));
}

static nx_result list(void *ctx, nx_arena *a, struct nx_key_row **rows, size_t *count)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, ctx,
                       "SELECT kid, use, alg, state, published, retire_after, sealed FROM signing_key"
                       " ORDER BY use, published, kid LIMIT $1"));
    nx_sql_int(&q, NX_KEYS_MAX);
    *rows = nx_arena_new(a, struct nx_key_row, NX_KEYS_MAX);
    NX_NEED(*rows);
    for (*count = 0; *count < NX_KEYS_MAX; ++*count) {
        NX_TRY(nx_sql_step(&q, &row));
        if (!row) break;
        NX_TRY(read_row(&q, a, &(*rows)[*count]));
    }
    return NX_OK;
}

static nx_result insert_row(nx_registry *r, const struct nx_key_row *row)
{
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r,
                       "INSERT INTO signing_key (kid, use, alg, state, published, retire_after, sealed)"
                       " VALUES ($1, $2, $3, $4, $5, $6, $7)"));
    nx_sql_text(&q, row->kid);
    nx_sql_text(&q, nx_key_use_name(row->use));
    nx_sql_text(&q, nx_alg_name(row->alg));
    nx_sql_text(&q, nx_key_state_name(row->state));
    nx_sql_int(&q, row->published);
    nx_sql_int(&q, row->retire_after);
    nx_sql_blob(&q, row->sealed);
    return nx_sql_run(&q, NULL);
}

static nx_result write_row(nx_registry *r, const struct nx_key_row *row)
{
    nx_result known = nx_sql_write(r,
                                   "UPDATE signing_key SET state = $1, published = $2, retire_after = $3"
                                   " WHERE kid = $4",
                                   "tiit", nx_key_state_name(row->state), (int64_t)row->published,
                                   (int64_t)row->retire_after, row->kid);
    return known.e == NX_ERR_NOT_FOUND ? insert_row(r, row) : known;
}

static nx_result write_state(nx_registry *r, const struct nx_key_row *rows, size_t count, nx_key_state state)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].state == state) NX_TRY(write_row(r, &rows[i]));
    return NX_OK;
}

/* The places of active and next are unique: who leaves one goes first. */
static nx_result save(void *ctx, const struct nx_key_row *rows, size_t count)
{
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, ctx, NX_DURABLE));
    NX_TRY(write_state(ctx, rows, count, NX_KEY_RETIRED));
    NX_TRY(write_state(ctx, rows, count, NX_KEY_ACTIVE));
    NX_TRY(write_state(ctx, rows, count, NX_KEY_NEXT));
    return nx_registry_commit(&change);
}

static nx_result drop(void *ctx, const char *kid)
{
    nx_result dropped = nx_sql_write(ctx, "DELETE FROM signing_key WHERE kid = $1", "t", kid);
    return dropped.e == NX_ERR_NOT_FOUND ? NX_OK : dropped; /* another node was faster */
}

struct nx_key_store nx_registry_key_store(nx_registry *r)
{
    return (struct nx_key_store){.ctx = r, .list = list, .save = save, .drop = drop};
}
