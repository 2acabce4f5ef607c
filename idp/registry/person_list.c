/* Lists of people. A search is a beginning of the user name or of the name: two ranges, an index serves each.
 */
#include "registry/person_row.h"

#define SEARCH                                                                                               \
    " FROM person p WHERE ((p.user_key >= $1 AND p.user_key < $2) OR (p.name >= $3 AND p.name < $4))"
#define PAGE " AND p.id > $5 ORDER BY p.id LIMIT $6 OFFSET $7"

/* U+10FFFF, the last of all characters: past every text that begins with another. */
#define PAST "\xf4\x8f\xbf\xbf"

static bool searches(const struct nx_person_query *query)
{
    return query->text && *query->text;
}

static nx_result bind_search(nx_sql *q, nx_arena *a, const struct nx_person_query *query)
{
    char key[NX_USER_NAME_MAX + 1];
    if (!searches(query)) return NX_OK;
    NX_TRY(nx_person_key(key, nx_span_str(query->text)));
    nx_sql_text(q, nx_arena_strdup(a, key));
    nx_sql_text(q, nx_arena_printf(a, "%s" PAST, key));
    nx_sql_text(q, query->text);
    nx_sql_text(q, nx_arena_printf(a, "%s" PAST, query->text));
    NX_REQUIRE(!nx_arena_failed(a), NX_ERR_MEMORY);
    return NX_OK;
}

static size_t limit_of(size_t limit)
{
    if (limit == 0) return NX_PAGE_DEFAULT;
    return limit < NX_PAGE_MAX ? limit : NX_PAGE_MAX;
}

static nx_result read_page(nx_sql *q, nx_arena *a, size_t limit, struct nx_person_page *out)
{
    *out = (struct nx_person_page){.v = nx_arena_new(a, struct nx_person, limit)};
    NX_NEED(out->v);
    for (;;) {
        bool row;
        NX_TRY(nx_sql_step(q, &row));
        if (!row) return NX_OK;
        out->more = out->n == limit;
        if (out->more) return NX_OK;
        NX_TRY(nx_person_read(q, a, &out->v[out->n++]));
    }
}

/* The page of a query for one user name: one row, or none (past it, or there is no such person). */
static nx_result one(nx_registry *r, nx_arena *a, const struct nx_person_query *query,
                     struct nx_person_page *out)
{
    *out = (struct nx_person_page){.v = nx_arena_new(a, struct nx_person, 1)};
    NX_NEED(out->v);
    nx_result found = nx_person_by_user_name(r, a, nx_span_str(query->user_name), &out->v[0]);
    if (found.e == NX_ERR_NOT_FOUND) return NX_OK;
    NX_TRY(found);
    out->n = query->offset == 0 && (!query->after || strcmp(out->v[0].id.s, query->after) > 0);
    return NX_OK;
}

nx_result nx_person_list(nx_registry *r, nx_arena *a, const struct nx_person_query *query,
                         struct nx_person_page *out)
{
    if (query->user_name) return one(r, a, query, out);
    size_t limit = limit_of(query->limit);
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r,
                       searches(query) ? "SELECT " NX_PERSON_COLUMNS SEARCH PAGE
                                       : "SELECT " NX_PERSON_COLUMNS
                                         " FROM person p WHERE p.id > $1 ORDER BY p.id LIMIT $2 OFFSET $3"));
    NX_TRY(bind_search(&q, a, query));
    nx_sql_text(&q, query->after ? query->after : "");
    nx_sql_int(&q, (int64_t)limit + 1); /* one more tells whether there is a next page */
    nx_sql_int(&q, (int64_t)query->offset);
    return read_page(&q, a, limit, out);
}

static nx_result count_one(nx_registry *r, nx_arena *a, const struct nx_person_query *query, int64_t *out)
{
    struct nx_person p;
    nx_result found = nx_person_by_user_name(r, a, nx_span_str(query->user_name), &p);
    *out = nx_ok(found);
    return found.e == NX_ERR_NOT_FOUND ? NX_OK : found;
}

nx_result nx_person_count(nx_registry *r, const struct nx_person_query *query, int64_t *out)
{
    NX_AUTO(nx_arena) a = nx_arena_open(64u << 10);
    NX_NEED(a);
    if (query->user_name) return count_one(r, a, query, out);
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r, searches(query) ? "SELECT count(*)" SEARCH : "SELECT count(*) FROM person"));
    NX_TRY(bind_search(&q, a, query));
    NX_TRY(nx_sql_step(&q, &row));
    *out = nx_sql_get_int(&q);
    return nx_sql_done(&q);
}
