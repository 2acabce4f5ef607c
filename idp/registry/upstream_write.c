/* Writing upstreams: checks, secrets taken out, the row. Whatever is written here makes the next read load anew. */
#include "registry/upstream.h"

#include "registry/link.h"
#include "registry/pool.h"
#include "registry/sql.h"
#include "registry/upstream_seal.h"

#define WRITE_MAX (256u << 10)
#define ORGANISATION_MAX 64

/* Called within a change: its commit will forget what the cache holds. */
static void touch(void)
{
    nx_sql_loan_mine()->upstreams = true;
}

static nx_result check_text(const char *text, size_t max, bool required)
{
    nx_span s = nx_span_str(text);
    NX_REQUIRE(s.n > 0 || !required, NX_ERR_MISSING);
    NX_REQUIRE(s.n <= max, NX_ERR_LIMIT);
    NX_REQUIRE(nx_utf8_printable(s), NX_ERR_ENCODING);
    return NX_OK;
}

static nx_result check(const struct nx_upstream_record *u)
{
    NX_REQUIRE(u->id && u->config, NX_ERR_MISSING);
    NX_REQUIRE(nx_upstream_id_valid(nx_span_str(u->id)), NX_ERR_RANGE);
    NX_TRY(check_text(u->name, NX_UPSTREAM_NAME_MAX, true));
    NX_TRY(check_text(u->name_vi, NX_UPSTREAM_NAME_MAX, false));
    NX_TRY(check_text(u->organisation, ORGANISATION_MAX, false));
    NX_TRY(check_text(u->issuer, NX_UPSTREAM_ISSUER_MAX, true));
    NX_REQUIRE(u->level_cap >= 1 && u->level_cap <= 4, NX_ERR_RANGE);
    NX_REQUIRE(u->proofing >= 1 && u->proofing <= u->level_cap, NX_ERR_RANGE);
    NX_REQUIRE(u->jit < 1u << NX_PERSON_KINDS, NX_ERR_RANGE);
    return NX_OK;
}

/* What is written of a record besides its texts. */
struct parts {
    const char *config;
    nx_span sealed;
};

static nx_result split(struct parts *out, nx_arena *a, const nx_master *m, const struct nx_upstream_record *u,
                       nx_span former)
{
    NX_AUTO_JSON config = json_copy((json_t *)(uintptr_t)u->config);
    NX_AUTO_JSON secrets = NULL;
    NX_NEED(config);
    NX_TRY(nx_upstream_unseal(&secrets, a, m, u->id, former));
    nx_result sealed = nx_upstream_take_secrets(secrets, config);
    if (nx_ok(sealed)) sealed = nx_upstream_seal(&out->sealed, a, m, u->id, secrets);
    NX_TRY(sealed);
    NX_NEED(out->config = nx_json_dump(a, config));
    NX_REQUIRE(strlen(out->config) <= NX_UPSTREAM_CONFIG_MAX, NX_ERR_LIMIT);
    return NX_OK;
}

static void bind_fields(nx_sql *q, const struct nx_upstream_record *u, const struct parts *p)
{
    nx_sql_text(q, u->name);
    nx_sql_text(q, u->name_vi);
    nx_sql_text(q, u->organisation);
    nx_sql_text(q, u->issuer);
    nx_sql_int(q, u->level_cap);
    nx_sql_int(q, u->proofing);
    nx_sql_int(q, u->jit);
    nx_sql_int(q, u->trusts_number);
    nx_sql_text(q, p->config);
    nx_sql_blob(q, p->sealed);
    nx_sql_int(q, nx_now());
}

static nx_result room_for_one(nx_registry *r)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r, "SELECT count(*) FROM upstream"));
    NX_TRY(nx_sql_step(&q, &row));
    int64_t n = nx_sql_get_int(&q);
    NX_TRY(nx_sql_done(&q));
    NX_REQUIRE(n < NX_UPSTREAMS_MAX, NX_ERR_LIMIT);
    return NX_OK;
}

static nx_result insert(nx_registry *r, const struct nx_upstream_record *u, const struct parts *p)
{
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r,
                       "INSERT INTO upstream (name, name_vi, organisation, issuer, level_cap, proofing, jit,"
                       " trusts_number, config, sealed, updated, id, kind, created, version, state)"
                       " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 1, 0)"));
    bind_fields(&q, u, p);
    nx_sql_text(&q, u->id);
    nx_sql_text(&q, nx_upstream_kind_name(u->kind));
    nx_sql_int(&q, nx_now());
    return nx_sql_run(&q, NULL);
}

nx_result nx_upstream_create(nx_registry *r, const nx_master *m, const struct nx_upstream_record *u)
{
    struct parts p;
    NX_AUTO(nx_arena) a = nx_arena_open(WRITE_MAX);
    NX_NEED(a);
    NX_TRY(check(u));
    NX_TRY(split(&p, a, m, u, NX_SPAN_NONE));
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    touch();
    NX_TRY(room_for_one(r));
    NX_TRY(insert(r, u, &p));
    return nx_registry_commit(&change);
}

/* The issuer is what links are links to. */
static nx_result fits(nx_registry *r, const struct nx_upstream_record *u, const nx_upstream *former)
{
    int64_t links = 0;
    NX_REQUIRE(u->kind == former->kind, NX_ERR_CONFLICT);
    if (strcmp(u->issuer, former->issuer) == 0) return NX_OK;
    NX_TRY(nx_link_count(r, u->id, &links));
    NX_REQUIRE(links == 0, NX_ERR_CONFLICT);
    return NX_OK;
}

static nx_result update(nx_registry *r, const struct nx_upstream_record *u, const struct parts *p, int64_t expected)
{
    int64_t changed;
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r,
                       "UPDATE upstream SET name = $1, name_vi = $2, organisation = $3, issuer = $4,"
                       " level_cap = $5, proofing = $6, jit = $7, trusts_number = $8, config = $9, sealed = $10,"
                       " updated = $11, version = version + 1 WHERE id = $12 AND ($13 = 0 OR version = $13)"));
    bind_fields(&q, u, p);
    nx_sql_text(&q, u->id);
    nx_sql_int(&q, expected);
    NX_TRY(nx_sql_run(&q, &changed));
    NX_REQUIRE(changed == 1, NX_ERR_VERSION);
    return NX_OK;
}

nx_result nx_upstream_replace(nx_registry *r, const nx_master *m, const struct nx_upstream_record *u,
                              int64_t expected)
{
    struct parts p;
    NX_AUTO_UPSTREAM former = NULL;
    NX_AUTO(nx_arena) a = nx_arena_open(WRITE_MAX);
    NX_NEED(a);
    NX_TRY(check(u));
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    touch();
    NX_TRY(nx_upstream_get(r, nx_span_str(u->id), &former));
    NX_TRY(fits(r, u, former));
    NX_TRY(split(&p, a, m, u, former->sealed));
    NX_TRY(update(r, u, &p, expected));
    return nx_registry_commit(&change);
}

nx_result nx_upstream_set_state(nx_registry *r, const char *id, bool on)
{
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    touch();
    NX_TRY(nx_sql_write(r, "UPDATE upstream SET state = $1, updated = $2, version = version + 1 WHERE id = $3", "iit",
                        (int64_t)on, (int64_t)nx_now(), id));
    return nx_registry_commit(&change);
}

nx_result nx_upstream_delete(nx_registry *r, const char *id)
{
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    touch();
    NX_TRY(nx_sql_write(r, "DELETE FROM upstream WHERE id = $1", "t", id));
    return nx_registry_commit(&change);
}
