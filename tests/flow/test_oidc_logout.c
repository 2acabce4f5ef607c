/* RP-initiated and back-channel logout of the conformance suite, and rule 18. */
#include "rig.h"

#include "oidc/backchannel.h"
#include "registry/outbox.h"

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

static const char *hint(void)
{
    NX_AUTO_JSON t = rig_tokens(&browser, &rig.portal, "");
    return nx_arena_strdup(rig.arena, nx_json_str(t, "id_token"));
}

static nx_reply *logout(const char *query)
{
    return rig_get(&browser, nx_arena_printf(rig.arena, "/oidc/logout?%s", query));
}

static bool signed_in(void)
{
    nx_reply *rp = rig_get(&browser, rig_authorize_url(&rig, &rig.portal, "&prompt=none"));
    const char *error = rig_param(&rig, rp, "error");
    return !error || strcmp(error, "login_required") != 0;
}

static void assert_no_redirect_to_portal(nx_reply *rp)
{
    assert_null(strstr(rig_location(rp), "portal.example"));
}

static nx_reply *answer(nx_reply *rp, const char *decision)
{
    assert_int_equal(rp->status, 200);
    const char *form = nx_arena_printf(rig.arena, "t=%s&csrf=%s&decision=%s", rig_field(&rig, rp, "t"),
                                       rig_field(&rig, rp, "csrf"), decision);
    return rig_post(&browser, "/oidc/logout", form);
}

#define BYE "post_logout_redirect_uri=https://portal.example/bye"

static void test_oidcc_rp_initiated_logout(void **state)
{
    (void)state;
    nx_reply *rp = logout(nx_arena_printf(rig.arena, "id_token_hint=%s&" BYE "&state=a%%26b", hint()));
    assert_int_equal(rp->status, 303);
    assert_string_equal(rig_location(rp), "https://portal.example/bye?state=a%26b");
    assert_false(signed_in());
}

static void an_expired_hint_is_as_good(void **state)
{
    (void)state;
    const char *h = hint();
    nx_clock_shift(1200);
    nx_reply *rp = logout(nx_arena_printf(rig.arena, "id_token_hint=%s&" BYE, h));
    assert_string_equal(rig_location(rp), "https://portal.example/bye");
    assert_false(signed_in());
}

static void test_oidcc_rp_initiated_logout_post(void **state)
{
    (void)state;
    browser.foreign = true;
    nx_reply *rp =
        rig_post(&browser, "/oidc/logout", nx_arena_printf(rig.arena, "id_token_hint=%s&" BYE, hint()));
    browser.foreign = false;
    assert_string_equal(rig_location(rp), "https://portal.example/bye");
}

static void test_oidcc_rp_initiated_logout_bad_post_logout_redirect_uri(void **state)
{
    (void)state;
    static const char *const bad[] = {"https%3A%2F%2Fportal.example%2Fother",
                                      "https%3A%2F%2Fportal.example%2Fbye%3Fx%3D1",
                                      "https%3A%2F%2Fevil.example%2Fbye"};
    for (size_t i = 0; i < 3; i++) {
        rig_sign_in(&browser, &rig.lan);
        nx_reply *rp = logout(nx_arena_printf(
            rig.arena, "id_token_hint=%s&state=s&post_logout_redirect_uri=%s", hint(), bad[i]));
        assert_string_equal(rig_location(rp), "/signed-out");
        assert_false(signed_in());
    }
}

static void test_oidcc_rp_initiated_logout_modified_and_bad_id_token_hint(void **state)
{
    (void)state;
    const char *good = hint();
    char *none = nx_arena_printf(rig.arena, "eyJhbGciOiJub25lIn0%s.", strchr(good, '.'));
    *strrchr(none, '.') = 0;
    *strrchr(none, '.') = 0;
    none = nx_arena_printf(rig.arena, "%s.", none);
    char *flipped = nx_arena_strdup(rig.arena, good);
    char *at = strrchr(flipped, '.') + 5;
    *at = *at == 'A' ? 'B' : 'A';
    const char *const bad[] = {none, flipped, "x", "e30.e30.AAAA"};
    for (size_t i = 0; i < 4; i++) {
        nx_reply *rp = logout(nx_arena_printf(rig.arena, "id_token_hint=%s&" BYE, bad[i]));
        assert_int_equal(rp->status, 400);
        assert_no_redirect_to_portal(rp);
        assert_true(signed_in());
    }
    nx_reply *rp = logout(nx_arena_printf(rig.arena, "id_token_hint=%s&client_id=%s&" BYE, good, rig.tax.id));
    assert_int_equal(rp->status, 400);
}

static void test_oidcc_rp_initiated_logout_no_id_token_hint(void **state)
{
    (void)state;
    const char *query = nx_arena_printf(rig.arena, "client_id=%s&" BYE "&state=s9", rig.portal.id);
    nx_reply *rp = logout(query);
    assert_int_equal(rp->status, 200); /* asks */
    assert_true(signed_in());
    rp = logout(query);
    assert_string_equal(rig_location(answer(rp, "stay")), "/");
    assert_true(signed_in());
    rp = answer(logout(query), "sign-out");
    assert_string_equal(rig_location(rp), "https://portal.example/bye?state=s9");
    assert_false(signed_in());
    rp = logout(query); /* nobody to ask, and no proof who asks */
    assert_no_redirect_to_portal(rp);
}

static void a_strange_form_signs_nobody_out(void **state)
{
    (void)state;
    nx_reply *rp = logout("");
    const char *t = rig_field(&rig, rp, "t"), *csrf = rig_field(&rig, rp, "csrf");
    rp = rig_post(
        &browser, "/oidc/logout",
        nx_arena_printf(rig.arena, "t=%s&csrf=%.*sx&decision=sign-out", t, (int)strlen(csrf) - 1, csrf));
    assert_int_equal(rp->status, 403);
    assert_true(signed_in());
    rp = rig_post(&browser, "/oidc/logout",
                  nx_arena_printf(rig.arena, "t=%s&csrf=%s&decision=sign-out", t, csrf));
    assert_string_equal(rig_location(rp), "/signed-out");
    assert_false(signed_in());
    rp = rig_post(&browser, "/oidc/logout",
                  nx_arena_printf(rig.arena, "t=%s&csrf=%s&decision=sign-out", t, csrf));
    assert_int_equal(rp->status, 404); /* once */
}

static void test_oidcc_rp_initiated_logout_no_params_only_state_no_uri(void **state)
{
    (void)state;
    static const char *const queries[] = {"", "state=s"};
    for (size_t i = 0; i < 2; i++) {
        rig_sign_in(&browser, &rig.lan);
        assert_string_equal(rig_location(answer(logout(queries[i]), "sign-out")), "/signed-out");
        assert_false(signed_in());
        assert_int_equal(rig_follow(&browser, rig_get(&browser, "/signed-out"))->status, 200);
    }
    rig_sign_in(&browser, &rig.lan);
    nx_reply *rp = logout(nx_arena_printf(rig.arena, "id_token_hint=%s", hint()));
    assert_string_equal(rig_location(rp), "/signed-out");
    assert_false(signed_in());
}

static void somebody_elses_hint_asks(void **state)
{
    (void)state;
    const char *h = hint();
    rig_sign_in(&browser, &rig.minh);
    nx_reply *rp = logout(nx_arena_printf(rig.arena, "id_token_hint=%s&" BYE, h));
    assert_int_equal(rp->status, 200);
    assert_non_null(strstr(rig_body(rp), "Trần Văn Minh"));
    assert_true(signed_in());
}

/* ---- back channel ---- */

/* The notices to a client that are due now; each is leased and confirmed. */
static size_t notices(const struct rig_client *c, json_t **claims, size_t max)
{
    nx_arena *a = nx_arena_open(1u << 20);
    struct nx_notice_list due;
    size_t n = 0;
    assert_true(
        nx_ok(nx_outbox_lease(rig_house(&rig)->registry, a, nx_now(), 60, NX_OUTBOX_LEASE_MAX, &due)));
    for (size_t i = 0; i < due.n; i++) {
        struct nx_egress_request rq;
        assert_true(nx_ok(nx_outbox_delivered(rig_house(&rig)->registry, due.v[i].id, nx_now())));
        if (strcmp(due.v[i].target, c->id) != 0) continue;
        assert_string_equal(due.v[i].kind, nx_notice_backchannel.name);
        assert_true(nx_ok(nx_notice_backchannel.build(&rq, rig_house(&rig), a, &due.v[i])));
        assert_string_equal(rq.url, "https://portal.example/logout");
        assert_string_equal(rq.content_type, "application/x-www-form-urlencoded");
        assert_true(nx_span_starts(rq.body, NX_LIT("logout_token=")));
        assert_true(n < max);
        claims[n++] = rig_claims(&rig, nx_arena_dup(rig.arena, nx_span_from(rq.body, 13)), "logout+jwt");
    }
    nx_arena_close(a);
    return n;
}

/* Takes what earlier tests left. */
static void drain(void)
{
    json_t *old[NX_OUTBOX_LEASE_MAX + 1];
    size_t n = notices(&rig.portal, old, NX_OUTBOX_LEASE_MAX + 1);
    for (size_t i = 0; i < n; i++)
        json_decref(old[i]);
}

static void test_oidcc_backchannel_rp_initiated_logout(void **state)
{
    (void)state;
    json_t *claims[4];
    drain();
    NX_AUTO_JSON t = rig_tokens(&browser, &rig.portal, "");
    NX_AUTO_JSON id = rig_claims(&rig, nx_json_str(t, "id_token"), NULL);
    logout(nx_arena_printf(rig.arena, "id_token_hint=%s&" BYE, nx_json_str(t, "id_token")));
    assert_int_equal(notices(&rig.portal, claims, 4), 1);
    NX_AUTO_JSON token = claims[0];
    assert_string_equal(nx_json_str(token, "iss"), RIG_ISSUER);
    assert_string_equal(nx_json_str(token, "aud"), rig.portal.id);
    assert_string_equal(nx_json_str(token, "sid"), nx_json_str(id, "sid"));
    assert_string_equal(nx_json_str(token, "sub"), nx_json_str(id, "sub"));
    assert_non_null(nx_json_object(nx_json_object(token, "events"),
                                   "http://schemas.openid.net/event/backchannel-logout"));
    assert_null(json_object_get(token, "nonce"));
    assert_non_null(nx_json_str(token, "jti"));
    int64_t life = nx_json_int(token, "exp", 0) - nx_json_int(token, "iat", 0);
    assert_true(life > 0 && life <= 120);
    assert_false(signed_in());
}

static void test_rule_18_each_try_is_a_new_token(void **state)
{
    (void)state;
    nx_arena *a = nx_arena_open(1u << 20);
    NX_AUTO(nx_client) c = NULL;
    char *one, *two;
    assert_true(nx_ok(nx_client_get(rig_house(&rig)->registry, nx_span_str(rig.portal.id), &c)));
    assert_true(nx_ok(nx_logout_token(&one, rig_house(&rig), a, c, rig.lan.id, rig.lan.qid)));
    assert_true(nx_ok(nx_logout_token(&two, rig_house(&rig), a, c, rig.lan.id, NULL)));
    NX_AUTO_JSON first = rig_claims(&rig, one, "logout+jwt");
    NX_AUTO_JSON second = rig_claims(&rig, two, "logout+jwt");
    assert_string_not_equal(nx_json_str(first, "jti"), nx_json_str(second, "jti"));
    assert_non_null(nx_json_str(first, "sid"));
    assert_null(nx_json_str(second, "sid")); /* every session of hers has ended: sub alone */
    assert_non_null(nx_json_str(second, "sub"));
    nx_arena_close(a);
}

/* Two clients cannot tell that their sids are of one session; only those that were signed in are told. */
static void test_rule_18_the_sid_is_that_clients(void **state)
{
    (void)state;
    json_t *claims[4];
    drain();
    struct rig_client second;
    rig_register(&rig, &second,
                 "{\"redirect_uris\":[\"https://portal.example/cb\"],"
                 "\"backchannel_logout_uri\":\"https://portal.example/logout\"}");
    NX_AUTO_JSON a = rig_claims(&rig, hint(), NULL);
    NX_AUTO_JSON t = rig_tokens(&browser, &second, "");
    NX_AUTO_JSON b = rig_claims(&rig, nx_json_str(t, "id_token"), NULL);
    assert_string_not_equal(nx_json_str(a, "sid"), nx_json_str(b, "sid"));
    logout(nx_arena_printf(rig.arena, "id_token_hint=%s", nx_json_str(t, "id_token")));
    assert_int_equal(notices(&second, claims, 4), 1);
    assert_string_equal(nx_json_str(claims[0], "sid"), nx_json_str(b, "sid"));
    json_decref(claims[0]);
}

#define T(name) cmocka_unit_test_setup_teardown(name, open_browser, close_browser)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_oidcc_rp_initiated_logout),
        T(an_expired_hint_is_as_good),
        T(test_oidcc_rp_initiated_logout_post),
        T(test_oidcc_rp_initiated_logout_bad_post_logout_redirect_uri),
        T(test_oidcc_rp_initiated_logout_modified_and_bad_id_token_hint),
        T(test_oidcc_rp_initiated_logout_no_id_token_hint),
        T(a_strange_form_signs_nobody_out),
        T(test_oidcc_rp_initiated_logout_no_params_only_state_no_uri),
        T(somebody_elses_hint_asks),
        T(test_oidcc_backchannel_rp_initiated_logout),
        T(test_rule_18_each_try_is_a_new_token),
        T(test_rule_18_the_sid_is_that_clients),
    };
    return cmocka_run_group_tests(tests, up, down);
}
