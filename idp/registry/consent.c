#include "registry/consent.h"

#include "registry/sql.h"
#include "registry/strings.h"

#include <stdlib.h>

#define COLUMNS "person, client, sector, shape, claims, scopes, resources, purpose_version, given"

static int by_text(const void *x, const void *y)
{
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

nx_result nx_client_shape(nx_arena *a, const nx_client *c, char out[NX_CLIENT_SHAPE_LEN + 1])
{
    size_t n = c->redirect_uris.n;
    const char **uris = nx_arena_new(a, const char *, n);
    nx_span *parts = nx_arena_new(a, nx_span, n + 1);
    uint8_t digest[NX_SHA256_LEN];
    NX_REQUIRE(uris && parts, NX_ERR_MEMORY);
    for (size_t i = 0; i < n; i++)
        uris[i] = c->redirect_uris.v[i];
    qsort(uris, n, sizeof *uris, by_text);
    parts[0] = nx_span_str(c->owner);
    for (size_t i = 0; i < n; i++)
        parts[i + 1] = nx_span_str(uris[i]);
    NX_TRY(nx_sha256_parts(digest, parts, n + 1));
    nx_b64u_encode(out, nx_span_of(digest, sizeof digest));
    return NX_OK;
}

/* Whether two consents are about the same use by the same client, whatever they name. */
static bool same_use(const struct nx_consent *x, const struct nx_consent *y)
{
    return strcmp(x->sector, y->sector) == 0 && strcmp(x->shape, y->shape) == 0 &&
           x->purpose_version == y->purpose_version;
}

bool nx_consent_covers(const struct nx_consent *have, const struct nx_consent *asked)
{
    return strcmp(have->person.s, asked->person.s) == 0 && strcmp(have->client, asked->client) == 0 &&
           same_use(have, asked) && nx_strings_within(asked->claims, have->claims) &&
           nx_strings_within(asked->scopes, have->scopes) &&
           nx_strings_within(asked->resources, have->resources);
}

static nx_result unite(nx_arena *a, struct nx_consent *c, const struct nx_consent *earlier)
{
    NX_TRY(nx_strings_unite(&c->claims, a, earlier->claims, c->claims));
    NX_TRY(nx_strings_unite(&c->scopes, a, earlier->scopes, c->scopes));
    return nx_strings_unite(&c->resources, a, earlier->resources, c->resources);
}

static nx_result write_row(nx_registry *r, nx_arena *a, const struct nx_consent *c)
{
    const char *claims = nx_strings_to_json(a, c->claims);
    const char *scopes = nx_strings_to_json(a, c->scopes);
    const char *resources = nx_strings_to_json(a, c->resources);
    NX_REQUIRE(claims && scopes && resources, NX_ERR_MEMORY);
    return nx_sql_write(
        r,
        "INSERT INTO consent (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        " ON CONFLICT (person, client) DO UPDATE SET sector = excluded.sector, shape = excluded.shape,"
        " claims = excluded.claims, scopes = excluded.scopes, resources = excluded.resources,"
        " purpose_version = excluded.purpose_version, given = excluded.given",
        "tttttttii", c->person.s, c->client, c->sector, c->shape, claims, scopes, resources,
        c->purpose_version, (int64_t)nx_now());
}

nx_result nx_consent_put(nx_registry *r, nx_arena *a, const struct nx_consent *c)
{
    struct nx_consent earlier, whole = *c;
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    nx_result had = nx_consent_get(r, a, c->person.s, c->client, &earlier);
    if (nx_ok(had) && same_use(&earlier, c)) NX_TRY(unite(a, &whole, &earlier));
    if (had.e != NX_ERR_NOT_FOUND) NX_TRY(had);
    NX_TRY(write_row(r, a, &whole));
    return nx_registry_commit(&change);
}

static nx_result read_row(nx_sql *q, nx_arena *a, struct nx_consent *c)
{
    nx_sql_get_id(q, &c->person);
    c->client = nx_sql_get_text(q, a);
    c->sector = nx_sql_get_text(q, a);
    c->shape = nx_sql_get_text(q, a);
    const char *claims = nx_sql_get_text(q, a);
    const char *scopes = nx_sql_get_text(q, a);
    const char *resources = nx_sql_get_text(q, a);
    c->purpose_version = nx_sql_get_int(q);
    c->given = nx_sql_get_int(q);
    NX_TRY(nx_sql_done(q));
    NX_TRY(nx_strings_parse(&c->claims, a, claims));
    NX_TRY(nx_strings_parse(&c->scopes, a, scopes));
    return nx_strings_parse(&c->resources, a, resources);
}

nx_result nx_consent_get(nx_registry *r, nx_arena *a, const char *person, const char *client,
                         struct nx_consent *out)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r, "SELECT " COLUMNS " FROM consent WHERE person = $1 AND client = $2"));
    nx_sql_text(&q, person);
    nx_sql_text(&q, client);
    NX_TRY(nx_sql_step(&q, &row));
    NX_REQUIRE(row, NX_ERR_NOT_FOUND);
    return read_row(&q, a, out);
}

nx_result nx_consent_list(nx_registry *r, nx_arena *a, const char *person, struct nx_consent **out, size_t *n)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(
        &q, r, "SELECT " COLUMNS " FROM consent WHERE person = $1 ORDER BY given DESC, client LIMIT $2"));
    nx_sql_text(&q, person);
    nx_sql_int(&q, NX_PAGE_MAX);
    *out = nx_arena_new(a, struct nx_consent, NX_PAGE_MAX);
    NX_NEED(*out);
    for (*n = 0; *n < NX_PAGE_MAX; ++*n) {
        NX_TRY(nx_sql_step(&q, &row));
        if (!row) break;
        NX_TRY(read_row(&q, a, &(*out)[*n]));
    }
    return NX_OK;
}

nx_result nx_consent_delete(nx_registry *r, const char *person, const char *client)
{
    return nx_sql_write(r, "DELETE FROM consent WHERE person = $1 AND client = $2", "tt", person, client);
}
