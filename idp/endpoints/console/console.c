#include "endpoints/console/console.h"

#include "house/house.h"
#include "operate/scope.h"

#define FORM_MAX 4096
#define ANSWER_MAX (48u << 10)
#define PAGE(path, handler)                                                                                  \
    {                                                                                                        \
        NX_GET, path, 0, NX_GUARD_NO_STORE, NX_RATE_PAGE, NX_LANE_FAST, handler                              \
    }
#define POST(path, rate, handler)                                                                            \
    {                                                                                                        \
        NX_POST, path, FORM_MAX, NX_GUARD_FORM | NX_GUARD_CSRF | NX_GUARD_NO_STORE, rate, NX_LANE_FAST,      \
            handler                                                                                          \
    }

/* A challenge for a script of ours, and the form that brings the answer. */
#define SCRIPT(path, handler)                                                                                \
    {                                                                                                        \
        NX_POST, path, 1024, NX_GUARD_FORM | NX_GUARD_SAME_ORIGIN | NX_GUARD_NO_STORE | NX_AS_PROBLEM,       \
            NX_RATE_QR, NX_LANE_FAST, handler                                                              \
    }
#define ANSWER(path, handler)                                                                                \
    {                                                                                                        \
        NX_POST, path, ANSWER_MAX, NX_GUARD_FORM | NX_GUARD_CSRF | NX_GUARD_NO_STORE, NX_RATE_LOGIN,         \
            NX_LANE_FAST, handler                                                                            \
    }

static const struct nx_route rows[] = {
    PAGE("/console", nx_console_home),
    PAGE("/console/link", nx_console_link_page),
    POST("/console/link", NX_RATE_LOGIN, nx_console_link_enter),
    POST("/console/sign-out", NX_RATE_PAGE, nx_console_sign_out),
    PAGE("/console/people", nx_console_people),
    PAGE("/console/people/{id}", nx_console_person),
    PAGE("/console/sessions", nx_console_sessions),
    PAGE("/console/clients", nx_console_clients),
    PAGE("/console/audit", nx_console_audit),
    POST("/console/revoke", NX_RATE_PAGE, nx_console_revoke),
    PAGE("/console/passkeys", nx_console_passkeys),
    SCRIPT("/console/passkeys/options", nx_console_passkeys_options),
    ANSWER("/console/passkeys", nx_console_passkeys_add),
    POST("/console/passkeys/remove", NX_RATE_PAGE, nx_console_passkeys_remove),
    PAGE("/console/approvals", nx_console_approvals),
    POST("/console/approvals", NX_RATE_PAGE, nx_console_approve),
    SCRIPT("/console/login/options", nx_console_login_options),
    ANSWER("/console/login", nx_console_login),
};

const struct nx_route_table nx_routes_console = NX_ROUTE_TABLE("console", rows);

nx_result nx_console_visit(struct nx_console_visit *out, nx_request *rq, const char *scope)
{
    const char *cookie = nx_cookie(rq, NX_CONSOLE_COOKIE);
    struct nx_house *h = nx_house_of(rq);
    NX_TRY(nx_console_find(&out->who, h, rq->arena, nx_span_str(cookie)));
    NX_REQUIRE(!scope || nx_operator_scope_held(out->who.scopes, scope), NX_ERR_SCOPE_INSUFFICIENT);
    out->call = (struct nx_operate_call){.house = h, .arena = rq->arena, .actor = out->who.actor};
    return NX_OK;
}

nx_result nx_console_ask(nx_request *rq, nx_reply *rp, int status, const char *error)
{
    nx_view *v = NULL;
    const char *token = NULL;
    NX_TRY(nx_form_view(&v, rq, rp, "/console/link"));
    NX_TRY(nx_csrf_token(&token, rq, rp, "/console/login"));
    nx_view_text(v, "csrf_login", token);
    nx_view_label(v, "error", error);
    if (rq->method == NX_POST) nx_view_url(v, "lang_url", "/console/link");
    nx_reply_scripts(rp, false);
    nx_reply_page(rp, status, "console_link", v);
    return NX_OK;
}

nx_result nx_console_open(struct nx_console_visit *out, bool *shown, nx_request *rq, nx_reply *rp,
                          const char *scope)
{
    nx_result visit = nx_console_visit(out, rq, scope);
    *shown = visit.e == NX_ERR_NOT_FOUND;
    return *shown ? nx_console_ask(rq, rp, 200, NULL) : visit;
}

nx_result nx_console_view(nx_view **out, const struct nx_console_visit *visit, nx_request *rq, nx_reply *rp)
{
    const char *token;
    nx_view *v = nx_view_new(rq->arena);
    NX_NEED(v);
    NX_TRY(nx_csrf_token(&token, rq, rp, "/console/sign-out"));
    nx_view_text(v, "csrf_out", token);
    nx_view_text(v, "operator", visit->who.actor);
    nx_view_text(v, "role", nx_operator_role_of(visit->who.scopes));
    *out = v;
    return NX_OK;
}

nx_result nx_console_link_page(nx_request *rq, nx_reply *rp)
{
    return nx_console_ask(rq, rp, 200, NULL);
}

nx_result nx_console_entered(nx_request *rq, nx_reply *rp, const nx_secret *cookie)
{
    const struct nx_cookie_out out = {.name = NX_CONSOLE_COOKIE,
                                      .value = nx_arena_dup(rq->arena, nx_secret_expose(cookie)),
                                      .max_age = NX_CONSOLE_SESSION_S,
                                      .strict = true};
    NX_NEED(out.value);
    nx_reply_cookie(rp, &out);
    nx_reply_redirect(rp, "/console");
    return NX_OK;
}

nx_result nx_console_link_enter(nx_request *rq, nx_reply *rp)
{
    struct nx_console who;
    NX_AUTO_SECRET(secret);
    NX_AUTO_SECRET(cookie);
    NX_TRY(nx_form_secret(&secret, rq, "secret"));
    nx_result entered =
        nx_console_enter(&cookie, &who, nx_house_of(rq), rq->arena, nx_secret_expose(&secret));
    if (entered.e == NX_ERR_NOT_FOUND) return nx_console_ask(rq, rp, 403, "error.expired.text");
    NX_TRY(entered);
    return nx_console_entered(rq, rp, &cookie);
}

nx_result nx_console_sign_out(nx_request *rq, nx_reply *rp)
{
    struct nx_console_visit visit;
    const struct nx_cookie_out none = {.name = NX_CONSOLE_COOKIE, .strict = true};
    nx_result r = nx_console_visit(&visit, rq, NULL);
    if (nx_ok(r)) r = nx_console_leave(visit.call.house, &visit.who);
    if (r.e != NX_ERR_NOT_FOUND) NX_TRY(r);
    nx_reply_cookie(rp, &none);
    nx_reply_redirect(rp, "/console");
    return NX_OK;
}
