/* Assisted sign-in: who may vouch, for whom, and what comes of it. */
#include "rig_saml.h"

#include "base/clock.h"
#include "base/text.h"
#include "operate/counters.h"
#include "registry/counter.h"
#include "registry/identifier.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define NUMBER "001190012345"

static struct rig rig;
static struct rig_browser desk, screen;

/* Lan stands at the counter; Minh is the official behind it, signed in with two factors. */
static void make_official(const char *id, int proofing)
{
    struct nx_person p;
    assert_true(nx_ok(nx_person_get(rig_house(&rig)->registry, rig.arena, id, &p)));
    p.kind = NX_OFFICIAL;
    p.proofing = proofing;
    assert_true(nx_ok(nx_person_replace(rig_house(&rig)->registry, &p, 0)));
}

static nx_result allow(const char *who)
{
    struct nx_operate_call c = {.house = rig_house(&rig), .arena = rig.arena, .actor = "uid:0"};
    NX_AUTO_JSON out = NULL;
    NX_AUTO_JSON body = json_pack("{s:s, s:s}", "person", who, "place", "Quầy 3");
    return nx_operate_counter_put(&out, &c, body);
}

static void give_number(const char *person)
{
    struct nx_identifier id;
    assert_true(nx_ok(nx_identifier_make(&id, NX_SCHEME_NATIONAL_ID, NX_LIT(NUMBER))));
    assert_true(nx_ok(nx_identifier_replace(rig_house(&rig)->registry, person, &id, 1)));
}

static int up(void **state)
{
    (void)state;
    if (rig_up(&rig) != 0) return -1;
    rig_browser_open(&desk, &rig);
    rig_browser_open(&screen, &rig);
    give_number(rig.lan.id);
    make_official(rig.minh.id, 3);
    assert_true(nx_ok(allow(rig.minh.id)));
    return 0;
}

static int down(void **state)
{
    (void)state;
    rig_browser_close(&desk);
    rig_browser_close(&screen);
    rig_down(&rig);
    nx_clock_shift(0);
    return 0;
}

static void officer_signs_in(unsigned means)
{
    rig_prove(&desk, &rig.minh, (struct nx_proof){.means = means, .bound_at = 3, .rung = NX_RUNG_NONE}, NULL);
}

static nx_reply *look_up(const char *number)
{
    const char *csrf = rig_encoded(&rig, rig_field(&rig, rig_get(&desk, "/counter"), "csrf"));
    return rig_post(&desk, "/counter", nx_arena_printf(rig.arena, "csrf=%s&number=%s", csrf, number));
}

static nx_reply *vouch(const char *person, const char *more)
{
    nx_reply *rp = look_up(NUMBER);
    const char *at = strstr(rig_body(rp), "action=\"/counter/vouch\"");
    assert_non_null(at);
    const char *value = strstr(at, "name=\"csrf\" value=\"") + 19;
    const char *csrf = rig_encoded(&rig, nx_arena_dup(rig.arena, nx_span_of(value, strcspn(value, "\""))));
    return rig_post(&desk, "/counter/vouch",
                    nx_arena_printf(rig.arena, "csrf=%s&person=%s%s", csrf, person, more));
}

static char *digits_for_lan(void)
{
    nx_reply *rp = vouch(rig.lan.id, "&seen=1");
    assert_int_equal(rp->status, 200);
    const char *at = strstr(rig_body(rp), "data-voucher>");
    assert_non_null(at);
    return nx_arena_dup(rig.arena, nx_span_of(at + 13, 14));
}

static nx_reply *type(struct rig_browser *b, const char *digits)
{
    nx_reply *rp = rig_follow(b, rig_get(b, rig_authorize_url(&rig, &rig.portal, "")));
    char *t = nx_arena_strdup(rig.arena, rig_field(&rig, rp, "t"));
    rp = rig_get(b, nx_arena_printf(rig.arena, "/login/assisted?t=%s", t));
    const char *csrf = rig_encoded(&rig, rig_field(&rig, rp, "csrf"));
    return rig_post(b, "/login/assisted",
                    nx_arena_printf(rig.arena, "t=%s&csrf=%s&code=%s", t, csrf, rig_encoded(&rig, digits)));
}

static void an_officer_vouches_and_the_token_says_so(void **state)
{
    (void)state;
    officer_signs_in(NX_MEANS_PASSWORD | NX_MEANS_OTP);
    char *digits = digits_for_lan();
    nx_reply *rp = rig_follow(&screen, type(&screen, digits));
    const char *t = rig_field(&rig, rp, "t"), *csrf = rig_encoded(&rig, rig_field(&rig, rp, "csrf"));
    rp = rig_follow(&screen, rig_post(&screen, "/consent", nx_arena_printf(rig.arena, "t=%s&csrf=%s&decision=allow", t, csrf)));
    char *code = rig_param(&rig, rp, "code");
    assert_non_null(code);
    NX_AUTO_JSON answer = rig_json(rig_redeem(&screen, &rig.portal, code));
    NX_AUTO_JSON access = rig_claims(&rig, nx_json_str(answer, "access_token"), "at+jwt");
    NX_AUTO_JSON id = rig_claims(&rig, nx_json_str(answer, "id_token"), NULL);
    assert_string_equal(nx_json_str(access, "acr"), "urn:nixa:acr:m2");
    const char *act = nx_json_str(nx_json_object(access, "act"), "sub");
    assert_non_null(act);
    assert_string_equal(nx_json_str(nx_json_object(id, "act"), "sub"), act);
    assert_string_not_equal(act, nx_json_str(access, "sub"));
    assert_string_not_equal(act, rig.minh.id); /* the portal's own name of the officer */

    /* For this portal alone, and no change of credentials (SECURITY.md 3, 7). */
    rp = rig_get(&screen, rig_authorize_url(&rig, &rig.tax, "&prompt=none"));
    assert_non_null(strstr(rig_location(rp), "login_required"));
    assert_int_not_equal(rig_get(&screen, "/me/password")->status, 200);
}

static void a_portal_that_speaks_saml_is_told_too(void **state)
{
    (void)state;
    struct rig_saml health;
    struct rig_saml_answer x;
    rig_saml_up(&health, &rig, &(struct rig_saml_plan){.entity_id = NULL});
    officer_signs_in(NX_MEANS_PASSWORD | NX_MEANS_OTP);
    char *digits = digits_for_lan();
    nx_reply *rp = rig_follow(&screen, rig_get(&screen, rig_saml_ask(&health, "", "")));
    char *t = nx_arena_strdup(rig.arena, rig_field(&rig, rp, "t"));
    rp = rig_get(&screen, nx_arena_printf(rig.arena, "/login/assisted?t=%s", t));
    const char *csrf = rig_encoded(&rig, rig_field(&rig, rp, "csrf"));
    rp = rig_post(&screen, "/login/assisted",
                  nx_arena_printf(rig.arena, "t=%s&csrf=%s&code=%s", t, csrf, rig_encoded(&rig, digits)));
    rig_saml_read(&x, &health, rig_follow(&screen, rp));
    assert_string_equal(x.status, "Success");
    const char *act = rig_saml_value(&rig, x.assertion, "urn:nixa:attribute:act");
    assert_non_null(act);
    assert_string_not_equal(act, rig.minh.id);
    assert_string_equal(rig_saml_value(&rig, x.assertion, "urn:nixa:attribute:level"), "m2");
    rig_saml_forget(&x);
    rig_saml_down(&health);
}

static void digits_are_good_once_and_for_two_minutes(void **state)
{
    (void)state;
    officer_signs_in(NX_MEANS_PASSWORD | NX_MEANS_OTP);
    char *digits = digits_for_lan();
    assert_int_equal(type(&screen, "0000 0000 0000")->status, 403);
    assert_int_equal(type(&screen, "12")->status, 403);
    assert_int_equal(type(&screen, digits)->status, 303);
    struct rig_browser second;
    rig_browser_open(&second, &rig);
    assert_int_equal(type(&second, digits)->status, 403);
    officer_signs_in(NX_MEANS_PASSWORD | NX_MEANS_OTP);
    char *late = digits_for_lan();
    nx_clock_shift(NX_VOUCHER_LIFE_S + 1);
    assert_int_equal(type(&second, late)->status, 403);
    nx_clock_shift(0);
    rig_browser_close(&second);
}

static void guessing_is_slow(void **state)
{
    (void)state;
    int refused = 0;
    for (int i = 0; i < 12; i++)
        refused += type(&screen, "0000 0000 0001")->status == 429;
    assert_in_range(refused, 5, 11);
}

static void not_everybody_may_vouch(void **state)
{
    (void)state;
    officer_signs_in(NX_MEANS_PASSWORD); /* one factor is too little */
    assert_int_equal(rig_get(&desk, "/counter")->status, 403);
    struct rig_browser citizen;
    rig_browser_open(&citizen, &rig);
    rig_prove(&citizen, &rig.lan, (struct nx_proof){.means = NX_MEANS_PASSWORD | NX_MEANS_OTP, .bound_at = 3, .rung = NX_RUNG_NONE}, NULL);
    assert_int_equal(rig_get(&citizen, "/counter")->status, 403);
    rig_browser_close(&citizen);
    assert_int_equal(allow(rig.lan.id).e, NX_ERR_CONFLICT); /* a citizen cannot be put there */

    officer_signs_in(NX_MEANS_PASSWORD | NX_MEANS_OTP);
    assert_int_equal(look_up("001190012346")->status, 404);
    assert_int_equal(vouch(rig.lan.id, "")->status, 400); /* without having looked */
    assert_int_equal(vouch(rig.minh.id, "&seen=1")->status, 403); /* for herself */
    nx_clock_shift(rig.settings.recent_auth_s + 1);
    assert_int_equal(rig_get(&desk, "/counter")->status, 303); /* a sign-in of long ago */
    nx_clock_shift(0);
}

/* Between the digits and their use the officer is taken away. */
static void who_is_no_officer_any_more_has_vouched_for_nobody(void **state)
{
    (void)state;
    officer_signs_in(NX_MEANS_PASSWORD | NX_MEANS_OTP);
    char *digits = digits_for_lan();
    struct nx_operate_call c = {.house = rig_house(&rig), .arena = rig.arena, .actor = "uid:0"};
    assert_true(nx_ok(nx_operate_counter_remove(&c, rig.minh.id)));
    assert_int_equal(type(&screen, digits)->status, 403);
    assert_true(nx_ok(allow(rig.minh.id)));
    digits = digits_for_lan();
    struct nx_person p;
    assert_true(nx_ok(nx_person_get(rig_house(&rig)->registry, rig.arena, rig.minh.id, &p)));
    p.active = false;
    assert_true(nx_ok(nx_person_replace(rig_house(&rig)->registry, &p, 0)));
    assert_int_equal(type(&screen, digits)->status, 403);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, up, down)
    const struct CMUnitTest tests[] = {
        T(an_officer_vouches_and_the_token_says_so),
        T(a_portal_that_speaks_saml_is_told_too),
        T(digits_are_good_once_and_for_two_minutes),
        T(guessing_is_slow),
        T(not_everybody_may_vouch),
        T(who_is_no_officer_any_more_has_vouched_for_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
