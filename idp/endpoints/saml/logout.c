/* Single logout over HTTP: what portals send, the page that shows them, and what follows our own sign-outs. */
#include "endpoints/hub/hub.h"
#include "endpoints/pages/pages.h"
#include "endpoints/saml/logout.h"
#include "endpoints/saml/saml.h"
#include "house/house.h"
#include "hub/leaving.h"

#define PAGE_PATH "/saml/logout/progress"

static nx_result to_page(nx_request *rq, nx_reply *rp, const char *ticket)
{
    const char *url = nx_arena_printf(rq->arena, PAGE_PATH "?t=%s", ticket);
    NX_NEED(url);
    nx_reply_redirect(rp, url);
    return NX_OK;
}

static nx_result reply(const struct nx_slo *slo, nx_request *rq, nx_reply *rp, const char *otherwise)
{
    if (slo->ended) nx_browser_session_clear(rp);
    switch (slo->kind) {
    case NX_SLO_PAGE:
        return to_page(rq, rp, slo->ticket);
    case NX_SLO_STEP:
        return nx_step_reply(&slo->step, rq, rp);
    case NX_SLO_GOAL:
        nx_reply_redirect(rp, slo->goal ? slo->goal : otherwise);
        return NX_OK;
    case NX_SLO_NOTHING:
        nx_reply_redirect(rp, otherwise);
        return NX_OK;
    }
    NX_FAIL(NX_ERR_INTERNAL);
}

nx_result nx_signed_out(nx_request *rq, nx_reply *rp, const struct nx_slo_start *start, const char *otherwise)
{
    struct nx_visitor who;
    struct nx_slo slo;
    struct nx_slo_start to = *start;
    const char *end = start->goal ? start->goal : otherwise, *by = NULL;
    NX_TRY(nx_visitor_of(&who, rq, rp));
    NX_TRY(nx_hub_goal(&by, rq, rp, end)); /* through the upstream that she came by, where its row says so */
    if (by != end) to.goal = by;
    NX_TRY(nx_slo_start(&slo, nx_house_of(rq), rq->arena, &who, &to));
    slo.ended = true;
    return reply(&slo, rq, rp, by);
}

/* The answer of an upstream that she was sent to when she signed out of us (hub/leaving.h): whatever it says, she is
 * signed out here, and goes where the sign-out was to end. */
static bool came_back(nx_request *rq, nx_reply *rp, const struct nx_visitor *who, const char *relay_state)
{
    const char *goal;
    if (!nx_ok(nx_leaving_end(&goal, nx_house_of(rq), rq->arena, who->browser, NULL, relay_state))) return false;
    nx_reply_redirect(rp, goal);
    return true;
}

static nx_result take(nx_request *rq, nx_reply *rp, bool posted)
{
    struct nx_saml_in in;
    struct nx_visitor who;
    struct nx_slo slo;
    const char *here;
    NX_TRY(nx_saml_take(&in, rq, posted));
    NX_TRY(nx_saml_here(&here, rq));
    NX_TRY(nx_visitor_of(&who, rq, rp));
    if (in.response && in.relay_state && came_back(rq, rp, &who, in.relay_state)) return NX_OK;
    NX_TRY(nx_slo_take(&slo, nx_house_of(rq), rq->arena, &who, &in, here));
    return reply(&slo, rq, rp, "/signed-out");
}

nx_result nx_ep_saml_logout(nx_request *rq, nx_reply *rp)
{
    return take(rq, rp, false);
}

nx_result nx_ep_saml_logout_post(nx_request *rq, nx_reply *rp)
{
    if (nx_browser_by_get(rq, rp)) return NX_OK;
    return take(rq, rp, true);
}

nx_result nx_ep_saml_logout_soap(nx_request *rq, nx_reply *rp)
{
    nx_span envelope;
    const char *here;
    int status;
    NX_TRY(nx_saml_soap_taken(rq));
    NX_TRY(nx_saml_here(&here, rq));
    NX_TRY(nx_slo_soap(&envelope, &status, nx_house_of(rq), rq->arena, rq->body, here));
    nx_saml_soap_reply(rp, status, envelope);
    return NX_OK;
}

/* ---- the page ---------------------------------------------------------------------------------------------- */

static const struct {
    const char *label;
    const char *tone; /* class of the tag */
} states[] = {
    [NX_SLO_WAITS] = {"slo.waits", ""},
    [NX_SLO_ASKED] = {"slo.asked", "warn"},
    [NX_SLO_SENT] = {"slo.sent", "good"},
    [NX_SLO_CONFIRMED] = {"slo.confirmed", "good"},
    [NX_SLO_FAILED] = {"slo.failed", "bad"},
    [NX_SLO_UNREACHED] = {"slo.unreached", "warn"},
};

static bool somebody_asked(const struct nx_slo_view *about)
{
    for (size_t i = 0; i < about->count; i++)
        if (about->portal[i].state == NX_SLO_ASKED) return true;
    return false;
}

static void show_portals(nx_view *v, const nx_request *rq, const struct nx_slo_view *about)
{
    bool vi = strcmp(rq->lang, "vi") == 0;
    nx_view_list(v, "portals");
    for (size_t i = 0; i < about->count; i++) {
        const struct nx_slo_portal *p = &about->portal[i];
        nx_view *item = nx_view_item(v, "portals");
        nx_view_text(item, "name", vi ? p->name_vi : p->name);
        nx_view_label(item, "state", states[p->state].label);
        nx_view_text(item, "tone", states[p->state].tone);
    }
    nx_view_text(v, "asker_name", vi ? about->asker_name_vi : about->asker_name);
}

nx_result nx_ep_saml_logout_page(nx_request *rq, nx_reply *rp)
{
    struct nx_visitor who;
    struct nx_slo_view about;
    nx_view *v;
    const char *ticket = nx_query(rq, "t");
    NX_TRY(nx_visitor_of(&who, rq, rp));
    NX_TRY(nx_slo_look(&about, nx_house_of(rq), rq->arena, &who, ticket));
    NX_TRY(nx_form_view(&v, rq, rp, "/saml/logout/next"));
    nx_view_text(v, "t", ticket);
    show_portals(v, rq, &about);
    nx_view_flag(v, "waiting", about.waiting > 0);
    nx_view_flag(v, "goes_on", about.waiting > 0 || about.goes_on);
    nx_view_flag(v, "partial", !about.all_well);
    /* the first portal is gone to by itself; back here from one that did not answer, the person says so */
    nx_view_flag(v, "auto", about.waiting > 0 && about.all_well && !somebody_asked(&about));
    nx_reply_scripts(rp, false);
    nx_reply_form_target(rp, NULL);
    for (size_t i = 0; i < about.target_count; i++)
        nx_reply_form_target(rp, about.target[i]);
    nx_reply_page(rp, 200, "logout_portals", v);
    return NX_OK;
}

nx_result nx_ep_saml_logout_next(nx_request *rq, nx_reply *rp)
{
    struct nx_visitor who;
    struct nx_slo slo;
    NX_TRY(nx_visitor_of(&who, rq, rp));
    NX_TRY(nx_slo_next(&slo, nx_house_of(rq), rq->arena, &who, nx_form(rq, "t")));
    return reply(&slo, rq, rp, "/signed-out");
}
