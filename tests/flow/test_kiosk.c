/* Kiosks: the rung p2 is earned by a key and by nothing else (SECURITY.md 5), here by a machine that has one and by
 * everybody who would like to look like it. */
#include "rig_phone.h"

#include "base/clock.h"
#include "base/text.h"
#include "crypto/jwk.h"
#include "operate/kiosks.h"
#include "qr/kiosk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>
#include <openssl/ec.h>

static struct rig rig;
static struct rig_browser home, screen, other;
static struct phone phone;
static EVP_PKEY *key;
static char id[NX_ID_LEN + 1], secret[512];

static struct nx_operate_call operator_call(void)
{
    return (struct nx_operate_call){.house = rig_house(&rig), .arena = rig.arena, .actor = "uid:0"};
}

static void add_kiosk(void)
{
    struct nx_operate_call c = operator_call();
    NX_AUTO_JSON out = NULL;
    NX_AUTO_JSON body = json_pack("{s:s, s:s}", "name", "Máy 2", "place", "UBND phường Hoàn Kiếm");
    assert_true(nx_ok(nx_operate_kiosk_add(&out, &c, body)));
    snprintf(id, sizeof id, "%s", nx_json_str(out, "id"));
    const char *link = nx_json_str(out, "enrolment");
    assert_memory_equal(link, RIG_ISSUER "/kiosk#", strlen(RIG_ISSUER) + 7);
    snprintf(secret, sizeof secret, "%s", strchr(link, '#') + 1);
}

static int up(void **state)
{
    (void)state;
    if (rig_up(&rig) != 0) return -1;
    rig_browser_open(&home, &rig);
    rig_browser_open(&screen, &rig);
    rig_browser_open(&other, &rig);
    phone_open(&phone, &rig);
    rig_sign_in(&home, &rig.lan);
    phone_enrol(&phone, &home);
    key = EVP_EC_gen("P-256");
    add_kiosk();
    return key ? 0 : -1;
}

static int down(void **state)
{
    (void)state;
    EVP_PKEY_free(key);
    phone_close(&phone);
    rig_browser_close(&home);
    rig_browser_close(&screen);
    rig_browser_close(&other);
    rig_down(&rig);
    nx_clock_shift(0);
    return 0;
}

static char *sign(EVP_PKEY *by, const char *label, const char *text)
{
    uint8_t raw[NX_SIGNATURE_MAX];
    size_t n;
    char *message = nx_arena_printf(rig.arena, "%s\n%s\n%s", label, RIG_ISSUER, text);
    assert_true(nx_ok(nx_alg_sign(raw, &n, NX_ALG_ES256, by, nx_span_str(message))));
    return nx_b64u_dup(rig.arena, nx_span_of(raw, n));
}

static const char *jwk_of(EVP_PKEY *k)
{
    NX_AUTO(nx_jwk) jwk = NULL;
    assert_true(nx_ok(nx_jwk_from_evp(&jwk, k, NX_ALG_NONE, NULL)));
    NX_AUTO_JSON all = nx_jwk_public(jwk);
    return nx_arena_printf(rig.arena, "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\"}",
                           nx_json_str(all, "x"), nx_json_str(all, "y"));
}

static nx_reply *enrol(struct rig_browser *b, const char *with, const char *jwk, const char *signature)
{
    const char *csrf = rig_field(&rig, rig_get(b, "/kiosk"), "csrf");
    return rig_post(b, "/kiosk",
                    nx_arena_printf(rig.arena, "csrf=%s&secret=%s&jwk=%s&signature=%s", rig_encoded(&rig, csrf), with,
                                    rig_encoded(&rig, jwk), signature));
}

static void enrol_screen(void)
{
    nx_reply *rp = enrol(&screen, secret, jwk_of(key), sign(key, NX_KIOSK_LABEL_ENROL, secret));
    assert_int_equal(rp->status, 200);
    assert_non_null(strstr(rig_body(rp), "UBND phường Hoàn Kiếm"));
}

/* The cookie that makes the server ask for proof. */
static void seem_a_kiosk(struct rig_browser *b)
{
    size_t at = RIG_COOKIES - 1;
    for (size_t i = 0; i < RIG_COOKIES; i++)
        if (strcmp(b->name[i], "__Host-nxk") == 0) at = i;
    snprintf(b->name[at], sizeof b->name[at], "__Host-nxk");
    snprintf(b->value[at], sizeof b->value[at], "%s", id);
}

/* The page that asks the screen to prove itself. */
static nx_reply *ask(struct rig_browser *b)
{
    nx_reply *rp = rig_follow(b, rig_get(b, rig_authorize_url(&rig, &rig.portal, "")));
    char *t = rig_field(&rig, rp, "t");
    return rig_follow(b, rig_get(b, nx_arena_printf(rig.arena, "/login/qr?t=%s", t)));
}

static nx_reply *prove(struct rig_browser *b, const nx_reply *page, EVP_PKEY *by, const char *label)
{
    char *challenge = rig_field(&rig, page, "challenge");
    const char *form = nx_arena_printf(rig.arena, "csrf=%s&t=%s&challenge=%s&kiosk=%s&signature=%s",
                                       rig_encoded(&rig, rig_field(&rig, page, "csrf")), rig_field(&rig, page, "t"),
                                       challenge,
                                       id, sign(by, label, challenge));
    return rig_post(b, "/login/qr/kiosk", form);
}

static nx_reply *to_code(struct rig_browser *b, nx_reply *rp)
{
    assert_int_equal(rp->status, 303);
    return rig_get(b, nx_arena_strdup(rig.arena, rig_location(rp)));
}

static void test_rule_05_an_enrolled_kiosk_earns_p2(void **state)
{
    (void)state;
    enrol_screen();
    nx_reply *page = ask(&screen);
    assert_null(strstr(rig_body(page), "data-qr"));
    nx_reply *rp = to_code(&screen, prove(&screen, page, key, NX_KIOSK_LABEL_PROVE));
    char *t = page_t(&rig, rp), *link = page_code(&rig, rp);
    assert_int_equal(phone_take(&phone, link, "scan")->status, 200);
    assert_string_equal(nx_json_str(phone.shown, "px"), "p2");
    const json_t *shown = nx_json_object(nx_json_object(phone.shown, "display"), "screen");
    assert_string_equal(nx_json_str(shown, "place"), "UBND phường Hoàn Kiếm");

    rp = phone_approve(&phone, PHONE_PIN, false);
    assert_int_equal(rp->status, 200);
    assert_null(phone_text(&phone, rp, "digits"));
    assert_null(phone_text(&phone, rp, "redirect_to"));
    assert_string_equal(phone_text(&phone, rp, "state"), "approved");
    rp = page_again(&screen, t);
    assert_non_null(strstr(rig_body(rp), "data-state=\"finish\""));
    const char *csrf = page_piece(&rig, rp, "action=\"/login/qr/finish\"", '>');
    assert_non_null(csrf);
    csrf = page_piece(&rig, rp, "data-auto-submit><input type=\"hidden\" name=\"t\" value=\"", '"');
    assert_string_equal(csrf, t);
    csrf = page_piece(&rig, rp, nx_arena_printf(rig.arena, "value=\"%s\"><input type=\"hidden\" name=\"csrf\" value=\"", t),
                      '"');
    rp = rig_follow(&screen, rig_post(&screen, "/login/qr/finish",
                                      nx_arena_printf(rig.arena, "t=%s&csrf=%s", t, rig_encoded(&rig, csrf))));
    char *code = rig_param(&rig, rp, "code");
    assert_non_null(code);
    NX_AUTO_JSON answer = rig_json(rig_redeem(&screen, &rig.portal, code));
    NX_AUTO_JSON claims = rig_claims(&rig, nx_json_str(answer, "access_token"), "at+jwt");
    assert_string_equal(nx_json_str(claims, "qr_px"), "p2");
    assert_string_equal(nx_json_str(claims, "acr"), "urn:nixa:acr:m1"); /* as the phone was enrolled: proximity lifts nothing (rules 3, 6) */
}

static void test_rule_05_a_link_that_was_carried_proves_no_place(void **state)
{
    (void)state;
    enrol_screen();
    nx_reply *rp = to_code(&screen, prove(&screen, ask(&screen), key, NX_KIOSK_LABEL_PROVE));
    char *paste = page_piece(&rig, rp, "data-paste data-renew>", '<');
    assert_non_null(paste);
    assert_int_equal(phone_take(&phone, paste, "link")->status, 200);
    assert_string_equal(nx_json_str(phone.shown, "px"), "p0");
    rp = phone_approve(&phone, PHONE_PIN, false);
    assert_non_null(phone_text(&phone, rp, "digits")); /* below p2 a secret is transferred */
}

/* What is not the kiosk gets an ordinary code. */
static void assert_plain(const nx_reply *rp)
{
    assert_int_equal(rp->status, 303);
    assert_memory_equal(rig_location(rp), "/login/qr?plain=1&t=", 20);
}

static void assert_kiosk(const nx_reply *rp)
{
    assert_int_equal(rp->status, 303);
    assert_null(strstr(rig_location(rp), "plain"));
}

static void test_rule_05_nobody_else_is_taken_for_the_kiosk(void **state)
{
    (void)state;
    enrol_screen();
    EVP_PKEY *stranger = EVP_EC_gen("P-256");
    nx_reply *page = ask(&screen);
    assert_plain(prove(&screen, page, stranger, NX_KIOSK_LABEL_PROVE));
    seem_a_kiosk(&screen);
    assert_plain(prove(&screen, ask(&screen), key, NX_KIOSK_LABEL_ENROL)); /* another label */
    seem_a_kiosk(&screen);
    EVP_PKEY_free(stranger);

    page = ask(&screen); /* a challenge is good once … */
    char *challenge = rig_field(&rig, page, "challenge"), *t = rig_field(&rig, page, "t");
    char *csrf = nx_arena_strdup(rig.arena, rig_encoded(&rig, rig_field(&rig, page, "csrf")));
    assert_kiosk(prove(&screen, page, key, NX_KIOSK_LABEL_PROVE));
    char *signature = sign(key, NX_KIOSK_LABEL_PROVE, challenge);
    const char *again = nx_arena_printf(rig.arena, "csrf=%s&t=%s&challenge=%s&kiosk=%s&signature=%s", csrf, t,
                                        challenge, id, signature);
    assert_plain(rig_post(&screen, "/login/qr/kiosk", again));
    seem_a_kiosk(&screen);

    page = ask(&screen); /* … in the browser that it was made for … */
    challenge = rig_field(&rig, page, "challenge");
    nx_reply *rp = rig_follow(&other, rig_get(&other, rig_authorize_url(&rig, &rig.portal, "")));
    char *other_t = rig_field(&rig, rp, "t");
    const char *other_csrf = NULL;
    seem_a_kiosk(&other);
    rp = rig_get(&other, nx_arena_printf(rig.arena, "/login/qr?t=%s", other_t));
    other_csrf = rig_encoded(&rig, rig_field(&rig, rp, "csrf"));
    const char *stolen =
        nx_arena_printf(rig.arena, "csrf=%s&t=%s&challenge=%s&kiosk=%s&signature=%s", other_csrf, other_t, challenge,
                        id, sign(key, NX_KIOSK_LABEL_PROVE, challenge));
    assert_plain(rig_post(&other, "/login/qr/kiosk", stolen));

    page = ask(&screen); /* … and for two minutes. */
    nx_clock_shift(NX_KIOSK_CHALLENGE_S + 1);
    assert_plain(prove(&screen, page, key, NX_KIOSK_LABEL_PROVE));
    nx_clock_shift(0);
    seem_a_kiosk(&screen);

    struct nx_operate_call c = operator_call();
    assert_true(nx_ok(nx_operate_kiosk_revoke(&c, id, "stolen")));
    assert_plain(prove(&screen, ask(&screen), key, NX_KIOSK_LABEL_PROVE));
    assert_non_null(strstr(rig_body(ask(&screen)), "data-qr")); /* it does not try again */
}

static void revoke_kiosk(void)
{
    struct nx_operate_call c = operator_call();
    assert_true(nx_ok(nx_operate_kiosk_revoke(&c, id, "stolen")));
}

/* Taken back while its order waits: it has no place to show to a phone, and gets no session without digits. */
static void test_rule_05_a_kiosk_that_is_taken_back_meanwhile_is_none(void **state)
{
    (void)state;
    enrol_screen();
    nx_reply *rp = to_code(&screen, prove(&screen, ask(&screen), key, NX_KIOSK_LABEL_PROVE));
    char *link = page_code(&rig, rp);
    revoke_kiosk();
    assert_int_not_equal(phone_take(&phone, link, "scan")->status, 200);
}

static void test_rule_05_nor_between_approval_and_session(void **state)
{
    (void)state;
    enrol_screen();
    nx_reply *rp = to_code(&screen, prove(&screen, ask(&screen), key, NX_KIOSK_LABEL_PROVE));
    char *t = page_t(&rig, rp);
    assert_int_equal(phone_take(&phone, page_code(&rig, rp), "scan")->status, 200);
    assert_int_equal(phone_approve(&phone, PHONE_PIN, false)->status, 200);
    rp = page_again(&screen, t);
    const char *csrf = page_piece(
        &rig, rp, nx_arena_printf(rig.arena, "value=\"%s\"><input type=\"hidden\" name=\"csrf\" value=\"", t), '"');
    revoke_kiosk();
    rp = rig_post(&screen, "/login/qr/finish", nx_arena_printf(rig.arena, "t=%s&csrf=%s", t, rig_encoded(&rig, csrf)));
    assert_int_equal(rp->status, 200);
    assert_non_null(strstr(rig_body(rp), "data-state=\"dead\""));
}

/* The cookie alone: asked to prove, and an ordinary screen when it cannot. */
static void test_rule_05_a_cookie_proves_nothing(void **state)
{
    (void)state;
    enrol_screen();
    nx_reply *page = ask(&screen);
    char *plain = page_piece(&rig, page, "href=\"/login/qr?plain=1&amp;t=", '"');
    assert_non_null(plain);
    nx_reply *rp = to_code(&screen, rig_get(&screen, nx_arena_printf(rig.arena, "/login/qr?plain=1&t=%s", plain)));
    assert_int_equal(phone_take(&phone, page_code(&rig, rp), "scan")->status, 200);
    assert_string_equal(nx_json_str(phone.shown, "px"), "p0");
    char *t = page_t(&rig, rp);
    rp = phone_approve(&phone, PHONE_PIN, false);
    assert_non_null(phone_text(&phone, rp, "digits"));
    rp = page_post(&screen, t, "/login/qr/finish", ""); /* nor does asking for the end of a kiosk's order */
    assert_null(strstr(rig_location(rp), "code="));
}

static void an_enrolment_is_for_one_key_once(void **state)
{
    (void)state;
    EVP_PKEY *stranger = EVP_EC_gen("P-256");
    assert_int_equal(enrol(&screen, secret, jwk_of(key), sign(stranger, NX_KIOSK_LABEL_ENROL, secret))->status, 403);
    assert_int_equal(enrol(&screen, secret, "{\"kty\":\"oct\",\"k\":\"AAAA\"}", "AAAA")->status, 403);
    enrol_screen(); /* what failed did not use the link up */
    assert_int_equal(enrol(&other, secret, jwk_of(stranger), sign(stranger, NX_KIOSK_LABEL_ENROL, secret))->status, 403);
    add_kiosk(); /* a key is one kiosk's */
    assert_int_equal(enrol(&other, secret, jwk_of(key), sign(key, NX_KIOSK_LABEL_ENROL, secret))->status, 403);
    add_kiosk();
    nx_clock_shift(NX_KIOSK_ENROL_S + 1);
    assert_int_equal(enrol(&other, secret, jwk_of(stranger), sign(stranger, NX_KIOSK_LABEL_ENROL, secret))->status, 403);
    nx_clock_shift(0);
    EVP_PKEY_free(stranger);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, up, down)
    const struct CMUnitTest tests[] = {
        T(test_rule_05_an_enrolled_kiosk_earns_p2),
        T(test_rule_05_a_link_that_was_carried_proves_no_place),
        T(test_rule_05_nobody_else_is_taken_for_the_kiosk),
        T(test_rule_05_a_kiosk_that_is_taken_back_meanwhile_is_none),
        T(test_rule_05_nor_between_approval_and_session),
        T(test_rule_05_a_cookie_proves_nothing),
        T(an_enrolment_is_for_one_key_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
