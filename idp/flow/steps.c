/* What a person may do with a waiting request besides signing in and consenting. */
#include "flow/flow.h"
#include "flow/protocol.h"
#include "house/house.h"

NX_FALLIBLE nx_flow_next(struct nx_step *out, struct nx_house *house, nx_arena *a,
                              const struct nx_visitor *who, const char *transaction)
{
    NX_AUTO_FLOW(f);
    NX_TRY(nx_flow_open(&f, house, a, who, transaction));
    return nx_flow_step(out, &f);
}

NX_FALLIBLE nx_flow_select(struct nx_step *out, struct nx_house *house, nx_arena *a,
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

NX_FALLIBLE nx_flow_phone_consent(struct nx_step *out, struct nx_house *house, nx_arena *a,
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

NX_FALLIBLE nx_flow_cancel(struct nx_step *out, struct nx_house *house, nx_arena *a,
                                const struct nx_visitor *who, const char *transaction)
{
    NX_AUTO_FLOW(f);
    NX_TRY(nx_flow_open(&f, house, a, who, transaction));
    NX_TRY(nx_flow_end(&f));
    return f.protocol->refuse(out, &f, NX_ERR_ACCESS_DENIED);
}
