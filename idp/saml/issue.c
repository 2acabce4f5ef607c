/* From a decision of the flow to what the portal is told. */
#include "house/house.h"
#include "saml/attribute.h"
#include "saml/nameid.h"
#include "saml/response.h"
#include "saml/sso.h"

/* Why not, as a portal is told: E(error, top-level code, second-level code). */
static const struct {
    nx_err e;
    enum nx_saml_status top;
    enum nx_saml_status second;
} answers[] = {
    {NX_ERR_LOGIN_REQUIRED, NX_SAML_RESPONDER, NX_SAML_NO_PASSIVE},
    {NX_ERR_CONSENT_REQUIRED, NX_SAML_RESPONDER, NX_SAML_NO_PASSIVE},
    {NX_ERR_UNMET_ACR, NX_SAML_RESPONDER, NX_SAML_NO_AUTHN_CONTEXT},
    {NX_ERR_SAML_NO_CONTEXT, NX_SAML_RESPONDER, NX_SAML_NO_AUTHN_CONTEXT},
    {NX_ERR_SAML_NAMEID_POLICY, NX_SAML_REQUESTER, NX_SAML_INVALID_NAMEID_POLICY},
    {NX_ERR_SAML_RESPONSE_BINDING, NX_SAML_REQUESTER, NX_SAML_UNSUPPORTED_BINDING},
    {NX_ERR_SAML_SUBJECT, NX_SAML_RESPONDER, NX_SAML_UNKNOWN_PRINCIPAL},
    {NX_ERR_SAML_MESSAGE, NX_SAML_REQUESTER, NX_SAML_REQUEST_UNSUPPORTED},
    {NX_ERR_ACCESS_DENIED, NX_SAML_RESPONDER, NX_SAML_REQUEST_DENIED},
    {NX_ERR_GRANT_NOT_ALLOWED, NX_SAML_RESPONDER, NX_SAML_REQUEST_DENIED},
    {NX_ERR_CLIENT_UNKNOWN, NX_SAML_RESPONDER, NX_SAML_REQUEST_DENIED},
    {NX_ERR_CLIENT_EPOCH, NX_SAML_RESPONDER, NX_SAML_REQUEST_DENIED},
    {NX_ERR_XML_KEY, NX_SAML_RESPONDER, NX_SAML_REQUEST_DENIED},
    {NX_ERR_GRANT_REVOKED, NX_SAML_RESPONDER, NX_SAML_AUTHN_FAILED},
    {NX_ERR_PERSON_INACTIVE, NX_SAML_RESPONDER, NX_SAML_AUTHN_FAILED},
    {NX_ERR_QR_DEAD, NX_SAML_RESPONDER, NX_SAML_AUTHN_FAILED},
};

NX_FALLIBLE nx_saml_reply_error(struct nx_step *out, const struct nx_saml_reply *to, nx_err e)
{
    nx_fault_of fault = nx_err_fault(e);
    NX_REQUIRE(fault != NX_FAULT_AWAY && fault != NX_FAULT_OURS, e);
    enum nx_saml_status top = NX_SAML_REQUESTER, second = NX_SAML_STATUSES;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
        if (answers[i].e == e) {
            top = answers[i].top;
            second = answers[i].second;
        }
    return nx_saml_reply_status(out, to, top, second, nx_err_text(e));
}

/* The portal's metadata as it is now: it may have changed since the request came. */
static NX_FALLIBLE find_portal(nx_saml_entity **out, const struct nx_flow *f, const struct nx_saml_ask *ask)
{
    NX_AUTO(nx_saml_entity) portal = NULL;
    nx_result r = nx_saml_entity_of(f->house->registry, f->ask.client_id, NX_SAML_SP, &portal);
    NX_REQUIRE(r.e != NX_ERR_NOT_FOUND, NX_ERR_SAML_ISSUER);
    NX_TRY(r);
    NX_TRY(nx_saml_entity_valid(portal, nx_now()));
    NX_REQUIRE(nx_saml_endpoint_at(&portal->acs, nx_span_str(f->ask.return_to), &ask->binding), NX_ERR_SAML_ACS);
    *out = NX_STEAL(portal);
    return NX_OK;
}

struct issuing {
    struct nx_flow *flow;
    const struct nx_saml_ask *ask;
    const nx_saml_entity *portal;
    struct nx_assertion told;
    struct nx_saml_assertion what;
    struct nx_epochs epochs;
};

static NX_FALLIBLE name_her(struct issuing *x)
{
    struct nx_flow *f = x->flow;
    struct nx_given_name asked;
    struct nx_saml_named n = {.house = f->house,
                              .portal = x->portal,
                              .client = f->client,
                              .person = &f->gate.person,
                              .session = f->gate.session.id.s,
                              .email_allowed = f->ask.claims.userinfo & nx_claim_bit("email")};
    NX_REQUIRE(!x->ask->format_unknown, NX_ERR_SAML_NAMEID_POLICY);
    NX_TRY(nx_saml_name_of(&x->told.name, f->arena, &n, x->ask->format));
    if (!x->ask->subject) return NX_OK;
    /*= saml-core 3.4.1.4
     *# the [assertion's] <saml:Subject> [...] MUST strongly match the <saml:Subject> of the request */
    NX_TRY(nx_saml_name_of(&asked, f->arena, &n, x->ask->subject_format));
    NX_REQUIRE(strcmp(asked.value, x->ask->subject) == 0, NX_ERR_SAML_SUBJECT);
    return NX_OK;
}

static NX_FALLIBLE state_level(struct issuing *x)
{
    int cap = x->portal->settings.cap;
    enum nx_level level = x->flow->decision.terms.level;
    if (cap && (int)level > cap) level = (enum nx_level)cap;
    return nx_saml_context_state(&x->ask->context, level, x->flow->gate.session.means, &x->what.class_uri,
                                 &x->what.level);
}

/* The client is joined to the session in the act that gives the assertion its place: from then on, logout reaches it. */
static NX_FALLIBLE join(struct issuing *x)
{
    struct nx_flow *f = x->flow;
    enum nx_found found;
    NX_TRY(nx_gate_epochs(&x->epochs, f->house, f->client->id));
    x->told.session = &f->gate.session;
    x->told.client_id = f->client->id;
    x->told.until = f->gate.session.ends;
    x->told.with_status = f->gate.session.qid != NULL;
    x->told.epochs = x->epochs;
    struct nx_note note = {.type = "assertion.issued",
                           .actor = f->client->id,
                           .subject = f->gate.session.subject};
    NX_TRY(nx_assertion_join(f->house->store, f->arena, &x->told, &note, &found));
    NX_REQUIRE(found == NX_FOUND, NX_ERR_GRANT_REVOKED);
    return NX_OK;
}

static NX_FALLIBLE issue_to(struct nx_step *out, struct issuing *x, const struct nx_saml_reply *to)
{
    enum nx_found found;
    NX_TRY(state_level(x));
    NX_TRY(name_her(x));
    NX_TRY(join(x));
    x->what.told = &x->told;
    x->what.client = x->flow->client;
    x->what.person = &x->flow->gate.person;
    x->what.claims = x->flow->ask.claims.userinfo;
    NX_TRY(nx_saml_reply_assertion(out, to, &x->what, &x->epochs, &found));
    NX_REQUIRE(found == NX_FOUND, NX_ERR_GRANT_REVOKED);
    return NX_OK;
}

static nx_result issue(struct nx_step *out, struct nx_flow *f)
{
    NX_AUTO(nx_saml_entity) portal = NULL;
    struct nx_saml_ask ask;
    NX_TRY(nx_saml_ask_open(&ask, f->arena, &f->ask));
    NX_TRY(find_portal(&portal, f, &ask));
    struct issuing x = {.flow = f, .ask = &ask, .portal = portal};
    struct nx_saml_reply to = {f->house, f->arena, portal, f->ask.client_id, &ask};
    nx_result r = issue_to(out, &x, &to);
    return nx_ok(r) ? r : nx_saml_reply_error(out, &to, r.e);
}

static nx_result refuse(struct nx_step *out, struct nx_flow *f, nx_err e)
{
    NX_AUTO(nx_saml_entity) portal = NULL;
    struct nx_saml_ask ask;
    NX_TRY(nx_saml_ask_open(&ask, f->arena, &f->ask));
    NX_TRY(find_portal(&portal, f, &ask));
    struct nx_saml_reply to = {f->house, f->arena, portal, f->ask.client_id, &ask};
    return nx_saml_reply_error(out, &to, e);
}

const struct nx_protocol nx_protocol_saml = {
    .name = "saml", .grant = NX_SAML_GRANT, .issue = issue, .refuse = refuse};
