/* Where a sign-in by an upstream ends: in a session, on the page for somebody whom nobody knows here, or on the page of
 * what went wrong; each of the last two names the other ways. */
#include "endpoints/answer.h"
#include "endpoints/hub/hub.h"

#include "base/log.h"
#include "house/house.h"
#include "hub/leaving.h"
#include "hub/linking.h"

static void set_upstream(nx_view *v, const nx_request *rq, const nx_upstream *u)
{
    bool vi = strcmp(rq->lang, "vi") == 0;
    nx_view_text(v, "name", !u ? NULL : vi ? u->name_vi : u->name);
}

static void set_ways_out(nx_view *v, nx_request *rq, const nx_upstream *u, const char *t)
{
    nx_view_url(v, "again_url", u ? nx_hub_go_url(rq->arena, u, t) : NULL);
    nx_view_url(v, "ways_url", nx_hub_ways_url(rq->arena, t));
    nx_view_url(v, "own_url", t ? nx_arena_printf(rq->arena, "/login?by=password&t=%s", t) : "/login");
}

/* Those that a person can do something about by choosing again. */
static bool is_of_a_way(nx_err e)
{
    switch ((int)e) {
    case NX_ERR_PERSON_INACTIVE:
    case NX_ERR_EGRESS_URL:
    case NX_ERR_EGRESS_ADDRESS:
    case NX_ERR_SIGNATURE:
        return true;
    default:
        return strncmp(nx_answer_of(e).text, "way_", 4) == 0 || strncmp(nx_err_name(e), "SAML_", 5) == 0 ||
               strncmp(nx_err_name(e), "XML_", 4) == 0;
    }
}

NX_FALLIBLE nx_hub_failed(nx_request *rq, nx_reply *rp, nx_result r, const nx_upstream *u, const char *t)
{
    struct nx_answer answer = nx_answer_of(r.e);
    struct nx_visitor who;
    struct nx_flow_view about;
    if (!is_of_a_way(r.e)) return r;
    nx_log(NX_WARN, "upstream_refused", NX_TEXT("upstream", u ? u->id : ""), NX_TEXT("why", nx_err_name(r.e)));
    NX_TRY(nx_visitor_of(&who, rq, rp));
    bool portal = t && nx_ok(nx_flow_view(&about, nx_house_of(rq), rq->arena, &who, t));
    nx_view *v = nx_view_new(rq->arena);
    nx_asks_view(v, rq, portal ? &about : NULL);
    const char *text = strncmp(answer.text, "way_", 4) == 0 || r.e == NX_ERR_PERSON_INACTIVE ? answer.text : "way_failed";
    nx_view_label(v, "title", nx_arena_printf(rq->arena, "error.%s.title", text));
    nx_view_label(v, "text", nx_arena_printf(rq->arena, "error.%s.text", text));
    set_upstream(v, rq, u);
    set_ways_out(v, rq, u, portal ? t : NULL);
    if (answer.status == 503) nx_reply_header(rp, "Retry-After", "2");
    nx_reply_page(rp, answer.status, "way_failed", v);
    return NX_OK;
}

static nx_result unknown(nx_request *rq, nx_reply *rp, const nx_upstream *u, const char *t,
                         const struct nx_flow_view *about)
{
    nx_view *v = nx_view_new(rq->arena);
    nx_asks_view(v, rq, about);
    set_upstream(v, rq, u);
    set_ways_out(v, rq, u, t);
    nx_reply_page(rp, 403, "way_unknown", v);
    return NX_OK;
}

/* A session by another upstream, or by none, replaces what was kept for signing out. */
static nx_result keep_for_leaving(nx_request *rq, nx_reply *rp, const struct nx_visitor *visitor, const nx_upstream *u,
                                  const char *id_token)
{
    const char *value;
    NX_TRY(nx_leaving_keep(&value, nx_house_of(rq), rq->arena, visitor->browser, u, id_token));
    if (value || nx_cookie(rq, NX_LEAVING_COOKIE))
        nx_reply_cookie(rp, &(struct nx_cookie_out){.name = NX_LEAVING_COOKIE, .value = value});
    return NX_OK;
}

NX_FALLIBLE nx_hub_arrive(nx_request *rq, nx_reply *rp, const struct nx_identity *who, const char *t)
{
    return nx_hub_arrive_with(rq, rp, who, t, NULL);
}

NX_FALLIBLE nx_hub_arrive_with(nx_request *rq, nx_reply *rp, const struct nx_identity *who, const char *t,
                               const char *id_token)
{
    struct nx_hub_outcome out;
    struct nx_visitor visitor;
    struct nx_flow_view about;
    nx_result r = nx_hub_sign_in(&out, nx_house_of(rq), rq->arena, who);
    if (!nx_ok(r)) return nx_hub_failed(rq, rp, r, who->upstream, t);
    NX_TRY(nx_visitor_of(&visitor, rq, rp));
    if (t) NX_TRY(nx_flow_view(&about, nx_house_of(rq), rq->arena, &visitor, t));
    if (out.end == NX_HUB_UNKNOWN) return unknown(rq, rp, who->upstream, t, t ? &about : NULL);
    NX_TRY(keep_for_leaving(rq, rp, &visitor, who->upstream, id_token));
    const struct nx_login_end end = {
        .who = &visitor, .t = t, .about = t ? &about : NULL, .proof = &out.proof, .only_client = NULL};
    NX_TRY(nx_login_done(rq, rp, &end));
    return nx_linking_settle(nx_house_of(rq), rq->arena, who, out.proof.person);
}
