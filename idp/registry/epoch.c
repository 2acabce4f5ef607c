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
