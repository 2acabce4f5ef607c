#include "revoke/portals.h"

#include "registry/client.h"
#include "registry/outbox.h"
#include "registry/saml_entity.h"

#define PAIRS_MAX 8192
#define SAML_GRANT "urn:oasis:names:tc:SAML:2.0:profiles:SSO:browser"

struct pair {
    const char *client;
    const char *session; /* NULL: a grant that no session is known of */
    const struct nx_given_name *name; /* a SAML portal's name for her; NULL */
};

/* One act of telling. */
struct telling {
    struct nx_house *house;
    nx_arena *arena;
    const struct nx_revocation *revocation;
    const struct nx_killed_list *killed;
    json_t *plan;
    json_t *unreachable;
};

struct pairs {
    struct pair *v;
    size_t n;
};

static bool same(const char *x, const char *y)
{
    return (!x && !y) || (x && y && strcmp(x, y) == 0);
}

static nx_result add(struct pairs *p, const struct pair *pair)
{
    size_t i = 0;
    while (i < p->n && !(strcmp(p->v[i].client, pair->client) == 0 && same(p->v[i].session, pair->session)))
        i++;
    NX_REQUIRE(i < PAIRS_MAX, NX_ERR_LIMIT);
    if (i == p->n) p->v[p->n++] = *pair;
    if (pair->name) p->v[i].name = pair->name;
    return NX_OK;
}

/* A portal hears of a session through the sessions that had it as a client, and through grants and assertions made with
 * it. */
static nx_result collect(struct pairs *p, const struct nx_killed_list *killed)
{
    for (size_t i = 0; i < killed->n; i++) {
        const struct nx_killed *k = &killed->v[i];
        for (size_t c = 0; c < k->client_count; c++)
            NX_TRY(add(p, &(struct pair){k->clients[c], k->id.s, NULL}));
        if ((k->kind == 'f' || k->kind == 'a') && k->client)
            NX_TRY(add(p, &(struct pair){k->client, k->session, k->name.format ? &k->name : NULL}));
    }
    return NX_OK;
}

static json_t *name_json(const struct nx_given_name *n)
{
    return json_pack("{s:s,s:s,s:s*,s:s*}", "format", n->format, "value", n->value, "nq", n->name_qualifier, "spnq",
                     n->sp_qualifier);
}

static nx_result put(const struct telling *t, const struct pair *p, const char *kind, nx_time due)
{
    NX_AUTO_JSON payload = json_pack("{s:s?,s:s?}", "subject", t->revocation->subject, "session", p->session);
    NX_NEED(payload);
    if (p->name) NX_REQUIRE(json_object_set_new(payload, "name", name_json(p->name)) == 0, NX_ERR_MEMORY);
    struct nx_notice n = {
        .kind = kind,
        .target = p->client,
        .payload = nx_json_dump(t->arena, payload),
        .revocation = t->revocation->seq,
        .due = due,
    };
    NX_NEED(n.payload);
    return nx_outbox_put(t->house->registry, &n);
}

static nx_result cannot_tell(const struct telling *t, const struct pair *p)
{
    if (!nx_json_has(t->unreachable, p->client)) json_array_append_new(t->unreachable, json_string(p->client));
    return NX_OK;
}

/* Whether its metadata has any logout service at all. */
static nx_result has_logout(bool *out, const struct telling *t, const char *client)
{
    NX_AUTO(nx_saml_entity) e = NULL;
    nx_result r = nx_saml_entity_of(t->house->registry, client, NX_SAML_SP, &e);
    *out = nx_ok(r) && e->slo.n > 0;
    return r.e == NX_ERR_NOT_FOUND ? NX_OK : r;
}

static nx_result tell_saml(const struct telling *t, const nx_client *c, const struct pair *p)
{
    bool somehow;
    const char *browser = nx_json_str(t->plan, "browser");
    NX_TRY(has_logout(&somehow, t, p->client));
    if (!somehow || !p->name) return cannot_tell(t, p);
    if (c->saml_logout) return put(t, p, NX_NOTICE_SAML, 0);
    if (!browser || !same(browser, p->session)) return cannot_tell(t, p);
    return put(t, p, NX_NOTICE_SAML_BROWSER, nx_now() + NX_NOTICE_BROWSER_S);
}

static nx_result tell(const struct telling *t, const struct pair *p)
{
    NX_AUTO(nx_client) c = NULL;
    nx_result known = nx_client_get(t->house->registry, nx_span_str(p->client), &c);
    if (known.e == NX_ERR_NOT_FOUND) return NX_OK; /* gone: nobody to tell */
    NX_TRY(known);
    if (same(nx_json_str(t->plan, "asked_by"), p->client)) return NX_OK; /* it is answered */
    if (nx_strings_has(c->grant_types, SAML_GRANT)) return tell_saml(t, c, p);
    if (!c->backchannel_logout_uri) return nx_client_unreachable(c) ? cannot_tell(t, p) : NX_OK;
    /* `sub` alone would end every session of hers at the portal: only when none is left */
    if (!p->session && t->killed->spared > 0) return NX_OK;
    return put(t, p, NX_NOTICE_BACKCHANNEL, 0);
}

NX_FALLIBLE nx_revoke_notices(struct nx_house *h, nx_arena *a, const struct nx_revocation *v,
                              const struct nx_killed_list *killed, json_t *unreachable)
{
    NX_AUTO_JSON plan = NULL;
    size_t room = 0;
    for (size_t i = 0; i < killed->n; i++)
        room += killed->v[i].client_count + 1;
    struct pairs p = {.v = nx_arena_new(a, struct pair, (room < PAIRS_MAX ? room : PAIRS_MAX) + 1)};
    NX_NEED(p.v);
    NX_TRY(collect(&p, killed));
    NX_TRY(nx_json_parse_object(&plan, nx_span_str(v->plan ? v->plan : "{}")));
    const struct telling t = {h, a, v, killed, plan, unreachable};
    for (size_t i = 0; i < p.n; i++)
        NX_TRY(tell(&t, &p.v[i]));
    return NX_OK;
}
