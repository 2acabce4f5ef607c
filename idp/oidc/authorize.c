#include "oidc/authorize.h"

#include "house/house.h"
#include "oidc/flow.h"
#include "oidc/response.h"
#include "oidc/url.h"

/* Which session the browser has when the request arrives, so that a later sign-in is known to be for it. */
static void remember_prior(struct nx_flow *f)
{
    if (!f->gate.has_session) return;
    f->ask.prior_session = f->gate.session.id.s;
    f->ask.prior_link = f->gate.session.link;
}

NX_FALLIBLE nx_authorize_begin(struct nx_step *out, struct nx_house *house, nx_arena *a,
                               const struct nx_visitor *who, const struct nx_params *request)
{
    NX_AUTO_FLOW(f);
    f = (struct nx_flow){.house = house, .arena = a, .who = who, .beginning = true};
    NX_TRY(nx_ask_target(&f.ask, &f.client, house, a, request));
    nx_result r = nx_ask_parse(&f.ask, house, a, f.client, request);
    if (!nx_ok(r)) return nx_response_error(out, house, a, &f.ask, r.e);
    NX_TRY(nx_flow_decide(&f));
    remember_prior(&f);
    return nx_flow_step(out, &f);
}

NX_FALLIBLE nx_authorize_next(struct nx_step *out, struct nx_house *house, nx_arena *a,
                              const struct nx_visitor *who, const char *transaction)
{
    NX_AUTO_FLOW(f);
    NX_TRY(nx_flow_open(&f, house, a, who, transaction));
    return nx_flow_step(out, &f);
}

NX_FALLIBLE nx_authorize_select(struct nx_step *out, struct nx_house *house, nx_arena *a,
                                const struct nx_visitor *who, const char *transaction)
{
    NX_AUTO_FLOW(f);
    NX_TRY(nx_flow_open(&f, house, a, who, transaction));
    f.selected = true;
    NX_TRY(nx_flow_save(&f));
    NX_TRY(nx_flow_decide(&f));
    return nx_flow_step(out, &f);
}

/* A phone displays claims. Scopes that are no set of claims, offline_access among them, and resources it does
 * not show: those are asked for on a page of their own (rule 16). */
static bool phone_showed_all(const struct nx_ask *ask)
{
    for (size_t i = 0; i < ask->scopes.count; i++) {
        struct nx_words one = {&ask->scopes.word[i], 1};
        if (strcmp(*one.word, "openid") != 0 && nx_claims_of_scopes(&one) == 0) return false;
    }
    return ask->resources.count == 0;
}

NX_FALLIBLE nx_authorize_phone_consent(struct nx_step *out, struct nx_house *house, nx_arena *a,
                                       const struct nx_visitor *who, const char *transaction)
{
    NX_AUTO_FLOW(f);
    NX_TRY(nx_flow_open(&f, house, a, who, transaction));
    NX_REQUIRE(f.gate.has_session, NX_ERR_LOGIN_REQUIRED);
    if (phone_showed_all(&f.ask)) f.agreed = f.gate.session.subject;
    nx_flow_weigh(&f);
    /* A transaction that ends now need not remember. */
    if (f.decision.verdict != NX_VERDICT_ALLOW) NX_TRY(nx_flow_save(&f));
    return nx_flow_step(out, &f);
}

NX_FALLIBLE nx_authorize_cancel(struct nx_step *out, struct nx_house *house, nx_arena *a,
                                const struct nx_visitor *who, const char *transaction)
{
    NX_AUTO_FLOW(f);
    NX_TRY(nx_flow_open(&f, house, a, who, transaction));
    NX_TRY(nx_flow_end(&f));
    return nx_response_error(out, house, a, &f.ask, NX_ERR_ACCESS_DENIED);
}
