/* What an operator asks when something is wrong: each check is a row and says good, warn or bad, and what it
 * found. */
#include "operate/records.h"

#include "hub/breaker.h"
#include "registry/saml_entity.h"
#include "registry/audit.h"
#include "registry/client.h"
#include "registry/outbox.h"
#include "registry/revocation.h"
#include "registry/upstream.h"

#include <stdlib.h>

enum state { GOOD, WARN, BAD };

struct finding {
    enum state state;
    const char *found;
};

typedef nx_result (*check)(struct finding *out, struct nx_operate_call *c);

static nx_result say(struct finding *out, enum state state, const char *found)
{
    NX_NEED(found);
    *out = (struct finding){state, found};
    return NX_OK;
}

static nx_result check_store(struct finding *out, struct nx_operate_call *c)
{
    struct nx_store_info i;
    NX_TRY(nx_store_info(c->house->store, &i));
    const char *text = nx_arena_printf(c->arena, "%s %s, %u connections, %lld bytes", i.kind, i.version,
                                       i.connections, (long long)i.used_bytes);
    return say(out, nx_store_ready(c->house->store) ? GOOD : BAD, text);
}

static nx_result check_memory_policy(struct finding *out, struct nx_operate_call *c)
{
    struct nx_store_info i;
    NX_TRY(nx_store_info(c->house->store, &i));
    if (i.noeviction) return say(out, GOOD, "noeviction");
    return say(out, BAD, "the store may evict keys: set maxmemory-policy noeviction");
}

static nx_result check_persistence(struct finding *out, struct nx_operate_call *c)
{
    struct nx_store_info i;
    NX_TRY(nx_store_info(c->house->store, &i));
    if (!i.append_only)
        return say(out, WARN, "no append-only file: a restart of the store signs everybody out");
    if (!i.fsync_always) return say(out, WARN, "a crash of the store's machine may lose its last second");
    return say(out, GOOD, "append-only file, fsync always");
}

static nx_result check_clock(struct finding *out, struct nx_operate_call *c)
{
    struct nx_store_info i;
    NX_TRY(nx_store_info(c->house->store, &i));
    const char *text = nx_arena_printf(c->arena, "%lld ms off the store's clock", (long long)i.skew_ms);
    return say(out, llabs(i.skew_ms) <= NX_STORE_SKEW_MS ? GOOD : BAD, text);
}

static nx_result check_registry(struct finding *out, struct nx_operate_call *c)
{
    NX_TRY(nx_registry_ping(c->house->registry));
    return say(out, GOOD, "answers");
}

static nx_result check_audit(struct finding *out, struct nx_operate_call *c)
{
    struct nx_audit_verdict v;
    NX_TRY(nx_audit_verify(c->house->registry, &v));
    const char *text = v.whole ? nx_arena_printf(c->arena, "%lld rows, whole", (long long)v.rows)
                               : nx_arena_printf(c->arena, "broken at row %lld", (long long)v.broken_at);
    return say(out, v.whole ? GOOD : BAD, text);
}

static nx_result check_keys(struct finding *out, struct nx_operate_call *c)
{
    for (int use = 0; use < NX_USE_COUNT; use++) {
        NX_AUTO(nx_signing_key) key = NULL;
        if (nx_ok(nx_keyring_active(&key, c->house->keyring, (nx_key_use)use))) continue;
        return say(out, BAD,
                   nx_arena_printf(c->arena, "nothing signs for %s", nx_key_use_name((nx_key_use)use)));
    }
    return say(out, GOOD, "every use has a key that signs");
}

static nx_result check_revocations(struct finding *out, struct nx_operate_call *c)
{
    struct nx_revocation_list list;
    NX_TRY(nx_revocation_pending(c->house->registry, c->arena, 1, &list));
    if (list.n == 0) return say(out, GOOD, "all applied");
    return say(out, WARN,
               nx_arena_printf(c->arena, "pending since revocation %lld", (long long)list.v[0].seq));
}

static nx_result check_notices(struct finding *out, struct nx_operate_call *c)
{
    struct nx_outbox_depth d;
    NX_TRY(nx_outbox_depth(c->house->registry, &d));
    if (d.waiting == 0) return say(out, GOOD, "none waits");
    const char *text = nx_arena_printf(c->arena, "%lld wait, the oldest for %lld s", (long long)d.waiting,
                                       (long long)(nx_now() - d.oldest));
    return say(out, nx_now() - d.oldest > 60 ? WARN : GOOD, text);
}

static nx_result check_portals(struct finding *out, struct nx_operate_call *c)
{
    struct nx_client_page page = {.more = true};
    const char *after = NULL;
    long long unreachable = 0, all = 0;
    while (page.more) {
        NX_TRY(nx_client_lines(c->house->registry, c->arena, after, NX_PAGE_MAX, &page));
        for (size_t i = 0; i < page.n; i++)
            unreachable += page.v[i].unreachable && page.v[i].state == NX_CLIENT_ACTIVE;
        all += (long long)page.n;
        if (page.n > 0) after = page.v[page.n - 1].id;
    }
    const char *text = nx_arena_printf(c->arena, "%lld of %lld learn of a revocation only when a token ends",
                                       unreachable, all);
    return say(out, unreachable ? WARN : GOOD, text);
}

static nx_result check_saml(struct finding *out, struct nx_operate_call *c)
{
    struct nx_saml_health h;
    NX_TRY(nx_saml_entity_health(c->house->registry, nx_now(), &h));
    if (h.failing == 0 && h.expired == 0)
        return say(out, GOOD, nx_arena_printf(c->arena, "%lld known, all valid", (long long)h.entities));
    return say(out, h.expired ? BAD : WARN,
               nx_arena_printf(c->arena, "of %lld, %lld could not be fetched lately and %lld are over",
                               (long long)h.entities, (long long)h.failing, (long long)h.expired));
}

static nx_result check_upstreams(struct finding *out, struct nx_operate_call *c)
{
    struct nx_upstream_list all;
    NX_AUTO_UPSTREAM hold = NULL;
    unsigned on = 0;
    const char *resting = NULL;
    NX_TRY(nx_upstream_all(c->house->registry, &all, &hold));
    for (size_t i = 0; i < all.n; i++) {
        struct nx_fuse_view f;
        nx_fuse_look(&f, all.v[i].id);
        on += all.v[i].on;
        if (all.v[i].on && f.state != NX_FUSE_CLOSED)
            resting = nx_arena_printf(c->arena, "%s %s", resting ? resting : "", all.v[i].id);
    }
    if (!resting) return say(out, GOOD, nx_arena_printf(c->arena, "%u on, all that were asked answer", on));
    return say(out, WARN, nx_arena_printf(c->arena, "of %u, these do not answer:%s", on, resting));
}

static const struct {
    const char *name;
    check check;
} rows[] = {
    {"store", check_store},
    {"store-memory-policy", check_memory_policy},
    {"store-persistence", check_persistence},
    {"clock", check_clock},
    {"registry", check_registry},
    {"audit-chain", check_audit},
    {"keys", check_keys},
    {"revocations", check_revocations},
    {"notices", check_notices},
    {"portals", check_portals},
    {"saml-metadata", check_saml},
    {"upstreams", check_upstreams},
};

/* A check that fails is a finding, not the end of the examination. */
nx_result nx_operate_doctor(json_t **out, struct nx_operate_call *c)
{
    static const char *const states[] = {"good", "warn", "bad"};
    NX_AUTO_JSON items = json_array();
    NX_NEED(items);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct finding f = {BAD, ""};
        nx_result r = rows[i].check(&f, c);
        if (!nx_ok(r)) f = (struct finding){BAD, nx_err_text(r.e)};
        json_t *item =
            json_pack("{s:s,s:s,s:s}", "check", rows[i].name, "state", states[f.state], "found", f.found);
        NX_REQUIRE(json_array_append_new(items, item) == 0, NX_ERR_MEMORY);
    }
    *out = nx_operate_list(NX_STEAL(items), NULL);
    NX_NEED(*out);
    return NX_OK;
}
