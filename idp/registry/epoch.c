#include "registry/epoch.h"

#include "registry/sql.h"

static nx_result check(char kind, const char *id)
{
    NX_REQUIRE(kind >= 'a' && kind <= 'z', NX_ERR_RANGE);
    NX_REQUIRE(id && *id, NX_ERR_MISSING);
    NX_REQUIRE(strlen(id) <= NX_EPOCH_ID_MAX, NX_ERR_LIMIT);
    return NX_OK;
}

nx_result nx_registry_epoch_get(nx_registry *r, char kind, const char *id, int64_t *value)
{
    const char name[2] = {kind, '\0'};
    bool row;
    NX_TRY(check(kind, id));
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r, "SELECT value FROM epoch WHERE kind = $1 AND id = $2"));
    nx_sql_text(&q, name);
    nx_sql_text(&q, id);
    NX_TRY(nx_sql_step(&q, &row));
    *value = row ? nx_sql_get_int(&q) : 0;
    return nx_sql_done(&q);
}

/* A row per kind: the epoch, and whether what it belongs to exists. A session revoked before its end, and the
 * system, exist by their epoch alone. */
static const struct {
    char kind;
    const char *sql;
} load_rows[] = {
    {'p',
     "SELECT coalesce((SELECT value FROM epoch WHERE kind = 'p' AND id = $1), 0) FROM person WHERE id = $1"},
    {'q', "SELECT coalesce((SELECT value FROM epoch WHERE kind = 'q' AND id = $1), 0) FROM qr_identity WHERE "
          "qid = $1"},
    {'c',
     "SELECT coalesce((SELECT value FROM epoch WHERE kind = 'c' AND id = $1), 0) FROM client WHERE id = $1"},
    {'u',
     "SELECT coalesce((SELECT value FROM epoch WHERE kind = 'u' AND id = $1), 0) FROM upstream WHERE id = $1"},
};

nx_result nx_registry_epoch_load(nx_registry *r, char kind, const char *id, int64_t *value)
{
    const char *sql = NULL;
    bool row;
    for (size_t i = 0; i < sizeof load_rows / sizeof load_rows[0]; i++)
        if (load_rows[i].kind == kind) sql = load_rows[i].sql;
    if (!sql) return nx_registry_epoch_get(r, kind, id, value);
    NX_TRY(check(kind, id));
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r, sql));
    nx_sql_text(&q, id);
    NX_TRY(nx_sql_step(&q, &row));
    NX_REQUIRE(row, NX_ERR_NOT_FOUND);
    *value = nx_sql_get_int(&q);
    return nx_sql_done(&q);
}

nx_result nx_registry_epoch_raise(nx_registry *r, char kind, const char *id, int64_t *value)
{
    const char name[2] = {kind, '\0'};
    bool row;
    NX_TRY(check(kind, id));
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    {
        NX_AUTO_SQL(q);
        NX_TRY(nx_sql_open(&q, r,
                           "INSERT INTO epoch (kind, id, value) VALUES ($1, $2, 1)"
                           " ON CONFLICT (kind, id) DO UPDATE SET value = epoch.value + 1 RETURNING value"));
        nx_sql_text(&q, name);
        nx_sql_text(&q, id);
        NX_TRY(nx_sql_step(&q, &row));
        *value = nx_sql_get_int(&q);
        NX_TRY(nx_sql_done(&q));
    }
    return nx_registry_commit(&change);
}
