#include "registry/client.h"

#include "crypto/random.h"
#include "registry/client_cache.h"
#include "registry/client_parse.h"
#include "registry/pool.h"
#include "registry/sql.h"

#include <stdio.h>

static const char *const state_names[] = {"active", "suspended", "revoked"};

const char *nx_client_state_name(enum nx_client_state state)
{
    return state_names[state];
}

/* Called within a change: its commit will forget what the cache holds. */
static void touch(void)
{
    nx_sql_loan_mine()->clients = true;
}

static nx_result check(const struct nx_client_record *c)
{
    NX_REQUIRE(c->metadata && c->sector && c->owner, NX_ERR_MISSING);
    NX_REQUIRE(!c->id || (*c->id && strlen(c->id) <= NX_CLIENT_ID_MAX), NX_ERR_LIMIT);
    NX_REQUIRE(!c->id || nx_ascii_printable(nx_span_str(c->id)), NX_ERR_ENCODING);
    NX_REQUIRE(!c->secret_digest.n || c->secret_digest.n == NX_SHA256_LEN, NX_ERR_RANGE);
    NX_REQUIRE(!c->registration_digest.n || c->registration_digest.n == NX_SHA256_LEN, NX_ERR_RANGE);
    return NX_OK;
}

/* Parses what is to be written as the hot path will: what cannot be read is not stored. */
static nx_result preview(nx_client **out, const struct nx_client_record *record, const char *id)
{
    nx_arena *a;
    NX_AUTO(nx_client) c = NULL;
    NX_TRY(nx_client_new(&c, &a));
    NX_NEED(c->id = nx_arena_strdup(a, id));
    NX_TRY(nx_client_parse(c, a, record->metadata));
    *out = NX_STEAL(c);
    return NX_OK;
}

/* The columns that insert and update share, in this order. */
static void bind_fields(nx_sql *q, const struct nx_client_record *c, const nx_client *parsed)
{
    nx_sql_text(q, c->metadata);
    nx_sql_text(q, parsed->name);
    nx_sql_int(q, (int64_t)c->subject_type);
    nx_sql_text(q, c->sector);
    nx_sql_blob(q, c->secret_digest);
    nx_sql_int(q, c->secret_expires);
    nx_sql_blob(q, c->registration_digest);
    nx_sql_text(q, c->owner);
    nx_sql_text(q, c->legal_basis);
    nx_sql_int(q, c->purpose_version);
    nx_sql_int(q, nx_client_unreachable(parsed));
    nx_sql_int(q, nx_now());
}

static nx_result insert(nx_registry *r, const struct nx_client_record *c, const char *id)
{
    NX_AUTO(nx_client) parsed = NULL;
    NX_TRY(preview(&parsed, c, id));
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(
        &q, r,
        "INSERT INTO client (metadata, name, subject_type, sector, secret_digest, secret_expires,"
        " registration_digest, owner, legal_basis, purpose_version, unreachable, updated, id, created,"
        " version, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 1, 0)"));
    bind_fields(&q, c, parsed);
    nx_sql_text(&q, id);
    nx_sql_int(&q, nx_now());
    return nx_sql_run(&q, NULL);
}

nx_result nx_client_record_create(nx_registry *r, const struct nx_client_record *c,
                                  char id[NX_CLIENT_ID_MAX + 1])
{
    nx_id made;
    NX_TRY(check(c));
    NX_TRY(nx_id_make(&made));
    snprintf(id, NX_CLIENT_ID_MAX + 1, "%s", c->id ? c->id : made.s);
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    touch();
    NX_TRY(insert(r, c, id));
    return nx_registry_commit(&change);
}

static nx_result exists(nx_registry *r, const char *id)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r, "SELECT 1 FROM client WHERE id = $1"));
    nx_sql_text(&q, id);
    NX_TRY(nx_sql_step(&q, &row));
    NX_REQUIRE(row, NX_ERR_NOT_FOUND);
    return NX_OK;
}

static nx_result update(nx_registry *r, const struct nx_client_record *c, int64_t expected)
{
    NX_AUTO(nx_client) parsed = NULL;
    int64_t changed;
    NX_TRY(preview(&parsed, c, c->id));
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r,
                       "UPDATE client SET metadata = $1, name = $2, subject_type = $3, sector = $4,"
                       " secret_digest = $5, secret_expires = $6, registration_digest = $7, owner = $8,"
                       " legal_basis = $9, purpose_version = $10, unreachable = $11, updated = $12,"
                       " version = version + 1 WHERE id = $13 AND ($14 = 0 OR version = $14)"));
    bind_fields(&q, c, parsed);
    nx_sql_text(&q, c->id);
    nx_sql_int(&q, expected);
    NX_TRY(nx_sql_run(&q, &changed));
    NX_REQUIRE(changed == 1, NX_ERR_VERSION);
    return NX_OK;
}

nx_result nx_client_record_replace(nx_registry *r, const struct nx_client_record *c, int64_t expected)
{
    NX_REQUIRE(c->id, NX_ERR_MISSING);
    NX_TRY(check(c));
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    touch();
    NX_TRY(exists(r, c->id));
    NX_TRY(update(r, c, expected));
    return nx_registry_commit(&change);
}

nx_result nx_client_set_state(nx_registry *r, const char *id, enum nx_client_state state)
{
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    touch();
    NX_TRY(exists(r, id));
    nx_result set =
        nx_sql_write(r, "UPDATE client SET state = $1, version = version + 1 WHERE id = $2 AND state <> 2",
                     "it", (int64_t)state, id);
    NX_REQUIRE(set.e != NX_ERR_NOT_FOUND, NX_ERR_CONFLICT);
    NX_TRY(set);
    return nx_registry_commit(&change);
}

nx_result nx_client_record_delete(nx_registry *r, const char *id)
{
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    touch();
    NX_TRY(nx_sql_write(r, "DELETE FROM client WHERE id = $1", "t", id));
    return nx_registry_commit(&change);
}

static nx_result read_row(nx_sql *q, nx_client *c, nx_arena *a)
{
    c->id = nx_sql_get_text(q, a);
    c->state = (enum nx_client_state)nx_sql_get_int(q);
    const char *metadata = nx_sql_get_text(q, a);
    c->subject_type = nx_sql_get_int(q) == NX_SUBJECT_PUBLIC ? NX_SUBJECT_PUBLIC : NX_SUBJECT_PAIRWISE;
    c->sector = nx_sql_get_text(q, a);
    c->secret_digest = nx_sql_get_blob(q, a);
    c->secret_expires = nx_sql_get_int(q);
    c->registration_digest = nx_sql_get_blob(q, a);
    c->owner = nx_sql_get_text(q, a);
    c->legal_basis = nx_sql_get_text(q, a);
    c->purpose_version = nx_sql_get_int(q);
    c->version = nx_sql_get_int(q);
    c->created = nx_sql_get_int(q);
    c->updated = nx_sql_get_int(q);
    NX_TRY(nx_sql_done(q));
    return nx_client_parse(c, a, metadata);
}

static nx_result load(nx_registry *r, nx_span id, nx_client **out)
{
    nx_arena *a;
    bool row;
    NX_AUTO(nx_client) c = NULL;
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r,
                       "SELECT id, state, metadata, subject_type, sector, secret_digest, secret_expires,"
                       " registration_digest, owner, legal_basis, purpose_version, version, created, updated"
                       " FROM client WHERE id = $1"));
    nx_sql_span(&q, id);
    NX_TRY(nx_sql_step(&q, &row));
    NX_REQUIRE(row, NX_ERR_NOT_FOUND);
    NX_TRY(nx_client_new(&c, &a));
    NX_TRY(read_row(&q, c, a));
    *out = NX_STEAL(c);
    return NX_OK;
}

/* A thread within a change reads past the cache: it may see rows that nobody else may see yet. */
nx_result nx_client_get(nx_registry *r, nx_span id, nx_client **out)
{
    uint64_t generation;
    NX_REQUIRE(id.n > 0 && id.n <= NX_CLIENT_ID_MAX, NX_ERR_NOT_FOUND);
    if (nx_sql_loan_mine()->clients) return load(r, id, out);
    *out = nx_client_cache_get(r->clients, id, &generation);
    if (*out) return NX_OK;
    NX_TRY(load(r, id, out));
    nx_client_cache_put(r->clients, *out, generation);
    return NX_OK;
}

static nx_result read_line(nx_sql *q, nx_arena *a, struct nx_client_line *line)
{
    line->id = nx_sql_get_text(q, a);
    line->name = nx_sql_get_text(q, a);
    line->owner = nx_sql_get_text(q, a);
    line->state = (enum nx_client_state)nx_sql_get_int(q);
    line->unreachable = nx_sql_get_int(q) != 0;
    line->created = nx_sql_get_int(q);
    return nx_sql_done(q);
}

nx_result nx_client_lines(nx_registry *r, nx_arena *a, const char *after, size_t limit,
                          struct nx_client_page *out)
{
    NX_AUTO_SQL(q);
    bool row;
    if (limit == 0 || limit > NX_PAGE_MAX) limit = limit ? NX_PAGE_MAX : NX_PAGE_DEFAULT;
    NX_TRY(nx_sql_open(&q, r,
                       "SELECT id, name, owner, state, unreachable, created FROM client WHERE id > $1"
                       " ORDER BY id LIMIT $2"));
    nx_sql_text(&q, after ? after : "");
    nx_sql_int(&q, (int64_t)limit + 1);
    *out = (struct nx_client_page){.v = nx_arena_new(a, struct nx_client_line, limit)};
    NX_NEED(out->v);
    for (;;) {
        NX_TRY(nx_sql_step(&q, &row));
        if (!row) return NX_OK;
        out->more = out->n == limit;
        if (out->more) return NX_OK;
        NX_TRY(read_line(&q, a, &out->v[out->n++]));
    }
}
