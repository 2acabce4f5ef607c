/* Reading: the snapshot of all rows, and one row out of it. Writing is upstream_write.c. */
#include "registry/upstream.h"

#include "crypto/seal.h"
#include "registry/pool.h"
#include "registry/sql.h"
#include "registry/upstream_cache.h"
#include "registry/upstream_seal.h"

static const char *const kind_names[NX_UPSTREAM_KINDS] = {"oidc", "saml", "ldap", "radius", "kerberos"};

const char *nx_upstream_kind_name(enum nx_upstream_kind kind)
{
    return kind_names[kind];
}

nx_result nx_upstream_kind_of(enum nx_upstream_kind *out, nx_span name)
{
    for (int i = 0; i < NX_UPSTREAM_KINDS; i++) {
        if (!nx_span_eq_str(name, kind_names[i])) continue;
        *out = (enum nx_upstream_kind)i;
        return NX_OK;
    }
    NX_FAIL(NX_ERR_UNKNOWN);
}

bool nx_upstream_id_valid(nx_span id)
{
    if (id.n == 0 || id.n > NX_UPSTREAM_ID_MAX || id.p[0] == '-' || id.p[id.n - 1] == '-') return false;
    for (size_t i = 0; i < id.n; i++) {
        uint8_t c = id.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) return false;
    }
    return true;
}

void nx_upstream_release(const nx_upstream *u)
{
    nx_upstream_snapshot_leave(u->all);
}

/* ---- the snapshot */

static nx_result read_row(nx_sql *q, nx_arena *a, nx_upstream *u)
{
    u->id = nx_sql_get_text(q, a);
    const char *kind = nx_sql_get_text(q, a);
    u->on = nx_sql_get_int(q) == 1;
    u->name = nx_sql_get_text(q, a);
    u->name_vi = nx_sql_get_text(q, a);
    u->organisation = nx_sql_get_text(q, a);
    u->issuer = nx_sql_get_text(q, a);
    u->level_cap = (int)nx_sql_get_int(q);
    u->proofing = (int)nx_sql_get_int(q);
    u->jit = (unsigned)nx_sql_get_int(q);
    u->trusts_number = nx_sql_get_int(q) == 1;
    const char *config = nx_sql_get_text(q, a);
    u->sealed = nx_sql_get_blob(q, a);
    u->version = nx_sql_get_int(q);
    u->created = nx_sql_get_int(q);
    u->updated = nx_sql_get_int(q);
    NX_TRY(nx_sql_done(q));
    NX_REQUIRE(u->id && kind && u->name && u->issuer && config, NX_ERR_REGISTRY);
    NX_TRY(nx_upstream_kind_of(&u->kind, nx_span_str(kind)));
    if (!u->name_vi) u->name_vi = u->name;
    json_t *parsed = NULL;
    NX_TRY(nx_json_parse_object(&parsed, nx_span_str(config)));
    u->config = parsed;
    return NX_OK;
}

static nx_result load(nx_registry *r, struct nx_upstream_snapshot **out)
{
    __attribute__((cleanup(nx_upstream_snapshot_auto))) struct nx_upstream_snapshot *s = NULL;
    bool row;
    NX_TRY(nx_upstream_snapshot_new(&s));
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r,
                       "SELECT id, kind, state, name, name_vi, organisation, issuer, level_cap, proofing, jit,"
                       " trusts_number, config, sealed, version, created, updated FROM upstream ORDER BY id"));
    NX_NEED(s->v = nx_arena_new(s->arena, nx_upstream, NX_UPSTREAMS_MAX));
    for (;;) {
        NX_TRY(nx_sql_step(&q, &row));
        if (!row) break;
        NX_REQUIRE(s->n < NX_UPSTREAMS_MAX, NX_ERR_REGISTRY);
        NX_TRY(read_row(&q, s->arena, &s->v[s->n]));
        s->v[s->n++].all = s;
    }
    *out = NX_STEAL(s);
    return NX_OK;
}

/* A thread within a change reads past the cache: it may see rows that nobody else may see yet. */
static nx_result snapshot(nx_registry *r, struct nx_upstream_snapshot **out)
{
    uint64_t generation;
    if (nx_sql_loan_mine()->upstreams) return load(r, out);
    *out = nx_upstream_cache_get(r->upstreams, &generation);
    if (*out) return NX_OK;
    NX_TRY(load(r, out));
    nx_upstream_cache_put(r->upstreams, *out, generation);
    return NX_OK;
}

static const nx_upstream *find(const struct nx_upstream_snapshot *s, nx_span id)
{
    size_t low = 0, high = s->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        nx_span there = nx_span_str(s->v[middle].id);
        size_t n = there.n < id.n ? there.n : id.n;
        int order = memcmp(there.p, id.p, n);
        if (order == 0 && there.n == id.n) return &s->v[middle];
        if (order < 0 || (order == 0 && there.n < id.n))
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

nx_result nx_upstream_get(nx_registry *r, nx_span id, const nx_upstream **out)
{
    __attribute__((cleanup(nx_upstream_snapshot_auto))) struct nx_upstream_snapshot *s = NULL;
    NX_REQUIRE(nx_upstream_id_valid(id), NX_ERR_NOT_FOUND);
    NX_TRY(snapshot(r, &s));
    const nx_upstream *u = find(s, id);
    NX_REQUIRE(u, NX_ERR_NOT_FOUND);
    *out = u;
    (void)NX_STEAL(s); /* the reference is the row's now */
    return NX_OK;
}

nx_result nx_upstream_get_on(nx_registry *r, nx_span id, enum nx_upstream_kind kind, const nx_upstream **out)
{
    NX_AUTO_UPSTREAM u = NULL;
    NX_TRY(nx_upstream_get(r, id, &u));
    NX_REQUIRE(u->kind == kind, NX_ERR_NOT_FOUND);
    NX_REQUIRE(u->on, NX_ERR_UPSTREAM_OFF);
    *out = NX_STEAL(u);
    return NX_OK;
}

nx_result nx_upstream_all(nx_registry *r, struct nx_upstream_list *out, const nx_upstream **hold)
{
    struct nx_upstream_snapshot *s = NULL;
    *hold = NULL;
    *out = (struct nx_upstream_list){NULL, 0};
    NX_TRY(snapshot(r, &s));
    if (s->n == 0) {
        nx_upstream_snapshot_leave(s);
        return NX_OK;
    }
    *out = (struct nx_upstream_list){s->v, s->n};
    *hold = s->v;
    return NX_OK;
}

/* ---- secrets */

nx_result nx_upstream_secret(nx_secret *out, const nx_master *m, const nx_upstream *u, const char *name)
{
    NX_AUTO(nx_arena) a = nx_arena_open(4 * NX_UPSTREAM_CONFIG_MAX);
    NX_NEED(a);
    NX_AUTO_JSON secrets = NULL;
    NX_TRY(nx_upstream_unseal(&secrets, a, m, u->id, u->sealed));
    const char *text = nx_json_str(secrets, name);
    nx_result set = text ? nx_secret_set(out, nx_span_str(text)) : NX_OK;
    nx_upstream_wipe(secrets);
    NX_REQUIRE(text, NX_ERR_MISSING);
    return set;
}

nx_result nx_upstream_has_secret(bool *out, const nx_master *m, const nx_upstream *u, const char *name)
{
    NX_AUTO_SECRET(secret);
    nx_result r = nx_upstream_secret(&secret, m, u, name);
    *out = nx_ok(r);
    return r.e == NX_ERR_MISSING ? NX_OK : r;
}
