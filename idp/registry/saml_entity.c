#include "registry/saml_entity.h"

#include "registry/pool.h"
#include "registry/saml_entity_cache.h"
#include "registry/saml_entity_pack.h"
#include "registry/sql.h"

#define SCRATCH_MAX (16 * NX_SAML_PACK_MAX)

/* Called within a change: its commit will forget what the cache holds. */
static void touch(void)
{
    nx_sql_loan_mine()->entities = true;
}

NX_FALLIBLE nx_saml_entity_valid(const nx_saml_entity *e, nx_time now)
{
    NX_REQUIRE(e->valid_until == 0 || now < e->valid_until, NX_ERR_SAML_METADATA_EXPIRED);
    return NX_OK;
}

/* Writing. */

/* What is worked out from a record before it is written. */
struct worked {
    nx_span parsed;
    uint8_t digest[NX_SHA256_LEN];
};

static nx_result work_out(struct worked *w, nx_arena *a, const struct nx_saml_record *c)
{
    NX_REQUIRE(c->parsed && c->parsed->entity_id && c->owner, NX_ERR_MISSING);
    size_t n = strlen(c->parsed->entity_id);
    NX_REQUIRE(n > 0 && n <= NX_SAML_ENTITY_ID_MAX, NX_ERR_LIMIT);
    NX_REQUIRE(c->xml.n <= NX_SAML_METADATA_MAX, NX_ERR_LIMIT);
    NX_TRY(nx_saml_entity_pack(&w->parsed, a, c->parsed));
    return nx_sha256(w->digest, c->xml);
}

/* The columns that insert and update share, in this order. */
static void bind_fields(nx_sql *q, const struct nx_saml_record *c, const struct worked *w)
{
    nx_sql_text(q, c->parsed->entity_id);
    nx_sql_int(q, (int64_t)c->source);
    nx_sql_text(q, c->url);
    nx_sql_blob(q, c->pin);
    nx_sql_blob(q, c->xml);
    nx_sql_blob(q, nx_span_of(w->digest, sizeof w->digest));
    nx_sql_blob(q, w->parsed);
    nx_sql_text(q, c->settings);
    nx_sql_int(q, c->parsed->valid_until);
    nx_sql_int(q, c->parsed->cache_duration);
    nx_sql_int(q, c->refresh);
    nx_sql_int(q, nx_now());
    nx_sql_text(q, c->owner);
    nx_sql_int(q, (int64_t)c->parsed->role);
}

static nx_result insert(nx_registry *r, const struct nx_saml_record *c, const struct worked *w)
{
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r,
                       "INSERT INTO saml_entity (entity_id, source, url, pin, xml, digest, parsed, settings,"
                       " valid_until, cache_duration, refresh, fetched, owner, role, created, updated, failures,"
                       " failed_at, version) VALUES ($1, $2, $3, $4, $5, $6, $7, coalesce($8, '{}'), $9, $10, $11,"
                       " $12, $13, $14, $12, $12, 0, 0, 1)"));
    bind_fields(&q, c, w);
    return nx_sql_run(&q, NULL);
}

NX_FALLIBLE nx_saml_entity_create(nx_registry *r, const struct nx_saml_record *record)
{
    struct worked w;
    NX_AUTO(nx_arena) a = nx_arena_open(SCRATCH_MAX);
    NX_NEED(a);
    NX_TRY(work_out(&w, a, record));
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    touch();
    NX_TRY(insert(r, record, &w));
    return nx_registry_commit(&change);
}

static nx_result exists(nx_registry *r, const char *owner, enum nx_saml_role role)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r, "SELECT 1 FROM saml_entity WHERE owner = $1 AND role = $2"));
    nx_sql_text(&q, owner);
    nx_sql_int(&q, (int64_t)role);
    NX_TRY(nx_sql_step(&q, &row));
    NX_REQUIRE(row, NX_ERR_NOT_FOUND);
    return NX_OK;
}

static nx_result update(nx_registry *r, const struct nx_saml_record *c, const struct worked *w, int64_t expected)
{
    int64_t changed;
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r,
                       "UPDATE saml_entity SET entity_id = $1, source = $2, url = $3, pin = $4, xml = $5,"
                       " digest = $6, parsed = $7, settings = coalesce($8, settings), valid_until = $9,"
                       " cache_duration = $10, refresh = $11, fetched = $12, updated = $12, failures = 0,"
                       " failed_at = 0, last_error = NULL, version = version + 1"
                       " WHERE owner = $13 AND role = $14 AND ($15 = 0 OR version = $15)"));
    bind_fields(&q, c, w);
    nx_sql_int(&q, expected);
    NX_TRY(nx_sql_run(&q, &changed));
    NX_REQUIRE(changed == 1, NX_ERR_VERSION);
    return NX_OK;
}

NX_FALLIBLE nx_saml_entity_replace(nx_registry *r, const struct nx_saml_record *record, int64_t expected)
{
    struct worked w;
    NX_AUTO(nx_arena) a = nx_arena_open(SCRATCH_MAX);
    NX_NEED(a);
    NX_TRY(work_out(&w, a, record));
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    touch();
    NX_TRY(exists(r, record->owner, record->parsed->role));
    NX_TRY(update(r, record, &w, expected));
    return nx_registry_commit(&change);
}

NX_FALLIBLE nx_saml_entity_set(nx_registry *r, const char *owner, enum nx_saml_role role, const char *settings,
                               int64_t expected)
{
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    touch();
    NX_TRY(exists(r, owner, role));
    nx_result set = nx_sql_write(r,
                                 "UPDATE saml_entity SET settings = $1, updated = $2, version = version + 1"
                                 " WHERE owner = $3 AND role = $4 AND ($5 = 0 OR version = $5)",
                                 "titii", settings, (int64_t)nx_now(), owner, (int64_t)role, expected);
    NX_REQUIRE(set.e != NX_ERR_NOT_FOUND, NX_ERR_VERSION);
    NX_TRY(set);
    return nx_registry_commit(&change);
}

NX_FALLIBLE nx_saml_entity_delete(nx_registry *r, const char *owner, enum nx_saml_role role)
{
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    touch();
    NX_TRY(nx_sql_write(r, "DELETE FROM saml_entity WHERE owner = $1 AND role = $2", "ti", owner, (int64_t)role));
    return nx_registry_commit(&change);
}

/* A changed validity must be seen by requests; counters need not be. */
NX_FALLIBLE nx_saml_entity_tried(nx_registry *r, const char *owner, enum nx_saml_role role, nx_time refresh,
                                 nx_time valid_until, const char *error)
{
    nx_time now = nx_now();
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_RELAXED));
    if (error)
        NX_TRY(nx_sql_write(r,
                            "UPDATE saml_entity SET refresh = $1, failures = failures + 1, failed_at = $2,"
                            " last_error = $3 WHERE owner = $4 AND role = $5",
                            "iitti", (int64_t)refresh, (int64_t)now, error, owner, (int64_t)role));
    else {
        touch();
        NX_TRY(nx_sql_write(r,
                            "UPDATE saml_entity SET refresh = $1, fetched = $2, valid_until = $3, failures = 0,"
                            " failed_at = 0, last_error = NULL WHERE owner = $4 AND role = $5",
                            "iiiti", (int64_t)refresh, (int64_t)now, (int64_t)valid_until, owner, (int64_t)role));
    }
    return nx_registry_commit(&change);
}

/* Reading what requests want. */

#define ENTITY_COLUMNS                                                                                       \
    "SELECT entity_id, role, owner, source, url, valid_until, cache_duration, fetched, version, created,"    \
    " updated, settings, parsed FROM saml_entity"

static nx_result read_entity(nx_sql *q, nx_saml_entity *e, nx_arena *a)
{
    e->entity_id = nx_sql_get_text(q, a);
    e->role = nx_sql_get_int(q) == NX_SAML_IDP ? NX_SAML_IDP : NX_SAML_SP;
    e->owner = nx_sql_get_text(q, a);
    e->source = (enum nx_saml_source)nx_sql_get_int(q);
    e->url = nx_sql_get_text(q, a);
    e->valid_until = nx_sql_get_int(q);
    e->cache_duration = nx_sql_get_int(q);
    e->fetched = nx_sql_get_int(q);
    e->version = nx_sql_get_int(q);
    e->created = nx_sql_get_int(q);
    e->updated = nx_sql_get_int(q);
    const char *settings = nx_sql_get_text(q, a);
    nx_span parsed = nx_sql_get_blob(q, a);
    NX_TRY(nx_sql_done(q));
    NX_TRY(nx_saml_settings_parse(&e->settings, a, settings));
    return nx_saml_entity_unpack(e, a, parsed);
}

static nx_result load(nx_registry *r, struct nx_saml_entity_key key, nx_saml_entity **out)
{
    nx_arena *a;
    bool row;
    NX_AUTO(nx_saml_entity) e = NULL;
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r,
                       key.owner ? ENTITY_COLUMNS " WHERE owner = $1 AND role = $2"
                                 : ENTITY_COLUMNS " WHERE entity_id = $1 AND role = $2"));
    nx_sql_span(&q, key.text);
    nx_sql_int(&q, (int64_t)key.role);
    NX_TRY(nx_sql_step(&q, &row));
    NX_REQUIRE(row, NX_ERR_NOT_FOUND);
    NX_TRY(nx_saml_entity_new(&e, &a));
    NX_TRY(read_entity(&q, e, a));
    *out = NX_STEAL(e);
    return NX_OK;
}

/* A thread within a change reads past the cache: it may see rows that nobody else may see yet. */
static nx_result get(nx_registry *r, struct nx_saml_entity_key key, nx_saml_entity **out)
{
    uint64_t generation;
    const struct nx_sql_loan *loan = nx_sql_loan_mine();
    if (loan->entities || loan->clients) return load(r, key, out);
    *out = nx_saml_entity_cache_get(r->entities, key, &generation);
    if (*out) return NX_OK;
    NX_TRY(load(r, key, out));
    nx_saml_entity_cache_put(r->entities, *out, key.owner, generation);
    return NX_OK;
}

NX_FALLIBLE nx_saml_entity_get(nx_registry *r, nx_span entity_id, enum nx_saml_role role, nx_saml_entity **out)
{
    NX_REQUIRE(entity_id.n > 0 && entity_id.n <= NX_SAML_ENTITY_ID_MAX, NX_ERR_NOT_FOUND);
    return get(r, (struct nx_saml_entity_key){role, false, entity_id}, out);
}

NX_FALLIBLE nx_saml_entity_of(nx_registry *r, const char *owner, enum nx_saml_role role, nx_saml_entity **out)
{
    return get(r, (struct nx_saml_entity_key){role, true, nx_span_str(owner)}, out);
}
