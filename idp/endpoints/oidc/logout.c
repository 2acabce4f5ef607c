/* The end_session_endpoint and the answer to its question. A portal may come by GET or POST (RP-Initiated
 * Logout section 2); our own form is a POST with `t`, and is the only one whose CSRF token is asked for. */
#include "oidc/logout.h"
#include "endpoints/oidc/oidc.h"
#include "endpoints/pages/pages.h"
#include "endpoints/saml/logout.h"

#define FORM_NAME "/oidc/logout"

static nx_result ask_page(nx_request *rq, nx_reply *rp, const struct nx_logout *out)
{
    nx_view *v;
    NX_TRY(nx_form_view(&v, rq, rp, FORM_NAME));
    nx_view_text(v, "t", out->ticket);
    nx_view_text(v, "name", out->person_name);
    nx_view_text(v, "client_name", out->client_name);
    nx_view_text(v, "client_org", NULL);
    nx_view_text(v, "client_host", out->client_host);
    if (out->client_host) nx_reply_form_target(rp, out->client_host);
    nx_reply_page(rp, 200, "logout_confirm", v);
    return NX_OK;
}

static nx_result reply(nx_request *rq, nx_reply *rp, const struct nx_logout *out)
{
    const char *to = out->kind == NX_LOGOUT_REDIRECT ? out->location : "/signed-out";
    if (out->kind == NX_LOGOUT_ASK) return ask_page(rq, rp, out);
    if (out->ended) {
        struct nx_slo_start start = {.seq = out->revocation,
                                     .goal = out->kind == NX_LOGOUT_REDIRECT ? out->location : NULL};
        return nx_signed_out(rq, rp, &start, to);
    }
    nx_reply_redirect(rp, to);
    return NX_OK;
}

static bool says_yes(const nx_request *rq)
{
    const char *decision = nx_form(rq, "decision");
    return decision && strcmp(decision, "sign-out") == 0;
}

nx_result nx_ep_logout(nx_request *rq, nx_reply *rp)
{
    struct nx_visitor who;
    struct nx_params params;
    struct nx_logout out;
    if (nx_browser_by_get(rq, rp)) return NX_OK;
    NX_TRY(nx_visitor_of(&who, rq, rp));
    const char *ticket = rq->method == NX_POST ? nx_form(rq, "t") : NULL;
    if (ticket) {
        NX_TRY(nx_csrf_check(rq, FORM_NAME, nx_form(rq, "csrf")));
        NX_TRY(nx_logout_answer(&out, nx_house_of(rq), rq->arena, &who, ticket, says_yes(rq)));
        if (says_yes(rq)) return reply(rq, rp, &out);
        nx_reply_redirect(rp, "/");
        return NX_OK;
    }
    NX_TRY(nx_oidc_params(&params, rq->arena, rq->method == NX_POST ? &rq->form : &rq->query));
    NX_TRY(nx_logout(&out, nx_house_of(rq), rq->arena, &who, &params));
    return reply(rq, rp, &out);
}
