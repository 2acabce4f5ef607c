#include "registry/meta.h"

#include "registry/sql.h"

nx_result nx_meta_get(nx_registry *r, nx_arena *a, const char *name, const char **value)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r, "SELECT value FROM meta WHERE name = $1"));
    nx_sql_text(&q, name);
    NX_TRY(nx_sql_step(&q, &row));
    NX_REQUIRE(row, NX_ERR_NOT_FOUND);
    *value = nx_sql_get_text(&q, a);
    return nx_sql_done(&q);
}

nx_result nx_meta_set(nx_registry *r, const char *name, const char *value)
{
    return nx_sql_write(r,
                        "INSERT INTO meta (name, value) VALUES ($1, $2)"
                        " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                        "tt", name, value);
}

nx_result nx_meta_settle(nx_registry *r, nx_arena *a, const char *name, const char *proposed,
                         const char **value)
{
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    nx_result had = nx_meta_get(r, a, name, value);
    if (had.e == NX_ERR_NOT_FOUND) {
        NX_TRY(nx_meta_set(r, name, proposed));
        NX_TRY(nx_meta_get(r, a, name, value));
    } else {
        NX_TRY(had);
    }
    return nx_registry_commit(&change);
}

nx_result nx_meta_number(nx_registry *r, const char *name, int64_t otherwise, int64_t *value)
{
    NX_AUTO(nx_arena) a = nx_arena_open(64u << 10);
    NX_NEED(a);
    const char *text;
    uint64_t number;
    *value = otherwise;
    nx_result had = nx_meta_get(r, a, name, &text);
    if (had.e == NX_ERR_NOT_FOUND) return NX_OK;
    NX_TRY(had);
    if (nx_ok(nx_parse_u64(&number, nx_span_str(text), INT64_MAX))) *value = (int64_t)number;
    return NX_OK;
}
