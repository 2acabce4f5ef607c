/* Introspection: RFC 7662. Rule 13: a token is active only for the client it was issued to, or for a resource
 * in its audience; for everybody else it is as if it did not exist. */
#include "gate/gate.h"
#include "house/house.h"
#include "oidc/access.h"
#include "oidc/client_auth.h"
#include "oidc/json_out.h"
#include "oidc/mint.h"
#include "oidc/token.h"
#include "sessions/family.h"

#define ANSWER_MAX (8u << 10)

static const char inactive[] = "{\"active\":false}";

/* What is asked about, access token or refresh token alike. */
struct subject {
    const char *client_id; /* whom it was issued to */
    const char *audience;
    const char *type; /* "Bearer" for access tokens; NULL */
    const struct nx_grant *grant;
    enum nx_found found;
    nx_time issued;
    nx_time expires;
};

/* A resource server is a client that registered under which name it is an audience (nixa_audience), or whose
 * client id is the audience. */
static bool is_audience(const nx_client *c, const char *audience)
{
    const char *named = nx_json_str(c->metadata, "nixa_audience");
    return strcmp(audience, c->id) == 0 || (named && strcmp(audience, named) == 0);
}

static NX_FALLIBLE decide(bool *active, struct nx_house *house, nx_arena *a, const nx_client *caller,
                          const struct subject *s)
{
    struct nx_gate g;
    NX_AUTO(nx_client) holder = NULL;
    nx_result r = nx_client_get(house->registry, nx_span_str(s->client_id), &holder);
    if (!nx_ok(r) && r.e != NX_ERR_NOT_FOUND) return r;
    nx_gate_open(&g, house, a, NX_FACE_INTROSPECTION);
    nx_gate_client(&g, holder, "");
    NX_TRY(nx_gate_grant(&g, s->grant, s->expires, s->found));
    g.facts.handle.holder =
        strcmp(caller->id, s->client_id) == 0 || (s->type && is_audience(caller, s->audience));
    struct nx_decision d = nx_gate_decide(&g);
    NX_REQUIRE(d.reason != NX_REASON_STORE_UNCLEAN, NX_ERR_AWAY);
    *active = d.verdict == NX_VERDICT_ALLOW;
    return NX_OK;
}

static NX_FALLIBLE write_person(struct nx_jo *o, struct nx_house *house, nx_arena *a, const struct subject *s)
{
    NX_AUTO(nx_client) holder = NULL;
    struct nx_names names;
    NX_TRY(nx_client_get(house->registry, nx_span_str(s->client_id), &holder));
    NX_TRY(nx_mint_names(&names, house, a, holder, s->grant, s->type ? s->audience : NULL));
    nx_jo_text(o, "sub", names.sub);
    if (strcmp(s->grant->subject, s->client_id) == 0) return NX_OK;
    return nx_mint_binding(o, house, a, s->grant, names.sector);
}

static NX_FALLIBLE write_answer(nx_span *json, struct nx_house *house, nx_arena *a, const struct subject *s)
{
    struct nx_jo o;
    nx_jo_open(&o, a, ANSWER_MAX);
    nx_jo_bool(&o, "active", true);
    nx_jo_text(&o, "iss", house->issuer);
    nx_jo_text(&o, "client_id", s->client_id);
    if (s->grant->scope && *s->grant->scope) nx_jo_text(&o, "scope", s->grant->scope);
    nx_jo_text(&o, "token_type", s->type);
    nx_jo_text(&o, "aud", s->audience);
    nx_jo_number(&o, "iat", s->issued);
    nx_jo_number(&o, "exp", s->expires);
    NX_TRY(write_person(&o, house, a, s));
    return nx_jo_done(json, &o);
}

static NX_FALLIBLE answer(nx_span *json, struct nx_house *house, nx_arena *a, const nx_client *caller,
                          const struct subject *s)
{
    bool active;
    NX_TRY(decide(&active, house, a, caller, s));
    return active ? write_answer(json, house, a, s) : NX_OK;
}

static NX_FALLIBLE about_refresh(nx_span *json, struct nx_house *house, nx_arena *a, const nx_client *caller,
                                 nx_span text)
{
    struct nx_family f;
    enum nx_found found;
    struct nx_handle h;
    nx_span holder = nx_span_str(caller->id);
    nx_result opened = nx_handle_open(&h, house->master, NX_HANDLE_REFRESH, holder, text);
    if (opened.e == NX_ERR_HANDLE) return NX_OK;
    NX_TRY(opened);
    NX_TRY(nx_family_find(house->store, a, caller->id, text, &f, &found));
    struct subject s = {.client_id = caller->id,
                        .grant = &f.grant,
                        .found = f.again ? NX_SPENT : found,
                        .issued = f.grant.issued,
                        .expires = f.expires};
    return found == NX_FOUND ? answer(json, house, a, caller, &s) : NX_OK;
}

static NX_FALLIBLE about_access(nx_span *json, struct nx_house *house, nx_arena *a, const nx_client *caller,
                                nx_span text)
{
    struct nx_access t;
    nx_result r = nx_access_read(&t, house, a, text);
    if (r.e == NX_ERR_TOKEN_INVALID) return NX_OK;
    NX_TRY(r);
    struct subject s = {.client_id = t.client_id,
                        .audience = t.audience,
                        .type = "Bearer",
                        .grant = &t.token.grant,
                        .found = t.found,
                        .issued = t.token.issued,
                        .expires = t.token.expires};
    return answer(json, house, a, caller, &s);
}

NX_FALLIBLE nx_introspect(nx_span *json, struct nx_house *house, nx_arena *a,
                          const struct nx_oauth_request *rq)
{
    NX_AUTO(nx_client) caller = NULL;
    NX_TRY(nx_client_authenticate(&caller, house, a, rq));
    /* RFC 7662 section 2.1: the caller must be authorized; anybody can claim a public client's name. */
    NX_REQUIRE(strcmp(caller->auth_method, "none") != 0, NX_ERR_CLIENT_AUTH_METHOD);
    const char *token = nx_param(&rq->form, "token");
    NX_REQUIRE(token, NX_ERR_REQUEST);
    *json = nx_span_of(inactive, sizeof inactive - 1);
    return strchr(token, '.') ? about_access(json, house, a, caller, nx_span_str(token))
                              : about_refresh(json, house, a, caller, nx_span_str(token));
}
