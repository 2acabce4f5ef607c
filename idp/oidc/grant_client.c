/* grant_type=client_credentials: RFC 6749 section 4.4. The client's own token: no person, no ID token, no
 * refresh. */
#include "gate/gate.h"
#include "house/house.h"
#include "oidc/grants.h"
#include "flow/scope.h"
#include "sessions/store.h"

static NX_FALLIBLE decide(struct nx_terms *terms, const struct nx_exchange *x)
{
    struct nx_gate g;
    nx_gate_open(&g, x->house, x->arena, NX_FACE_CLIENT);
    nx_gate_client(&g, x->client, "client_credentials");
    g.facts.person.none = true;
    g.facts.store_clean = true; /* the store's act below answers only once it has replayed */
    return nx_gate_require(terms, &g);
}

static NX_FALLIBLE make_grant(struct nx_grant *g, const struct nx_exchange *x)
{
    struct nx_words scopes;
    NX_TRY(nx_scope_own(&scopes, x->arena, x->client, nx_param(&x->rq->form, "scope")));
    *g = (struct nx_grant){
        .client_id = x->client->id,
        .subject = x->client->id,
        .sector = x->client->sector,
        .scope = nx_words_join(x->arena, &scopes),
        .rung = NX_RUNG_NONE,
        .status = NX_STATUS_REF_NONE,
    };
    NX_NEED(g->scope);
    return nx_gate_epochs(&g->epochs, x->house, x->client->id);
}

/* One of the client's registered resources, the first where it names none. */
static NX_FALLIBLE audience(const char **out, const struct nx_exchange *x)
{
    const char *resource;
    NX_TRY(nx_exchange_resource(&resource, x));
    if (x->client->resources.n == 0) return nx_mint_audience(out, x->house, x->arena, NULL, resource);
    *out = resource ? resource : x->client->resources.v[0];
    NX_REQUIRE(nx_strings_has(x->client->resources, *out), NX_ERR_TARGET);
    return NX_OK;
}

nx_result nx_grant_client(nx_span *json, const struct nx_exchange *x)
{
    struct nx_terms terms;
    struct nx_grant g;
    struct nx_token_new t;
    NX_TRY(decide(&terms, x));
    NX_TRY(make_grant(&g, x));
    NX_TRY(audience(&g.audience, x));
    uint16_t shard = nx_store_shard(x->house->store, x->client->id);
    NX_TRY(nx_token_new(&t, x->house->store, shard, x->client->id, terms.access_s));
    t.narrow = (struct nx_narrow){.scope = g.scope, .audience = g.audience};
    struct nx_note note = nx_exchange_note(x, "token.issued", x->client->id);
    enum nx_found found;
    NX_TRY(nx_token_issue(x->house->store, x->arena, &t, &g, &note, &found));
    NX_REQUIRE(found == NX_FOUND, NX_ERR_CLIENT_EPOCH);
    struct nx_answer_parts parts = {.access_token = NULL};
    NX_TRY(nx_exchange_sign(&parts, x, &(struct nx_signing){.grant = &g, .token = &t}));
    return nx_token_answer(json, x->arena, &parts);
}
