/* What an enemy tries at the protocol's doors, with what he may really hold: a registration access token, a
 * token of another kind, a phone that showed less than was asked, a name with markup in it. */
#include "rig.h"

#include "authn/password.h"
#include "flow/step.h"
#include "oidc/register.h"
#include "registry/credential.h"
#include "revoke/revoke.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define CB "\"redirect_uris\":[\"https://portal.example/cb\"]"

static struct rig rig;
static struct rig_browser browser;

static int up(void **state)
{
    (void)state;
    return rig_up(&rig);
}

static int down(void **state)
{
    (void)state;
    rig_down(&rig);
    return 0;
}

static int open_browser(void **state)
{
    (void)state;
    rig_browser_open(&browser, &rig);
    rig_sign_in(&browser, &rig.lan);
    return 0;
}

static int close_browser(void **state)
{
    (void)state;
    rig_browser_close(&browser);
    return 0;
}

/* The status of a client's own PUT; members stand behind its id. */
static int replaced(const struct rig_client *c, const char *members)
{
    browser.authorization = nx_arena_printf(rig.arena, "Bearer %s", c->token);
    const char *body = nx_arena_printf(rig.arena, "{\"client_id\":\"%s\",%s}", c->id, members);
    int status = rig_send(&browser, "PUT", nx_arena_printf(rig.arena, "/oidc/register/%s", c->id),
                          "application/json", body)
                     ->status;
    browser.authorization = NULL;
    return status;
}

static nx_err registered(struct rig_client *c, const char *legal_basis, const char *metadata)
{
    nx_span json;
    const char *why = NULL;
    const struct nx_registrar by = {.actor = "operator", .legal_basis = legal_basis};
    nx_result r = nx_client_register(&json, &why, rig_house(&rig), rig.arena, &by, nx_span_str(metadata));
    if (!nx_ok(r) || !c) return r.e;
    NX_AUTO_JSON j = NULL;
    assert_true(nx_ok(nx_json_parse_object(&j, json)));
    snprintf(c->id, sizeof c->id, "%s", nx_json_str(j, "client_id"));
    snprintf(c->token, sizeof c->token, "%s", nx_json_str(j, "registration_access_token"));
    return NX_ERR_NONE;
}

static bool asks(const struct rig_client *c)
{
    nx_reply *rp = rig_follow(&browser, rig_get(&browser, rig_authorize_url(&rig, c, "")));
    return rp->status == 200 && strstr(rig_body(rp), "name=\"decision\"");
}

/* ---- a client that manages itself ---- */

static void test_rule_16_another_purpose_asks_again(void **state)
{
    (void)state;
    struct rig_client c;
    rig_register(&rig, &c, "{" CB ",\"nixa_purpose\":\"Land registry\"}");
    assert_non_null(rig_code(&browser, rig_authorize_url(&rig, &c, "")));
    assert_int_equal(replaced(&c, CB ",\"nixa_purpose\":\"Land registry\""), 200);
    assert_false(asks(&c));
    assert_int_equal(replaced(&c, CB ",\"nixa_purpose\":\"Advertising\""), 200);
    assert_true(asks(&c));
}

/* What an operator registered a legal basis for is what it covers: nobody is asked, so nothing may grow. */
static void test_rule_16_a_legal_basis_does_not_grow_by_itself(void **state)
{
    (void)state;
    struct rig_client c;
    assert_int_equal(registered(&c, "Decree 137/2015", "{" CB ",\"scope\":\"openid\"}"), NX_ERR_NONE);
    assert_false(asks(&c));
    assert_int_equal(replaced(&c, CB ",\"scope\":\"openid profile\""), 400);
    assert_int_equal(
        replaced(&c, "\"redirect_uris\":[\"https://elsewhere.example/cb\"],\"scope\":\"openid\""), 400);
    assert_int_equal(replaced(&c, CB ",\"scope\":\"openid\",\"nixa_purpose\":\"More\""), 400);
    assert_int_equal(replaced(&c, CB ",\"scope\":\"openid\",\"client_name\":\"New name\""), 200);
}

/* Being a resource (and so reading what introspection says), being told of revocations, the profile, whose
 * name one bears: an operator gives them, a registration access token does not. */
static void test_rule_13_no_client_makes_itself_an_audience(void **state)
{
    (void)state;
    static const char *const gains[] = {"\"nixa_audience\":\"" RIG_ISSUER "/oidc/userinfo\"",
                                        "\"nixa_introspects\":true",
                                        "\"nixa_organisation\":\"Ministry\"",
                                        "\"nixa_resources\":[\"https://other.example/\"]",
                                        "\"scope\":\"openid reports.write\"",
                                        "\"subject_type\":\"public\""};
    struct rig_client c;
    rig_register(&rig, &c, "{" CB "}");
    for (size_t i = 0; i < sizeof gains / sizeof gains[0]; i++)
        if (replaced(&c, nx_arena_printf(rig.arena, CB ",%s", gains[i])) != 400) fail_msg("%s", gains[i]);
    struct rig_client strict;
    rig_register(&rig, &strict, "{" CB ",\"nixa_profile\":\"fapi2\"}");
    assert_int_equal(replaced(&strict, CB), 400);
    assert_int_equal(replaced(&strict, CB ",\"nixa_profile\":\"fapi2\""), 200);
}

static void test_rule_12_no_client_has_our_own_audiences(void **state)
{
    (void)state;
    static const char *const own[] = {
        "\"nixa_resources\":[\"" RIG_ISSUER "/admin\"]", "\"nixa_resources\":[\"" RIG_ISSUER "\"]",
        "\"nixa_resources\":[\"HTTPS://LOCALHOST:8443/admin\"]", "\"nixa_audience\":\"" RIG_ISSUER "/admin\"",
        "\"nixa_audience\":\"" RIG_ISSUER "/oidc/userinfo\""};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (registered(NULL, NULL, nx_arena_printf(rig.arena, "{" CB ",%s}", own[i])) !=
            NX_ERR_CLIENT_METADATA)
            fail_msg("%s", own[i]);
    assert_int_equal(
        registered(NULL, NULL, "{" CB ",\"nixa_resources\":[\"https://localhost.example:8443/admin\"]}"),
        NX_ERR_NONE);
}

/* ---- consent ---- */

/* The phone shows claims; what it did not show, it did not agree to. */
static void test_rule_16_a_phone_agrees_to_what_it_showed(void **state)
{
    (void)state;
    struct nx_step step;
    nx_reply *rp = rig_follow(
        &browser, rig_get(&browser, rig_authorize_url(&rig, &rig.portal, "&scope=openid+offline_access")));
    const char *t = rig_field(&rig, rp, "t");
    struct nx_visitor who = {0};
    for (int i = 0; i < RIG_COOKIES; i++) {
        if (strcmp(browser.name[i], "__Host-nxb") == 0) who.browser = nx_span_str(browser.value[i]);
        if (strcmp(browser.name[i], "__Host-nxs") == 0) who.session = nx_span_str(browser.value[i]);
    }
    assert_true(nx_ok(nx_flow_phone_consent(&step, rig_house(&rig), rig.arena, &who, t)));
    assert_int_equal(step.kind, NX_STEP_CONSENT);
}

/* ---- tokens of another kind, or narrowed ---- */

static void test_an_access_token_is_no_hint(void **state)
{
    (void)state;
    NX_AUTO_JSON t = rig_tokens(&browser, &rig.portal, "");
    const char *hint =
        nx_arena_printf(rig.arena, "&prompt=none&id_token_hint=%s", nx_json_str(t, "access_token"));
    nx_reply *rp = rig_get(&browser, rig_authorize_url(&rig, &rig.portal, hint));
    assert_string_equal(rig_param(&rig, rp, "error"), "invalid_request");
    hint = nx_arena_printf(rig.arena, "/oidc/logout?id_token_hint=%s", nx_json_str(t, "access_token"));
    assert_int_equal(rig_get(&browser, hint)->status, 400);
}

/* RFC 6749 section 6: a token that was refreshed for less tells less. */
static void test_a_narrowed_token_tells_less(void **state)
{
    (void)state;
    NX_AUTO_JSON t = rig_tokens(&browser, &rig.portal, "&scope=openid+email+phone+offline_access");
    assert_non_null(nx_json_str(t, "refresh_token"));
    const char *form =
        nx_arena_printf(rig.arena, "grant_type=refresh_token&scope=openid+phone&refresh_token=%s",
                        nx_json_str(t, "refresh_token"));
    NX_AUTO_JSON less = rig_json(rig_call(&browser, &rig.portal, "/oidc/token", form));
    assert_string_equal(nx_json_str(less, "scope"), "openid phone");
    browser.authorization = nx_arena_printf(rig.arena, "Bearer %s", nx_json_str(less, "access_token"));
    NX_AUTO_JSON told = rig_json(rig_get(&browser, "/oidc/userinfo"));
    browser.authorization = nx_arena_printf(rig.arena, "Bearer %s", nx_json_str(t, "access_token"));
    NX_AUTO_JSON all = rig_json(rig_get(&browser, "/oidc/userinfo"));
    browser.authorization = NULL;
    assert_non_null(json_object_get(all, "email"));
    assert_non_null(json_object_get(all, "phone_number"));
    assert_null(json_object_get(told, "email"));
    assert_non_null(json_object_get(told, "phone_number"));
}

/* ---- what stands on something that ends ---- */

static void act(enum nx_revoke_act act, enum nx_revoke_scope scope, const char *target)
{
    struct nx_revoke_order order = {.act = act,
                                    .scope = scope,
                                    .target = target,
                                    .subject = rig.lan.id,
                                    .reason = "test",
                                    .actor = "operator"};
    assert_true(nx_ok(nx_revoke(rig_house(&rig), rig.arena, &order, NULL)));
}

static const struct {
    enum nx_revoke_scope scope;
    enum nx_revoke_act act;
} ends[] = {{NX_REVOKE_GRANT, NX_REVOKE},
            {NX_REVOKE_QR, NX_SUSPEND},
            {NX_REVOKE_CLIENT, NX_SUSPEND},
            {NX_REVOKE_PERSON, NX_REVOKE}};

static const char *target_of(enum nx_revoke_scope scope)
{
    if (scope == NX_REVOKE_QR) return rig.lan.qid;
    return scope == NX_REVOKE_PERSON ? rig.lan.id : rig.portal.id;
}

static void undo(size_t i)
{
    if (ends[i].act == NX_SUSPEND) act(NX_RESUME, ends[i].scope, target_of(ends[i].scope));
    rig_sign_in(&browser, &rig.lan);
}

/* Between the code and the token request something ends: nothing is issued. */
static void test_rule_21_a_code_dies_with_what_it_stands_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char *code = rig_code(&browser, rig_authorize_url(&rig, &rig.portal, ""));
        act(ends[i].act, ends[i].scope, target_of(ends[i].scope));
        nx_reply *rp = rig_redeem(&browser, &rig.portal, code);
        if (rp->status == 200) fail_msg("a code outlives end %zu", i);
        undo(i);
    }
}

/* A token that was good says so nowhere any more: refresh, introspection, userinfo. */
static void test_rule_13_a_token_dies_at_every_door(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        NX_AUTO_JSON t = rig_tokens(&browser, &rig.portal, "&scope=openid+offline_access");
        const char *access = nx_arena_strdup(rig.arena, nx_json_str(t, "access_token"));
        const char *refresh = nx_arena_printf(rig.arena, "grant_type=refresh_token&refresh_token=%s",
                                              nx_json_str(t, "refresh_token"));
        const char *about = nx_arena_printf(rig.arena, "token=%s", access);
        NX_AUTO_JSON before = rig_json(rig_call(&browser, &rig.portal, "/oidc/introspect", about));
        assert_true(nx_json_bool(before, "active", false));
        act(ends[i].act, ends[i].scope, target_of(ends[i].scope));
        nx_reply *rp = rig_call(&browser, &rig.portal, "/oidc/token", refresh);
        if (rp->status == 200) fail_msg("a refresh token outlives end %zu", i);
        rp = rig_call(&browser, &rig.portal, "/oidc/introspect", about);
        if (rp->status == 200) {
            NX_AUTO_JSON after = rig_json(rp);
            if (nx_json_bool(after, "active", true)) fail_msg("introspection outlives end %zu", i);
        }
        browser.authorization = nx_arena_printf(rig.arena, "Bearer %s", access);
        if (rig_get(&browser, "/oidc/userinfo")->status != 401) fail_msg("userinfo outlives end %zu", i);
        browser.authorization = NULL;
        undo(i);
    }
}

/* ---- who exists ---- */

/* A wrong password costs the same whoever's it is: no write, by whose time an existing name would be known.
 */
static void test_a_wrong_password_writes_nothing(void **state)
{
    (void)state;
    struct rig_browser stranger;
    struct nx_credential before, after;
    NX_AUTO_SECRET(password);
    assert_true(nx_ok(nx_secret_set(&password, NX_LIT(RIG_PASSWORD))));
    assert_true(nx_ok(nx_password_store(rig_house(&rig), rig.lan.id, &password)));
    rig_browser_open(&stranger, &rig);
    assert_true(nx_ok(nx_credential_get(rig_house(&rig)->registry, rig.arena, rig.lan.id, NULL,
                                        NX_CREDENTIAL_PASSWORD, &before)));
    const char *csrf = rig_field(&rig, rig_get(&stranger, "/login"), "csrf");
    const char *form = nx_arena_printf(rig.arena, "csrf=%s&password=wrong-password&username=", csrf);
    nx_reply *rp = rig_post(&stranger, "/login/password", nx_arena_printf(rig.arena, "%s%s", form, "nobody"));
    assert_int_equal(rp->status, 403);
    size_t said = rp->body.n;
    rp = rig_post(&stranger, "/login/password", nx_arena_printf(rig.arena, "%s%s", form, rig.lan.user_name));
    assert_int_equal(rp->status, 403);
    assert_int_equal(said - strlen("nobody"), rp->body.n - strlen(rig.lan.user_name));
    assert_true(nx_ok(nx_credential_get(rig_house(&rig)->registry, rig.arena, rig.lan.id, NULL,
                                        NX_CREDENTIAL_PASSWORD, &after)));
    assert_int_equal(after.failures, before.failures);
    assert_int_equal(after.failed_at, before.failed_at);
    rig_browser_close(&stranger);
}

/* ---- pages ---- */

#define MARKUP "<script>alert(1)</script>\\\"'><img src=x onerror=alert(1)>"

/* A registered name, a hint and a language wish come from outside: wherever they stand, they are text. */
static void test_names_from_outside_are_text(void **state)
{
    (void)state;
    struct rig_client c;
    struct rig_browser stranger;
    rig_register(&rig, &c,
                 "{" CB ",\"client_name\":\"" MARKUP "\",\"nixa_purpose\":\"" MARKUP
                 "\",\"nixa_organisation\":\"" MARKUP "\"}");
    rig_browser_open(&stranger, &rig);
    struct rig_browser *const who[] = {&stranger, &browser};
    char *url = rig_authorize_url(
        &rig, &c, "&login_hint=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&ui_locales=%22%3E%3Cscript%3E");
    for (size_t i = 0; i < 2; i++) {
        nx_reply *rp = rig_follow(who[i], rig_get(who[i], url));
        assert_int_equal(rp->status, 200);
        assert_null(strstr(rig_body(rp), "<script>alert"));
        assert_null(strstr(rig_body(rp), "<img src=x"));
        assert_non_null(strstr(rig_body(rp), "&lt;script&gt;alert"));
        assert_non_null(strstr(nx_reply_header_get(rp, "Content-Security-Policy"), "default-src 'none'"));
    }
    rig_browser_close(&stranger);
}

/* Every answer, errors too, says how a browser has to treat it. */
static void test_every_answer_is_safe(void **state)
{
    (void)state;
    static const char *const targets[] = {
        "/",       "/login",          "/nowhere",       "/login?t=x", "/oidc/token",
        "/me",     "/oidc/userinfo",  "/scim/v2/Users", "/qr/jwks",   "/console",
        "/wallet", "/static/nowhere", "/admin/v1/keys", "/a?b=1&b=2", "/../x"};
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        nx_reply *rp = rig_get(&browser, targets[i]);
        static const char *const fields[] = {"Strict-Transport-Security", "Content-Security-Policy",
                                             "X-Content-Type-Options",    "X-Frame-Options",
                                             "Referrer-Policy",           "Cache-Control"};
        for (size_t k = 0; k < sizeof fields / sizeof fields[0]; k++)
            if (!nx_reply_header_get(rp, fields[k])) fail_msg("%s lacks %s", targets[i], fields[k]);
        if (rp->status >= 400) assert_string_equal(nx_reply_header_get(rp, "Cache-Control"), "no-store");
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, open_browser, close_browser)
    const struct CMUnitTest tests[] = {
        T(test_rule_16_another_purpose_asks_again),
        T(test_rule_16_a_legal_basis_does_not_grow_by_itself),
        T(test_rule_13_no_client_makes_itself_an_audience),
        T(test_rule_12_no_client_has_our_own_audiences),
        T(test_rule_16_a_phone_agrees_to_what_it_showed),
        T(test_an_access_token_is_no_hint),
        T(test_a_narrowed_token_tells_less),
        T(test_rule_21_a_code_dies_with_what_it_stands_on),
        T(test_rule_13_a_token_dies_at_every_door),
        T(test_a_wrong_password_writes_nothing),
        T(test_names_from_outside_are_text),
        T(test_every_answer_is_safe),
    };
    return cmocka_run_group_tests(tests, up, down);
}
