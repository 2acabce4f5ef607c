#include "registry/administrator.h"

#include "crypto/random.h"
#include "registry/operator_token.h"
#include "registry/sql.h"

#define COLUMNS                                                                                              \
    "id, name, scopes, made_by, state, alg, counter, backup_eligible, created, used, credential_id, "        \
    "public_key"

static nx_result has_room(nx_registry *r)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r, "SELECT count(*) FROM administrator"));
    NX_TRY(nx_sql_step(&q, &row));
    NX_REQUIRE(row && nx_sql_get_int(&q) < NX_ADMINISTRATORS_MAX, NX_ERR_LIMIT);
    return NX_OK;
}

static nx_result insert(nx_registry *r, const struct nx_administrator *m)
{
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r,
                       "INSERT INTO administrator (" COLUMNS
                       ") VALUES ($1, $2, $3, $4, 0, $5, $6, $7, $8, 0, $9, $10)"));
    nx_sql_text(&q, m->key.id.s);
    nx_sql_text(&q, m->key.name);
    nx_sql_text(&q, m->scopes);
    nx_sql_text(&q, m->made_by);
    nx_sql_int(&q, m->key.alg);
    nx_sql_int(&q, m->key.counter);
    nx_sql_int(&q, m->key.backup_eligible);
    nx_sql_int(&q, m->key.created);
    nx_sql_blob(&q, m->key.credential_id);
    nx_sql_blob(&q, m->key.public_key);
    return nx_sql_run(&q, NULL);
}

nx_result nx_administrator_create(nx_registry *r, struct nx_administrator *m)
{
    NX_REQUIRE(m->key.name && *m->key.name && strlen(m->key.name) <= NX_PASSKEY_NAME_MAX, NX_ERR_RANGE);
    NX_TRY(nx_id_make(&m->key.id));
    m->key.created = nx_now();
    m->key.used = 0;
    m->key.state = NX_PASSKEY_ACTIVE;
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    NX_TRY(has_room(r));
    NX_TRY(insert(r, m));
    return nx_registry_commit(&change);
}

static nx_result read_row(nx_sql *q, nx_arena *a, struct nx_administrator *m)
{
    *m = (struct nx_administrator){.scopes = NULL};
    nx_sql_get_id(q, &m->key.id);
    m->key.name = nx_sql_get_text(q, a);
    m->scopes = nx_sql_get_text(q, a);
    m->made_by = nx_sql_get_text(q, a);
    m->key.state = nx_sql_get_int(q) == NX_PASSKEY_ACTIVE ? NX_PASSKEY_ACTIVE : NX_PASSKEY_FLAGGED;
    m->key.alg = (int)nx_sql_get_int(q);
    m->key.counter = (uint32_t)nx_sql_get_int(q);
    m->key.backup_eligible = nx_sql_get_int(q) == 1;
    m->key.created = nx_sql_get_int(q);
    m->key.used = nx_sql_get_int(q);
    m->key.credential_id = nx_sql_get_blob(q, a);
    m->key.public_key = nx_sql_get_blob(q, a);
    return nx_sql_done(q);
}

nx_result nx_administrator_by_credential(nx_registry *r, nx_arena *a, nx_span credential_id,
                                         struct nx_administrator *out)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r, "SELECT " COLUMNS " FROM administrator WHERE credential_id = $1"));
    nx_sql_blob(&q, credential_id);
    NX_TRY(nx_sql_step(&q, &row));
    NX_REQUIRE(row, NX_ERR_NOT_FOUND);
    return read_row(&q, a, out);
}

nx_result nx_administrator_list(nx_registry *r, nx_arena *a, struct nx_administrator **out, size_t *n)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r, "SELECT " COLUMNS " FROM administrator ORDER BY created, id LIMIT $1"));
    nx_sql_int(&q, NX_ADMINISTRATORS_MAX);
    *out = nx_arena_new(a, struct nx_administrator, NX_ADMINISTRATORS_MAX);
    NX_NEED(*out);
    for (*n = 0; *n < NX_ADMINISTRATORS_MAX; ++*n) {
        NX_TRY(nx_sql_step(&q, &row));
        if (!row) break;
        NX_TRY(read_row(&q, a, &(*out)[*n]));
    }
    return NX_OK;
}

static nx_result take_over(nx_registry *r, const char *id, uint32_t counter, int64_t *changed)
{
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r,
                       "UPDATE administrator SET counter = $1, used = $2 WHERE id = $3 AND state = 0"
                       " AND (counter < $1 OR (counter = 0 AND $1 = 0))"));
    nx_sql_int(&q, counter);
    nx_sql_int(&q, nx_now());
    nx_sql_text(&q, id);
    return nx_sql_run(&q, changed);
}

nx_result nx_administrator_count(nx_registry *r, const char *id, uint32_t counter, bool *regressed)
{
    int64_t changed = 0;
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    NX_TRY(take_over(r, id, counter, &changed));
    *regressed = changed == 0;
    if (*regressed)
        NX_TRY(nx_sql_write(r, "UPDATE administrator SET state = 1 WHERE id = $1 AND state = 0", "t", id));
    return nx_registry_commit(&change);
}

static nx_result end_sessions(nx_registry *r, const char *id)
{
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(
        &q, r,
        "UPDATE operator_token SET revoked = $1 WHERE kind = $2 AND actor = 'admin:' || $3 AND revoked = 0"));
    nx_sql_int(&q, nx_now());
    nx_sql_int(&q, NX_OPERATOR_CONSOLE);
    nx_sql_text(&q, id);
    return nx_sql_run(&q, NULL);
}

nx_result nx_administrator_delete(nx_registry *r, const char *id)
{
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    NX_TRY(nx_sql_write(r, "DELETE FROM administrator WHERE id = $1", "t", id));
    NX_TRY(end_sessions(r, id));
    return nx_registry_commit(&change);
}
