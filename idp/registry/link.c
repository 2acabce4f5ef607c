#include "registry/link.h"

#include "registry/sql.h"

#define USE_REMEMBERED_S 3600
#define HOWS 4

static const char *const how_names[HOWS] = {"jit", "number", "proven", "admin"};

const char *nx_link_how_name(enum nx_link_how how)
{
    return how_names[how];
}

static nx_result check(const char *upstream, nx_span subject)
{
    NX_REQUIRE(upstream && nx_upstream_id_valid(nx_span_str(upstream)), NX_ERR_RANGE);
    NX_REQUIRE(subject.n > 0, NX_ERR_MISSING);
    NX_REQUIRE(subject.n <= NX_LINK_SUBJECT_MAX, NX_ERR_LIMIT);
    NX_REQUIRE(nx_utf8_printable(subject), NX_ERR_ENCODING);
    return NX_OK;
}

static nx_result count_where(nx_registry *r, const char *sql, const char *value, int64_t *n)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r, sql));
    nx_sql_text(&q, value);
    NX_TRY(nx_sql_step(&q, &row));
    *n = nx_sql_get_int(&q);
    return nx_sql_done(&q);
}

static nx_result insert(nx_registry *r, const char *upstream, nx_span subject, const char *person,
                        enum nx_link_how how)
{
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r,
                       "INSERT INTO link (upstream, subject, person, how, created, used)"
                       " VALUES ($1, $2, $3, $4, $5, 0)"));
    nx_sql_text(&q, upstream);
    nx_sql_span(&q, subject);
    nx_sql_text(&q, person);
    nx_sql_text(&q, nx_link_how_name(how));
    nx_sql_int(&q, nx_now());
    return nx_sql_run(&q, NULL);
}

nx_result nx_link_add(nx_registry *r, const char *upstream, nx_span subject, const char *person,
                      enum nx_link_how how)
{
    int64_t had;
    NX_TRY(check(upstream, subject));
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    NX_TRY(count_where(r, "SELECT count(*) FROM link WHERE person = $1", person, &had));
    NX_REQUIRE(had < NX_LINKS_MAX, NX_ERR_LIMIT);
    NX_TRY(insert(r, upstream, subject, person, how));
    return nx_registry_commit(&change);
}

static nx_result read_row(nx_sql *q, nx_arena *a, struct nx_link *l)
{
    l->upstream = nx_sql_get_text(q, a);
    l->subject = nx_sql_get_text(q, a);
    nx_sql_get_id(q, &l->person);
    const char *how = nx_sql_get_text(q, a);
    l->created = nx_sql_get_int(q);
    l->used = nx_sql_get_int(q);
    NX_TRY(nx_sql_done(q));
    for (int i = 0; how && i < HOWS; i++) {
        if (strcmp(how, how_names[i]) != 0) continue;
        l->how = (enum nx_link_how)i;
        return NX_OK;
    }
    NX_FAIL(NX_ERR_REGISTRY);
}

#define COLUMNS "upstream, subject, person, how, created, used"

nx_result nx_link_find(nx_registry *r, nx_arena *a, const char *upstream, nx_span subject, struct nx_link *out)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(check(upstream, subject));
    NX_TRY(nx_sql_open(&q, r, "SELECT " COLUMNS " FROM link WHERE upstream = $1 AND subject = $2"));
    nx_sql_text(&q, upstream);
    nx_sql_span(&q, subject);
    NX_TRY(nx_sql_step(&q, &row));
    NX_REQUIRE(row, NX_ERR_NOT_FOUND);
    return read_row(&q, a, out);
}

nx_result nx_link_used(nx_registry *r, const struct nx_link *l)
{
    nx_time now = nx_now();
    if (l->used > now - USE_REMEMBERED_S) return NX_OK;
    return nx_sql_write(r, "UPDATE link SET used = $1 WHERE upstream = $2 AND subject = $3", "itt", (int64_t)now,
                        l->upstream, l->subject);
}

nx_result nx_link_list(nx_registry *r, nx_arena *a, const char *person, struct nx_link **out, size_t *n)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r,
                       "SELECT " COLUMNS " FROM link WHERE person = $1 ORDER BY created, upstream, subject LIMIT $2"));
    nx_sql_text(&q, person);
    nx_sql_int(&q, NX_LINKS_MAX);
    NX_NEED(*out = nx_arena_new(a, struct nx_link, NX_LINKS_MAX));
    for (*n = 0; *n < NX_LINKS_MAX; ++*n) {
        NX_TRY(nx_sql_step(&q, &row));
        if (!row) break;
        NX_TRY(read_row(&q, a, &(*out)[*n]));
    }
    return NX_OK;
}

static nx_result delete_row(nx_registry *r, const char *upstream, nx_span subject, const char *person)
{
    NX_AUTO_SQL(q);
    int64_t changed;
    NX_TRY(nx_sql_open(&q, r, "DELETE FROM link WHERE upstream = $1 AND subject = $2 AND person = $3"));
    nx_sql_text(&q, upstream);
    nx_sql_span(&q, subject);
    nx_sql_text(&q, person);
    NX_TRY(nx_sql_run(&q, &changed));
    NX_REQUIRE(changed == 1, NX_ERR_NOT_FOUND);
    return NX_OK;
}

nx_result nx_link_remove(nx_registry *r, const char *upstream, nx_span subject, const char *person)
{
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    NX_TRY(delete_row(r, upstream, subject, person));
    return nx_registry_commit(&change);
}

nx_result nx_link_count(nx_registry *r, const char *upstream, int64_t *n)
{
    return count_where(r, "SELECT count(*) FROM link WHERE upstream = $1", upstream, n);
}
