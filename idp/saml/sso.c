#include "saml/sso.h"

#include "base/text.h"
#include "house/house.h"
#include "saml/attribute.h"
#include "saml/federation.h"
#include "saml/nameid.h"
#include "saml/request.h"
#include "saml/response.h"

#define REQUEST "saml-request" /* what the guard against replay calls it */

/* One request on its way in. */
struct arriving {
    struct nx_house *house;
    nx_arena *arena;
    nx_saml_entity *portal; /* counted */
    nx_client *client;      /* counted */
    struct nx_saml_ask ask;
};

static void arriving_end(struct arriving *x)
{
    if (x->portal) nx_saml_entity_release(x->portal);
    if (x->client) nx_client_release(x->client);
}
#define AUTO_ARRIVING(name) __attribute__((cleanup(arriving_end))) struct arriving name

static NX_FALLIBLE take_client(struct arriving *x)
{
    nx_result r = nx_client_get(x->house->registry, nx_span_str(x->portal->owner), &x->client);
    NX_REQUIRE(r.e != NX_ERR_NOT_FOUND, NX_ERR_SAML_ISSUER);
    NX_TRY(r);
    NX_REQUIRE(x->client->state == NX_CLIENT_ACTIVE, NX_ERR_CLIENT_UNKNOWN);
    x->ask.base.client_id = x->client->id;
    return nx_saml_release(&x->ask.base.claims, x->arena, x->portal, x->client);
}

static NX_FALLIBLE take_portal(struct arriving *x, const char *entity_id)
{
    nx_result r = nx_saml_portal(&x->portal, x->house, nx_span_str(entity_id));
    NX_REQUIRE(r.e != NX_ERR_SAML_UNKNOWN, NX_ERR_SAML_ISSUER);
    NX_TRY(r);
    return take_client(x);
}

static NX_FALLIBLE reply_error(struct nx_step *out, const struct arriving *x, nx_err e)
{
    struct nx_saml_reply to = {x->house, x->arena, x->portal, x->client->id, &x->ask};
    return nx_saml_reply_error(out, &to, e);
}

/* ---- what is asked ---------------------------------------------------------------------------------------- */

static NX_FALLIBLE take_level(struct arriving *x, const struct nx_saml_request *r)
{
    struct nx_ask *base = &x->ask.base;
    int cap = x->portal->settings.cap;
    x->ask.context = r->context;
    NX_TRY(nx_saml_context_level(&r->context, &base->acr, &base->acr_essential));
    /* A wish asks for a page; a passive request is content with what there is. */
    if (r->passive && !base->acr_essential) base->acr = NX_LEVEL_NONE;
    NX_REQUIRE(!cap || !base->acr_essential || (int)base->acr <= cap, NX_ERR_SAML_NO_CONTEXT);
    return NX_OK;
}

static NX_FALLIBLE take_name(struct arriving *x, const struct nx_saml_request *r)
{
    NX_REQUIRE(!r->format_unknown, NX_ERR_SAML_NAMEID_POLICY);
    /* Affiliations of portals are no feature of ours: a portal is named for itself. */
    NX_REQUIRE(!r->sp_qualifier || strcmp(r->sp_qualifier, x->portal->entity_id) == 0, NX_ERR_SAML_NAMEID_POLICY);
    x->ask.format = r->format;
    return NX_OK;
}

static void take_subject(struct arriving *x, const struct nx_saml_request *r)
{
    x->ask.subject = r->subject;
    x->ask.subject_format = r->subject_format;
    if (!r->subject) return;
    if (nx_saml_format_for(x->portal, r->subject_format) == NX_SAML_PERSISTENT) x->ask.base.hint_sub = r->subject;
    if (r->subject_format == NX_SAML_EMAIL && strlen(r->subject) <= NX_LOGIN_HINT_MAX)
        x->ask.base.login_hint = r->subject;
}

static NX_FALLIBLE take_request(struct arriving *x, const struct nx_saml_message *m, struct nx_saml_request *r)
{
    NX_TRY(nx_saml_request_read(r, x->arena, m));
    if (r->force) x->ask.base.prompt |= NX_PROMPT_LOGIN;
    if (r->passive) x->ask.base.prompt |= NX_PROMPT_NONE;
    NX_TRY(take_name(x, r));
    take_subject(x, r);
    return take_level(x, r);
}

/* once: by what the request is known to be new; NULL: nobody sent one. */
static NX_FALLIBLE go_on(struct nx_step *out, struct arriving *x, const struct nx_visitor *who,
                         const struct nx_guard *once)
{
    NX_AUTO_FLOW(f);
    /* There is no code on its way that somebody else could redeem: the assertion names its consumer and its request, and
     * an artifact is redeemed under the portal's signature. That is what a proof key is for. */
    x->ask.base.pkce = true;
    f = (struct nx_flow){.protocol = &nx_protocol_saml, .house = x->house, .arena = x->arena, .who = who,
                          .once = once, .replayed = NX_ERR_SAML_REPLAYED};
    f.client = NX_STEAL(x->client);
    NX_TRY(nx_saml_ask_close(&f.ask, x->arena, &x->ask));
    return nx_flow_begin(out, &f);
}

/* Whose it is, that it is hers, for us and of now. That it comes for the first time is asked with the session, in one round
 * trip; an answer to the portal that needs no session asks it before. */
static NX_FALLIBLE accept(struct arriving *x, struct nx_saml_message *m, const struct nx_saml_in *in,
                          const char *here)
{
    NX_REQUIRE(!in->response && in->xml.n > 0, NX_ERR_SAML_BINDING);
    NX_TRY(nx_saml_open(m, x->arena, in));
    NX_TRY(take_portal(x, m->issuer));
    NX_TRY(nx_saml_prove(m, x->arena, in, x->portal, x->portal->requests_signed));
    NX_TRY(nx_saml_meant(m, in, here));
    x->ask.request_id = m->id;
    x->ask.relay_state = in->relay_state;
    return NX_OK;
}

NX_FALLIBLE nx_saml_sso_begin(struct nx_step *out, struct nx_house *house, nx_arena *a,
                              const struct nx_visitor *who, const struct nx_saml_in *in, const char *here)
{
    AUTO_ARRIVING(x) = {.house = house, .arena = a, .ask = {.base = {.max_age = -1}}};
    NX_AUTO_SAML(m);
    struct nx_saml_request r;
    NX_TRY(accept(&x, &m, in, here));
    nx_result target =
        nx_saml_request_target(&r, a, &m, x.portal, &x.ask.base.return_to, &x.ask.binding);
    const struct nx_guard once = nx_saml_guard(&m, REQUEST);
    if (!nx_ok(target)) {
        NX_TRY(nx_saml_once(&m, house, REQUEST));
        return target.e == NX_ERR_SAML_RESPONSE_BINDING ? reply_error(out, &x, target.e) : target;
    }
    nx_result rest = take_request(&x, &m, &r);
    if (nx_ok(rest)) return go_on(out, &x, who, &once);
    NX_TRY(nx_saml_once(&m, house, REQUEST));
    return reply_error(out, &x, rest.e);
}

/* ---- unasked ---------------------------------------------------------------------------------------------- */

static NX_FALLIBLE find_started(struct arriving *x, const char *portal)
{
    NX_REQUIRE(portal && strlen(portal) <= NX_SAML_ENTITY_MAX, NX_ERR_SAML_ISSUER);
    nx_result r = take_portal(x, portal);
    if ((r.e != NX_ERR_SAML_ISSUER && r.e != NX_ERR_SAML_FETCH) || x->portal) return r;
    r = nx_saml_entity_of(x->house->registry, portal, NX_SAML_SP, &x->portal); /* by its client id */
    NX_REQUIRE(r.e != NX_ERR_NOT_FOUND, NX_ERR_SAML_ISSUER);
    NX_TRY(r);
    NX_TRY(nx_saml_entity_valid(x->portal, nx_now()));
    return take_client(x);
}

NX_FALLIBLE nx_saml_sso_start(struct nx_step *out, struct nx_house *house, nx_arena *a,
                              const struct nx_visitor *who, const char *portal, const char *target)
{
    AUTO_ARRIVING(x) = {.house = house, .arena = a, .ask = {.base = {.max_age = -1}, .binding = NX_SAML_POST}};
    enum nx_saml_binding post = NX_SAML_POST;
    NX_REQUIRE(!target || strlen(target) <= NX_SAML_RELAY_MAX, NX_ERR_LIMIT);
    NX_REQUIRE(!target || nx_utf8_printable(nx_span_str(target)), NX_ERR_ENCODING);
    NX_TRY(find_started(&x, portal));
    NX_REQUIRE(x.portal->settings.idp_initiated, NX_ERR_SAML_UNSOLICITED);
    const struct nx_saml_endpoint *acs = nx_saml_endpoint_default(&x.portal->acs);
    if (!acs || acs->binding != NX_SAML_POST) acs = nx_saml_endpoint_by(&x.portal->acs, post);
    NX_REQUIRE(acs, NX_ERR_SAML_ACS);
    x.ask.base.return_to = acs->location;
    x.ask.relay_state = target;
    return go_on(out, &x, who, NULL);
}
