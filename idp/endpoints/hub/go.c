/* To an upstream and back: both calls may talk to it, hence the EGRESS lane. */
#include "endpoints/hub/hub.h"
#include "endpoints/me/me.h"

#include "house/house.h"
#include "hub/oidc.h"
#include "hub/saml.h"
#include "sessions/throttle.h"

#define REMEMBERED_S (180 * 86400)

static nx_result throttle(nx_request *rq)
{
    struct nx_throttled t;
    const struct nx_attempt attempt = {.row = NX_THROTTLE_UPSTREAM, .source = rq->client};
    NX_TRY(nx_throttle_take(nx_house_of(rq)->store, rq->arena, &attempt, &t));
    NX_REQUIRE(t.allowed, NX_ERR_HTTP_RATE);
    return NX_OK;
}

/* What a portal asked for that the upstream should know. */
static nx_result read_wishes(struct nx_rp_ask *ask, nx_request *rq, const struct nx_visitor *who)
{
    struct nx_flow_view about;
    struct nx_step step;
    /* Signed in already, she comes to prove herself once more: to her own page, for a change of credentials. */
    if (!ask->t) ask->fresh = who->session.n > 0;
    if (!ask->t) return NX_OK;
    NX_TRY(nx_flow_look(&about, &step, nx_house_of(rq), rq->arena, who, ask->t));
    ask->level = about.level;
    ask->login_hint = about.login_hint;
    ask->ui_locales = about.ui_locales ? about.ui_locales : rq->lang;
    ask->fresh = step.reason == NX_REASON_PROMPT_LOGIN || step.reason == NX_REASON_MAX_AGE;
    return NX_OK;
}

static nx_result begin(const char **url, nx_request *rq, const nx_upstream *u, const struct nx_rp_ask *ask)
{
    struct nx_house *house = nx_house_of(rq);
    NX_REQUIRE(u->on, NX_ERR_UPSTREAM_OFF);
    NX_TRY(throttle(rq));
    if (u->kind == NX_UPSTREAM_SAML) return nx_sp_begin(url, house, rq->arena, u, ask);
    NX_REQUIRE(u->kind == NX_UPSTREAM_OIDC, NX_ERR_NOT_FOUND);
    return nx_rp_begin(url, house, rq->arena, u, ask);
}

static void remember(nx_reply *rp, const nx_upstream *u)
{
    nx_reply_cookie(
        rp, &(struct nx_cookie_out){.name = NX_CHOICE_COOKIE, .value = u->id, .max_age = REMEMBERED_S});
}

nx_result nx_hub_go(nx_request *rq, nx_reply *rp)
{
    struct nx_visitor who;
    NX_AUTO_UPSTREAM u = NULL;
    const char *url = NULL;
    NX_TRY(nx_visitor_of(&who, rq, rp));
    NX_TRY(nx_upstream_get(nx_house_of(rq)->registry, nx_span_str(nx_path(rq, "id")), &u));
    struct nx_rp_ask ask = {.browser = who.browser, .t = nx_query(rq, "t"), .ui_locales = rq->lang};
    NX_TRY(read_wishes(&ask, rq, &who));
    nx_result r = begin(&url, rq, u, &ask);
    if (!nx_ok(r)) return nx_hub_failed(rq, rp, r, u, ask.t);
    remember(rp, u);
    nx_reply_redirect(rp, url);
    return NX_OK;
}

static nx_result params_of(struct nx_params *out, nx_arena *a, const nx_pairs *pairs)
{
    struct nx_param *row = nx_arena_new(a, struct nx_param, pairs->n + 1);
    NX_NEED(row);
    for (size_t i = 0; i < pairs->n; i++)
        row[i] = (struct nx_param){pairs->at[i].name, pairs->at[i].value};
    *out = (struct nx_params){row, pairs->n};
    return NX_OK;
}

/* form_post comes as a POST from another site, without our cookies (SameSite=Lax): it is turned into a GET first. */
nx_result nx_hub_callback(nx_request *rq, nx_reply *rp)
{
    struct nx_visitor who;
    struct nx_params params;
    NX_AUTO_RP_RETURN(back);
    if (nx_browser_by_get(rq, rp)) return NX_OK;
    NX_TRY(nx_visitor_of(&who, rq, rp));
    NX_TRY(params_of(&params, rq->arena, rq->method == NX_POST ? &rq->form : &rq->query));
    nx_result r = nx_rp_finish(&back, nx_house_of(rq), rq->arena, who.browser, nx_path(rq, "id"), &params);
    if (!nx_ok(r)) return nx_hub_failed(rq, rp, r, back.upstream, back.ticket.t);
    if (back.ticket.linker) return nx_hub_arrive_linking(rq, rp, &back.identity, back.ticket.linker);
    return nx_hub_arrive_with(rq, rp, &back.identity, back.ticket.t, back.id_token);
}

/* From her own page: signed in a moment ago, she sets out to prove the other account too. */
nx_result nx_hub_link_begin(nx_request *rq, nx_reply *rp)
{
    struct nx_self s;
    NX_AUTO_UPSTREAM u = NULL;
    const char *url = NULL, *id = nx_query(rq, "upstream");
    nx_result r = nx_self_open(&s, rq, rp, NX_SELF_FRESH);
    if (!nx_ok(r)) return nx_self_answer(&s, r, "/me/links");
    NX_REQUIRE(id, NX_ERR_MISSING);
    NX_TRY(nx_upstream_get(s.house->registry, nx_span_str(id), &u));
    if (u->kind != NX_UPSTREAM_OIDC && u->kind != NX_UPSTREAM_SAML) {
        NX_NEED(url = nx_arena_printf(rq->arena, "%s&link=1", nx_hub_go_url(rq->arena, u, NULL)));
        nx_reply_redirect(rp, url);
        return NX_OK;
    }
    const struct nx_rp_ask ask = {
        .browser = s.who.browser, .linker = s.gate.session.id.s, .fresh = true, .ui_locales = rq->lang};
    r = begin(&url, rq, u, &ask);
    if (!nx_ok(r)) return nx_hub_failed(rq, rp, r, NULL, NULL);
    nx_reply_redirect(rp, url);
    return NX_OK;
}
