#include "revoke/portals.h"

#include "registry/client.h"
#include "registry/outbox.h"

#define PAIRS_MAX 8192

struct pair {
    const char *client;
    const char *session; /* NULL: a grant that no session is known of */
};

struct pairs {
    struct pair *v;
    size_t n;
};

static bool same(const char *x, const char *y)
{
    return (!x && !y) || (x && y && strcmp(x, y) == 0);
}

static nx_result add(struct pairs *p, const char *client, const char *session)
{
    for (size_t i = 0; i < p->n; i++)
        if (strcmp(p->v[i].client, client) == 0 && same(p->v[i].session, session)) return NX_OK;
    NX_REQUIRE(p->n < PAIRS_MAX, NX_ERR_LIMIT);
    p->v[p->n++] = (struct pair){client, session};
    return NX_OK;
}

/* A portal hears of a session through the sessions that had it as a client, and through grants made with it. */
static nx_result collect(struct pairs *p, const struct nx_killed_list *killed)
{
    for (size_t i = 0; i < killed->n; i++) {
        const struct nx_killed *k = &killed->v[i];
        for (size_t c = 0; c < k->client_count; c++)
            NX_TRY(add(p, k->clients[c], k->id.s));
        if (k->kind == 'f' && k->client) NX_TRY(add(p, k->client, k->session));
    }
    return NX_OK;
}

static nx_result put(struct nx_house *h, nx_arena *a, const struct nx_revocation *v, const struct pair *p)
{
    NX_AUTO_JSON payload = json_pack("{s:s?,s:s?}", "subject", v->subject, "session", p->session);
    struct nx_notice n = {
        .kind = NX_NOTICE_BACKCHANNEL,
        .target = p->client,
        .payload = payload ? nx_json_dump(a, payload) : NULL,
        .revocation = v->seq,
    };
    NX_NEED(n.payload);
    return nx_outbox_put(h->registry, &n);
}

static nx_result tell(struct nx_house *h, nx_arena *a, const struct nx_revocation *v, const struct pair *p,
                      const struct nx_killed_list *killed, json_t *unreachable)
{
    NX_AUTO(nx_client) c = NULL;
    nx_result known = nx_client_get(h->registry, nx_span_str(p->client), &c);
    if (known.e == NX_ERR_NOT_FOUND) return NX_OK; /* gone: nobody to tell */
    NX_TRY(known);
    if (!c->backchannel_logout_uri) {
        if (nx_client_unreachable(c) && !nx_json_has(unreachable, p->client))
            json_array_append_new(unreachable, json_string(p->client));
        return NX_OK;
    }
    /* `sub` alone would end every session of hers at the portal: only when none is left */
    if (!p->session && killed->spared > 0) return NX_OK;
    return put(h, a, v, p);
}

NX_FALLIBLE nx_revoke_notices(struct nx_house *h, nx_arena *a, const struct nx_revocation *v,
                              const struct nx_killed_list *killed, json_t *unreachable)
{
    size_t room = 0;
    for (size_t i = 0; i < killed->n; i++)
        room += killed->v[i].client_count + 1;
    struct pairs p = {.v = nx_arena_new(a, struct pair, (room < PAIRS_MAX ? room : PAIRS_MAX) + 1)};
    NX_NEED(p.v);
    NX_TRY(collect(&p, killed));
    for (size_t i = 0; i < p.n; i++)
        NX_TRY(tell(h, a, v, &p.v[i], killed, unreachable));
    return NX_OK;
}
