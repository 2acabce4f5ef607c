/* Torture of whole flows: a flow is run once to count its acts of a kind, then again for each n with the n-th
 * act failing in the server. After each such run: every answer was either what the flow wants or a clean
 * error, what the run was given obeys the rules (a code serves once, what is revoked is dead, a person is
 * whole or is not there), and the same flow succeeds without the fault. The audit chain holds at the end of
 * each series, and the sanitizers see every leak.
 *
 * NX_TORTURE_RUNS: how many n of a flow and kind are tried, spread evenly over all of them; 0: every one. */
#include "rig_phone.h"
#include "rig_saml.h"

#include "authn/one_time.h"
#include "authn/password.h"
#include "base/clock.h"
#include "endpoints/bearer/bearer.h"
#include "registry/audit.h"
#include "registry/qr_identity.h"
#include "revoke/revoke.h"
#include "sessions/signon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define RUNS_DEFAULT 12
#define UNREACHED 1000000u

/* What a run has got hold of; a flow's after() judges it. */
struct ground {
    struct rig_browser b;
    struct rig_person person;
    unsigned serial;
    const char *code;
    unsigned redeemed; /* how often the code gave tokens */
    bool let_in;       /* the sign-in was answered as one that succeeded */
    struct rig_client *c;
    const char *access;
    const char *refresh;
    char session[NX_ID_LEN + 1];
    bool ended;           /* told that it is revoked */
    bool family_ended;    /* the same of her refresh token */
    const char *operator; /* Authorization of an operator */
    int64_t seq;          /* of its revocation; 0: never told */
};

struct flow {
    const char *name;
    void (*prepare)(struct ground *g); /* without the fault; NULL: nothing */
    bool (*run)(struct ground *g);     /* whether every answer was the wanted one */
    void (*after)(struct ground *g);   /* without the fault again */
};

static struct rig rig;
static struct phone phone;
static struct rig_saml health;
static unsigned runs;   /* so far */
static int64_t ahead_s; /* each run has a time of its own, so that no throttle remembers the last */

/* ---- answers
 * ---------------------------------------------------------------------------------------------- */

static bool is_json(const nx_reply *rp)
{
    const char *type = nx_reply_header_get(rp, "Content-Type");
    return type && strstr(type, "json");
}

/* An error that a portal is told by redirect says that it is ours. */
static bool clean_redirect(const nx_reply *rp)
{
    const char *error = rig_param(&rig, rp, "error");
    return error && (strcmp(error, "server_error") == 0 || strcmp(error, "temporarily_unavailable") == 0);
}

/* A jump of the clock may end what was begun: then anything but a failure of ours is in order. */
static bool clean(const nx_reply *rp)
{
    if (rig.fault.act == NX_ACT_CLOCK) return rp->status < 500;
    return rp->status == 303 ? clean_redirect(rp) : rp->status == 500 || rp->status == 503;
}

static bool answered(const nx_reply *rp, int status)
{
    if (rp->status == status) return true;
    if (!rig.fault.fired) fail_msg("status %d and no fault: %s", rp->status, rig_body(rp));
    if (!clean(rp)) fail_msg("status %d to %s: %s", rp->status, rig_location(rp), rig_body(rp));
    if (rp->status != 303) assert_true(rp->body.n > 0);
    if (is_json(rp)) json_decref(rig_json(rp));
    return false;
}

/* A text of an answer; it must be there. In the rig's arena. */
static const char *text_of(const nx_reply *rp, const char *member)
{
    NX_AUTO_JSON j = rig_json(rp);
    const char *s = nx_json_str(j, member);
    if (!s) fail_msg("no %s in %s", member, rig_body(rp));
    return nx_arena_strdup(rig.arena, s);
}

/* Follows to the portal; the code, or NULL after a clean error. */
static bool take_code(struct ground *g, const nx_reply *rp)
{
    g->code = rp->status == 303 ? rig_param(&rig, rp, "code") : NULL;
    if (g->code) return true;
    if (rp->status == 303 && !rig.fault.fired) fail_msg("no code: %s", rig_location(rp));
    return answered(rp, rp->status == 303 ? 0 : 303);
}

/* ---- what is issued works or does not
 * --------------------------------------------------------------------- */

static nx_reply *userinfo(struct ground *g)
{
    g->b.authorization = nx_arena_printf(rig.arena, "Bearer %s", g->access);
    nx_reply *rp = rig_get(&g->b, "/oidc/userinfo");
    g->b.authorization = NULL;
    return rp;
}

static nx_reply *introspect(struct ground *g, const char *token)
{
    return rig_call(&g->b, &rig.portal, "/oidc/introspect", nx_arena_printf(rig.arena, "token=%s", token));
}

static bool active(const nx_reply *rp)
{
    NX_AUTO_JSON j = rig_json(rp);
    assert_true(json_is_boolean(json_object_get(j, "active")));
    return nx_json_bool(j, "active", false);
}

static nx_reply *refresh(struct ground *g)
{
    const char *form = nx_arena_printf(rig.arena, "grant_type=refresh_token&refresh_token=%s%s%s", g->refresh,
                                       g->c->secret[0] ? "" : "&client_id=", g->c->secret[0] ? "" : g->c->id);
    return rig_call(&g->b, g->c, "/oidc/token", form);
}

static bool take_tokens(struct ground *g, const nx_reply *rp)
{
    if (!answered(rp, 200)) return false;
    g->access = text_of(rp, "access_token");
    NX_AUTO_JSON claims = rig_claims(&rig, g->access, "at+jwt");
    assert_string_equal(nx_json_str(claims, "client_id"), g->c->id);
    return true;
}

static bool redeem(struct ground *g)
{
    nx_reply *rp = rig_redeem(&g->b, g->c, g->code);
    if (rp->status == 200) g->redeemed++;
    if (!take_tokens(g, rp)) return false;
    g->refresh = text_of(g->b.reply, "refresh_token");
    return true;
}

/* A code that came out of a run serves once, whatever failed; a second use ends what the first gave. */
static void code_serves_once(struct ground *g)
{
    if (!g->code) return;
    for (int i = 0; i < 2; i++)
        if (rig_redeem(&g->b, g->c, g->code)->status == 200) g->redeemed++;
    assert_true(g->redeemed <= 1);
    if (g->access) assert_int_equal(userinfo(g)->status, 401);
}

/* ---- password, consent, code, token
 * ----------------------------------------------------------------------- */

static bool by_password(struct ground *g)
{
    nx_reply *rp = rig_follow(&g->b, rig_get(&g->b, rig_authorize_url(&rig, g->c, "&prompt=consent")));
    if (!answered(rp, 200)) return false;
    const char *form = nx_arena_printf(rig.arena, "t=%s&csrf=%s&username=lan&password=correct+horse+battery",
                                       rig_field(&rig, rp, "t"), rig_field(&rig, rp, "csrf"));
    rp = rig_post(&g->b, "/login/password", form);
    if (!answered(rp, 303)) return false;
    g->let_in = true;
    rp = rig_follow(&g->b, rp);
    if (!answered(rp, 200)) return false;
    form = nx_arena_printf(rig.arena, "t=%s&csrf=%s&decision=allow", rig_field(&rig, rp, "t"),
                           rig_field(&rig, rp, "csrf"));
    rp = rig_follow(&g->b, rig_post(&g->b, "/consent", form));
    if (!take_code(g, rp) || !redeem(g)) return false;
    rp = userinfo(g);
    return answered(rp, 200) && text_of(rp, "sub");
}

/* A sign-in that was answered by an error has signed nobody in. */
static void after_password(struct ground *g)
{
    assert_int_equal(rig_get(&g->b, "/me")->status, g->let_in ? 200 : 303);
    code_serves_once(g);
}

/* ---- refresh
 * ---------------------------------------------------------------------------------------------- */

static void have_tokens(struct ground *g)
{
    rig_sign_in(&g->b, &g->person);
    g->code = rig_code(&g->b, rig_authorize_url(&rig, g->c, "&scope=openid+offline_access"));
    assert_true(redeem(g));
    g->code = NULL;
}

static void have_public_tokens(struct ground *g)
{
    g->c = &rig.app;
    have_tokens(g);
}

static bool by_refresh(struct ground *g)
{
    const char *before = g->access;
    nx_reply *rp = refresh(g);
    if (!take_tokens(g, rp)) {
        g->access = before;
        return false;
    }
    g->refresh = text_of(g->b.reply, "refresh_token");
    return true;
}

/* Whatever failed, the client still holds a token that serves: a lost answer is asked for again (rule 15). */
static void after_refresh(struct ground *g)
{
    assert_true(by_refresh(g));
    assert_int_equal(userinfo(g)->status, 200);
}

/* ---- introspection, userinfo, revocation
 * ------------------------------------------------------------------ */

static bool ask(struct ground *g, const char *token)
{
    nx_reply *rp = introspect(g, token);
    if (!answered(rp, 200)) return false;
    if (!active(rp) && rig.fault.act != NX_ACT_CLOCK) fail_msg("a live token is said to be over");
    return true;
}

static nx_reply *give_back(struct ground *g, const char *token)
{
    return rig_call(&g->b, g->c, "/oidc/revoke", nx_arena_printf(rig.arena, "token=%s", token));
}

static bool ask_and_revoke(struct ground *g)
{
    if (!ask(g, g->access) || !ask(g, g->refresh) || !answered(userinfo(g), 200)) return false;
    if (!answered(give_back(g, g->access), 200)) return false;
    g->ended = true;
    if (!answered(give_back(g, g->refresh), 200)) return false;
    g->family_ended = true;
    return true;
}

/* What was answered as revoked is dead; what was not can be revoked again. */
static void after_revoke(struct ground *g)
{
    if (g->ended) assert_int_equal(userinfo(g)->status, 401);
    if (g->family_ended) assert_oauth_error(refresh(g), 400, "invalid_grant");
    assert_int_equal(give_back(g, g->access)->status, 200);
    assert_int_equal(give_back(g, g->refresh)->status, 200);
    assert_false(active(introspect(g, g->access)));
    assert_false(active(introspect(g, g->refresh)));
    assert_int_equal(userinfo(g)->status, 401);
    assert_oauth_error(refresh(g), 400, "invalid_grant");
}

/* ---- QR
 * ------------------------------------------------------------------------------------------------- */

static const char *form_token(const nx_reply *rp, const char *path)
{
    const char *mark = "name=\"csrf\" value=\"";
    const char *form = strstr(rig_body(rp), nx_arena_printf(rig.arena, "action=\"%s\"", path));
    const char *at = form ? strstr(form, mark) : NULL;
    if (!at && rig.fault.act != NX_ACT_CLOCK) fail_msg("no form to %s: %s", path, rig_body(rp));
    if (!at) return ""; /* an order that is over at once */
    at += strlen(mark);
    return nx_arena_dup(rig.arena, nx_span_of(at, strcspn(at, "\"")));
}

static bool open_code(struct ground *g, char **t, char **link)
{
    nx_reply *rp = rig_follow(&g->b, rig_get(&g->b, rig_authorize_url(&rig, g->c, "")));
    if (!answered(rp, 200)) return false;
    char *url = page_piece(&rig, rp, "href=\"/login/qr?t=", '"');
    assert_non_null(url);
    rp = rig_follow(&g->b, rig_get(&g->b, nx_arena_printf(rig.arena, "/login/qr?t=%s", url)));
    if (!answered(rp, 200)) return false;
    *t = page_piece(&rig, rp, "/login/qr/frames?t=", '"');
    *link = page_piece(&rig, rp, "data-qr=\"", '"');
    if (*t && *link) return true;
    assert_int_equal(rig.fault.act, NX_ACT_CLOCK); /* an order that is over at once */
    return false;
}

static bool by_qr(struct ground *g)
{
    char *t, *link;
    if (!open_code(g, &t, &link) || !answered(phone_take(&phone, link, "scan"), 200)) return false;
    nx_reply *rp = phone_approve(&phone, PHONE_PIN, false);
    if (!answered(rp, 200)) return false;
    const char *digits = text_of(rp, "digits");
    rp = page_again(&g->b, t);
    if (!answered(rp, 200)) return false;
    const char *token = form_token(rp, "/login/qr/digits");
    rp = rig_post(&g->b, "/login/qr/digits",
                  nx_arena_printf(rig.arena, "t=%s&csrf=%s&digits=%s", t, token, digits));
    if (!answered(rp, 303)) return false;
    g->let_in = true;
    rp = rig_follow(&g->b, rp);
    if (rp->status == 200 && strstr(rig_body(rp), "name=\"decision\""))
        rp = rig_authorize(&g->b, rig_authorize_url(&rig, g->c, ""));
    return take_code(g, rp) && redeem(g);
}

/* A kiosk's session is for its portal alone: another one never gets in by it. */
static void after_qr(struct ground *g)
{
    assert_int_equal(rig_get(&g->b, "/me")->status, 303);
    if (!g->let_in)
        assert_null(rig_param(
            &rig,
            rig_get(&g->b, nx_arena_printf(rig.arena, "%s&prompt=none", rig_authorize_url(&rig, g->c, ""))),
            "code"));
    code_serves_once(g);
}

/* ---- revocation by an operator
 * ---------------------------------------------------------------------------- */

static void have_session(struct ground *g)
{
    struct nx_person p = {.kind = NX_CITIZEN, .active = true, .proofing = 1, .name = "Người"};
    struct nx_person_made made;
    struct nx_signon_list list;
    p.user_name = nx_arena_printf(rig.arena, "p%u", g->serial);
    assert_true(nx_ok(nx_person_create(rig_house(&rig)->registry, &p, NULL, 0, &made)));
    memcpy(g->person.id, made.id.s, sizeof g->person.id);
    memcpy(g->person.qid, made.qid.s, sizeof g->person.qid);
    have_tokens(g);
    assert_true(nx_ok(nx_signon_list(rig_house(&rig)->store, rig.arena, g->person.id, &list)));
    assert_int_equal(list.n, 1);
    snprintf(g->session, sizeof g->session, "%s", list.v[0].id.s);
}

static nx_result revoke(struct ground *g, enum nx_revoke_scope scope, int64_t *seq)
{
    NX_AUTO(nx_arena) a = nx_arena_open(4u << 20);
    struct nx_revoke_order o = {.act = NX_REVOKE,
                                .scope = scope,
                                .target = scope == NX_REVOKE_QR ? g->person.qid : g->session,
                                .reason = "lost",
                                .actor = "uid:0"};
    rig_fault_begin(&rig);
    nx_result r = nx_revoke(rig_house(&rig), a, &o, seq);
    rig_fault_end(&rig);
    return r;
}

static bool revoke_qr(struct ground *g)
{
    g->ended = nx_ok(revoke(g, NX_REVOKE_QR, &g->seq));
    return g->ended;
}

static bool revoke_session(struct ground *g)
{
    g->ended = nx_ok(revoke(g, NX_REVOKE_SESSION, &g->seq));
    return g->ended;
}

static void assert_over(struct ground *g)
{
    assert_int_equal(userinfo(g)->status, 401);
    assert_false(active(introspect(g, g->access)));
    assert_int_equal(rig_get(&g->b, "/me")->status, 303);
}

/* The receipt names the portal and what was killed. */
static void assert_told(struct ground *g)
{
    NX_AUTO_JSON receipt = NULL;
    if (!g->seq) return; /* it was done before its number could be told */
    assert_true(nx_ok(nx_revoke_receipt(&receipt, rig_house(&rig), rig.arena, g->seq)));
    assert_int_equal(json_array_size(nx_json_array(receipt, "portals")), 1);
    assert_true(json_array_size(nx_json_array(receipt, "killed")) >= 2);
    size_t i;
    json_t *line;
    json_array_foreach(nx_json_array(receipt, "killed"), i, line)
    {
        const json_t *status = json_object_get(line, "status");
        assert_true(!status || json_is_object(status));
    }
}

/* The whole or nothing, and then the whole. */
static void after_end(struct ground *g, enum nx_revoke_scope scope)
{
    if (g->ended) assert_over(g);
    assert_true(nx_ok(nx_revoke_tick(rig_house(&rig))));
    bool lives = userinfo(g)->status == 200;
    assert_int_equal(active(introspect(g, g->access)), lives);
    assert_int_equal(rig_get(&g->b, "/me")->status, lives ? 200 : 303);
    nx_result again = revoke(g, scope, &g->seq);
    if (lives || scope == NX_REVOKE_QR) assert_true(nx_ok(again));
    assert_over(g);
    assert_told(g);
    if (scope == NX_REVOKE_QR)
        assert_oauth_error(refresh(g), 400, "invalid_grant"); /* the other is offline */
}

static void after_end_of_qr(struct ground *g)
{
    after_end(g, NX_REVOKE_QR);
}

static void after_end_of_session(struct ground *g)
{
    after_end(g, NX_REVOKE_SESSION);
}

/* ---- SCIM
 * ----------------------------------------------------------------------------------------------- */

#define USER "urn:ietf:params:scim:schemas:core:2.0:User"
#define PATCH "urn:ietf:params:scim:api:messages:2.0:PatchOp"

static nx_reply *scim(struct ground *g, const char *method, const char *path, const char *json)
{
    g->b.authorization = g->operator;
    nx_reply *rp = rig_send(&g->b, method, nx_arena_printf(rig.arena, "/scim/v2/Users%s", path),
                            json ? "application/scim+json" : NULL, json);
    g->b.authorization = NULL;
    return rp;
}

static void have_operator(struct ground *g)
{
    nx_clock_shift(0); /* the library that checks these tokens has the clock of the system */
    g->operator= rig_operator(&rig, "scim");
}

static bool by_scim(struct ground *g)
{
    const char *body = nx_arena_printf(rig.arena,
                                       "{\"schemas\":[\"" USER "\"],\"userName\":\"s%u\","
                                       "\"name\":{\"formatted\":\"Mai\"},\"password\":\"correct horse\"}",
                                       g->serial);
    nx_reply *rp = scim(g, "POST", "", body);
    if (!answered(rp, 201)) return false;
    const char *path = nx_arena_printf(rig.arena, "/%s", text_of(rp, "id"));
    rp = scim(g, "PATCH", path,
              "{\"schemas\":[\"" PATCH "\"],\"Operations\":["
              "{\"op\":\"replace\",\"path\":\"active\",\"value\":false}]}");
    if (!answered(rp, 200)) return false;
    return answered(scim(g, "DELETE", path, NULL), 204);
}

/* She is there with all that belongs to her, or she is not there at all. */
static void after_scim(struct ground *g)
{
    const char *query = nx_arena_printf(rig.arena, "?filter=userName%%20eq%%20%%22s%u%%22", g->serial);
    NX_AUTO_JSON found = rig_json(scim(g, "GET", query, NULL));
    int64_t n = nx_json_int(found, "totalResults", -1);
    assert_in_range(n, 0, 1);
    if (n == 0) return;
    const char *id = nx_json_str(json_array_get(nx_json_array(found, "Resources"), 0), "id");
    struct nx_qr_identity *q;
    size_t identities = 0;
    assert_true(nx_ok(nx_qr_identity_list(rig_house(&rig)->registry, rig.arena, id, &q, &identities)));
    assert_int_equal(identities, 1);
    assert_int_equal(scim(g, "DELETE", nx_arena_printf(rig.arena, "/%s", id), NULL)->status, 204);
}

/* ---- the torture
 * ------------------------------------------------------------------------------------------ */

/* ---- SAML sign-on ---- */

static void signed_in(struct ground *g)
{
    rig_sign_in(&g->b, &g->person);
}

static bool by_saml(struct ground *g)
{
    struct rig_saml_answer x;
    nx_reply *rp = rig_get(&g->b, rig_saml_ask(&health, "", ""));
    if (rig.fault.act == NX_ACT_CLOCK && rp->status == 303)
        return false; /* the session is over: to the sign-in page */
    if (!answered(rp, 200)) return false;
    rig_saml_read(&x, &health, rp);
    bool whole = x.assertion != NULL; /* signed and whole, or a refusal that is */
    assert_true(whole || rig.fault.fired);
    rig_saml_forget(&x);
    return whole;
}

/* The portal has an assertion only if it is noted in the session, so that logout reaches it. */
static void after_saml(struct ground *g)
{
    struct nx_signon_list list;
    struct rig_saml_answer x;
    rig_saml_sign_on(&x, &health, &g->b, rig_saml_ask(&health, "IsPassive=\"true\"", ""));
    rig_saml_forget(&x);
    assert_true(nx_ok(nx_signon_list(rig_house(&rig)->store, rig.arena, g->person.id, &list)));
    bool noted = false;
    for (size_t i = 0; i < list.n; i++)
        for (size_t k = 0; k < list.v[i].client_count; k++)
            noted = noted || strcmp(list.v[i].clients[k], health.client) == 0;
    assert_true(noted);
}

/* ---- second factors ---- */

static uint8_t secret[NX_ONE_TIME_SECRET_LEN];

static void scan(const char *uri)
{
    size_t n = 0;
    const char *at = strstr(uri, "secret=");
    assert_non_null(at);
    at += strlen("secret=");
    assert_true(nx_ok(nx_b32_decode(secret, sizeof secret, &n, nx_span_of(at, strcspn(at, "&")), true)));
}

/* In the rig's arena. */
static const char *code_now(void)
{
    char code[NX_ONE_TIME_DIGITS + 1];
    uint64_t at = (uint64_t)(nx_now() / NX_ONE_TIME_STEP_S);
    assert_true(nx_ok(nx_one_time_code(code, nx_span_of(secret, sizeof secret), at)));
    return nx_arena_strdup(rig.arena, code);
}

static size_t generators(struct ground *g)
{
    struct nx_one_time *list;
    size_t n;
    assert_true(nx_ok(nx_one_time_list(rig_house(&rig)->registry, rig.arena, g->person.id, &list, &n)));
    return n;
}

static void forget_generators(struct ground *g)
{
    struct nx_one_time *list;
    size_t n;
    assert_true(nx_ok(nx_one_time_list(rig_house(&rig)->registry, rig.arena, g->person.id, &list, &n)));
    for (size_t i = 0; i < n; i++)
        assert_true(nx_ok(nx_one_time_delete(rig_house(&rig)->registry, g->person.id, list[i].id.s)));
}

static void have_generator(struct ground *g)
{
    struct nx_one_time made;
    const char *uri;
    const struct nx_one_time_ask how = {
        .person = g->person.id, .user_name = "lan", .kind = NX_ONE_TIME_TOTP, .bound_at = 2};
    forget_generators(g);
    assert_true(nx_ok(nx_one_time_make(&made, &uri, rig_house(&rig), rig.arena, &how)));
    scan(uri);
    signed_in(g);
}

static bool by_code(struct ground *g)
{
    nx_reply *rp = rig_get(&g->b, "/login/code");
    if (!answered(rp, 200)) return false;
    const char *form = nx_arena_printf(rig.arena, "csrf=%s&code=%s", rig_field(&rig, rp, "csrf"), code_now());
    rp = rig_post(&g->b, "/login/code", form);
    if (!answered(rp, 303)) return false;
    g->let_in = true;
    return true;
}

/* The answer to the code of now; a session whose new cookie was lost on the way begins again. */
static int type_again(struct ground *g)
{
    nx_reply *rp = rig_get(&g->b, "/login/code");
    if (rp->status == 303) {
        assert_false(g->let_in);
        signed_in(g);
        rp = rig_get(&g->b, "/login/code");
    }
    const char *form = nx_arena_printf(rig.arena, "csrf=%s&code=%s", rig_field(&rig, rp, "csrf"), code_now());
    return rig_post(&g->b, "/login/code", form)->status;
}

/* What was answered as right serves no second time; after an error the code may be used up, and a later one
 * takes her on. */
static void after_code(struct ground *g)
{
    int again = type_again(g);
    assert_true(g->let_in ? again == 403 : again == 303 || again == 403);
    nx_clock_shift(ahead_s + 60);
    assert_int_equal(type_again(g), 303);
    forget_generators(g);
}

static void have_no_generator(struct ground *g)
{
    forget_generators(g);
    signed_in(g);
}

static char *shown_uri(const nx_reply *rp)
{
    const char *at = strstr(rig_body(rp), "data-qr=\"");
    assert_non_null(at);
    at += strlen("data-qr=\"");
    return nx_arena_dup(rig.arena, nx_span_of(at, strcspn(at, "\"")));
}

static bool enrol_app(struct ground *g)
{
    nx_reply *rp = rig_get(&g->b, "/me/codes");
    if (!answered(rp, 200)) return false;
    rp = rig_post(&g->b, "/me/codes",
                  nx_arena_printf(rig.arena, "csrf=%s&act=add", rig_field(&rig, rp, "csrf")));
    if (!answered(rp, 200)) return false;
    scan(shown_uri(rp));
    const char *form = nx_arena_printf(rig.arena, "csrf=%s&ticket=%s&code=%s", rig_field(&rig, rp, "csrf"),
                                       rig_field(&rig, rp, "ticket"), code_now());
    rp = rig_post(&g->b, "/me/codes/confirm", form);
    if (!answered(rp, 303)) return false;
    g->let_in = true;
    return true;
}

/* A generator is whole or is not there; one that she was told of is. */
static void after_enrolment(struct ground *g)
{
    size_t n = generators(g);
    assert_true(g->let_in ? n == 1 : n <= 1);
    forget_generators(g);
}

static const struct flow flows[] = {
    {"second factor", have_generator, by_code, after_code},
    {"enrolment of a second factor", have_no_generator, enrol_app, after_enrolment},
    {"password", NULL, by_password, after_password},
    {"refresh", have_tokens, by_refresh, after_refresh},
    {"refresh of a public client", have_public_tokens, by_refresh, after_refresh},
    {"introspection, userinfo, revocation", have_tokens, ask_and_revoke, after_revoke},
    {"QR", NULL, by_qr, after_qr},
    {"end of a QR identity", have_session, revoke_qr, after_end_of_qr},
    {"end of a session", have_session, revoke_session, after_end_of_session},
    {"SCIM", have_operator, by_scim, after_scim},
    {"SAML sign-on", signed_in, by_saml, after_saml},
};

static void end_sessions(const char *person)
{
    NX_AUTO(nx_arena) a = nx_arena_open(4u << 20);
    struct nx_revoke_order o = {
        .act = NX_REVOKE, .scope = NX_REVOKE_PERSON, .target = person, .reason = "test", .actor = "uid:0"};
    assert_true(nx_ok(nx_revoke(rig_house(&rig), a, &o, NULL)));
}

/* One run with the n-th act failing. Gives how many acts were left when it was over. */
static unsigned one(const struct flow *f, nx_act act, unsigned n)
{
    struct ground g = {.person = rig.lan, .serial = ++runs, .c = &rig.portal};
    NX_AUTO(nx_arena) a = nx_arena_open(16u << 20);
    nx_arena *kept = rig.arena;
    rig.arena = a;
    ahead_s += act == NX_ACT_CLOCK ? 3 * 3600 : 600; /* further than a clock jumps */
    nx_clock_shift(ahead_s);
    rig_browser_open(&g.b, &rig);
    rig.fault = (struct rig_fault){.act = act};
    if (f->prepare) f->prepare(&g);
    rig.fault.left = n;
    bool whole = f->run(&g);
    unsigned left = rig.fault.left;
    bool fired = rig.fault.fired;
    rig.fault = (struct rig_fault){.act = act};
    if (!whole && !fired) fail_msg("%s does not work", f->name);
    if (act == NX_ACT_CLOCK)
        code_serves_once(&g); /* what else has ended may have ended by time */
    else
        f->after(&g);
    end_sessions(rig.lan.id);
    rig_browser_close(&g.b);
    rig.arena = kept;
    return fired ? 0 : left;
}

static unsigned runs_wanted(void)
{
    const char *s = getenv("NX_TORTURE_RUNS");
    unsigned n = s ? (unsigned)strtoul(s, NULL, 10) : RUNS_DEFAULT;
    return n ? n : UNREACHED;
}

static void torture(const struct flow *f, nx_act act)
{
    static const char *const names[NX_ACT_COUNT] = {"allocations", "random", "round trips", "statements",
                                                    "clock"};
    unsigned total = UNREACHED - one(f, act, UNREACHED), wanted = runs_wanted();
    unsigned tried = total < wanted ? total : wanted;
    for (unsigned i = 0; i < tried; i++) {
        unsigned n = 1 + (unsigned)((uint64_t)i * total / tried);
        print_message("# %s: %s %u of %u\n", f->name, names[act], n, total);
        one(f, act, n);
        one(f, act, 0);
    }
    struct nx_audit_verdict chain;
    assert_true(nx_ok(nx_audit_verify(rig_house(&rig)->registry, &chain)));
    assert_true(chain.whole);
}

static void torture_all(nx_act act)
{
    for (size_t i = 0; i < sizeof flows / sizeof flows[0]; i++)
        torture(&flows[i], act);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    torture_all(NX_ACT_ALLOC);
}

static void the_random_source_may_fail(void **state)
{
    (void)state;
    torture_all(NX_ACT_RANDOM);
}

static void every_round_trip_may_fail(void **state)
{
    (void)state;
    torture_all(NX_ACT_STORE);
}

static void every_statement_may_fail(void **state)
{
    (void)state;
    torture_all(NX_ACT_SQL);
}

static void every_reading_of_the_clock_may_jump(void **state)
{
    (void)state;
    torture_all(NX_ACT_CLOCK);
}

static void enrol(void)
{
    struct rig_browser home;
    phone_open(&phone, &rig);
    rig_browser_open(&home, &rig);
    rig_sign_in(&home, &rig.lan);
    phone_enrol(&phone, &home);
    rig_browser_close(&home);
}

static int up(void **state)
{
    (void)state;
    NX_AUTO_SECRET(password);
    if (rig_up(&rig) != 0 || !nx_ok(nx_bearer_start())) return -1;
    if (!nx_ok(nx_secret_set(&password, NX_LIT(RIG_PASSWORD)))) return -1;
    if (!nx_ok(nx_password_store(rig_house(&rig), rig.lan.id, &password))) return -1;
    enrol();
    rig_saml_up(&health, &rig, &(struct rig_saml_plan){.entity_id = NULL});
    return 0;
}

static int down(void **state)
{
    (void)state;
    rig_saml_down(&health);
    phone_close(&phone);
    nx_bearer_stop();
    rig_down(&rig);
    nx_clock_shift(0);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail),           cmocka_unit_test(the_random_source_may_fail),
        cmocka_unit_test(every_round_trip_may_fail),           cmocka_unit_test(every_statement_may_fail),
        cmocka_unit_test(every_reading_of_the_clock_may_jump),
    };
    return cmocka_run_group_tests(tests, up, down);
}
