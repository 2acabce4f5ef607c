/* The assertion consumer service. A Response comes as a POST from another site, without our cookies (SameSite=Lax), and
 * is mostly too long for a query: it is handed to the browser once more, to post it again from a page of ours. */
#include "endpoints/hub/hub.h"
#include "endpoints/saml/saml.h"

#include "house/house.h"
#include "hub/saml.h"

static bool from_elsewhere(const nx_request *rq)
{
    const char *origin = nx_header(rq, "Origin");
    return !(origin && strcmp(origin, nx_router_origin(rq->router)) == 0) && !nx_cookie(rq, NX_BROWSER_COOKIE);
}

static nx_result again(nx_request *rq, nx_reply *rp)
{
    const char *relay = nx_form(rq, "RelayState"), *response = nx_form(rq, "SAMLResponse");
    const struct nx_param fields[] = {{"SAMLResponse", response}, {"RelayState", relay}};
    NX_REQUIRE(relay && response, NX_ERR_UPSTREAM_STATE);
    const char *action = nx_arena_printf(rq->arena, "%s" NX_SP_ACS, nx_house_of(rq)->issuer);
    NX_NEED(action);
    const struct nx_step step = {.kind = NX_STEP_FORM_POST, .action = action, .field = fields, .field_count = 2};
    return nx_step_reply(&step, rq, rp);
}

/* What a LogoutRequest of ours will have to say (hub/leaving.h). */
static const char *hint_of(nx_arena *a, const struct nx_identity *who)
{
    return who->told_as ? nx_arena_printf(a, "%s\n%s", who->told_as, who->session ? who->session : "") : NULL;
}

nx_result nx_hub_acs(nx_request *rq, nx_reply *rp)
{
    struct nx_visitor who;
    struct nx_saml_in in;
    const char *here;
    NX_AUTO_RP_RETURN(back);
    if (from_elsewhere(rq)) return again(rq, rp);
    NX_TRY(nx_visitor_of(&who, rq, rp));
    NX_TRY(nx_saml_take(&in, rq, true));
    NX_TRY(nx_saml_here(&here, rq));
    nx_result r = nx_sp_finish(&back, nx_house_of(rq), rq->arena, who.browser, &in, here);
    if (!nx_ok(r)) return nx_hub_failed(rq, rp, r, back.upstream, back.ticket.t);
    if (back.ticket.linker) return nx_hub_arrive_linking(rq, rp, &back.identity, back.ticket.linker);
    return nx_hub_arrive_with(rq, rp, &back.identity, back.ticket.t, hint_of(rq->arena, &back.identity));
}
