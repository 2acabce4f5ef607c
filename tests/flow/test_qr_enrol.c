/* Enrolling a phone (rule 3), the PIN, notices with undo. */
#include "rig_phone.h"

#include "base/clock.h"
#include "config/settings.h"
#include "qr/enrol.h"
#include "qr/pin.h"
#include "registry/credential.h"
#include "registry/qr_identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct rig rig;
static struct rig_browser home, kiosk;
static struct phone phone, second;

static int up(void **state)
{
    (void)state;
    if (rig_up(&rig) != 0) return -1;
    rig_browser_open(&home, &rig);
    rig_browser_open(&kiosk, &rig);
    phone_open(&phone, &rig);
    phone_open(&second, &rig);
    rig_sign_in(&home, &rig.lan);
    return 0;
}

static int down(void **state)
{
    (void)state;
    phone_close(&phone);
    phone_close(&second);
    rig_browser_close(&home);
    rig_browser_close(&kiosk);
    rig_down(&rig);
    nx_clock_shift(0);
    return 0;
}

static size_t identities(void)
{
    struct nx_qr_identity *v;
    size_t n;
    assert_true(nx_ok(nx_qr_identity_list(rig_house(&rig)->registry, rig.arena, rig.lan.id, &v, &n)));
    return n;
}

/* The page of a new enrolment: its link and its handle. */
static char *open_page(char **e)
{
    nx_reply *rp = rig_follow(&home, rig_get(&home, "/me/phones/enrol"));
    assert_int_equal(rp->status, 200);
    *e = page_piece(&rig, rp, "/me/phones/frames?e=", '"');
    assert_non_null(*e);
    return page_code(&rig, rp);
}

static nx_reply *page_of(const char *e)
{
    return rig_get(&home, nx_arena_printf(rig.arena, "/me/phones/enrol?e=%s", e));
}

static bool shows(const char *e, const char *state)
{
    return strstr(rig_body(page_of(e)), nx_arena_printf(rig.arena, "data-state=\"%s\"", state)) != NULL;
}

static nx_reply *type_digits(const char *e, const char *digits)
{
    char *csrf = rig_field(&rig, page_of(e), "csrf");
    return rig_post(&home, "/me/phones/digits",
                    nx_arena_printf(rig.arena, "csrf=%s&e=%s&digits=%s", csrf, e, digits));
}

static nx_reply *start(struct phone *p, const char *link)
{
    NX_AUTO_JSON body = json_pack("{s:s}", "secret", strstr(link, "/Q/E/") + 5);
    return phone_post(p, "/qr/v1/enrol/start", body);
}

static nx_reply *finish(struct phone *p, const char *enrolment, const char *nonce, const char *pin)
{
    json_t *members = json_pack("{s:s, s:s}", "enrolment", enrolment, "nonce", nonce);
    return phone_call(p, "/qr/v1/enrol/finish", "enrol", members,
                      json_pack("{s:s, s:s}", "pin", pin, "label", "Máy"));
}

static const char *watched(struct phone *p)
{
    NX_AUTO_JSON body = json_pack("{s:s}", "watch", p->watch);
    nx_reply *rp = phone_post(p, "/qr/v1/enrol/watch", body);
    assert_int_equal(rp->status, 200);
    char *reason = phone_text(p, rp, "reason");
    return nx_arena_printf(rig.arena, reason ? "%s: %s" : "%s", phone_text(p, rp, "state"), reason);
}

/* ---- rule 3
 * ------------------------------------------------------------------------------------------------------ */

static void test_rule_03_the_whole_enrolment(void **state)
{
    (void)state;
    char *e, *link = open_page(&e);
    assert_memory_equal(link, "HTTPS://LOCALHOST:8443/Q/E/", 27);
    assert_true(shows(e, "waiting"));
    size_t before = identities();
    char *digits = phone_enrol_start(&phone, link);
    assert_true(shows(e, "digits"));
    assert_int_equal(identities(), before); /* nothing lasts before the end */
    assert_string_equal(watched(&phone), "digits");
    assert_non_null(strstr(rig_body(type_digits(e, digits)), "data-state=\"done\""));
    assert_string_equal(watched(&phone), "done");
    assert_int_equal(identities(), before + 1);
    struct nx_qr_identity q;
    assert_true(nx_ok(nx_qr_identity_get(rig_house(&rig)->registry, rig.arena, phone.qid, &q)));
    assert_int_equal(q.status, NX_QR_ACTIVE);
    assert_int_equal(q.bound_at, 1); /* a password session is m1, and so is what it enrols */
    assert_string_equal(q.label, "Máy Lan");
    assert_int_equal(phone_call(&phone, "/qr/v1/sync", "sync", NULL, NULL)->status, 200);
}

static void test_rule_03_a_phone_enrolled_at_m1_stays_m1(void **state)
{
    (void)state;
    phone_enrol(&phone, &home);
    nx_reply *rp = phone_sign_in(&phone, &kiosk, &rig.portal, false);
    NX_AUTO_JSON answer = rig_json(rig_redeem(&kiosk, &rig.portal, rig_param(&rig, rp, "code")));
    NX_AUTO_JSON claims = rig_claims(&rig, nx_json_str(answer, "access_token"), "at+jwt");
    assert_string_equal(nx_json_str(claims, "acr"),
                        "urn:nixa:acr:m1"); /* though key and PIN are two factors */
}

static void test_rule_03_a_link_is_used_once(void **state)
{
    (void)state;
    char *e, *link = open_page(&e);
    nx_reply *rp = start(&phone, link);
    assert_int_equal(rp->status, 200);
    char *enrolment = phone_text(&phone, rp, "enrolment"), *nonce = phone_text(&phone, rp, "nonce");
    assert_string_equal(phone_text(&phone, rp, "name"), "Nguyễn Thị Lan");
    assert_code(start(&second, link), 410, "enrolment_gone"); /* kills it, whoever it is from */
    assert_true(shows(e, "dead"));
    assert_code(finish(&phone, enrolment, nonce, PHONE_PIN), 410, "enrolment_gone");
}

static void test_rule_03_a_link_lives_120_seconds(void **state)
{
    (void)state;
    char *e, *link = open_page(&e);
    nx_clock_shift(121);
    assert_code(start(&phone, link), 410, "enrolment_gone");
    assert_true(shows(e, "dead"));
    nx_clock_shift(0);
    link = open_page(&e);
    nx_clock_shift(119);
    assert_int_equal(start(&phone, link)->status, 200);
    nx_clock_shift(119 + 121);
    assert_true(shows(e, "dead"));
}

static void test_rule_03_re_authentication_is_fresh(void **state)
{
    (void)state;
    nx_clock_shift(301);
    nx_reply *rp = rig_get(&home, "/me/phones/enrol");
    assert_int_equal(rp->status, 303);
    assert_string_equal(rig_location(rp), "/me/confirm?next=/me/phones/enrol");
}

static void test_rule_03_p0_and_p1_enrol_nothing(void **state)
{
    (void)state;
    struct nx_proof proof = {.means = NX_MEANS_QR_PIN, .bound_at = NX_M2, .rung = NX_P0};
    rig_prove(&kiosk, &rig.lan, proof, NULL);
    assert_int_equal(rig_get(&kiosk, "/me/phones/enrol")->status, 403);
    proof.rung = NX_P1;
    struct rig_browser other;
    rig_browser_open(&other, &rig);
    rig_prove(&other, &rig.lan, proof, NULL);
    assert_int_equal(rig_get(&other, "/me/phones/enrol")->status, 403);
    rig_browser_close(&other);
}

static void test_rule_03_three_wrong_digits_leave_nothing_behind(void **state)
{
    (void)state;
    char *e, *link = open_page(&e);
    size_t before = identities();
    char *digits = phone_enrol_start(&phone, link), *bad = nx_arena_strdup(rig.arena, digits);
    bad[3] = bad[3] == '9' ? '0' : (char)(bad[3] + 1);
    for (int i = 0; i < 3; i++)
        assert_int_equal(type_digits(e, bad)->status, 403);
    assert_true(shows(e, "dead"));
    assert_string_equal(watched(&phone), "dead: digits");
    assert_int_equal(identities(), before);
    assert_code(phone_call(&phone, "/qr/v1/sync", "sync", NULL, NULL), 401, "proof_invalid");
}

static void test_rule_03_digits_belong_to_the_session_that_asked(void **state)
{
    (void)state;
    char *e, *link = open_page(&e), *digits = phone_enrol_start(&phone, link);
    rig_sign_in(&kiosk, &rig.minh);
    nx_reply *rp = rig_get(&kiosk, nx_arena_printf(rig.arena, "/me/phones/enrol?e=%s", e));
    assert_int_not_equal(rp->status, 200);
    rp =
        rig_post(&kiosk, "/me/phones/digits", nx_arena_printf(rig.arena, "csrf=x&e=%s&digits=%s", e, digits));
    assert_int_equal(rp->status, 403);
    assert_true(shows(e, "digits"));

    /* Nor below the page, where the handle is sealed for the session already. */
    struct nx_link l;
    struct nx_enrolment it;
    int left;
    assert_true(nx_ok(nx_link_parse(&l, RIG_ISSUER, nx_span_str(link))));
    assert_true(nx_ok(nx_enrol_find(&it, rig.arena, rig_house(&rig), l.id.s)));
    nx_result r = nx_enrol_digits(&it, rig.arena, rig_house(&rig), "aaaaaaaaaaaaaaaaaaaaaaaaaa",
                                  nx_span_str(digits), &left);
    assert_int_equal(r.e, NX_ERR_QR_ENROLMENT_GONE);
}

/* ---- rule 2: the proof of possession
 * ------------------------------------------------------------------------------- */

static void test_rule_02_the_key_is_proven_over_the_servers_nonce(void **state)
{
    (void)state;
    char *e, *link = open_page(&e);
    nx_reply *rp = start(&phone, link);
    char *enrolment = phone_text(&phone, rp, "enrolment"), *nonce = phone_text(&phone, rp, "nonce");
    assert_code(finish(&phone, enrolment, "AAAAAAAAAAAAAAAAAAAAAA", PHONE_PIN), 401, "proof_invalid");
    assert_code(finish(&phone, "AAAA", nonce, PHONE_PIN), 410, "enrolment_gone");

    /* Somebody else's public key in the header, signed by one's own. */
    char *proof =
        phone_proof(&phone, "enrol", json_pack("{s:s, s:s}", "enrolment", enrolment, "nonce", nonce));
    char *stolen =
        phone_proof(&second, "enrol", json_pack("{s:s, s:s}", "enrolment", enrolment, "nonce", nonce));
    char *mixed =
        nx_arena_printf(rig.arena, "%.*s%s", (int)(strchr(stolen, '.') - stolen), stolen, strchr(proof, '.'));
    NX_AUTO_JSON body = json_pack("{s:s, s:s, s:s}", "proof", mixed, "pin", PHONE_PIN, "label", "x");
    assert_code(phone_post(&phone, "/qr/v1/enrol/finish", body), 401, "proof_invalid");
    assert_int_equal(finish(&phone, enrolment, nonce, PHONE_PIN)->status, 200);
}

static void test_a_key_belongs_to_one_identity(void **state)
{
    (void)state;
    phone_enrol(&phone, &home);
    char *e, *link = open_page(&e);
    nx_reply *rp = start(&phone, link);
    rp = finish(&phone, phone_text(&phone, rp, "enrolment"), phone_text(&phone, rp, "nonce"), PHONE_PIN);
    assert_code(rp, 409, "key_taken");
}

static void test_pins_that_are_too_easy(void **state)
{
    (void)state;
    static const char *const weak[] = {"12345",  "111111", "123456",   "654321", "121212", "123123",
                                       "280290", "900228", "28021990", "159753", "12345a", "789012"};
    char *e, *link = open_page(&e);
    nx_reply *rp = start(&phone, link);
    char *enrolment = phone_text(&phone, rp, "enrolment"), *nonce = phone_text(&phone, rp, "nonce");
    for (size_t i = 0; i < 4; i++)
        assert_code(finish(&phone, enrolment, nonce, weak[i]), 422, "pin_weak");
    for (size_t i = 0; i < sizeof weak / sizeof weak[0]; i++) {
        NX_AUTO_SECRET(pin);
        assert_true(nx_ok(nx_secret_set(&pin, nx_span_str(weak[i]))));
        if (nx_ok(nx_pin_strong(&pin, "1990-02-28"))) fail_msg("taken: %s", weak[i]);
    }
    rp = finish(&phone, enrolment, nonce, PHONE_PIN); /* nothing was lost by trying */
    assert_int_equal(rp->status, 200);
}

static void test_the_pin_is_changed_with_the_old_one(void **state)
{
    (void)state;
    phone_enrol(&phone, &home);
    json_t *wrong = json_pack("{s:s, s:s}", "pin", "111222", "new_pin", "502738");
    assert_code(phone_call(&phone, "/qr/v1/pin", "pin", NULL, wrong), 403, "pin_wrong");
    json_t *weak = json_pack("{s:s, s:s}", "pin", PHONE_PIN, "new_pin", "123456");
    assert_code(phone_call(&phone, "/qr/v1/pin", "pin", NULL, weak), 422, "pin_weak");
    json_t *right = json_pack("{s:s, s:s}", "pin", PHONE_PIN, "new_pin", "502738");
    assert_int_equal(phone_call(&phone, "/qr/v1/pin", "pin", NULL, right)->status, 200);
    nx_reply *rp = page_open(&kiosk, &rig.portal, "");
    assert_int_equal(phone_take(&phone, page_code(&rig, rp), "scan")->status, 200);
    assert_code(phone_approve(&phone, PHONE_PIN, false), 403, "pin_wrong");
    assert_int_equal(phone_approve(&phone, "502738", false)->status, 200);
}

/* ---- administrators (rule 25)
 * --------------------------------------------------------------------------------------- */

static void test_rule_25_an_administrators_link_leaves_it_pending(void **state)
{
    (void)state;
    struct nx_house *house = rig_house(&rig);
    struct nx_qr_identity q = {.kind = NX_QR_DEVICE, .status = NX_QR_PENDING, .bound_at = 1};
    memcpy(q.person.s, rig.minh.id, sizeof q.person.s);
    assert_true(nx_ok(nx_qr_identity_create(house->registry, &q)));
    struct nx_enrolment e;
    char *link;
    const struct nx_enrol_ask ask = {.person = rig.minh.id, .qid = q.qid.s, .bound_at = 1};
    assert_true(nx_ok(nx_enrol_begin(&e, &link, rig.arena, house, &ask)));
    assert_null(phone_enrol_start(&phone, link));
    assert_string_equal(phone.qid, q.qid.s);
    assert_string_equal(watched(&phone), "pending");
    nx_reply *rp = phone_call(&phone, "/qr/v1/sync", "sync", NULL, NULL);
    assert_int_equal(rp->status, 200);
    assert_null(phone_text(&phone, rp, "card"));
    assert_code(phone_call(&phone, "/qr/v1/pin", "pin", NULL,
                           json_pack("{s:s, s:s}", "pin", PHONE_PIN, "new_pin", "502738")),
                403, "identity_pending");
}

static void test_rule_25_its_holder_confirms_it_with_another_factor(void **state)
{
    (void)state;
    struct nx_house *house = rig_house(&rig);
    struct nx_qr_identity q = {.kind = NX_QR_DEVICE, .status = NX_QR_PENDING, .bound_at = 1};
    memcpy(q.person.s, rig.lan.id, sizeof q.person.s);
    assert_true(nx_ok(nx_qr_identity_create(house->registry, &q)));
    char *confirm = nx_arena_printf(rig.arena, "csrf=%s&act=confirm&id=%s",
                                    rig_field(&rig, rig_get(&home, "/me"), "csrf"), q.qid.s);
    assert_int_equal(rig_post(&home, "/me", confirm)->status, 409); /* it has no key yet */
    struct nx_enrolment e;
    char *link;
    const struct nx_enrol_ask ask = {.person = rig.lan.id, .qid = q.qid.s, .bound_at = 1};
    assert_true(nx_ok(nx_enrol_begin(&e, &link, rig.arena, house, &ask)));
    assert_null(phone_enrol_start(&phone, link));
    rig_sign_in(&kiosk, &rig.minh); /* not hers */
    char *other = nx_arena_printf(rig.arena, "csrf=%s&act=confirm&id=%s",
                                  rig_field(&rig, rig_get(&kiosk, "/me"), "csrf"), q.qid.s);
    assert_int_equal(rig_post(&kiosk, "/me", other)->status, 404);
    assert_int_equal(rig_post(&home, "/me", confirm)->status, 303);
    assert_non_null(phone_text(&phone, phone_call(&phone, "/qr/v1/sync", "sync", NULL, NULL), "card"));
}

/* ---- notices
 * ------------------------------------------------------------------------------------------------------- */

static const char *notice_of(struct phone *p, const char *kind)
{
    nx_reply *rp = phone_call(p, "/qr/v1/sync", "sync", NULL, NULL);
    NX_AUTO_JSON j = rig_json(rp);
    size_t at;
    json_t *notice;
    json_array_foreach(nx_json_array(j, "notices"), at, notice)
    {
        if (strcmp(nx_json_str(notice, "kind"), kind) == 0)
            return nx_arena_strdup(rig.arena, nx_json_str(notice, "id"));
    }
    return NULL;
}

static void test_another_phone_is_told_and_can_be_undone(void **state)
{
    (void)state;
    phone_enrol(&phone, &home);
    phone_enrol(&second, &home);
    const char *notice = notice_of(&phone, "enrolment");
    assert_non_null(notice);
    assert_int_equal(
        phone_call(&phone, "/qr/v1/notices/undo", "undo", json_pack("{s:s}", "notice", notice), NULL)->status,
        200);
    assert_code(phone_call(&second, "/qr/v1/pin", "pin", NULL,
                           json_pack("{s:s, s:s}", "pin", PHONE_PIN, "new_pin", "502738")),
                403, "identity_revoked");
    assert_null(notice_of(&phone, "enrolment"));
}

static void test_a_sign_in_elsewhere_is_told_and_can_be_undone(void **state)
{
    (void)state;
    phone_enrol(&phone, &home);
    rig_prove(&kiosk, &rig.lan,
              (struct nx_proof){
                  .means = NX_MEANS_PASSWORD, .bound_at = NX_M1, .rung = NX_RUNG_NONE, .qid = rig.lan.qid},
              NULL);
    assert_int_equal(rig_get(&kiosk, "/me")->status, 200);
    const char *notice = notice_of(&phone, "sign-in");
    assert_non_null(notice);
    assert_code(phone_call(&phone, "/qr/v1/notices/undo", "undo",
                           json_pack("{s:s}", "notice", "q:aaaaaaaaaaaaaaaaaaaaaaaaaa"), NULL),
                404, "not_found");
    char *own = nx_arena_printf(rig.arena, "q:%s", phone.qid);
    assert_code(phone_call(&phone, "/qr/v1/notices/undo", "undo", json_pack("{s:s}", "notice", own), NULL),
                404, "not_found");
    while (notice) {
        assert_int_equal(
            phone_call(&phone, "/qr/v1/notices/undo", "undo", json_pack("{s:s}", "notice", notice), NULL)
                ->status,
            200);
        notice = notice_of(&phone, "sign-in");
    }
    assert_int_not_equal(rig_get(&kiosk, "/me")->status, 200);
}

#define T(name) cmocka_unit_test_setup_teardown(name, up, down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_rule_03_the_whole_enrolment),
        T(test_rule_03_a_phone_enrolled_at_m1_stays_m1),
        T(test_rule_03_a_link_is_used_once),
        T(test_rule_03_a_link_lives_120_seconds),
        T(test_rule_03_re_authentication_is_fresh),
        T(test_rule_03_p0_and_p1_enrol_nothing),
        T(test_rule_03_three_wrong_digits_leave_nothing_behind),
        T(test_rule_03_digits_belong_to_the_session_that_asked),
        T(test_rule_02_the_key_is_proven_over_the_servers_nonce),
        T(test_a_key_belongs_to_one_identity),
        T(test_pins_that_are_too_easy),
        T(test_the_pin_is_changed_with_the_old_one),
        T(test_rule_25_an_administrators_link_leaves_it_pending),
        T(test_rule_25_its_holder_confirms_it_with_another_factor),
        T(test_another_phone_is_told_and_can_be_undone),
        T(test_a_sign_in_elsewhere_is_told_and_can_be_undone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
