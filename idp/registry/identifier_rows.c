#include "registry/identifier.h"
#include "registry/sql.h"

static nx_result insert(nx_registry *r, const char *person, const struct nx_identifier *id)
{
    return nx_sql_write(r, "INSERT INTO identifier (person, scheme, value) VALUES ($1, $2, $3)", "tit",
                        person, (int64_t)id->scheme, id->value);
}

static nx_result each_scheme_once(const struct nx_identifier *v, size_t n)
{
    unsigned seen = 0;
    for (size_t i = 0; i < n; i++) {
        NX_REQUIRE(!(seen & 1u << v[i].scheme), NX_ERR_DUPLICATE);
        seen |= 1u << v[i].scheme;
    }
    return NX_OK;
}

static nx_result clear(nx_registry *r, const char *person)
{
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r, "DELETE FROM identifier WHERE person = $1"));
    nx_sql_text(&q, person);
    return nx_sql_run(&q, NULL);
}

nx_result nx_identifier_replace(nx_registry *r, const char *person, const struct nx_identifier *v, size_t n)
{
    NX_TRY(each_scheme_once(v, n));
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    NX_TRY(clear(r, person));
    for (size_t i = 0; i < n; i++)
        NX_TRY(insert(r, person, &v[i]));
    return nx_registry_commit(&change);
}

static nx_result read_row(nx_sql *q, nx_arena *a, struct nx_identifier *out)
{
    int64_t scheme = nx_sql_get_int(q);
    const char *value = nx_sql_get_text(q, a);
    NX_TRY(nx_sql_done(q));
    NX_REQUIRE(scheme >= 0 && scheme < NX_SCHEMES && value && strlen(value) <= NX_IDENTIFIER_MAX,
               NX_ERR_REGISTRY);
    out->scheme = (enum nx_scheme)scheme;
    memcpy(out->value, value, strlen(value) + 1);
    return NX_OK;
}

nx_result nx_identifier_list(nx_registry *r, nx_arena *a, const char *person, struct nx_identifier **out,
                             size_t *n)
{
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r, "SELECT scheme, value FROM identifier WHERE person = $1 ORDER BY scheme"));
    nx_sql_text(&q, person);
    *out = nx_arena_new(a, struct nx_identifier, NX_SCHEMES);
    NX_NEED(*out);
    bool row;
    for (*n = 0; *n < NX_SCHEMES; ++*n) {
        NX_TRY(nx_sql_step(&q, &row));
        if (!row) break;
        NX_TRY(read_row(&q, a, &(*out)[*n]));
    }
    return NX_OK;
}

nx_result nx_identifier_find(nx_registry *r, const struct nx_identifier *id, nx_id *person)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r, "SELECT person FROM identifier WHERE scheme = $1 AND value = $2"));
    nx_sql_int(&q, (int64_t)id->scheme);
    nx_sql_text(&q, id->value);
    NX_TRY(nx_sql_step(&q, &row));
    NX_REQUIRE(row, NX_ERR_NOT_FOUND);
    nx_sql_get_id(&q, person);
    return nx_sql_done(&q);
}
