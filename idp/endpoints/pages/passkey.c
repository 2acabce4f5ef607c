/* /login/passkey: signing in with a passkey or security key. */
#include "endpoints/pages/passkey.h"

#include "authn/passkey.h"
#include "endpoints/pages/second.h"
#include "endpoints/pages/ways.h"
#include "operate/passkeys.h"

#include <stdio.h>

#define PAGE "/login/passkey"

/* One look at the page. */
struct look {
    nx_request *rq;
    nx_reply *rp;
    struct nx_house *house;
    const char *t; /* NULL: for her own page */
    struct nx_visitor who;
    struct nx_flow_view about;
};

static nx_result visit(struct look *l, nx_request *rq, nx_reply *rp, const char *t)
{
    *l = (struct look){.rq = rq, .rp = rp, .house = nx_house_of(rq), .t = t};
    NX_TRY(nx_visitor_of(&l->who, rq, rp));
    return t ? nx_flow_view(&l->about, l->house, rq->arena, &l->who, t) : NX_OK;
}

static struct nx_passkey_scene scene_of(const struct look *l)
{
    return (struct nx_passkey_scene){
        .purpose = NX_PASSKEY_SIGN_IN, .browser = l->who.browser, .about = l->t ? l->t : ""};
}

bool nx_way_passkey(const struct nx_way_ask *ask)
{
    bool could = false;
    if (!ask->person) return true; /* whether she has one, nobody is told before she has proven who she is */
    nx_result r = nx_passkey_could(&could, nx_house_of(ask->rq), ask->rq->arena, ask->person, ask->level);
    if (nx_ok(r) && could) return true;
    return nx_second_helps(ask, NX_MEANS_PASSKEY_UV) || nx_second_helps(ask, NX_MEANS_PASSKEY_BIOMETRIC);
}

nx_result nx_passkey_view(nx_view *v, nx_request *rq, nx_reply *rp)
{
    const char *token = NULL;
    NX_TRY(nx_csrf_token(&token, rq, rp, PAGE));
    nx_view_text(v, "csrf_passkey", token);
    nx_reply_scripts(rp, false);
    return NX_OK;
}

/* ---- the page
 * ----------------------------------------------------------------------------------------------- */

static const char *with_t(struct look *l, const char *path)
{
    return l->t ? nx_arena_printf(l->rq->arena, "%s?t=%s", path, l->t) : path;
}

static void set_own_url(nx_view *v, struct look *l)
{
    const char *other = strcmp(l->rq->lang, "vi") == 0 ? "en" : "vi";
    if (l->rq->method != NX_POST) return;
    nx_view_url(
        v, "lang_url",
        nx_arena_printf(l->rq->arena, PAGE "?lang=%s%s%s", other, l->t ? "&t=" : "", l->t ? l->t : ""));
}

/* The form may end at the portal, and wherever it sends people on to. */
static void allow_targets(struct look *l)
{
    if (!l->t) return;
    nx_reply_form_target(l->rp, NULL);
    if (l->about.origin && strncmp(l->about.origin, "https://", 8) != 0 && strchr(l->about.origin, ':'))
        nx_reply_form_target(l->rp, l->about.origin);
}

static nx_result show(struct look *l, int status, const char *error)
{
    nx_view *v = nx_view_new(l->rq->arena);
    NX_NEED(v);
    NX_TRY(nx_passkey_view(v, l->rq, l->rp));
    nx_asks_view(v, l->rq, l->t ? &l->about : NULL);
    nx_view_text(v, "t", l->t);
    nx_view_label(v, "error", error);
    nx_view_url(v, "back_url", with_t(l, "/login"));
    set_own_url(v, l);
    allow_targets(l);
    nx_reply_page(l->rp, status, "login_passkey", v);
    return NX_OK;
}

nx_result nx_login_passkey_page(nx_request *rq, nx_reply *rp)
{
    struct look l;
    NX_TRY(visit(&l, rq, rp, nx_query(rq, "t")));
    return show(&l, 200, NULL);
}

/* ---- asking and proving
 * ------------------------------------------------------------------------------------------ */

/* The same for everybody: a challenge, and no names of credentials. */
nx_result nx_login_passkey_options(nx_request *rq, nx_reply *rp)
{
    struct look l;
    struct nx_passkey_challenge c;
    json_t *options = NULL;
    NX_TRY(visit(&l, rq, rp, nx_form(rq, "t")));
    const struct nx_passkey_scene scene = scene_of(&l);
    NX_TRY(nx_passkey_challenge(&c, l.house, rq->arena, &scene));
    NX_TRY(nx_passkey_request_json(&options, l.house, rq->arena, &c));
    NX_AUTO_JSON answer = json_pack("{s:s, s:o}", "ticket", c.ticket.s, "publicKey", options);
    NX_NEED(answer);
    nx_reply_json(rp, 200, answer);
    return NX_OK;
}

/* What is wrong with the answer of an authenticator is one text to the person: she tries again, or another
 * way. */
static const char *error_key(nx_err e)
{
    switch ((int)e) {
    case NX_ERR_HTTP_RATE:
        return "form.throttled";
    case NX_ERR_PASSKEY_CHALLENGE:
        return "passkey.again";
    case NX_ERR_PASSKEY_UNKNOWN:
    case NX_ERR_PASSKEY_COUNTER:
    case NX_ERR_PASSKEY_MODEL:
    case NX_ERR_WEBAUTHN_FORM:
    case NX_ERR_WEBAUTHN_TYPE:
    case NX_ERR_WEBAUTHN_CHALLENGE:
    case NX_ERR_WEBAUTHN_ORIGIN:
    case NX_ERR_WEBAUTHN_RP:
    case NX_ERR_WEBAUTHN_PRESENCE:
    case NX_ERR_WEBAUTHN_UV:
    case NX_ERR_WEBAUTHN_FLAGS:
    case NX_ERR_SIGNATURE:
    case NX_ERR_LIMIT:
        return "passkey.refused";
    default:
        return NULL;
    }
}

static nx_result refuse(struct look *l, nx_result r, int64_t retry_after_s)
{
    const char *key = error_key(r.e);
    if (!key) return r;
    if (r.e != NX_ERR_HTTP_RATE) return show(l, r.e == NX_ERR_PASSKEY_CHALLENGE ? 400 : 403, key);
    char seconds[24];
    snprintf(seconds, sizeof seconds, "%lld", (long long)retry_after_s);
    nx_reply_header(l->rp, "Retry-After", seconds);
    return show(l, 429, key);
}

/* A passkey that was removed while its session was being made: the removal did not see the session yet, so it
 * is ended here. */
static nx_result settle(struct look *l, const struct nx_proof *proof, const nx_id *used)
{
    struct nx_passkey k;
    nx_result r = nx_passkey_get(l->house->registry, l->rq->arena, used->s, &k);
    if (r.e != NX_ERR_NOT_FOUND) return r;
    return nx_passkey_sessions_end(l->house, l->rq->arena, proof->person, "its passkey was removed",
                                   "system");
}

nx_result nx_login_passkey(nx_request *rq, nx_reply *rp)
{
    struct look l;
    struct nx_proof proof;
    nx_id used;
    int64_t retry_after_s = 1;
    const char *ticket = nx_form(rq, "ticket"), *response = nx_form(rq, "response");
    NX_TRY(visit(&l, rq, rp, nx_form(rq, "t")));
    if (!ticket || !response) return show(&l, 400, "passkey.script");
    const struct nx_passkey_try attempt = {.scene = scene_of(&l),
                                           .answer = {.ticket = nx_span_str(ticket), .response = response},
                                           .source = rq->client};
    nx_result r = nx_passkey_prove(&proof, &used, l.house, rq->arena, &attempt, &retry_after_s);
    if (!nx_ok(r)) return refuse(&l, r, retry_after_s);
    const struct nx_login_end end = {
        .who = &l.who, .t = l.t, .about = l.t ? &l.about : NULL, .proof = &proof};
    NX_TRY(nx_login_done(rq, rp, &end));
    return settle(&l, &proof, &used);
}

/* ---- rows
 * -------------------------------------------------------------------------------------------------------- */

#define FORM (NX_GUARD_FORM | NX_GUARD_CSRF | NX_GUARD_NO_STORE)
#define SCRIPT (NX_GUARD_FORM | NX_GUARD_SAME_ORIGIN | NX_GUARD_NO_STORE | NX_AS_PROBLEM)
#define ANSWER_MAX (3 * NX_PASSKEY_RESPONSE_MAX)

static const struct nx_route rows[] = {
    {NX_GET, PAGE, 0, NX_GUARD_NO_STORE, NX_RATE_PAGE, NX_LANE_FAST, nx_login_passkey_page},
    {NX_POST, PAGE "/options", 1024, SCRIPT, NX_RATE_QR, NX_LANE_FAST, nx_login_passkey_options},
    {NX_POST, PAGE, ANSWER_MAX, FORM, NX_RATE_LOGIN, NX_LANE_FAST, nx_login_passkey},
    {NX_GET, "/me/passkeys", 0, NX_GUARD_NO_STORE, NX_RATE_PAGE, NX_LANE_FAST, nx_me_passkeys_page},
    {NX_POST, "/me/passkeys/options", 1024, SCRIPT, NX_RATE_PAGE, NX_LANE_FAST, nx_me_passkeys_options},
    {NX_POST, "/me/passkeys", ANSWER_MAX, FORM, NX_RATE_LOGIN, NX_LANE_FAST, nx_me_passkeys_add},
    {NX_POST, "/me/passkeys/act", 2048, FORM, NX_RATE_PAGE, NX_LANE_FAST, nx_me_passkeys_act},
};
extern const struct nx_route_table nx_routes_passkey;
const struct nx_route_table nx_routes_passkey = NX_ROUTE_TABLE("passkey", rows);
