/* Logout both ways: the provider tells us (back channel), and we send the browser to it. */
#include "endpoints/hub/hub.h"

#include "house/house.h"
#include "hub/leaving.h"
#include "hub/oidc_logout.h"

nx_result nx_hub_logout(nx_request *rq, nx_reply *rp)
{
    size_t ended;
    const char *token = nx_form(rq, "logout_token");
    NX_REQUIRE(token, NX_ERR_UPSTREAM_FORM);
    NX_TRY(nx_rp_logout(&ended, nx_house_of(rq), rq->arena, nx_path(rq, "id"), nx_span_str(token)));
    nx_reply_status(rp, 200);
    return NX_OK;
}

NX_FALLIBLE nx_hub_goal(const char **out, nx_request *rq, nx_reply *rp, const char *goal)
{
    struct nx_visitor who;
    const char *cookie = nx_cookie(rq, NX_LEAVING_COOKIE);
    *out = goal;
    if (!cookie) return NX_OK;
    nx_reply_cookie(rp, &(struct nx_cookie_out){.name = NX_LEAVING_COOKIE});
    NX_TRY(nx_visitor_of(&who, rq, rp));
    return nx_leaving_begin(out, nx_house_of(rq), rq->arena, who.browser, cookie, goal);
}

nx_result nx_hub_leave(nx_request *rq, nx_reply *rp)
{
    struct nx_visitor who;
    const char *url;
    NX_TRY(nx_visitor_of(&who, rq, rp));
    NX_TRY(nx_leaving_url(&url, nx_house_of(rq), rq->arena, who.browser, nx_path(rq, "id"), nx_query(rq, "p")));
    nx_reply_redirect(rp, url);
    return NX_OK;
}

nx_result nx_hub_left(nx_request *rq, nx_reply *rp)
{
    struct nx_visitor who;
    const char *goal;
    NX_TRY(nx_visitor_of(&who, rq, rp));
    nx_result r =
        nx_leaving_end(&goal, nx_house_of(rq), rq->arena, who.browser, nx_path(rq, "id"), nx_query(rq, "state"));
    if (r.e == NX_ERR_UPSTREAM_STATE) goal = "/signed-out"; /* back, reload, or too late: she is signed out */
    else NX_TRY(r);
    nx_reply_redirect(rp, goal);
    return NX_OK;
}
