/* A person's own page. */
#include "authn/password.h"
#include "base/clock.h"
#include "house/chain.h"
#include "registry/consent.h"
#include "registry/qr_identity.h"
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct rig rig;
static struct rig_browser b, other;

static int set_passwords(void)
{
    NX_AUTO_SECRET(password);
    const char *people[] = {rig.lan.id, rig.minh.id};
    if (!nx_ok(nx_secret_set(&password, NX_LIT(RIG_PASSWORD)))) return -1;
    for (size_t i = 0; i < 2; i++)
        if (!nx_ok(nx_password_store(rig_house(&rig), people[i], &password))) return -1;
    return 0;
}

static int up(void **state)
{
    (void)state;
    int r = rig_up(&rig);
    rig_browser_open(&b, &rig);
    rig_browser_open(&other, &rig);
    return r == 0 ? set_passwords() : r;
}

static int down(void **state)
{
    (void)state;
    rig_browser_close(&b);
    rig_browser_close(&other);
    rig_down(&rig);
    nx_clock_shift(0);
    return 0;
}

static nx_reply *act(const char *name, const char *id)
{
    nx_reply *rp = rig_get(&b, "/me");
    assert_int_equal(rp->status, 200);
    char form[400];
    snprintf(form, sizeof form, "csrf=%s&act=%s&id=%s", rig_field(&rig, rp, "csrf"), name, id);
    return rig_post(&b, "/me", form);
}

static nx_reply *change_password(const char *current, const char *fresh, const char *repeat)
{
    nx_reply *rp = rig_get(&b, "/me/password");
    assert_int_equal(rp->status, 200);
    char form[600];
    snprintf(form, sizeof form, "csrf=%s&current=%s&new=%s&repeat=%s", rig_field(&rig, rp, "csrf"), current,
             fresh, repeat);
    return rig_post(&b, "/me/password", form);
}

static void strangers_sign_in_and_come_back(void **state)
{
    (void)state;
    nx_reply *rp = rig_get(&b, "/me");
    assert_int_equal(rp->status, 303);
    assert_string_equal(rig_location(rp), "/login");
    rp = rig_follow(&b, rp);
    char form[400];
    snprintf(form, sizeof form, "t=&csrf=%s&username=LAN&password=correct+horse+battery",
             rig_field(&rig, rp, "csrf"));
    rp = rig_follow(&b, rig_post(&b, "/login/password", form));
    assert_int_equal(rp->status, 200);
    assert_true(rig_says(rp, "Nguyễn Thị Lan"));
}

static void what_is_hers_is_shown(void **state)
{
    (void)state;
    rig_sign_in(&b, &rig.lan);
    json_decref(rig_tokens(&b, &rig.portal, "&scope=openid+profile"));
    assert_true(nx_ok(nx_house_chain(rig_house(&rig))));
    nx_reply *rp = rig_get(&b, "/me");
    assert_true(rig_says(rp, rig.lan.qid));
    assert_true(rig_says(rp, rig.portal.id)); /* the consent */
    assert_true(rig_says(rp, "data-action=\"sign-out-everywhere\""));
    assert_true(rig_says(rp, "Đăng nhập")); /* her activity */
    rp = rig_get(&b, "/me?done=password");
    assert_true(rig_says(rp, "role=\"status\""));
    assert_false(rig_says(rig_get(&b, "/me?done=%3Cb%3E"), "role=\"status\""));
}

static void sign_out_everywhere(void **state)
{
    (void)state;
    rig_sign_in(&b, &rig.lan);
    rig_sign_in(&other, &rig.lan);
    assert_int_equal(rig_get(&other, "/me")->status, 200);
    nx_reply *rp = act("sign-out-everywhere", "");
    assert_string_equal(rig_location(rp), "/signed-out?everywhere=1");
    assert_int_equal(rig_get(&b, "/me")->status, 303);
    assert_int_equal(rig_get(&other, "/me")->status, 303);
}

static void sign_out_ends_this_session_alone(void **state)
{
    (void)state;
    rig_sign_in(&b, &rig.lan);
    rig_sign_in(&other, &rig.lan);
    assert_string_equal(rig_location(act("sign-out", "")), "/signed-out");
    assert_int_equal(rig_get(&b, "/me")->status, 303);
    assert_int_equal(rig_get(&other, "/me")->status, 200);
}

static void another_session_of_hers_ends_but_not_somebody_elses(void **state)
{
    (void)state;
    struct nx_signon_list list;
    rig_sign_in(&other, &rig.minh);
    assert_true(nx_ok(nx_signon_list(rig_house(&rig)->store, rig.arena, rig.minh.id, &list)));
    assert_int_equal(list.n, 1);
    rig_sign_in(&b, &rig.lan);
    assert_int_equal(act("end", list.v[0].id.s)->status, 404);
    assert_int_equal(rig_get(&other, "/me")->status, 200);
    rig_sign_in(&other, &rig.lan);
    assert_true(nx_ok(nx_signon_list(rig_house(&rig)->store, rig.arena, rig.lan.id, &list)));
    for (size_t i = 0; i < list.n; i++) {
        if (!strstr(rig_body(rig_get(&b, "/me")), list.v[i].id.s)) continue;
        assert_string_equal(rig_location(act("end", list.v[i].id.s)), "/me?done=session_ended");
        break;
    }
    assert_int_equal(rig_get(&other, "/me")->status, 303);
}

static void changing_the_password_ends_everything_else(void **state)
{
    (void)state;
    rig_sign_in(&b, &rig.lan);
    rig_sign_in(&other, &rig.lan);
    NX_AUTO_JSON tokens = rig_tokens(&other, &rig.portal, "");
    assert_int_equal(change_password("wrong", "a+new+long+sentence", "a+new+long+sentence")->status, 403);
    assert_int_equal(change_password("correct+horse+battery", "short", "short")->status, 400);
    assert_int_equal(change_password("correct+horse+battery", "1234567890", "1234567890")->status, 400);
    assert_int_equal(
        change_password("correct+horse+battery", "a+new+long+sentence", "another+one+entirely")->status, 400);
    assert_int_equal(rig_get(&other, "/me")->status, 200);
    nx_reply *rp = change_password("correct+horse+battery", "a+new+long+sentence", "a+new+long+sentence");
    assert_string_equal(rig_location(rp), "/me?done=password");
    assert_int_equal(rig_get(&b, "/me")->status, 200); /* her present browser goes on, in a new session */
    assert_int_equal(rig_get(&other, "/me")->status, 303);
    char form[3000];
    snprintf(form, sizeof form, "token=%s", nx_json_str(tokens, "access_token"));
    rp = rig_call(&other, &rig.portal, "/oidc/introspect", form);
    assert_true(rig_says(rp, "\"active\":false"));
}

static void withdrawing_consent_ends_what_was_given(void **state)
{
    (void)state;
    rig_sign_in(&b, &rig.lan);
    NX_AUTO_JSON tokens = rig_tokens(&b, &rig.portal, "&scope=openid+profile");
    NX_AUTO_JSON tax = rig_tokens(&b, &rig.tax, "&scope=openid+profile");
    assert_string_equal(rig_location(act("withdraw", rig.portal.id)), "/me?done=consent_withdrawn");
    char form[3000];
    snprintf(form, sizeof form, "token=%s", nx_json_str(tokens, "access_token"));
    assert_true(rig_says(rig_call(&b, &rig.portal, "/oidc/introspect", form), "\"active\":false"));
    snprintf(form, sizeof form, "token=%s", nx_json_str(tax, "access_token"));
    assert_true(rig_says(rig_call(&b, &rig.tax, "/oidc/introspect", form), "\"active\":true"));
    nx_reply *rp = rig_follow(&b, rig_get(&b, rig_authorize_url(&rig, &rig.portal, "&scope=openid+profile")));
    assert_true(rig_says(rp, "name=\"decision\"")); /* asked again */
    assert_int_equal(act("withdraw", "unknown")->status, 404);
}

static enum nx_qr_status status_of(const char *qid)
{
    struct nx_qr_identity q;
    assert_true(nx_ok(nx_qr_identity_get(rig_house(&rig)->registry, rig.arena, qid, &q)));
    return q.status;
}

static void her_qr_identity_is_suspended_resumed_revoked(void **state)
{
    (void)state;
    rig_sign_in(&b, &rig.lan);
    assert_int_equal(act("revoke", rig.minh.qid)->status, 404); /* somebody else's */
    assert_int_equal(act("nonsense", rig.lan.qid)->status, 400);
    assert_string_equal(rig_location(act("suspend", rig.lan.qid)), "/me?done=qr_suspended");
    assert_int_equal(status_of(rig.lan.qid), NX_QR_SUSPENDED);
    assert_int_not_equal(rig_get(&b, "/me")->status, 200); /* what is bound to it rests with it */
    rig_browser_close(&b);
    rig_browser_open(&b, &rig);
    rig_sign_in(&b, &rig.lan); /* a new session, bound to none: the paper was her only one */
    assert_string_equal(rig_location(act("resume", rig.lan.qid)), "/me?done=qr_resumed");
    assert_int_equal(status_of(rig.lan.qid), NX_QR_ACTIVE);
    assert_string_equal(rig_location(act("revoke", rig.lan.qid)), "/me?done=qr_revoked");
    assert_int_equal(status_of(rig.lan.qid), NX_QR_REVOKED);
    assert_int_equal(act("resume", rig.lan.qid)->status, 409); /* revoked is final */
}

static void rule_3_a_stale_proof_is_asked_for_again(void **state)
{
    (void)state;
    rig_sign_in(&b, &rig.lan);
    assert_string_equal(rig_location(act("enrol", "")), "/me/phones/enrol");
    nx_clock_shift(400);
    nx_reply *rp = act("enrol", "");
    assert_string_equal(rig_location(rp), "/me/confirm?next=/me/phones/enrol");
    rp = rig_follow(&b, rp);
    char form[400];
    snprintf(form, sizeof form, "csrf=%s&next=%%2Fme%%2Fphones%%2Fenrol&password=wrong",
             rig_field(&rig, rp, "csrf"));
    assert_int_equal(rig_post(&b, "/me/confirm", form)->status, 403);
    snprintf(form, sizeof form, "csrf=%s&next=https%%3A%%2F%%2Fevil.example&password=correct+horse+battery",
             rig_field(&rig, rig_get(&b, "/me/confirm"), "csrf"));
    assert_string_equal(rig_location(rig_post(&b, "/me/confirm", form)), "/me");
    assert_string_equal(rig_location(act("enrol", "")), "/me/phones/enrol");
}

static void rule_3_a_sign_in_without_proximity_changes_no_credentials(void **state)
{
    (void)state;
    struct nx_proof far = {.means = NX_MEANS_QR_PIN, .bound_at = NX_M2, .rung = NX_P0};
    rig_prove(&b, &rig.lan, far, NULL);
    assert_int_equal(rig_get(&b, "/me")->status, 200);
    assert_int_equal(rig_get(&b, "/me/password")->status, 403);
    assert_int_equal(act("enrol", "")->status, 403);
}

static void rule_7_a_session_for_one_portal_has_no_own_page(void **state)
{
    (void)state;
    struct nx_proof far = {.means = NX_MEANS_QR_PIN, .bound_at = NX_M2, .rung = NX_P0};
    rig_prove(&b, &rig.lan, far, rig.portal.id);
    assert_int_equal(rig_get(&b, "/me")->status, 303);
}

static void rule_8_the_pin_of_a_paper(void **state)
{
    (void)state;
    rig_sign_in(&b, &rig.lan);
    nx_reply *rp = rig_get(&b, "/me");
    assert_true(rig_says(rp, "/me/pin?id="));
    rp = rig_get(&b, nx_arena_printf(rig.arena, "/me/pin?id=%s", rig.lan.qid));
    assert_int_equal(rp->status, 200);
    char form[400], *csrf = rig_field(&rig, rp, "csrf");
    snprintf(form, sizeof form, "csrf=%s&id=%s&pin=111111&repeat=111111", csrf, rig.lan.qid);
    assert_int_equal(rig_post(&b, "/me/pin", form)->status, 400);
    snprintf(form, sizeof form, "csrf=%s&id=%s&pin=274910&repeat=274910", csrf, rig.minh.qid);
    assert_int_equal(rig_post(&b, "/me/pin", form)->status, 404);
    snprintf(form, sizeof form, "csrf=%s&id=%s&pin=274910&repeat=274910", csrf, rig.lan.qid);
    assert_string_equal(rig_location(rig_post(&b, "/me/pin", form)), "/me?done=pin");
    assert_false(rig_says(rig_get(&b, "/me"), "/me/pin?id="));
}

static void rule_8_a_paper_is_printed_by_its_holder_alone(void **state)
{
    (void)state;
    rig_sign_in(&b, &rig.lan);
    assert_true(rig_says(rig_get(&b, "/me"), "/me/paper?id="));
    char *own = nx_arena_printf(rig.arena, "/me/paper?id=%s", rig.lan.qid);
    nx_reply *rp = rig_get(&b, own);
    assert_int_equal(rp->status, 200);
    const char *handle = strstr(rig_body(rp), "data-qr=\"");
    assert_non_null(handle);
    assert_non_null(strstr(handle + 1, "data-qr=\"")); /* the card */
    assert_int_equal(rig_get(&b, nx_arena_printf(rig.arena, "/me/paper?id=%s", rig.minh.qid))->status, 404);
    assert_int_equal(rig_get(&other, own)->status, 303);
    act("suspend", rig.lan.qid);
    assert_int_not_equal(rig_get(&b, own)->status, 200);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, up, down)
    const struct CMUnitTest tests[] = {
        T(strangers_sign_in_and_come_back),
        T(what_is_hers_is_shown),
        T(sign_out_everywhere),
        T(sign_out_ends_this_session_alone),
        T(another_session_of_hers_ends_but_not_somebody_elses),
        T(changing_the_password_ends_everything_else),
        T(withdrawing_consent_ends_what_was_given),
        T(her_qr_identity_is_suspended_resumed_revoked),
        T(rule_3_a_stale_proof_is_asked_for_again),
        T(rule_3_a_sign_in_without_proximity_changes_no_credentials),
        T(rule_7_a_session_for_one_portal_has_no_own_page),
        T(rule_8_the_pin_of_a_paper),
        T(rule_8_a_paper_is_printed_by_its_holder_alone),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
