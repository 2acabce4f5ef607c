/* Rows of SAML peers as operators and the keeper see them. */
#include "registry/saml_entity.h"
#include "registry/sql.h"

static const char *const sources[] = {"upload", "url", "mdq"};

const char *nx_saml_source_name(enum nx_saml_source s)
{
    return sources[s];
}

#define COLUMNS                                                                                              \
    "entity_id, role, owner, source, url, pin, digest, settings, valid_until, cache_duration, fetched,"      \
    " refresh, failures, failed_at, last_error, version, created, updated"

static nx_result read_row(nx_sql *q, nx_arena *a, struct nx_saml_row *row)
{
    *row = (struct nx_saml_row){.entity_id = nx_sql_get_text(q, a)};
    row->role = nx_sql_get_int(q) == NX_SAML_IDP ? NX_SAML_IDP : NX_SAML_SP;
    row->owner = nx_sql_get_text(q, a);
    int64_t source = nx_sql_get_int(q);
    row->source = source == NX_SAML_URL || source == NX_SAML_MDQ ? (enum nx_saml_source)source : NX_SAML_UPLOAD;
    row->url = nx_sql_get_text(q, a);
    row->pin = nx_sql_get_blob(q, a);
    nx_span digest = nx_sql_get_blob(q, a);
    row->settings = nx_sql_get_text(q, a);
    row->valid_until = nx_sql_get_int(q);
    row->cache_duration = nx_sql_get_int(q);
    row->fetched = nx_sql_get_int(q);
    row->refresh = nx_sql_get_int(q);
    row->failures = nx_sql_get_int(q);
    row->failed_at = nx_sql_get_int(q);
    row->last_error = nx_sql_get_text(q, a);
    row->version = nx_sql_get_int(q);
    row->created = nx_sql_get_int(q);
    row->updated = nx_sql_get_int(q);
    char *hex = nx_arena_alloc(a, 2 * digest.n + 1);
    NX_NEED(hex);
    nx_hex_encode(hex, digest);
    row->digest = hex;
    return nx_sql_done(q);
}

NX_FALLIBLE nx_saml_row_get(nx_registry *r, nx_arena *a, const char *owner, enum nx_saml_role role,
                            struct nx_saml_row *out)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r, "SELECT " COLUMNS ", xml FROM saml_entity WHERE owner = $1 AND role = $2"));
    nx_sql_text(&q, owner);
    nx_sql_int(&q, (int64_t)role);
    NX_TRY(nx_sql_step(&q, &row));
    NX_REQUIRE(row, NX_ERR_NOT_FOUND);
    NX_TRY(read_row(&q, a, out));
    out->xml = nx_sql_get_blob(&q, a);
    return nx_sql_done(&q);
}

/* Up to limit rows of an open statement that was asked for one more. */
static nx_result read_page(nx_sql *q, nx_arena *a, size_t limit, struct nx_saml_page *out)
{
    bool row;
    *out = (struct nx_saml_page){.v = nx_arena_new(a, struct nx_saml_row, limit)};
    NX_NEED(out->v);
    for (;;) {
        NX_TRY(nx_sql_step(q, &row));
        if (!row) return NX_OK;
        out->more = out->n == limit;
        if (out->more) return NX_OK;
        NX_TRY(read_row(q, a, &out->v[out->n++]));
    }
}

NX_FALLIBLE nx_saml_rows(nx_registry *r, nx_arena *a, enum nx_saml_role role, const char *after, size_t limit,
                         struct nx_saml_page *out)
{
    NX_AUTO_SQL(q);
    if (limit == 0 || limit > NX_PAGE_MAX) limit = limit ? NX_PAGE_MAX : NX_PAGE_DEFAULT;
    NX_TRY(nx_sql_open(&q, r,
                       "SELECT " COLUMNS " FROM saml_entity"
                       " WHERE role = $1 AND owner > $2 ORDER BY owner LIMIT $3"));
    nx_sql_int(&q, (int64_t)role);
    nx_sql_text(&q, after ? after : "");
    nx_sql_int(&q, (int64_t)limit + 1);
    return read_page(&q, a, limit, out);
}

NX_FALLIBLE nx_saml_rows_due(nx_registry *r, nx_arena *a, nx_time now, size_t limit, struct nx_saml_page *out)
{
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r,
                       "SELECT " COLUMNS " FROM saml_entity WHERE refresh <> 0 AND refresh <= $1"
                       " ORDER BY refresh LIMIT $2"));
    nx_sql_int(&q, now);
    nx_sql_int(&q, (int64_t)limit + 1);
    return read_page(&q, a, limit, out);
}

NX_FALLIBLE nx_saml_entity_health(nx_registry *r, nx_time now, struct nx_saml_health *out)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r,
                       "SELECT count(*), coalesce(sum(failures > 0), 0),"
                       " coalesce(sum(valid_until <> 0 AND valid_until <= $1), 0) FROM saml_entity"));
    nx_sql_int(&q, now);
    NX_TRY(nx_sql_step(&q, &row));
    out->entities = nx_sql_get_int(&q);
    out->failing = nx_sql_get_int(&q);
    out->expired = nx_sql_get_int(&q);
    return nx_sql_done(&q);
}
