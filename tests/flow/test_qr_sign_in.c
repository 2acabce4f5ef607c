/* The ceremony of sign-in by QR, rule by rule (SECURITY.md 1 to 11), with a phone that knows the protocol
 * only. */
#include "rig_phone.h"

#include "base/clock.h"
#include "crypto/digest.h"
#include "crypto/handle.h"
#include "qr/order.h"
#include "registry/audit.h"
#include "registry/qr_identity.h"
#include "sessions/signon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct rig rig;
static struct rig_browser home, kiosk, other;
static struct phone phone, second;

static int up(void **state)
{
    (void)state;
    if (rig_up(&rig) != 0) return -1;
    rig_browser_open(&home, &rig);
    rig_browser_open(&kiosk, &rig);
    rig_browser_open(&other, &rig);
    phone_open(&phone, &rig);
    phone_open(&second, &rig);
    rig_sign_in(&home, &rig.lan);
    phone_enrol(&phone, &home);
    return 0;
}

static int down(void **state)
{
    (void)state;
    phone_close(&phone);
    phone_close(&second);
    rig_browser_close(&home);
    rig_browser_close(&kiosk);
    rig_browser_close(&other);
    rig_down(&rig);
    nx_clock_shift(0);
    return 0;
}

static json_t *tokens_of(struct rig_browser *b, const nx_reply *rp)
{
    char *code = rig_param(&rig, rp, "code");
    assert_non_null(code);
    NX_AUTO_JSON answer = rig_json(rig_redeem(b, &rig.portal, code));
    const char *access = nx_json_str(answer, "access_token");
    assert_non_null(access);
    return rig_claims(&rig, access, "at+jwt");
}

/* ---- the whole
 * --------------------------------------------------------------------------------------------------- */

static void test_the_whole_ceremony(void **state)
{
    (void)state;
    nx_reply *rp = page_open(&kiosk, &rig.portal, "");
    char *t = page_t(&rig, rp), *link = page_code(&rig, rp);
    assert_memory_equal(link, "HTTPS://LOCALHOST:8443/Q/", 25);
    assert_int_equal(phone_take(&phone, link, "scan")->status, 200);

    const json_t *display = nx_json_object(phone.shown, "display"),
                 *client = nx_json_object(display, "client");
    assert_string_equal(nx_json_str(client, "id"), rig.portal.id);
    assert_string_equal(nx_json_str(client, "name"), "Cổng dịch vụ công");
    assert_string_equal(nx_json_str(client, "origin"), "https://portal.example");
    assert_string_equal(nx_json_str(display, "broker"), "localhost:8443");
    assert_string_equal(nx_json_str(phone.shown, "px"), "p0");
    assert_string_equal(nx_json_str(phone.shown, "qid"), phone.qid);
    assert_string_equal(nx_json_str(phone.shown, "iss"), RIG_ISSUER);
    assert_non_null(strstr(rig_body(page_again(&kiosk, t)), "data-state=\"taken\""));
    assert_non_null(strstr(rig_body(page_again(&kiosk, t)), "Máy Lan"));
    assert_string_equal(phone_watch(&phone), "taken");

    rp = phone_approve(&phone, PHONE_PIN, false);
    assert_int_equal(rp->status, 200);
    char *digits = phone_text(&phone, rp, "digits");
    assert_int_equal(strlen(digits), 4);
    assert_string_equal(phone_watch(&phone), "approved");
    rp = rig_follow(&kiosk, page_digits(&kiosk, t, digits));
    assert_memory_equal(rig_location(rp), "https://portal.example/cb?", 26);
    assert_string_equal(phone_watch(&phone), "done");

    NX_AUTO_JSON claims = tokens_of(&kiosk, rp);
    assert_string_equal(nx_json_str(claims, "qr_px"), "p0");
    assert_non_null(nx_json_str(claims, "qr_id"));
    assert_true(nx_json_has(nx_json_array(claims, "amr"), "qr"));
    assert_true(nx_json_has(nx_json_array(claims, "amr"), "pin"));
    assert_non_null(nx_json_object(claims, "status"));
}

/* ---- rule 1
 * ------------------------------------------------------------------------------------------------------ */

/* Goes to the wallet of this very device: the link of the launch, in the rig's arena. */
static char *launch(struct rig_browser *b, char **t)
{
    nx_reply *rp = page_open(b, &rig.portal, "");
    *t = page_t(&rig, rp);
    rp = page_post(b, *t, "/login/qr/same", "");
    assert_int_equal(rp->status, 303);
    assert_memory_equal(rig_location(rp), "/wallet#launch=", 15);
    char *link;
    assert_true(nx_ok(nx_form_decode(&link, rig.arena, nx_span_str(rig_location(rp) + 15))));
    return link;
}

static char *approve_redirect(void)
{
    nx_reply *rp = phone_approve(&phone, PHONE_PIN, true);
    assert_int_equal(rp->status, 200);
    assert_null(phone_text(&phone, rp, "digits"));
    char *url = phone_text(&phone, rp, "redirect_to");
    assert_memory_equal(url, RIG_ISSUER "/login/qr/return?", strlen(RIG_ISSUER) + 17);
    return url + strlen(RIG_ISSUER);
}

static void test_rule_01_same_device_is_proven_by_the_cookie(void **state)
{
    (void)state;
    char *t, *link = launch(&kiosk, &t);
    assert_int_equal(phone_take(&phone, link, "same")->status, 200);
    char *url = approve_redirect();
    assert_null(strstr(rig_body(page_again(&kiosk, t)), "data-state=\"digits\""));
    nx_reply *rp = rig_follow(&kiosk, rig_get(&kiosk, url));
    NX_AUTO_JSON claims = tokens_of(&kiosk, rp);
    assert_string_equal(nx_json_str(claims, "qr_px"), "p3");
    assert_int_equal(rig_get(&kiosk, url)->status, 410); /* one use */
}

static void test_rule_01_without_the_cookie_the_order_dies_and_is_audited(void **state)
{
    (void)state;
    char *t, *link = launch(&kiosk, &t);
    assert_int_equal(phone_take(&phone, link, "same")->status, 200);
    char *url = approve_redirect();
    page_open(&other, &rig.portal, ""); /* a browser with a cookie and an order of its own */
    assert_int_equal(rig_get(&other, url)->status, 403);
    assert_string_equal(phone_watch(&phone), "ended: other-browser");
    assert_int_equal(rig_get(&kiosk, url)->status, 410); /* the right browser comes too late */
    struct nx_audit_page page;
    const struct nx_audit_query q = {.subject = rig.lan.id, .type = "qr.other-browser"};
    assert_true(nx_ok(nx_audit_list(rig_house(&rig)->registry, rig.arena, &q, &page)));
    assert_int_equal(page.n, 1);
}

static void test_rule_01_a_scan_never_ends_by_redirect_nor_a_launch_by_digits(void **state)
{
    (void)state;
    char *t, *link = launch(&kiosk, &t);
    assert_code(phone_take(&phone, link, "scan"), 403, "frame_invalid"); /* its frame is its own */
    char *code = page_code(&rig, page_again(&kiosk, t));
    assert_code(phone_take(&phone, code, "same"), 403, "frame_invalid");
    assert_int_equal(phone_take(&phone, link, "same")->status, 200);
    approve_redirect();
    nx_reply *rp = page_digits(&kiosk, t, "0000");
    assert_int_not_equal(rp->status, 303);
}

/* ---- rule 2
 * ------------------------------------------------------------------------------------------------------ */

static void take_order(char **t)
{
    nx_reply *rp = page_open(&kiosk, &rig.portal, "");
    *t = page_t(&rig, rp);
    assert_int_equal(phone_take(&phone, page_code(&rig, rp), "scan")->status, 200);
}

static nx_reply *approve_with(const char *order, int64_t t, const char *nonce, const char *ctx)
{
    json_t *members = json_pack("{s:s, s:I, s:s, s:s, s:b}", "order", order, "t", (json_int_t)t, "nonce",
                                nonce, "ctx", ctx, "own_screen", 0);
    return phone_call(&phone, "/qr/v1/orders/approve", "approve", members,
                      json_pack("{s:s}", "pin", PHONE_PIN));
}

static void test_rule_02_what_is_approved_is_what_was_displayed(void **state)
{
    (void)state;
    char *t;
    take_order(&t);
    const char *nonce = nx_json_str(phone.shown, "nonce");
    int64_t at = nx_json_int(phone.shown, "t", 0);
    const char *zeros = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert_code(approve_with(phone.order, at, nonce, zeros), 409, "context_mismatch");
    /* Each alone at fault: a wrong digest beside it would hide that it is not looked at. */
    uint8_t digest[NX_SHA256_LEN];
    assert_true(nx_ok(nx_sha256(digest, nx_span_str(phone.context))));
    const char *ctx = nx_b64u_dup(rig.arena, nx_span_of(digest, sizeof digest));
    assert_code(approve_with(phone.order, at, "AAAAAAAAAAAAAAAAAAAAAA", ctx), 409, "context_mismatch");
    assert_code(approve_with(phone.order, at + 1, nonce, ctx), 409, "context_mismatch");
    assert_int_equal(phone_approve(&phone, PHONE_PIN, false)->status, 200);
    assert_code(phone_approve(&phone, PHONE_PIN, false), 409, "order_state"); /* once */
}

static void test_rule_02_the_approval_is_kept_as_evidence(void **state)
{
    (void)state;
    char *t;
    take_order(&t);
    assert_int_equal(phone_approve(&phone, PHONE_PIN, false)->status, 200);
    struct nx_audit_page page;
    const struct nx_audit_query q = {.subject = rig.lan.id, .type = "qr.approved"};
    assert_true(nx_ok(nx_audit_list(rig_house(&rig)->registry, rig.arena, &q, &page)));
    assert_int_equal(page.n, 1);
    NX_AUTO_JSON detail = NULL;
    assert_true(nx_ok(nx_json_parse_object(&detail, nx_span_str(page.v[0].detail))));
    assert_string_equal(nx_json_str(detail, "verified_by"), "pin");
    assert_non_null(nx_json_str(detail, "proof"));
    assert_null(strstr(page.v[0].detail, PHONE_PIN));
}

static void test_rule_02_five_wrong_pins_suspend_that_identity(void **state)
{
    (void)state;
    char *t;
    take_order(&t);
    for (int left = 4; left > 0; left--) {
        nx_reply *rp = phone_approve(&phone, "111222", false);
        assert_code(rp, 403, "pin_wrong");
        assert_int_equal(phone_number(rp, "attempts_left"), left);
    }
    assert_code(phone_approve(&phone, "111222", false), 403, "identity_suspended");
    assert_string_equal(phone_watch(&phone), "ended: suspended");
    assert_code(phone_approve(&phone, PHONE_PIN, false), 403, "identity_suspended");
    struct nx_qr_identity q;
    assert_true(nx_ok(nx_qr_identity_get(rig_house(&rig)->registry, rig.arena, phone.qid, &q)));
    assert_int_equal(q.status, NX_QR_SUSPENDED);
    /* That one alone: the browser bound to her paper stays signed in. */
    assert_int_equal(rig_get(&home, "/me")->status, 200);
    /* sync answers for every state, without codes. */
    nx_reply *rp = phone_call(&phone, "/qr/v1/sync", "sync", NULL, NULL);
    assert_int_equal(rp->status, 200);
    assert_null(phone_text(&phone, rp, "handle"));
}

/* The count is in the registry before the suspension is: a server that dies between the two forgives nothing.
 */
static void test_rule_02_a_count_that_was_not_followed_up_still_refuses(void **state)
{
    (void)state;
    char *t;
    int64_t failures = 0;
    take_order(&t);
    while (failures < NX_PIN_FAILURES_MAX)
        assert_true(nx_ok(nx_qr_identity_failed(rig_house(&rig)->registry, phone.qid, &failures)));
    assert_code(phone_approve(&phone, PHONE_PIN, false), 403, "identity_suspended");
}

static void test_rule_02_a_right_pin_counts_from_zero_again(void **state)
{
    (void)state;
    char *t;
    for (int round = 0; round < 2; round++) {
        take_order(&t);
        for (int i = 0; i < 3; i++)
            assert_code(phone_approve(&phone, "111222", false), 403, "pin_wrong");
        assert_int_equal(phone_approve(&phone, PHONE_PIN, false)->status, 200);
        nx_clock_shift(600 * (round + 1)); /* bursts of attempts are limited too */
    }
}

/* ---- rule 4
 * ------------------------------------------------------------------------------------------------------ */

static void test_rule_04_a_get_changes_nothing(void **state)
{
    (void)state;
    nx_reply *rp = page_open(&kiosk, &rig.portal, "");
    char *link = page_code(&rig, rp);
    char *path = strstr(link, "/Q/");
    rp = rig_get(&other, path);
    assert_int_equal(rp->status, 200);
    assert_null(nx_reply_header_get(rp, "Location"));
    assert_int_equal(rig_send(&other, "HEAD", path, NULL, NULL)->status, 200);
    assert_int_equal(rig_send(&other, "POST", path, "application/json", "{}")->status, 405);
    assert_int_equal(phone_take(&phone, link, "scan")->status, 200); /* nobody has taken it */
}

static void test_rule_04_a_second_signed_scan_kills_it_and_both_are_told(void **state)
{
    (void)state;
    phone_enrol(&second, &home);
    nx_reply *rp = page_open(&kiosk, &rig.portal, "");
    char *t = page_t(&rig, rp), *link = page_code(&rig, rp);
    assert_int_equal(phone_take(&phone, link, "scan")->status, 200);
    assert_int_equal(phone_take(&phone, link, "scan")->status, 200); /* the same phone, its answer was lost */
    assert_code(phone_take(&second, link, "scan"), 409, "order_taken");
    assert_string_equal(phone_watch(&phone), "ended: second-scan");
    assert_code(phone_approve(&phone, PHONE_PIN, false), 410, "order_gone");
    assert_non_null(strstr(rig_body(page_again(&kiosk, t)), "data-state=\"dead\""));
}

static void test_rule_04_only_a_proof_takes_an_order(void **state)
{
    (void)state;
    nx_reply *rp = page_open(&kiosk, &rig.portal, "");
    char *link = page_code(&rig, rp);
    struct phone stranger;
    phone_open(&stranger, &rig);
    snprintf(stranger.qid, sizeof stranger.qid, "%s", phone.qid); /* her name, another key */
    assert_code(phone_take(&stranger, link, "scan"), 401, "proof_invalid");
    snprintf(stranger.qid, sizeof stranger.qid, "%s", rig.lan.qid); /* paper has no key */
    assert_code(phone_take(&stranger, link, "scan"), 401, "proof_invalid");
    phone_close(&stranger);
    NX_AUTO_JSON empty = json_object();
    assert_code(phone_post(&phone, "/qr/v1/orders/take", empty), 400, "malformed");
    assert_int_equal(phone_take(&phone, link, "scan")->status, 200);
}

static void test_rule_04_frames_and_orders_have_their_time(void **state)
{
    (void)state;
    nx_reply *rp = page_open(&kiosk, &rig.portal, "");
    char *t = page_t(&rig, rp), *link = page_code(&rig, rp);
    nx_clock_shift(7);
    assert_code(phone_take(&phone, link, "scan"), 409, "frame_stale"); /* a photograph */
    char *fresh = page_code(&rig, page_again(&kiosk, t));
    assert_string_not_equal(link, fresh);
    fresh[strlen(fresh) - 1] = fresh[strlen(fresh) - 1] == 'A' ? 'B' : 'A';
    assert_code(phone_take(&phone, fresh, "scan"), 403, "frame_invalid");
    nx_clock_shift(62);
    assert_code(phone_take(&phone, page_code(&rig, rp), "scan"), 410, "order_gone");
    assert_non_null(strstr(rig_body(page_again(&kiosk, t)), "data-state=\"dead\""));

    nx_clock_shift(100);
    take_order(&t);
    nx_clock_shift(100 + 121);
    assert_code(phone_approve(&phone, PHONE_PIN, false), 410, "order_gone");
    assert_string_equal(phone_watch(&phone), "ended: expired");
}

/* The text that the page shows for pasting. */
static char *paste_link(const nx_reply *rp)
{
    const char *at = strstr(rig_body(rp), "data-paste");
    at = at ? strstr(at, "HTTPS://") : NULL;
    assert_non_null(at);
    return nx_arena_dup(rig.arena, nx_span_of(at, strcspn(at, "<")));
}

static void test_rule_04_pasting_is_for_loopback_and_has_its_own_frame(void **state)
{
    (void)state;
    nx_reply *rp = page_open(&kiosk, &rig.portal, "");
    char *t = page_t(&rig, rp), *link = page_code(&rig, rp), *paste = paste_link(rp);
    assert_code(phone_take(&phone, link, "link"), 403, "frame_invalid");
    assert_code(phone_take(&phone, paste, "scan"), 403, "frame_invalid");
    rig_house(&rig)->loopback = false;
    assert_code(phone_take(&phone, paste, "link"), 403, "frame_invalid");
    assert_null(strstr(rig_body(page_again(&kiosk, t)), "data-paste"));
    rig_house(&rig)->loopback = true;
    nx_clock_shift(20);
    assert_int_equal(phone_take(&phone, paste, "link")->status, 200);
    assert_string_equal(nx_json_str(phone.shown, "px"), "p0");
}

/* ---- rule 5
 * ------------------------------------------------------------------------------------------------------ */

/* The rung that a take from these two addresses is given. */
static enum nx_rung rung_of(const char *screen, const char *scanner)
{
    const struct nx_qr_display d = {.client_id = "c",
                                    .client_name = "C",
                                    .origin = "https://c",
                                    .broker = "b",
                                    .acr = "a",
                                    .browser = "x"};
    struct nx_qr_order q;
    char *link;
    assert_true(nx_ok(nx_qr_order_begin(
        &q, rig.arena, rig_house(&rig),
        &(struct nx_qr_begin){.txn = "t", .browser = NX_LIT("cookie"), .address = screen, .display = &d})));
    assert_true(nx_ok(nx_qr_frame(&link, rig.arena, rig_house(&rig), &q, NX_VIA_SCAN)));
    struct nx_link l;
    assert_true(nx_ok(nx_link_parse(&l, RIG_ISSUER, nx_span_str(link))));
    NX_AUTO_QR_PROOF(p);
    assert_true(nx_ok(nx_qr_identity_get(rig_house(&rig)->registry, rig.arena, phone.qid, &p.who)));
    p.payload = json_pack("{s:s, s:I, s:s, s:s}", "order", nx_qr_order_name(rig.arena, &l.id), "t",
                          (json_int_t)l.t, "mac", strrchr(link, '/') + 1, "via", "scan");
    struct nx_qr_answer answer;
    assert_true(nx_ok(nx_qr_take(&answer, rig.arena, rig_house(&rig), &p, scanner)));
    assert_true(nx_ok(nx_qr_order_find(&q, rig.arena, rig_house(&rig), q.o.id.s)));
    return q.rung;
}

static void test_rule_05_networks_prove_p1_at_most(void **state)
{
    (void)state;
    assert_int_equal(rung_of("203.0.113.9", "203.0.113.9"), NX_P1);
    assert_int_equal(rung_of("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"), NX_P1);
    assert_int_equal(rung_of("203.0.113.9", "203.0.113.10"), NX_P0);
    assert_int_equal(rung_of("2001:db8:1:2::1", "2001:db8:1:3::1"), NX_P0);
    assert_int_equal(rung_of("127.0.0.1", "127.0.0.1"), NX_P0);
    assert_int_equal(rung_of("192.168.1.5", "192.168.1.5"), NX_P0);
    assert_int_equal(rung_of("10.1.2.3", "10.1.2.3"), NX_P0);
    assert_int_equal(rung_of("100.64.0.1", "100.64.0.1"), NX_P0);
    assert_int_equal(rung_of("::1", "::1"), NX_P0);
    assert_int_equal(rung_of("fe80::1", "fe80::1"), NX_P0);
    assert_int_equal(rung_of("local", "local"), NX_P0);
}

static void test_rule_05_a_phone_cannot_state_its_rung(void **state)
{
    (void)state;
    nx_reply *rp = page_open(&kiosk, &rig.portal, "");
    char *copy = nx_arena_strdup(rig.arena, strstr(page_code(&rig, rp), "/Q/") + 3);
    char *order = strtok(copy, "/"), *t = strtok(NULL, "/"), *mac = strtok(NULL, "/");
    json_t *members = json_pack("{s:s, s:I, s:s, s:s, s:s}", "order", order, "t",
                                (json_int_t)strtoll(t, NULL, 10), "mac", mac, "via", "scan", "px", "p2");
    assert_code(phone_call(&phone, "/qr/v1/orders/take", "take", members, NULL), 400, "malformed");
}

/* ---- rule 7
 * ------------------------------------------------------------------------------------------------------ */

static void test_rule_07_somebody_elses_screen_is_for_one_portal(void **state)
{
    (void)state;
    nx_reply *rp = phone_sign_in(&phone, &kiosk, &rig.portal, false);
    assert_memory_equal(rig_location(rp), "https://portal.example/cb?", 26);
    /* No single sign-on to the second portal … */
    rp = rig_follow(&kiosk, rig_get(&kiosk, rig_authorize_url(&rig, &rig.tax, "&prompt=none")));
    assert_string_equal(rig_param(&rig, rp, "error"), "login_required");
    /* … but to the first. */
    rp = rig_follow(&kiosk, rig_get(&kiosk, rig_authorize_url(&rig, &rig.portal, "&prompt=none")));
    const char *error =
        rig_param(&rig, rp, "error"); /* the phone's yes was for that request: it is not remembered */
    assert_true(rig_param(&rig, rp, "code") || (error && strcmp(error, "consent_required") == 0));
    nx_clock_shift(601);
    rp = rig_follow(&kiosk, rig_get(&kiosk, rig_authorize_url(&rig, &rig.portal, "&prompt=none")));
    assert_string_equal(rig_param(&rig, rp, "error"), "login_required"); /* ten idle minutes */
}

static void test_rule_07_her_own_screen_is_hers(void **state)
{
    (void)state;
    phone_sign_in(&phone, &kiosk, &rig.portal, true);
    nx_reply *rp = rig_follow(&kiosk, rig_get(&kiosk, rig_authorize_url(&rig, &rig.tax, "")));
    assert_null(strstr(rig_body(rp), "name=\"password\"")); /* consent is asked, a sign-in is not */
}

static void test_rule_07_the_phone_shows_the_session_and_ends_it(void **state)
{
    (void)state;
    phone_sign_in(&phone, &kiosk, &rig.portal, false);
    nx_reply *rp = phone_call(&phone, "/qr/v1/sync", "sync", NULL, NULL);
    assert_int_equal(rp->status, 200);
    NX_AUTO_JSON j = rig_json(rp);
    assert_int_equal(json_array_size(nx_json_array(j, "sessions")), 1);
    const json_t *session = json_array_get(nx_json_array(j, "sessions"), 0);
    assert_false(nx_json_bool(session, "own_screen", true));
    const char *id = nx_json_str(session, "id");
    assert_code(phone_call(&phone, "/qr/v1/sessions/end", "end",
                           json_pack("{s:s}", "session", "aaaaaaaaaaaaaaaaaaaaaaaaaa"), NULL),
                404, "not_found");
    rp = phone_call(&phone, "/qr/v1/sessions/end", "end", json_pack("{s:s}", "session", id), NULL);
    assert_int_equal(rp->status, 200);
    rp = rig_follow(&kiosk, rig_get(&kiosk, rig_authorize_url(&rig, &rig.portal, "&prompt=none")));
    assert_string_equal(rig_param(&rig, rp, "error"), "login_required");
}

static void test_rule_07_a_phone_ends_no_session_of_somebody_else(void **state)
{
    (void)state;
    struct nx_signon_list list;
    rig_sign_in(&other, &rig.minh);
    assert_true(nx_ok(nx_signon_list(rig_house(&rig)->store, rig.arena, rig.minh.id, &list)));
    assert_int_equal(list.n, 1);
    const char *id = list.v[0].id.s;
    assert_code(phone_call(&phone, "/qr/v1/sessions/end", "end", json_pack("{s:s}", "session", id), NULL), 404,
                "not_found");
    json_t *notice = json_pack("{s:s}", "notice", nx_arena_printf(rig.arena, "s:%s", id));
    assert_code(phone_call(&phone, "/qr/v1/notices/undo", "undo", notice, NULL), 404, "not_found");
    assert_int_equal(rig_get(&other, "/me")->status, 200);
}

/* ---- rule 9
 * ------------------------------------------------------------------------------------------------------ */

static const char *wrong(const char *digits)
{
    char *w = nx_arena_strdup(rig.arena, digits);
    w[0] = w[0] == '9' ? '0' : (char)(w[0] + 1);
    return w;
}

static void test_rule_09_three_wrong_digits_kill_the_order(void **state)
{
    (void)state;
    char *t;
    take_order(&t);
    char *digits = phone_text(&phone, phone_approve(&phone, PHONE_PIN, false), "digits");
    assert_int_equal(page_digits(&kiosk, t, wrong(digits))->status, 403);
    assert_int_equal(page_digits(&kiosk, t, wrong(digits))->status, 403);
    nx_reply *rp = page_digits(&kiosk, t, wrong(digits));
    assert_non_null(strstr(rig_body(rp), "data-state=\"dead\""));
    assert_string_equal(phone_watch(&phone), "ended: digits");
    rp = page_digits(&kiosk, t, digits);
    assert_int_not_equal(rp->status, 303);
}

static void test_rule_09_digits_are_limited_over_orders(void **state)
{
    (void)state;
    int refused = 0;
    for (int order = 0; order < 4 && !refused; order++) {
        char *t;
        take_order(&t);
        char *digits = phone_text(&phone, phone_approve(&phone, PHONE_PIN, false), "digits");
        for (int i = 0; i < 2; i++)
            refused += page_digits(&kiosk, t, wrong(digits))->status == 429;
    }
    assert_true(refused > 0);
}

static void test_rule_09_digits_belong_to_the_browser_that_began(void **state)
{
    (void)state;
    char *t;
    take_order(&t);
    char *digits = phone_text(&phone, phone_approve(&phone, PHONE_PIN, false), "digits");
    nx_reply *rp = rig_get(&other, nx_arena_printf(rig.arena, "/login/qr?t=%s", t));
    assert_int_not_equal(rp->status, 200);
    rp = rig_post(&other, "/login/qr/digits", nx_arena_printf(rig.arena, "t=%s&digits=%s&csrf=x", t, digits));
    assert_int_equal(rp->status, 403);
    assert_int_equal(page_digits(&kiosk, t, digits)->status, 303);
}

static void test_rule_09_a_wrong_clock_is_told_the_time(void **state)
{
    (void)state;
    nx_reply *rp = page_open(&kiosk, &rig.portal, "");
    char *link = page_code(&rig, rp);
    phone.offset = -300;
    rp = phone_take(&phone, link, "scan");
    assert_code(rp, 401, "clock");
    phone.offset += phone_number(rp, "server_time") - (nx_now() + phone.offset);
    assert_int_equal(phone_take(&phone, link, "scan")->status, 200);
}

/* ---- rule 10
 * ----------------------------------------------------------------------------------------------------- */

static void test_rule_10_no_proof_passes_for_another(void **state)
{
    (void)state;
    static const struct {
        const char *path, *label;
    } calls[] = {
        {"/qr/v1/orders/take", "take"},
        {"/qr/v1/orders/approve", "approve"},
        {"/qr/v1/orders/decline", "decline"},
        {"/qr/v1/sync", "sync"},
        {"/qr/v1/sessions/end", "end"},
        {"/qr/v1/notices/undo", "undo"},
        {"/qr/v1/pin", "pin"},
        {"/qr/v1/revoke", "revoke"},
    };
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        for (size_t k = 0; k < sizeof calls / sizeof calls[0]; k++) {
            if (i == k) continue;
            json_t *beside = NULL;
            if (strcmp(calls[i].label, "approve") == 0) beside = json_pack("{s:s}", "pin", PHONE_PIN);
            if (strcmp(calls[i].label, "pin") == 0)
                beside = json_pack("{s:s, s:s}", "pin", PHONE_PIN, "new_pin", "502738");
            assert_code(phone_call(&phone, calls[i].path, calls[k].label, NULL, beside), 401,
                        "proof_invalid");
        }
    }
}

static void test_rule_10_a_proof_is_for_one_server_and_one_use(void **state)
{
    (void)state;
    json_t *members = json_pack("{s:s}", "aud", "https://elsewhere.example");
    assert_code(phone_call(&phone, "/qr/v1/sync", "sync", members, NULL), 401, "proof_invalid");
    NX_AUTO_JSON body = json_pack("{s:s}", "proof", phone_proof(&phone, "sync", NULL));
    assert_int_equal(phone_post(&phone, "/qr/v1/sync", body)->status, 200);
    assert_code(phone_post(&phone, "/qr/v1/sync", body), 409, "replayed");
}

/* ---- rule 11, relays and others
 * ----------------------------------------------------------------------------------- */

static void test_rule_11_wallet_calls_take_no_cookies(void **state)
{
    (void)state;
    nx_reply *rp = rig_send(&home, "POST", "/qr/v1/sync", "application/json", "{\"proof\":\"\"}");
    assert_int_equal(rp->status, 400); /* signed in, and it helps nothing */
    assert_null(nx_reply_header_get(rp, "Set-Cookie"));
}

static const char *allowed(const char *method, const char *origin)
{
    struct nx_header headers[] = {
        {"Host", "localhost:8443"}, {"Content-Type", "application/json"}, {"Origin", origin}};
    const struct nx_wire wire = {
        .method = method, .target = "/qr/v1/sync", .headers = headers, .header_count = 3};
    nx_reply *rp = nx_http_serve(rig.server.router, rig.arena, &wire,
                                 strcmp(method, "POST") == 0 ? NX_LIT("{\"proof\":\"\"}") : NX_LIT(""));
    assert_non_null(rp);
    assert_null(nx_reply_header_get(rp, "Access-Control-Allow-Credentials"));
    const char *origin_allowed = nx_reply_header_get(rp, "Access-Control-Allow-Origin");
    nx_request_close(rp->rq);
    return origin_allowed ? origin_allowed : "none";
}

/* A wallet on an origin of its own is the only one that may call from elsewhere. */
static void test_rule_11_one_origin_may_call(void **state)
{
    (void)state;
    static const char *const methods[] = {"OPTIONS", "POST"};
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(allowed(methods[i], "https://wallet.example"), "none");
        rig.settings.wallet_origin = "https://wallet.example";
        assert_string_equal(allowed(methods[i], "https://wallet.example"), "https://wallet.example");
        assert_string_equal(allowed(methods[i], "https://wallet.example.evil.example"), "none");
        assert_string_equal(allowed(methods[i], "null"), "none");
        rig.settings.wallet_origin = RIG_ISSUER;
    }
}

/* What the router refuses by itself has a code too. */
static void test_every_refusal_has_a_code(void **state)
{
    (void)state;
    static char large[9000];
    memset(large, ' ', sizeof large - 1);
    assert_code(rig_send(&phone.net, "POST", "/qr/v1/sync", "application/json", large), 413, "malformed");
    assert_code(rig_send(&phone.net, "POST", "/qr/v1/sync", "text/plain", "{}"), 400, "malformed");
    assert_code(rig_send(&phone.net, "POST", "/qr/v1/sync", "application/json", "[]"), 400, "malformed");
    assert_code(
        rig_send(&phone.net, "POST", "/qr/v1/sync", "application/json", "{\"proof\":\"a\",\"proof\":\"b\"}"),
        400, "malformed");
}

static void test_decline_ends_it(void **state)
{
    (void)state;
    char *t;
    take_order(&t);
    json_t *members = json_pack("{s:s, s:s}", "order", phone.order, "reason", "not-me");
    assert_int_equal(phone_call(&phone, "/qr/v1/orders/decline", "decline", members, NULL)->status, 200);
    assert_string_equal(phone_watch(&phone), "ended: not-me");
    assert_code(phone_approve(&phone, PHONE_PIN, false), 410, "order_gone");
    assert_non_null(strstr(rig_body(page_again(&kiosk, t)), "data-state=\"dead\""));
}

static void test_cancel_on_the_page_ends_it(void **state)
{
    (void)state;
    char *t;
    take_order(&t);
    assert_int_equal(page_post(&kiosk, t, "/login/qr/cancel", "")->status, 303);
    assert_string_equal(phone_watch(&phone), "ended: cancelled");
}

/* Another phone of the same person, or the same order in another's hands, approves nothing. */
static void test_only_the_phone_that_took_it_goes_on(void **state)
{
    (void)state;
    char *t;
    phone_enrol(&second, &home);
    take_order(&t);
    second.order = phone.order;
    second.context = phone.context;
    second.shown = json_incref(phone.shown);
    assert_code(phone_approve(&second, PHONE_PIN, false), 409, "order_state");
    json_t *members = json_pack("{s:s, s:s}", "order", phone.order, "reason", "declined");
    assert_code(phone_call(&second, "/qr/v1/orders/decline", "decline", members, NULL), 409, "order_state");
    assert_int_equal(phone_approve(&phone, PHONE_PIN, false)->status, 200);
}

/* A revocation between approval and digits ends the sign-in. */
static void test_a_revoked_phone_finishes_nothing(void **state)
{
    (void)state;
    char *t;
    take_order(&t);
    char *digits = phone_text(&phone, phone_approve(&phone, PHONE_PIN, false), "digits");
    json_t *members = json_pack("{s:s, s:s}", "qid", phone.qid, "reason", "lost");
    assert_int_equal(phone_call(&phone, "/qr/v1/revoke", "revoke", members, NULL)->status, 200);
    nx_reply *rp = page_digits(&kiosk, t, digits);
    assert_int_not_equal(rp->status, 303);
    assert_code(phone_call(&phone, "/qr/v1/pin", "pin", NULL,
                           json_pack("{s:s, s:s}", "pin", PHONE_PIN, "new_pin", "502738")),
                403, "identity_revoked");
}

#define T(name) cmocka_unit_test_setup_teardown(name, up, down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_the_whole_ceremony),
        T(test_rule_01_same_device_is_proven_by_the_cookie),
        T(test_rule_01_without_the_cookie_the_order_dies_and_is_audited),
        T(test_rule_01_a_scan_never_ends_by_redirect_nor_a_launch_by_digits),
        T(test_rule_02_what_is_approved_is_what_was_displayed),
        T(test_rule_02_the_approval_is_kept_as_evidence),
        T(test_rule_02_five_wrong_pins_suspend_that_identity),
        T(test_rule_02_a_count_that_was_not_followed_up_still_refuses),
        T(test_rule_02_a_right_pin_counts_from_zero_again),
        T(test_rule_04_a_get_changes_nothing),
        T(test_rule_04_a_second_signed_scan_kills_it_and_both_are_told),
        T(test_rule_04_only_a_proof_takes_an_order),
        T(test_rule_04_frames_and_orders_have_their_time),
        T(test_rule_04_pasting_is_for_loopback_and_has_its_own_frame),
        T(test_rule_05_networks_prove_p1_at_most),
        T(test_rule_05_a_phone_cannot_state_its_rung),
        T(test_rule_07_somebody_elses_screen_is_for_one_portal),
        T(test_rule_07_her_own_screen_is_hers),
        T(test_rule_07_the_phone_shows_the_session_and_ends_it),
        T(test_rule_07_a_phone_ends_no_session_of_somebody_else),
        T(test_rule_09_three_wrong_digits_kill_the_order),
        T(test_rule_09_digits_are_limited_over_orders),
        T(test_rule_09_digits_belong_to_the_browser_that_began),
        T(test_rule_09_a_wrong_clock_is_told_the_time),
        T(test_rule_10_no_proof_passes_for_another),
        T(test_rule_10_a_proof_is_for_one_server_and_one_use),
        T(test_rule_11_wallet_calls_take_no_cookies),
        T(test_rule_11_one_origin_may_call),
        T(test_every_refusal_has_a_code),
        T(test_decline_ends_it),
        T(test_cancel_on_the_page_ends_it),
        T(test_only_the_phone_that_took_it_goes_on),
        T(test_a_revoked_phone_finishes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
