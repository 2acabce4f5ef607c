/* Refresh, revocation, introspection and client credentials: rules 13, 15, 21 and 23 seen from outside. */
#include "rig.h"

#include "registry/qr_identity.h"
#include "revoke/revoke.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

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
    nx_clock_shift(0);
    rig_browser_close(&browser);
    return 0;
}

static nx_reply *refresh(const struct rig_client *c, const char *token)
{
    const char *form = nx_arena_printf(rig.arena, "grant_type=refresh_token&refresh_token=%s%s%s", token,
                                       c->secret[0] ? "" : "&client_id=", c->secret[0] ? "" : c->id);
    return rig_call(&browser, c, "/oidc/token", form);
}

static json_t *introspect(const struct rig_client *c, const char *token)
{
    return rig_json(rig_call(&browser, c, "/oidc/introspect", nx_arena_printf(rig.arena, "token=%s", token)));
}

static bool active(const struct rig_client *c, const char *token)
{
    NX_AUTO_JSON j = introspect(c, token);
    if (!nx_json_bool(j, "active", false)) assert_int_equal(json_object_size(j), 1);
    return nx_json_bool(j, "active", false);
}

static int userinfo(const char *token)
{
    browser.authorization = nx_arena_printf(rig.arena, "Bearer %s", token);
    int status = rig_get(&browser, "/oidc/userinfo")->status;
    browser.authorization = NULL;
    return status;
}

/* The texts of a token answer, which outlive it. */
struct got {
    const char *access;
    const char *refresh;
};

static struct got take(json_t *t)
{
    struct got g = {nx_arena_strdup(rig.arena, nx_json_str(t, "access_token")), NULL};
    if (nx_json_str(t, "refresh_token"))
        g.refresh = nx_arena_strdup(rig.arena, nx_json_str(t, "refresh_token"));
    json_decref(t);
    return g;
}

static struct got tokens(const struct rig_client *c, const char *more)
{
    return take(rig_tokens(&browser, c, more));
}

static struct got refreshed(const struct rig_client *c, const char *token)
{
    nx_reply *rp = refresh(c, token);
    if (rp->status != 200) fail_msg("refresh: %s", rig_body(rp));
    return take(rig_json(rp));
}

static void revoke(enum nx_revoke_scope scope, const char *target)
{
    nx_arena *a = nx_arena_open(4u << 20);
    struct nx_revoke_order o = {
        .act = NX_REVOKE, .scope = scope, .target = target, .reason = "test", .actor = "uid:0"};
    nx_result r = nx_revoke(rig_house(&rig), a, &o, NULL);
    if (!nx_ok(r)) fail_msg("revoke: %s", nx_err_name(r.e));
    nx_arena_close(a);
}

static void test_rule_15_confidential_clients_do_not_rotate(void **state)
{
    (void)state;
    struct got t = tokens(&rig.portal, "&scope=openid+offline_access");
    for (int i = 0; i < 3; i++) {
        struct got again = refreshed(&rig.portal, t.refresh);
        assert_string_equal(again.refresh, t.refresh);
        assert_true(active(&rig.portal, again.access));
    }
}

static void test_rule_15_public_clients_rotate_and_a_retry_gets_the_same(void **state)
{
    (void)state;
    struct got t = tokens(&rig.app, "&scope=openid+offline_access");
    struct got first = refreshed(&rig.app, t.refresh);
    assert_string_not_equal(first.refresh, t.refresh);
    struct got retry = refreshed(&rig.app, t.refresh);
    assert_string_equal(retry.refresh, first.refresh);
    assert_string_equal(retry.access, first.access);
    assert_int_equal(userinfo(first.access), 200);
}

static void test_rule_15_reuse_kills_the_family(void **state)
{
    (void)state;
    struct got t = tokens(&rig.app, "&scope=openid+offline_access");
    struct got first = refreshed(&rig.app, t.refresh);
    struct got second = refreshed(&rig.app, first.refresh); /* the successor is used: no retry any more */
    assert_int_equal(userinfo(second.access), 200);
    assert_oauth_error(refresh(&rig.app, t.refresh), 400, "invalid_grant");
    assert_oauth_error(refresh(&rig.app, second.refresh), 400, "invalid_grant");
    assert_int_equal(userinfo(second.access), 401);
    assert_int_equal(userinfo(t.access), 401);
}

static void test_rule_15_a_late_retry_is_reuse(void **state)
{
    (void)state;
    struct got t = tokens(&rig.app, "&scope=openid+offline_access");
    struct got first = refreshed(&rig.app, t.refresh);
    nx_clock_shift(11);
    assert_oauth_error(refresh(&rig.app, t.refresh), 400, "invalid_grant");
    assert_oauth_error(refresh(&rig.app, first.refresh), 400, "invalid_grant");
}

static void sign_out(void)
{
    nx_reply *rp = rig_follow(&browser, rig_get(&browser, "/oidc/logout"));
    rig_follow(&browser, rig_post(&browser, "/oidc/logout",
                                  nx_arena_printf(rig.arena, "t=%s&csrf=%s&decision=sign-out",
                                                  rig_field(&rig, rp, "t"), rig_field(&rig, rp, "csrf"))));
}

static void without_offline_access_the_family_ends_with_the_session(void **state)
{
    (void)state;
    struct got bound = tokens(&rig.portal, "&scope=openid");
    struct got offline = tokens(&rig.portal, "&scope=openid+offline_access");
    assert_int_equal(refresh(&rig.portal, bound.refresh)->status, 200);
    nx_clock_shift(rig.settings.session_idle_s + 60);
    assert_oauth_error(refresh(&rig.portal, bound.refresh), 400, "invalid_grant");
    assert_int_equal(refresh(&rig.portal, offline.refresh)->status, 200);
}

static void signing_out_ends_what_the_session_gave(void **state)
{
    (void)state;
    struct got t = tokens(&rig.portal, "&scope=openid");
    char *code = rig_code(&browser, rig_authorize_url(&rig, &rig.portal, ""));
    sign_out();
    assert_oauth_error(refresh(&rig.portal, t.refresh), 400, "invalid_grant");
    assert_int_equal(userinfo(t.access), 401);
    assert_oauth_error(rig_redeem(&browser, &rig.portal, code), 400, "invalid_grant");
}

/* OpenID Connect Back-Channel Logout 1.0 section 2.7: refresh tokens with offline_access are not revoked by it. */
static void signing_out_spares_offline_access(void **state)
{
    (void)state;
    struct got t = tokens(&rig.portal, "&scope=openid+offline_access");
    sign_out();
    assert_int_equal(refresh(&rig.portal, t.refresh)->status, 200);
}

static void test_rule_13_introspection_only_for_holder_and_audience(void **state)
{
    (void)state;
    struct got t = tokens(&rig.portal, "&scope=openid+offline_access");
    NX_AUTO_JSON j = introspect(&rig.portal, t.access);
    NX_AUTO_JSON claims = rig_claims(&rig, t.access, "at+jwt");
    assert_true(nx_json_bool(j, "active", false));
    static const char *const same[] = {"sub", "client_id", "scope", "acr", "qr_id", "aud", "iss"};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        assert_string_equal(nx_json_str(j, same[i]), nx_json_str(claims, same[i]));
    assert_true(json_equal(json_object_get(j, "status"), json_object_get(claims, "status")));
    assert_true(json_equal(json_object_get(j, "amr"), json_object_get(claims, "amr")));
    assert_int_equal(nx_json_int(j, "exp", 1), nx_json_int(claims, "exp", 2));
    assert_true(active(&rig.portal, t.access)); /* the second time from the table of verified tokens */
    assert_true(active(&rig.portal, t.refresh));
    assert_false(active(&rig.tax, t.access));
    assert_false(active(&rig.tax, t.refresh));
    assert_false(active(&rig.portal, "x.y.z"));
    assert_false(active(&rig.portal, "nothing"));
    const char *form = nx_arena_printf(rig.arena, "token=%s", t.access);
    assert_oauth_error(rig_call(&browser, NULL, "/oidc/introspect", form), 401, "invalid_client");
    assert_oauth_error(rig_call(&browser, NULL, "/oidc/introspect",
                                nx_arena_printf(rig.arena, "%s&client_id=%s", form, rig.app.id)),
                       401, "invalid_client");
    nx_clock_shift(301);
    assert_false(active(&rig.portal, t.access));
}

static void test_rule_13_the_audience_decides_the_pseudonym(void **state)
{
    (void)state;
    struct rig_client api, asker;
    rig_register(&rig, &api,
                 "{\"grant_types\":[\"client_credentials\"],\"nixa_audience\":\"https://api.example/v1\"}");
    rig_register(&rig, &asker,
                 "{\"redirect_uris\":[\"https://portal.example/cb\"],"
                 "\"nixa_resources\":[\"https://api.example/v1\",\"https://other.example/\"]}");
    struct got t = tokens(&asker, "&resource=https://api.example/v1&resource=https://other.example/");
    NX_AUTO_JSON own = rig_tokens(&browser, &rig.portal, "");
    NX_AUTO_JSON claims = rig_claims(&rig, t.access, "at+jwt");
    NX_AUTO_JSON plain = rig_claims(&rig, nx_json_str(own, "access_token"), "at+jwt");
    assert_string_equal(nx_json_str(claims, "aud"), "https://api.example/v1");
    assert_string_equal(nx_json_str(plain, "aud"), RIG_ISSUER "/oidc/userinfo");
    assert_string_not_equal(nx_json_str(claims, "sub"), nx_json_str(plain, "sub"));
    assert_string_not_equal(nx_json_str(claims, "qr_id"), nx_json_str(plain, "qr_id"));
    NX_AUTO_JSON seen = introspect(&api, t.access);
    assert_true(nx_json_bool(seen, "active", false));
    assert_string_equal(nx_json_str(seen, "sub"), nx_json_str(claims, "sub"));
    assert_false(active(&api, nx_json_str(own, "access_token")));
    assert_int_equal(userinfo(t.access), 401);
    nx_reply *rp = rig_get(&browser, rig_authorize_url(&rig, &asker, "&resource=https://third.example/"));
    assert_string_equal(rig_param(&rig, rp, "error"), "invalid_target");
}

static void test_rule_13_sub_is_pairwise_and_stable(void **state)
{
    (void)state;
    struct rig_client pub;
    rig_register(&rig, &pub,
                 "{\"redirect_uris\":[\"https://portal.example/cb\"],\"subject_type\":\"public\"}");
    NX_AUTO_JSON a = rig_claims(&rig, tokens(&rig.portal, "").access, "at+jwt");
    NX_AUTO_JSON b = rig_claims(&rig, tokens(&rig.tax, "").access, "at+jwt");
    NX_AUTO_JSON c = rig_claims(&rig, tokens(&rig.portal, "").access, "at+jwt");
    NX_AUTO_JSON d = rig_claims(&rig, tokens(&pub, "").access, "at+jwt");
    assert_string_equal(nx_json_str(a, "sub"), nx_json_str(c, "sub"));
    assert_string_equal(nx_json_str(a, "qr_id"), nx_json_str(c, "qr_id"));
    assert_string_not_equal(nx_json_str(a, "sub"), nx_json_str(b, "sub"));
    assert_string_not_equal(nx_json_str(a, "qr_id"), nx_json_str(b, "qr_id"));
    assert_string_equal(nx_json_str(d, "sub"), rig.lan.id);
    assert_true(!json_equal(json_object_get(a, "status"), json_object_get(c, "status"))); /* one a family */
}

static void revocation_as_rfc_7009(void **state)
{
    (void)state;
    struct got t = tokens(&rig.portal, "&scope=openid+offline_access");
    struct got other = refreshed(&rig.portal, t.refresh);
    const char *form = nx_arena_printf(rig.arena, "token=%s", t.access);
    assert_int_equal(rig_call(&browser, &rig.tax, "/oidc/revoke", form)->status,
                     200); /* not theirs: nothing happens */
    assert_int_equal(userinfo(t.access), 200);
    assert_int_equal(rig_call(&browser, &rig.portal, "/oidc/revoke", form)->status, 200);
    assert_int_equal(userinfo(t.access), 401);
    assert_int_equal(userinfo(other.access), 200);
    form = nx_arena_printf(rig.arena, "token=%s&token_type_hint=access_token", t.refresh);
    assert_int_equal(rig_call(&browser, &rig.portal, "/oidc/revoke", form)->status, 200);
    assert_int_equal(userinfo(other.access), 401);
    assert_oauth_error(refresh(&rig.portal, t.refresh), 400, "invalid_grant");
    assert_int_equal(rig_call(&browser, &rig.portal, "/oidc/revoke", form)->status, 200);
    assert_int_equal(rig_call(&browser, &rig.portal, "/oidc/revoke", "token=garbage")->status, 200);
    assert_oauth_error(rig_call(&browser, &rig.portal, "/oidc/revoke", "x=1"), 400, "invalid_request");
    assert_oauth_error(rig_call(&browser, NULL, "/oidc/revoke", form), 401, "invalid_client");
}

static void client_credentials(void **state)
{
    (void)state;
    nx_reply *rp = rig_call(&browser, &rig.machine, "/oidc/token", "grant_type=client_credentials");
    assert_int_equal(rp->status, 200);
    NX_AUTO_JSON t = rig_json(rp);
    NX_AUTO_JSON c = rig_claims(&rig, nx_json_str(t, "access_token"), "at+jwt");
    assert_string_equal(nx_json_str(c, "sub"), rig.machine.id);
    assert_string_equal(nx_json_str(t, "scope"), "reports reports.write");
    static const char *const absent[] = {"acr", "amr", "qr_id", "status", "auth_time"};
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++)
        assert_null(json_object_get(c, absent[i]));
    assert_null(nx_json_str(t, "refresh_token"));
    assert_null(nx_json_str(t, "id_token"));
    assert_true(active(&rig.machine, nx_json_str(t, "access_token")));
    assert_false(active(&rig.portal, nx_json_str(t, "access_token")));
    assert_int_equal(userinfo(nx_json_str(t, "access_token")),
                     403); /* no person: the scope openid is not held */
    assert_oauth_error(
        rig_call(&browser, &rig.machine, "/oidc/token", "grant_type=client_credentials&scope=openid"), 400,
        "invalid_scope");
    assert_oauth_error(
        rig_call(&browser, &rig.machine, "/oidc/token", "grant_type=client_credentials&scope=scim"), 400,
        "invalid_scope");
    NX_AUTO_JSON narrow = rig_json(
        rig_call(&browser, &rig.machine, "/oidc/token", "grant_type=client_credentials&scope=reports"));
    assert_string_equal(nx_json_str(narrow, "scope"), "reports");
}

/* Every way in is shut by the same act, at once. */
static void all_dead(struct got t, const char *code)
{
    assert_false(active(&rig.portal, t.access));
    assert_false(active(&rig.portal, t.refresh));
    assert_int_equal(userinfo(t.access), 401);
    assert_oauth_error(refresh(&rig.portal, t.refresh), 400, "invalid_grant");
    assert_oauth_error(rig_redeem(&browser, &rig.portal, code), 400, "invalid_grant");
    nx_reply *rp = rig_get(&browser, rig_authorize_url(&rig, &rig.portal, "&prompt=none"));
    assert_string_equal(rig_param(&rig, rp, "error"), "login_required");
}

static void test_rule_21_a_revocation_stops_what_is_on_its_way(void **state)
{
    (void)state;
    struct got t = tokens(&rig.portal, "&scope=openid+offline_access");
    char *code = rig_code(&browser, rig_authorize_url(&rig, &rig.portal, ""));
    revoke(NX_REVOKE_PERSON, rig.lan.id);
    all_dead(t, code);
    rig_sign_in(&browser, &rig.lan); /* she herself may come back */
    t = tokens(&rig.portal, "");
    assert_int_equal(userinfo(t.access), 200);
}

static void test_rule_21_the_clients_epoch(void **state)
{
    (void)state;
    struct rig_client c;
    rig_register(&rig, &c,
                 "{\"redirect_uris\":[\"https://portal.example/cb\"],"
                 "\"grant_types\":[\"authorization_code\",\"refresh_token\",\"client_credentials\"],"
                 "\"scope\":\"openid reports\"}");
    struct got t = tokens(&c, "");
    char *code = rig_code(&browser, rig_authorize_url(&rig, &c, ""));
    NX_AUTO_JSON own = rig_json(rig_call(&browser, &c, "/oidc/token", "grant_type=client_credentials"));
    assert_int_equal(userinfo(t.access), 200);
    revoke(NX_REVOKE_CLIENT, c.id);
    assert_int_equal(userinfo(t.access), 401);
    assert_oauth_error(rig_redeem(&browser, &c, code), 401, "invalid_client");
    assert_oauth_error(rig_call(&browser, &c, "/oidc/introspect",
                                nx_arena_printf(rig.arena, "token=%s", nx_json_str(own, "access_token"))),
                       401, "invalid_client");
    assert_int_equal(rig_get(&browser, rig_authorize_url(&rig, &c, ""))->status / 100, 4);
}

static void test_rule_23_bound_to_one_identity_for_good(void **state)
{
    (void)state;
    struct rig_browser phone;
    rig_browser_open(&phone, &rig);
    nx_registry *reg = rig_house(&rig)->registry;
    struct nx_qr_identity device = {.kind = NX_QR_DEVICE,
                                    .status = NX_QR_ACTIVE,
                                    .bound_at = 2,
                                    .jwk = "{}",
                                    .thumbprint = "T0123456789012345678901234567890123456789012"};
    memcpy(device.person.s, rig.lan.id, sizeof device.person.s);
    struct got paper = tokens(&rig.portal, "&scope=openid+offline_access");
    NX_AUTO_JSON on_paper = rig_claims(&rig, paper.access, "at+jwt");
    assert_true(nx_ok(nx_qr_identity_create(reg, &device)));
    /* The session of before stays with its identity. */
    NX_AUTO_JSON still = rig_claims(&rig, tokens(&rig.portal, "").access, "at+jwt");
    assert_string_equal(nx_json_str(still, "qr_id"), nx_json_str(on_paper, "qr_id"));
    /* A new sign-in takes the device. */
    rig_sign_in(&phone, &rig.lan);
    NX_AUTO_JSON t = rig_tokens(&phone, &rig.portal, "&scope=openid+offline_access");
    struct got on_device = take(json_incref(t));
    NX_AUTO_JSON bound = rig_claims(&rig, on_device.access, "at+jwt");
    assert_string_not_equal(nx_json_str(bound, "qr_id"), nx_json_str(on_paper, "qr_id"));
    revoke(NX_REVOKE_QR, device.qid.s);
    assert_int_equal(userinfo(on_device.access), 401);
    assert_false(active(&rig.portal, on_device.access));
    assert_oauth_error(refresh(&rig.portal, on_device.refresh), 400, "invalid_grant");
    nx_reply *rp = rig_get(&phone, rig_authorize_url(&rig, &rig.portal, "&prompt=none"));
    assert_string_equal(rig_param(&rig, rp, "error"), "login_required");
    assert_int_equal(userinfo(paper.access), 200); /* the other identity's sign-in lives on */
    assert_int_equal(refresh(&rig.portal, paper.refresh)->status, 200);
    rig_browser_close(&phone);
}

#define T(name) cmocka_unit_test_setup_teardown(name, open_browser, close_browser)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_rule_15_confidential_clients_do_not_rotate),
        T(test_rule_15_public_clients_rotate_and_a_retry_gets_the_same),
        T(test_rule_15_reuse_kills_the_family),
        T(test_rule_15_a_late_retry_is_reuse),
        T(without_offline_access_the_family_ends_with_the_session),
        T(signing_out_ends_what_the_session_gave),
        T(signing_out_spares_offline_access),
        T(test_rule_13_introspection_only_for_holder_and_audience),
        T(test_rule_13_the_audience_decides_the_pseudonym),
        T(test_rule_13_sub_is_pairwise_and_stable),
        T(revocation_as_rfc_7009),
        T(client_credentials),
        T(test_rule_21_a_revocation_stops_what_is_on_its_way),
        T(test_rule_21_the_clients_epoch),
        T(test_rule_23_bound_to_one_identity_for_good),
    };
    return cmocka_run_group_tests(tests, up, down);
}
