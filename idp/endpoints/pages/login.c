/* Sign-in by password, with its ways out: giving up, going on as who one is, the QR way, a stronger proof.
 *
 * With t the page belongs to a portal's transaction; without it a person signs in for her own page. */
#include "authn/password.h"
#include "endpoints/hub/hub.h"
#include "endpoints/pages/passkey.h"
#include "endpoints/pages/ways.h"
#include "house/house.h"

#include <stdio.h>

/* One look at a sign-in page. */
struct login {
    nx_request *rq;
    nx_reply *rp;
    const char *t; /* NULL: for her own page */
    struct nx_visitor who;
    struct nx_flow_view about;
    struct nx_step step;
};

static nx_result open_login(struct login *l, nx_request *rq, nx_reply *rp, const char *t)
{
    *l = (struct login){.rq = rq, .rp = rp, .t = t};
    NX_TRY(nx_visitor_of(&l->who, rq, rp));
    return t ? nx_flow_view(&l->about, nx_house_of(rq), rq->arena, &l->who, t) : NX_OK;
}

/* ---- the page
 * ---------------------------------------------------------------------------------------------- */

static const char *why_key(enum nx_reason reason)
{
    switch ((int)reason) {
    case NX_REASON_SESSION_ELSEWHERE:
        return "reason.elsewhere";
    case NX_REASON_HINT_MISMATCH:
        return "reason.other_person";
    case NX_REASON_MEANS_FORBIDDEN:
        return "reason.forbidden";
    case NX_REASON_PROMPT_LOGIN:
    case NX_REASON_MAX_AGE:
        return "reason.again";
    default:
        return NULL;
    }
}

static nx_result set_token(nx_view *v, struct login *l, const char *key, const char *form)
{
    const char *token = NULL;
    NX_TRY(nx_csrf_token(&token, l->rq, l->rp, form));
    nx_view_text(v, key, token);
    return NX_OK;
}

/* A second factor of her own choice need not reach any level. */
static enum nx_level level_for(const struct login *l, enum nx_way_where where)
{
    bool level = where == NX_WAY_STEP_UP && l->step.reason != NX_REASON_SECOND_FACTOR;
    return level ? l->step.level : NX_LEVEL_NONE;
}

static nx_result add_ways(nx_view *v, struct login *l, enum nx_way_where where)
{
    return nx_ways_view(v,
                        &(struct nx_way_ask){.rq = l->rq,
                                             .t = l->t,
                                             .about = l->t ? &l->about : NULL,
                                             .person = l->about.person,
                                             .have = l->about.means,
                                             .rung = l->about.rung,
                                             .level = level_for(l, where)},
                        where);
}

static nx_result set_ways(nx_view *v, struct login *l)
{
    bool selects = l->step.reason == NX_REASON_PROMPT_SELECT && l->about.signed_in;
    NX_TRY(add_ways(v, l, NX_WAY_LOGIN));
    nx_view_text(v, "csrf_cancel", NULL);
    nx_view_text(v, "continue_as", NULL);
    if (!l->t) return NX_OK;
    NX_TRY(set_token(v, l, "csrf_cancel", "/login/cancel"));
    if (!selects) return NX_OK;
    nx_view_text(v, "continue_as", l->about.person_name ? l->about.person_name : "…");
    return set_token(v, l, "csrf_select", "/login/select");
}

/* Where the forms of a transaction's pages may end: at the portal, and wherever it sends people on to. */
static void allow_targets(struct login *l)
{
    if (!l->t) return;
    nx_reply_form_target(l->rp, NULL);
    if (l->about.origin && strncmp(l->about.origin, "https://", 8) != 0 && strchr(l->about.origin, ':'))
        nx_reply_form_target(l->rp, l->about.origin);
}

static nx_result show_login(struct login *l, int status, const char *error, const char *user_name)
{
    nx_view *v = NULL;
    NX_TRY(nx_form_view(&v, l->rq, l->rp, "/login/password"));
    NX_TRY(set_ways(v, l));
    NX_TRY(nx_passkey_view(v, l->rq, l->rp));
    nx_asks_view(v, l->rq, l->t ? &l->about : NULL);
    nx_view_text(v, "t", l->t);
    nx_view_text(v, "user_name", user_name ? user_name : l->about.login_hint);
    nx_view_label(v, "error", error);
    nx_view_label(v, "why", error ? NULL : why_key(l->step.reason));
    if (l->rq->method == NX_POST)
        nx_view_url(v, "lang_url",
                    nx_arena_printf(l->rq->arena, "/login?lang=%s%s%s",
                                    strcmp(l->rq->lang, "vi") == 0 ? "en" : "vi", l->t ? "&t=" : "",
                                    l->t ? l->t : ""));
    allow_targets(l);
    nx_reply_page(l->rp, status, "login", v);
    return NX_OK;
}

/* A portal wants more than this session proves. A password helps only where it adds something. */
static nx_result show_step_up(struct login *l)
{
    nx_request *rq = l->rq;
    nx_view *v = nx_view_new(rq->arena);
    nx_asks_view(v, rq, &l->about);
    bool second = l->step.reason == NX_REASON_SECOND_FACTOR;
    nx_view_label(v, "why", second ? "reason.second_factor" : "reason.level");
    nx_view_label(v, "level", nx_level_key(second && l->step.level < NX_M2 ? NX_M2 : l->step.level));
    NX_TRY(add_ways(v, l, NX_WAY_STEP_UP));
    nx_view_text(v, "back_url", NULL);
    nx_reply_page(l->rp, 200, "step_up", v);
    return NX_OK;
}

/* Where the request itself says how she signs in (login_hint, acr_values), she goes there at once; every page on which
 * that may end names the other ways. */
static nx_result chosen_for_her(const char **url, const struct login *l)
{
    *url = NULL;
    if (l->step.kind != NX_STEP_SIGN_IN || l->step.reason == NX_REASON_PROMPT_SELECT) return NX_OK;
    return nx_query(l->rq, "by") ? NX_OK : nx_hub_chosen_url(url, l->rq, l->t, &l->about);
}

nx_result nx_login_page(nx_request *rq, nx_reply *rp)
{
    const char *chosen;
    struct login l = {.rq = rq, .rp = rp, .t = nx_query(rq, "t")};
    NX_TRY(nx_visitor_of(&l.who, rq, rp));
    if (!l.t) return show_login(&l, 200, NULL, NULL);
    NX_TRY(nx_flow_look(&l.about, &l.step, nx_house_of(rq), rq->arena, &l.who, l.t));
    bool by_password = nx_query(rq, "by") && strcmp(nx_query(rq, "by"), "password") == 0;
    if (l.step.kind == NX_STEP_STEP_UP && !by_password) return show_step_up(&l);
    NX_TRY(chosen_for_her(&chosen, &l));
    if (chosen) {
        nx_reply_redirect(rp, chosen);
        return NX_OK;
    }
    if (l.step.kind == NX_STEP_SIGN_IN || l.step.kind == NX_STEP_STEP_UP)
        return show_login(&l, 200, NULL, NULL);
    return nx_step_reply(&l.step, rq, rp);
}

/* ---- the password
 * ------------------------------------------------------------------------------------------ */

static nx_result refused(struct login *l, nx_err e, const char *user_name, int64_t retry_after_s)
{
    if (e == NX_ERR_PASSWORD) return show_login(l, 403, "form.credentials", user_name);
    char seconds[24];
    snprintf(seconds, sizeof seconds, "%lld", (long long)retry_after_s);
    nx_reply_header(l->rp, "Retry-After", seconds);
    return show_login(l, 429, "form.throttled", user_name);
}

/* A session cookie of the same person makes this a re-authentication; whose it is, only the proof tells. */
nx_result nx_login_password(nx_request *rq, nx_reply *rp)
{
    struct login l;
    NX_AUTO_SECRET(password);
    struct nx_proof proof;
    int64_t retry_after_s = 1;
    const char *user_name = nx_form(rq, "username");
    NX_TRY(open_login(&l, rq, rp, nx_form(rq, "t")));
    nx_result taken = nx_form_secret(&password, rq, "password");
    if (!user_name || taken.e == NX_ERR_MISSING) return show_login(&l, 400, "form.missing", user_name);
    NX_TRY(taken);
    struct nx_password_ask ask = {
        .user_name = nx_span_str(user_name), .password = &password, .source = rq->client};
    nx_result proven = nx_password_prove(&proof, nx_house_of(rq), rq->arena, &ask, &retry_after_s);
    if (proven.e == NX_ERR_PASSWORD || proven.e == NX_ERR_HTTP_RATE)
        return refused(&l, proven.e, user_name, retry_after_s);
    NX_TRY(proven);
    return nx_login_done(rq, rp, &(struct nx_login_end){&l.who, l.t, l.t ? &l.about : NULL, &proof, NULL});
}

/* ---- ways out
 * ---------------------------------------------------------------------------------------------- */

static nx_result leave(nx_request *rq, nx_reply *rp,
                       nx_result (*how)(struct nx_step *, struct nx_house *, nx_arena *,
                                        const struct nx_visitor *, const char *))
{
    struct nx_visitor who;
    struct nx_step step;
    NX_REQUIRE(nx_form(rq, "t"), NX_ERR_MISSING);
    NX_TRY(nx_visitor_of(&who, rq, rp));
    NX_TRY(how(&step, nx_house_of(rq), rq->arena, &who, nx_form(rq, "t")));
    return nx_step_reply(&step, rq, rp);
}

nx_result nx_login_cancel(nx_request *rq, nx_reply *rp)
{
    return leave(rq, rp, nx_flow_cancel);
}

nx_result nx_login_select(nx_request *rq, nx_reply *rp)
{
    return leave(rq, rp, nx_flow_select);
}
