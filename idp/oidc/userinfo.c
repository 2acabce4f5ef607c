/* UserInfo: OpenID Connect Core section 5.3, bearer tokens as RFC 6750 section 2. */
#include "crypto/jws.h"
#include "gate/gate.h"
#include "house/house.h"
#include "oidc/access.h"
#include "flow/claims.h"
#include "oidc/json_out.h"
#include "oidc/mint.h"
#include "flow/scope.h"
#include "oidc/token.h"

#define BODY_MAX (16u << 10)

/*= RFC 6750 2
 *# Clients MUST NOT use more than one method to transmit the token in each request. */
static NX_FALLIBLE find_bearer(nx_span *out, const struct nx_oauth_request *rq)
{
    const char *in_form = nx_param(&rq->form, "access_token");
    nx_span scheme = NX_LIT("Bearer ");
    NX_REQUIRE(rq->authorization.n == 0 || !in_form, NX_ERR_REQUEST);
    NX_REQUIRE(rq->authorization.n > 0 || in_form, NX_ERR_TOKEN_ABSENT);
    *out = nx_span_str(in_form);
    if (in_form) return NX_OK;
    nx_span h = rq->authorization;
    NX_REQUIRE(h.n > scheme.n && strncasecmp((const char *)h.p, "Bearer ", scheme.n) == 0,
               NX_ERR_TOKEN_INVALID);
    *out = nx_span_from(h, scheme.n);
    return NX_OK;
}

static bool for_userinfo(struct nx_house *house, nx_arena *a, const char *audience)
{
    const char *own = nx_userinfo_audience(house, a);
    return own && strcmp(own, audience) == 0;
}

static bool has_scope(nx_arena *a, const char *scopes, const char *wanted)
{
    struct nx_words w;
    return nx_ok(nx_words_split(&w, a, scopes, NX_SCOPES_MAX)) && nx_words_has(&w, wanted);
}

/* RFC 6750 section 3.1 knows two answers to a token that does not do: invalid_token, insufficient_scope. */
static NX_FALLIBLE decide(struct nx_gate *g, struct nx_house *house, nx_arena *a, const struct nx_access *t,
                          const nx_client *c)
{
    nx_gate_open(g, house, a, NX_FACE_USERINFO);
    nx_gate_client(g, c, "");
    NX_TRY(nx_gate_grant(g, &t->token.grant, t->token.expires, t->found));
    g->facts.handle.holder = true;
    g->facts.handle.audience = for_userinfo(house, a, t->audience);
    g->facts.scope.held =
        t->found == NX_FOUND && has_scope(a, t->token.grant.scope, "openid") && !g->facts.person.none;
    struct nx_decision d = nx_gate_decide(g);
    NX_REQUIRE(d.reason != NX_REASON_STORE_UNCLEAN, NX_ERR_AWAY);
    NX_REQUIRE(d.reason != NX_REASON_SCOPE_MISSING, NX_ERR_SCOPE_INSUFFICIENT);
    NX_REQUIRE(d.verdict == NX_VERDICT_ALLOW, NX_ERR_TOKEN_INVALID);
    return NX_OK;
}

/* RFC 6749 section 6: what a token was narrowed by, it does not tell; claims that were asked for one by one
 * it keeps. */
static NX_FALLIBLE told(uint32_t *out, nx_arena *a, const struct nx_token *t)
{
    struct nx_claims asked;
    struct nx_words granted, held;
    NX_TRY(nx_claims_unpack(&asked, t->grant.claims));
    NX_TRY(nx_words_split(&granted, a, t->granted, NX_SCOPES_MAX));
    NX_TRY(nx_words_split(&held, a, t->grant.scope, NX_SCOPES_MAX));
    *out = asked.userinfo & ~(nx_claims_of_scopes(&granted) & ~nx_claims_of_scopes(&held));
    return NX_OK;
}

static NX_FALLIBLE fill(nx_span *json, struct nx_gate *g, const nx_client *c, const struct nx_token *t,
                        bool jwt)
{
    struct nx_names names;
    uint32_t mask;
    struct nx_jo o;
    NX_TRY(nx_mint_names(&names, g->house, g->arena, c, &t->grant, NULL));
    NX_TRY(told(&mask, g->arena, t));
    NX_AUTO_JSON claims = json_object();
    NX_NEED(claims);
    NX_TRY(nx_claims_fill(claims, g->house, g->arena, &g->person, mask));
    nx_jo_open(&o, g->arena, BODY_MAX);
    nx_jo_text(&o, "sub", names.sub);
    if (jwt) nx_jo_text(&o, "iss", g->house->issuer);
    if (jwt) nx_jo_text(&o, "aud", c->id);
    NX_TRY(nx_jo_members(&o, g->arena, claims));
    NX_TRY(nx_mint_binding(&o, g->house, g->arena, &t->grant, names.sector));
    return nx_jo_done(json, &o);
}

NX_FALLIBLE nx_userinfo(nx_span *body, bool *jwt, struct nx_house *house, nx_arena *a,
                        const struct nx_oauth_request *rq)
{
    nx_span bearer;
    struct nx_access t;
    struct nx_gate g;
    NX_TRY(find_bearer(&bearer, rq));
    NX_TRY(nx_access_read(&t, house, a, bearer));
    NX_AUTO(nx_client) c = NULL;
    nx_result r = nx_client_get(house->registry, nx_span_str(t.client_id), &c);
    NX_REQUIRE(r.e != NX_ERR_NOT_FOUND, NX_ERR_TOKEN_INVALID);
    NX_TRY(r);
    NX_TRY(decide(&g, house, a, &t, c));
    const char *alg = nx_json_str(c->metadata, "userinfo_signed_response_alg");
    *jwt = alg != NULL;
    NX_TRY(fill(body, &g, c, &t.token, *jwt));
    if (!alg) return NX_OK;
    char *text;
    NX_TRY(nx_jws_sign(&text, a, house->keyring, nx_mint_key_use(alg), "JWT", *body));
    *body = nx_span_str(text);
    return NX_OK;
}
