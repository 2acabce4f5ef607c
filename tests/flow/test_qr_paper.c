/* Sign-in by paper and PIN: rule 8. */
#include "rig_phone.h"

#include "base/clock.h"
#include "qr/issue.h"
#include "qr/pin.h"
#include "registry/credential.h"
#include "registry/qr_identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define PIN "739518"

static struct rig rig;
static struct rig_browser kiosk, other;
static const char *handle;

static nx_result set_pin(void)
{
    struct nx_qr_identity paper;
    struct nx_qr_texts texts;
    NX_AUTO_SECRET(pin);
    NX_TRY(nx_qr_identity_get(rig_house(&rig)->registry, rig.arena, rig.lan.qid, &paper));
    NX_TRY(nx_secret_set(&pin, NX_LIT(PIN)));
    NX_TRY(nx_pin_set(rig_house(&rig), rig.arena, &paper, &pin));
    NX_TRY(nx_qr_issue(&texts, rig.arena, rig_house(&rig), &paper, nx_now()));
    handle = texts.handle;
    return NX_OK;
}

static int up(void **state)
{
    (void)state;
    if (rig_up(&rig) != 0) return -1;
    rig_browser_open(&kiosk, &rig);
    rig_browser_open(&other, &rig);
    return nx_ok(set_pin()) ? 0 : -1;
}

static int down(void **state)
{
    (void)state;
    rig_browser_close(&kiosk);
    rig_browser_close(&other);
    rig_down(&rig);
    nx_clock_shift(0);
    return 0;
}

static char *transaction(void)
{
    nx_reply *rp = rig_follow(&kiosk, rig_get(&kiosk, rig_authorize_url(&rig, &rig.portal, "")));
    char *t = page_piece(&rig, rp, "href=\"/login/qr?t=", '"');
    assert_non_null(t);
    return t;
}

static nx_reply *try(const char *t, const char *code, const char *pin)
{
    nx_reply *rp = rig_get(&kiosk, nx_arena_printf(rig.arena, "/login/paper?t=%s", t));
    assert_int_equal(rp->status, 200);
    char *csrf = rig_field(&rig, rp, "csrf");
    return rig_post(&kiosk, "/login/paper",
                    nx_arena_printf(rig.arena, "t=%s&csrf=%s&code=%s&pin=%s", t, csrf, rig_encoded(&rig, code), pin));
}

static enum nx_qr_status status_of_paper(void)
{
    struct nx_qr_identity q;
    assert_true(nx_ok(nx_qr_identity_get(rig_house(&rig)->registry, rig.arena, rig.lan.qid, &q)));
    return q.status;
}

static void test_rule_08_paper_and_pin_are_m1_for_this_portal(void **state)
{
    (void)state;
    nx_reply *rp = try(transaction(), handle, PIN);
    assert_int_equal(rp->status, 303);
    rp = rig_follow(&kiosk, rp);
    char *code = rig_param(&rig, rp, "code");
    if (!code) { /* consent is asked, each time */
        assert_non_null(strstr(rig_body(rp), "name=\"decision\""));
        char *form = nx_arena_printf(rig.arena, "t=%s&csrf=%s&decision=allow", rig_field(&rig, rp, "t"),
                                     rig_field(&rig, rp, "csrf"));
        rp = rig_follow(&kiosk, rig_post(&kiosk, "/consent", form));
        code = rig_param(&rig, rp, "code");
    }
    assert_non_null(code);
    NX_AUTO_JSON answer = rig_json(rig_redeem(&kiosk, &rig.portal, code));
    NX_AUTO_JSON claims = rig_claims(&rig, nx_json_str(answer, "access_token"), "at+jwt");
    assert_string_equal(nx_json_str(claims, "acr"), "urn:nixa:acr:m1");
    assert_true(nx_json_has(nx_json_array(claims, "amr"), "qr"));
    assert_string_equal(nx_json_str(claims, "qr_px"), "p0");
    /* No consent is remembered, no other portal is opened, nothing may be changed. */
    rp = rig_follow(&kiosk, rig_get(&kiosk, rig_authorize_url(&rig, &rig.portal, "&prompt=none")));
    assert_string_equal(rig_param(&rig, rp, "error"), "consent_required");
    rp = rig_follow(&kiosk, rig_get(&kiosk, rig_authorize_url(&rig, &rig.tax, "&prompt=none")));
    assert_string_equal(rig_param(&rig, rp, "error"), "login_required");
    rp = rig_get(&kiosk, "/me/phones/enrol");
    assert_int_not_equal(rp->status, 200);
    assert_null(strstr(rig_location(rp), "e="));
}

static void test_rule_08_the_printed_characters_do_as_well(void **state)
{
    (void)state;
    char *typed = nx_arena_strdup(rig.arena, rig.lan.qid);
    for (char *c = typed; *c; c++)
        *c = (char)(*c >= 'a' ? *c - 32 : *c);
    assert_int_equal(try(transaction(), typed, PIN)->status, 303);
}

static void test_rule_08_five_failures_suspend_that_paper_only(void **state)
{
    (void)state;
    char *t = transaction();
    for (int i = 0; i < 5; i++) {
        assert_int_equal(status_of_paper(), NX_QR_ACTIVE);
        assert_int_equal(try(t, handle, "111222")->status, 403);
    }
    assert_int_equal(status_of_paper(), NX_QR_SUSPENDED);
    nx_clock_shift(300);
    t = transaction();
    assert_int_equal(try(t, handle, PIN)->status, 403); /* right, and too late */
    rig_sign_in(&other, &rig.minh);
    assert_int_equal(rig_get(&other, "/me")->status, 200);
}

static void test_rule_08_unknown_codes_are_answered_alike(void **state)
{
    (void)state;
    char *t = transaction();
    nx_reply *rp = try(t, "aaaaaaaaaaaaaaaaaaaaaaaaaa", PIN);
    assert_int_equal(rp->status, 403);
    const char *said = strstr(rig_body(rp), "Mã hoặc PIN không đúng.");
    assert_non_null(said);
    assert_int_equal(try(t, "HELLO", PIN)->status, 403);
    assert_int_equal(try(t, rig.minh.qid, PIN)->status, 403); /* a paper whose PIN was never set */
    assert_int_equal(try(t, handle, "000000")->status, 403);
}

static void test_rule_08_a_source_is_limited(void **state)
{
    (void)state;
    char *t = transaction();
    int refused = 0;
    for (int i = 0; i < 25 && !refused; i++)
        refused = try(t, "aaaaaaaaaaaaaaaaaaaaaaaaaa", PIN)->status == 429;
    assert_int_equal(refused, 1);
}

static void test_rule_08_a_phones_code_is_no_paper(void **state)
{
    (void)state;
    struct phone phone;
    phone_open(&phone, &rig);
    rig_sign_in(&other, &rig.lan);
    phone_enrol(&phone, &other);
    nx_reply *rp = phone_call(&phone, "/qr/v1/sync", "sync", NULL, NULL);
    char *code = phone_text(&phone, rp, "handle");
    assert_int_equal(try(transaction(), code, PHONE_PIN)->status, 403);
    phone_close(&phone);
}

/* The verifier needs the pepper, which is not in the registry. */
static void test_rule_08_the_pepper_is_needed(void **state)
{
    (void)state;
    struct nx_credential c;
    NX_AUTO_SECRET(pin);
    assert_true(nx_ok(nx_credential_get(rig_house(&rig)->registry, rig.arena, rig.lan.id, rig.lan.qid,
                                        NX_CREDENTIAL_PIN, &c)));
    assert_true(nx_ok(nx_secret_set(&pin, NX_LIT(PIN))));
    struct nx_password_cost cost = NX_PASSWORD_COST;
    nx_span pepper = nx_master_key(rig_house(&rig)->master, NX_LABEL_PEPPER);
    assert_int_equal(nx_password_verify(c.verifier, &cost, &pin, NX_SPAN_NONE).e, NX_ERR_PASSWORD);
    assert_true(nx_ok(nx_password_verify(c.verifier, &cost, &pin, pepper)));
}

#define T(name) cmocka_unit_test_setup_teardown(name, up, down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_rule_08_paper_and_pin_are_m1_for_this_portal),
        T(test_rule_08_the_printed_characters_do_as_well),
        T(test_rule_08_five_failures_suspend_that_paper_only),
        T(test_rule_08_unknown_codes_are_answered_alike),
        T(test_rule_08_a_source_is_limited),
        T(test_rule_08_a_phones_code_is_no_paper),
        T(test_rule_08_the_pepper_is_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
