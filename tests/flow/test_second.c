/* Second factors: codes of a generator, recovery codes, what a person always wants, what an agency forbids.
 */
#include "authn/one_time.h"
#include "authn/password.h"
#include "authn/recovery.h"
#include "base/clock.h"
#include "operate/second.h"
#include "registry/one_time.h"
#include "registry/policy_rule.h"
#include "rig.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define ESSENTIAL_M2                                                                                         \
    "&claims=%7B%22id_token%22%3A%7B%22acr%22%3A%7B%22essential%22%3Atrue%2C%22values%22%3A%5B%22urn%"       \
    "3Anixa%3Aacr%3Am2%22%5D%7D%7D%7D"
#define WISH_M2 "&acr_values=urn:nixa:acr:m2"

static struct rig rig;
static struct rig_browser b;

static int fresh(void **state)
{
    (void)state;
    NX_AUTO_SECRET(password);
    if (rig_up(&rig) != 0 || !nx_ok(nx_secret_set(&password, NX_LIT(RIG_PASSWORD)))) return -1;
    rig_browser_open(&b, &rig);
    return nx_ok(nx_password_store(rig_house(&rig), rig.lan.id, &password)) ? 0 : -1;
}

static int gone(void **state)
{
    (void)state;
    nx_clock_shift(0);
    rig_browser_close(&b);
    rig_down(&rig);
    return 0;
}

/* ---- an authenticator app ---- */

struct app {
    uint8_t secret[NX_ONE_TIME_SECRET_LEN];
    char id[NX_ID_LEN + 1];
};

static void app_scan(struct app *app, const char *uri)
{
    size_t n = 0;
    const char *at = strstr(uri, "secret=");
    assert_non_null(at);
    at += strlen("secret=");
    assert_true(
        nx_ok(nx_b32_decode(app->secret, sizeof app->secret, &n, nx_span_of(at, strcspn(at, "&")), true)));
    assert_int_equal(n, sizeof app->secret);
}

/* steps: how far its clock is off. */
static const char *app_code(const struct app *app, int steps)
{
    static char code[NX_ONE_TIME_DIGITS + 1];
    uint64_t at = (uint64_t)(nx_now() / NX_ONE_TIME_STEP_S + steps);
    assert_true(nx_ok(nx_one_time_code(code, nx_span_of(app->secret, sizeof app->secret), at)));
    return code;
}

/* A code that no step near now has. */
static const char *app_wrong(const struct app *app)
{
    static char wrong[16];
    for (int n = 0;; n++) {
        bool right = false;
        snprintf(wrong, sizeof wrong, "%06d", n);
        for (int steps = -15; steps <= 15; steps++)
            right = right || strcmp(app_code(app, steps), wrong) == 0;
        if (!right) return wrong;
    }
}

/* As the admin API makes one. */
static void app_given(struct app *app, const struct rig_person *p)
{
    struct nx_operate_call c = {.house = rig_house(&rig), .arena = rig.arena, .actor = "uid:0"};
    NX_AUTO_JSON body = json_pack("{s:s}", "type", "totp");
    json_t *made = NULL;
    assert_true(nx_ok(nx_operate_credential_create(&made, &c, p->id, body)));
    app_scan(app, nx_json_str(made, "otpauth_uri"));
    snprintf(app->id, sizeof app->id, "%s", nx_json_str(made, "id"));
    json_decref(made);
}

/* ---- pages ---- */

static nx_reply *ask(const char *more)
{
    return rig_follow(&b, rig_get(&b, rig_authorize_url(&rig, &rig.portal, more)));
}

static nx_reply *password(nx_reply *page)
{
    char form[1024];
    bool t = rig_says(page, "name=\"t\"");
    snprintf(form, sizeof form, "%s%s&csrf=%s&username=lan&password=correct+horse+battery", t ? "t=" : "x=1",
             t ? rig_field(&rig, page, "t") : "", rig_field(&rig, page, "csrf"));
    return rig_follow(&b, rig_post(&b, "/login/password", form));
}

static nx_reply *type_at(nx_reply *page, const char *path, const char *code)
{
    char form[1024];
    bool t = rig_says(page, "name=\"t\"");
    snprintf(form, sizeof form, "%s%s&csrf=%s&code=%s", t ? "t=" : "x=1", t ? rig_field(&rig, page, "t") : "",
             rig_field(&rig, page, "csrf"), code);
    return rig_post(&b, path, form);
}

static nx_reply *type(nx_reply *page, const char *code)
{
    return type_at(page, "/login/code", code);
}

static nx_reply *allow(nx_reply *rp)
{
    char form[700];
    rp = rig_follow(&b, rp);
    if (rp->status != 200 || !rig_says(rp, "name=\"decision\"")) return rp;
    snprintf(form, sizeof form, "t=%s&csrf=%s&decision=allow", rig_field(&rig, rp, "t"),
             rig_field(&rig, rp, "csrf"));
    return rig_follow(&b, rig_post(&b, "/consent", form));
}

/* The acr of the ID token that the portal gets in the end; in the arena of the rig. */
static const char *acr_of(nx_reply *rp, size_t *factors)
{
    rp = allow(rp);
    char *code = rig_param(&rig, rp, "code");
    if (!code) fail_msg("no code: %d %s", rp->status, rig_location(rp));
    NX_AUTO_JSON answer = rig_json(rig_redeem(&b, &rig.portal, code));
    NX_AUTO_JSON claims = rig_claims(&rig, nx_json_str(answer, "id_token"), NULL);
    if (factors) *factors = json_array_size(json_object_get(claims, "amr"));
    return nx_arena_strdup(rig.arena, nx_json_str(claims, "acr"));
}

static bool asks_for_code(const nx_reply *rp)
{
    return rp->status == 200 && rig_says(rp, "autocomplete=\"one-time-code\"") &&
           rig_says(rp, "action=\"/login/code\"");
}

/* ---- signing in ---- */

static void password_and_code_are_m2(void **state)
{
    (void)state;
    static const char *const wishes[] = {ESSENTIAL_M2, WISH_M2};
    struct app app;
    size_t factors = 0;
    app_given(&app, &rig.lan);
    for (size_t i = 0; i < 2; i++) {
        rig_browser_close(&b);
        rig_browser_open(&b, &rig);
        nx_clock_shift((int64_t)i * 60);
        nx_reply *rp = password(ask(wishes[i]));
        assert_true(asks_for_code(rp));
        assert_true(rig_says(rp, "inputmode=\"numeric\""));
        assert_string_equal(acr_of(type(rp, app_code(&app, 0)), &factors), "urn:nixa:acr:m2");
        assert_int_equal(factors, 3); /* pwd otp mfa */
    }
}

static void without_a_wish_the_password_is_enough(void **state)
{
    (void)state;
    struct app app;
    app_given(&app, &rig.lan);
    assert_string_equal(acr_of(password(ask("")), NULL), "urn:nixa:acr:m1");
}

/* A wish may be left unmet, an essential level not. */
static void a_wish_may_be_passed_over(void **state)
{
    (void)state;
    struct app app;
    app_given(&app, &rig.lan);
    nx_reply *rp = password(ask(WISH_M2));
    assert_true(asks_for_code(rp));
    assert_true(rig_says(rp, "Tiếp tục không cần mã"));
    char *url = nx_arena_printf(rig.arena, "/login?t=%s", rig_field(&rig, rp, "t"));
    assert_string_equal(acr_of(rig_get(&b, url), NULL), "urn:nixa:acr:m1");
    rig_browser_close(&b);
    rig_browser_open(&b, &rig);
    rp = password(ask(ESSENTIAL_M2));
    assert_true(asks_for_code(rp));
    assert_false(rig_says(rp, "Tiếp tục không cần mã"));
    url = nx_arena_printf(rig.arena, "/login?t=%s", rig_field(&rig, rp, "t"));
    rp = rig_follow(&b, rig_get(&b, url));
    assert_int_equal(rp->status, 200);
    assert_true(rig_says(rp, "/login/code?t="));
    assert_false(rig_says(rp, "name=\"decision\""));
}

/* A session of before: the step-up page offers the code while the password is fresh, and the password first
 * later. */
static void a_standing_session_steps_up(void **state)
{
    (void)state;
    struct app app;
    app_given(&app, &rig.lan);
    acr_of(password(ask("")), NULL);
    nx_reply *rp = ask(ESSENTIAL_M2);
    assert_true(rig_says(rp, "/login/code?t="));
    char *code_url = nx_arena_printf(
        rig.arena, "/login/code?t=%s",
        nx_arena_dup(rig.arena, nx_span_of(strstr(rig_body(rp), "/login/code?t=") + 14, NX_HANDLE_LEN)));
    assert_true(asks_for_code(rig_get(&b, code_url)));
    nx_clock_shift(rig.settings.recent_auth_s + 1);
    rp = rig_follow(&b, rig_get(&b, code_url));
    assert_true(rig_says(rp, "action=\"/login/password\""));
    rp = password(rp);
    assert_true(asks_for_code(rp));
    assert_string_equal(acr_of(type(rp, app_code(&app, 0)), NULL), "urn:nixa:acr:m2");
}

static void test_rule_25_a_given_generator_waits_for_its_holder(void **state)
{
    (void)state;
    struct app app;
    struct nx_one_time *list;
    size_t n;
    app_given(&app, &rig.lan);
    assert_true(nx_ok(nx_one_time_list(rig_house(&rig)->registry, rig.arena, rig.lan.id, &list, &n)));
    assert_int_equal(n, 1);
    assert_int_equal(list[0].state, NX_ONE_TIME_PENDING);
    assert_int_equal(list[0].bound_at, 3); /* as she was proofed */
    type(password(ask(ESSENTIAL_M2)), app_code(&app, 0));
    assert_true(nx_ok(nx_one_time_list(rig_house(&rig)->registry, rig.arena, rig.lan.id, &list, &n)));
    assert_int_equal(list[0].state, NX_ONE_TIME_ACTIVE);
}

/* A code alone makes no session: the page leads to the password. */
static void a_code_is_never_the_only_factor(void **state)
{
    (void)state;
    struct app app;
    app_given(&app, &rig.lan);
    nx_reply *rp = rig_get(&b, "/login/code");
    assert_int_equal(rp->status, 303);
    assert_string_equal(rig_location(rp), "/login");
    struct nx_sign_in_ask alone = {
        .proof = {.person = rig.lan.id, .means = NX_MEANS_OTP, .bound_at = NX_M3, .rung = NX_RUNG_NONE},
        .agent = "Test"};
    nx_handle_text cookie;
    struct nx_signon s;
    assert_int_equal(nx_sign_in(&cookie, &s, rig_house(&rig), rig.arena, &alone).e, NX_ERR_LOGIN_REQUIRED);
}

static void a_wrong_code_a_used_code_and_too_many(void **state)
{
    (void)state;
    struct app app;
    char used[NX_ONE_TIME_DIGITS + 1];
    app_given(&app, &rig.lan);
    nx_reply *rp = password(ask(ESSENTIAL_M2));
    rp = type(rp, app_wrong(&app));
    assert_int_equal(rp->status, 403);
    assert_true(rig_says(rp, "Mã không đúng"));
    snprintf(used, sizeof used, "%s", app_code(&app, 0));
    assert_int_equal(type(rp, used)->status, 303);
    rig_browser_close(&b);
    rig_browser_open(&b, &rig);
    rp = password(ask(ESSENTIAL_M2));
    rp = type(rp, used);
    assert_int_equal(rp->status, 403);
    assert_true(rig_says(rp, "đã dùng rồi"));
    for (int i = 0; i < 8 && rp->status == 403; i++)
        rp = type(rp, app_wrong(&app));
    assert_int_equal(rp->status, 429);
    assert_non_null(nx_reply_header_get(rp, "Retry-After"));
    nx_clock_shift(30);
    rp = type(rp, app_code(&app, 0)); /* right, and too soon: it was counted before it was tried */
    assert_int_equal(rp->status, 429);
}

/* ---- the authenticator itself ---- */

static nx_result prove(const char *code, struct nx_proof *proof)
{
    NX_AUTO_SECRET(secret);
    int64_t retry_after_s;
    nx_arena *a = nx_arena_open(1u << 20);
    assert_true(nx_ok(nx_secret_set(&secret, nx_span_str(code))));
    struct nx_one_time_try t = {.person = rig.lan.id, .code = &secret, .source = "203.0.113.9"};
    nx_result r = nx_one_time_prove(proof, rig_house(&rig), a, &t, &retry_after_s);
    nx_arena_close(a);
    return r;
}

static int64_t drift_now(void)
{
    struct nx_one_time *list;
    size_t n;
    assert_true(nx_ok(nx_one_time_list(rig_house(&rig)->registry, rig.arena, rig.lan.id, &list, &n)));
    return list[0].drift;
}

/* RFC 6238 5.2 and 6: one step each way around the drift of last time, which is kept; a clock that has run on
 * between two uses is found again as long as each use moves it by one. */
static void the_drift_of_a_clock_is_kept(void **state)
{
    (void)state;
    struct app app;
    struct nx_proof proof;
    app_given(&app, &rig.lan);
    assert_int_equal(prove(app_code(&app, 2), &proof).e, NX_ERR_ONE_TIME);
    assert_int_equal(prove(app_code(&app, -2), &proof).e, NX_ERR_ONE_TIME);
    for (int drift = 1; drift <= NX_ONE_TIME_DRIFT_MAX; drift++) {
        nx_clock_shift(drift * 600);
        assert_true(nx_ok(prove(app_code(&app, drift), &proof)));
        assert_int_equal(drift_now(), drift);
    }
    nx_clock_shift(10000);
    assert_true(nx_ok(prove(app_code(&app, NX_ONE_TIME_DRIFT_MAX + 1), &proof)));
    assert_int_equal(drift_now(), NX_ONE_TIME_DRIFT_MAX); /* and no further */
    nx_clock_shift(20000);
    assert_int_equal(prove(app_code(&app, NX_ONE_TIME_DRIFT_MAX + 2), &proof).e, NX_ERR_ONE_TIME);
}

/* A clock of ours that steps back makes codes wait, never serve twice. */
static void our_clock_may_step(void **state)
{
    (void)state;
    struct app app;
    struct nx_proof proof;
    app_given(&app, &rig.lan);
    nx_clock_shift(3600);
    assert_true(nx_ok(prove(app_code(&app, 0), &proof)));
    nx_clock_shift(0);
    assert_int_equal(prove(app_code(&app, 0), &proof).e, NX_ERR_ONE_TIME_USED);
    nx_clock_shift(3660);
    assert_true(nx_ok(prove(app_code(&app, 0), &proof)));
    assert_int_equal(proof.means, NX_MEANS_OTP);
    assert_int_equal(proof.bound_at, 3);
}

/* Blanks as apps show them; nothing else but digits. */
static void codes_as_people_type_them(void **state)
{
    (void)state;
    struct app app;
    struct nx_proof proof;
    char spaced[16];
    app_given(&app, &rig.lan);
    const char *code = app_code(&app, 0);
    snprintf(spaced, sizeof spaced, "%.3s %s", code, code + 3);
    assert_true(nx_ok(prove(spaced, &proof)));
    static const char *const wrong[] = {"", "12345", "1234567", "abcdef", "１２３４５６", "123456 7"};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(prove(wrong[i], &proof).e, NX_ERR_ONE_TIME);
    nx_clock_shift(3600);
    for (size_t i = 3; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(prove(wrong[i], &proof).e, NX_ERR_ONE_TIME);
}

struct racer {
    char code[NX_ONE_TIME_DIGITS + 1];
    nx_err e;
};

static void *race(void *arg)
{
    struct racer *r = arg;
    struct nx_proof proof;
    r->e = prove(r->code, &proof).e;
    return NULL;
}

static void of_two_at_once_one_goes_on(void **state)
{
    (void)state;
    struct app app;
    app_given(&app, &rig.lan);
    for (int round = 0; round < 20; round++) {
        struct racer racer[2];
        pthread_t thread[2];
        nx_clock_shift(round * 300);
        for (int i = 0; i < 2; i++)
            snprintf(racer[i].code, sizeof racer[i].code, "%s", app_code(&app, 0));
        for (int i = 0; i < 2; i++)
            assert_int_equal(pthread_create(&thread[i], NULL, race, &racer[i]), 0);
        for (int i = 0; i < 2; i++)
            pthread_join(thread[i], NULL);
        assert_int_equal((racer[0].e == NX_ERR_NONE) + (racer[1].e == NX_ERR_NONE), 1);
        assert_int_equal((racer[0].e == NX_ERR_ONE_TIME_USED) + (racer[1].e == NX_ERR_ONE_TIME_USED), 1);
    }
}

/* RFC 4226 appendix D and RFC 6238 appendix B (its last six digits). */
static void vectors_of_the_standards(void **state)
{
    (void)state;
    static const char *const hotp[] = {"755224", "287082", "359152", "969429", "338314",
                                       "254676", "287922", "162583", "399871", "520489"};
    static const struct {
        uint64_t time;
        const char *code;
    } totp[] = {{59, "287082"},         {1111111109, "081804"}, {1111111111, "050471"},
                {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"}};
    const nx_span secret = NX_LIT("12345678901234567890");
    char code[NX_ONE_TIME_DIGITS + 1];
    for (uint64_t i = 0; i < 10; i++) {
        assert_true(nx_ok(nx_one_time_code(code, secret, i)));
        assert_string_equal(code, hotp[i]);
    }
    for (size_t i = 0; i < sizeof totp / sizeof totp[0]; i++) {
        assert_true(nx_ok(nx_one_time_code(code, secret, totp[i].time / NX_ONE_TIME_STEP_S)));
        assert_string_equal(code, totp[i].code);
    }
}

/* RFC 4226 7.2 and 7.4: the counter moves past what was used, and looks ahead so far and no further. */
static void a_counter_looks_ahead(void **state)
{
    (void)state;
    struct nx_one_time made;
    struct nx_proof proof;
    struct app app;
    const char *uri;
    char code[NX_ONE_TIME_DIGITS + 1];
    const struct nx_one_time_ask ask = {
        .person = rig.lan.id, .user_name = "lan", .kind = NX_ONE_TIME_HOTP, .bound_at = 2};
    assert_true(nx_ok(nx_one_time_make(&made, &uri, rig_house(&rig), rig.arena, &ask)));
    assert_non_null(strstr(uri, "otpauth://hotp/localhost:lan?secret="));
    assert_non_null(strstr(uri, "&counter=0"));
    app_scan(&app, uri);
    static const struct {
        uint64_t at;
        nx_err e;
    } rows[] = {{0, NX_ERR_NONE},     {0, NX_ERR_ONE_TIME},  {10, NX_ERR_NONE},
                {5, NX_ERR_ONE_TIME}, {21, NX_ERR_ONE_TIME}, {20, NX_ERR_NONE}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        nx_clock_shift((int64_t)i * 600);
        assert_true(nx_ok(nx_one_time_code(code, nx_span_of(app.secret, sizeof app.secret), rows[i].at)));
        assert_int_equal(prove(code, &proof).e, rows[i].e);
    }
}

/* ---- her own page ---- */

static nx_reply *me_act(const char *more)
{
    nx_reply *rp = rig_get(&b, "/me/codes");
    assert_int_equal(rp->status, 200);
    char *form = nx_arena_printf(rig.arena, "csrf=%s&%s", rig_field(&rig, rp, "csrf"), more);
    return rig_post(&b, "/me/codes", form);
}

static nx_reply *me_first(nx_reply *page, const char *code)
{
    char *form = nx_arena_printf(rig.arena, "csrf=%s&ticket=%s&code=%s", rig_field(&rig, page, "csrf"),
                                 rig_field(&rig, page, "ticket"), code);
    return rig_post(&b, "/me/codes/confirm", form);
}

/* The link that the page's code says, with the template's escapes undone. */
static char *shown_uri(const nx_reply *rp)
{
    const char *at = strstr(rig_body(rp), "data-qr=\"");
    assert_non_null(at);
    at += strlen("data-qr=\"");
    char *uri = nx_arena_dup(rig.arena, nx_span_of(at, strcspn(at, "\""))), *amp;
    while ((amp = strstr(uri, "&amp;")))
        memmove(amp + 1, amp + 5, strlen(amp + 5) + 1);
    return uri;
}

static nx_reply *enrol(struct app *app)
{
    nx_reply *rp = me_act("act=add&label=M%C3%A1y+c%E1%BB%A7a+Lan");
    assert_int_equal(rp->status, 200);
    char *uri = shown_uri(rp);
    assert_memory_equal(uri, "otpauth://totp/localhost:lan?secret=", 36);
    assert_non_null(strstr(uri, "&issuer=localhost&algorithm=SHA1&digits=6&period=30"));
    app_scan(app, uri);
    return rp;
}

static void enrolment_is_confirmed_by_the_first_code(void **state)
{
    (void)state;
    struct app app;
    char wrong[NX_ONE_TIME_DIGITS + 1];
    rig_sign_in(&b, &rig.lan);
    nx_reply *rp = enrol(&app);
    snprintf(wrong, sizeof wrong, "%s", app_wrong(&app));
    rp = me_first(rp, wrong);
    assert_int_equal(rp->status, 403);
    struct app same;
    app_scan(&same, shown_uri(rp)); /* the app has it already */
    assert_memory_equal(same.secret, app.secret, sizeof app.secret);
    rp = me_first(rp, app_code(&app, 0));
    assert_int_equal(rp->status, 303);
    rp = rig_follow(&b, rp);
    assert_true(rig_says(rp, "Máy của Lan"));
    assert_false(rig_says(rp, "secret="));
    rp = rig_get(&b, "/me");
    assert_true(rig_says(rp, "Thêm ứng dụng xác thực")); /* she is told */
    /* The first code was used by the enrolment itself. */
    struct nx_proof proof;
    assert_int_equal(prove(app_code(&app, 0), &proof).e, NX_ERR_ONE_TIME_USED);
}

/* Rule 3: enrolled from a password alone, it stays m1, and the portal is told the truth. */
static void test_rule_03_a_code_enrolled_at_m1_stays_m1(void **state)
{
    (void)state;
    struct app app;
    rig_sign_in(&b, &rig.lan);
    assert_int_equal(me_first(enrol(&app), app_code(&app, 0))->status, 303);
    rig_browser_close(&b);
    rig_browser_open(&b, &rig);
    nx_clock_shift(60);
    nx_reply *rp = password(ask(WISH_M2));
    assert_false(asks_for_code(rp)); /* it would not help */
    assert_string_equal(acr_of(rp, NULL), "urn:nixa:acr:m1");
    rp = ask(ESSENTIAL_M2);
    assert_string_equal(rig_param(&rig, rp, "error"), "unmet_authentication_requirements");
}

static void test_rule_03_enrolment_wants_a_fresh_and_near_proof(void **state)
{
    (void)state;
    const struct nx_proof far = {.means = NX_MEANS_QR_PIN, .bound_at = NX_M2, .rung = NX_P0};
    const struct nx_proof paper = {.means = NX_MEANS_PAPER_PIN, .bound_at = NX_M1, .rung = NX_P0};
    rig_sign_in(&b, &rig.lan);
    nx_clock_shift(rig.settings.recent_auth_s + 1);
    nx_reply *rp = me_act("act=add");
    assert_string_equal(rig_location(rp), "/me/confirm?next=/me/codes");
    nx_clock_shift(0);
    const struct nx_proof *const no[] = {&far, &paper};
    for (size_t i = 0; i < 2; i++) {
        rig_browser_close(&b);
        rig_browser_open(&b, &rig);
        rig_prove(&b, &rig.lan, *no[i], NULL);
        assert_int_equal(me_act("act=add")->status, 403);
        assert_int_equal(me_act("act=recovery")->status, 403);
    }
}

static void removing_it_ends_what_it_opened(void **state)
{
    (void)state;
    struct app app;
    struct rig_browser other;
    app_given(&app, &rig.lan);
    acr_of(type(password(ask(ESSENTIAL_M2)), app_code(&app, 0)), NULL);
    rig_browser_open(&other, &rig);
    rig_sign_in(&other, &rig.lan);
    struct rig_browser raised = b;
    b = other;
    nx_reply *rp = me_act(nx_arena_printf(rig.arena, "act=remove&id=%s", app.id));
    assert_string_equal(rig_location(rp), "/me/codes?done=code_removed");
    assert_int_equal(rig_get(&b, "/me")->status, 200);
    other = b;
    b = raised;
    assert_string_equal(rig_location(rig_get(&b, "/me")), "/login");
    rig_browser_close(&other);
}

/* ---- always a second factor ---- */

static void she_may_always_want_a_second_factor(void **state)
{
    (void)state;
    struct app app;
    rig_sign_in(&b, &rig.lan);
    assert_int_equal(me_act("act=always-on")->status, 400); /* nothing to ask for yet */
    assert_int_equal(me_first(enrol(&app), app_code(&app, 0))->status, 303);
    assert_string_equal(rig_location(me_act("act=always-on")), "/me/codes?done=always_on");
    nx_reply *rp = rig_get(&b, "/me"); /* her own session is of one factor: it counts at once */
    assert_string_equal(rig_location(rp), "/login/code");
    rig_browser_close(&b);
    rig_browser_open(&b, &rig);
    nx_clock_shift(60);
    rp = password(ask(""));
    assert_true(asks_for_code(rp));
    char *passed_over = nx_arena_printf(rig.arena, "/login?t=%s", rig_field(&rig, rp, "t"));
    assert_false(rig_says(rp, "Tiếp tục không cần mã"));
    nx_reply *over = rig_follow(&b, rig_get(&b, passed_over));
    assert_int_equal(over->status, 200);
    assert_true(rig_says(over, "luôn hỏi thêm yếu tố thứ hai"));
    rp = rig_get(&b, nx_arena_printf(rig.arena, "/login/code?t=%s", strchr(passed_over, '=') + 1));
    assert_string_equal(acr_of(type(rp, app_code(&app, 0)), NULL), "urn:nixa:acr:m1");
    /* And for her own page. */
    rig_browser_close(&b);
    rig_browser_open(&b, &rig);
    nx_clock_shift(120);
    rp = password(rig_get(&b, "/login"));
    assert_true(asks_for_code(rp));
    assert_string_equal(rig_location(type(rp, app_code(&app, 0))), "/me");
}

/* ---- recovery codes ---- */

static void recovery_codes_serve_once_and_lift_nothing(void **state)
{
    (void)state;
    struct app app;
    char code[NX_RECOVERY_LEN + 2];
    rig_sign_in(&b, &rig.lan);
    assert_int_equal(me_first(enrol(&app), app_code(&app, 0))->status, 303);
    nx_reply *rp = me_act("act=recovery");
    assert_int_equal(rp->status, 200);
    const char *at = strstr(rig_body(rp), "<li><code>");
    assert_non_null(at);
    snprintf(code, sizeof code, "%.*s", NX_RECOVERY_LEN + 1, at + strlen("<li><code>"));
    assert_false(rig_says(rig_get(&b, "/me/codes"), code)); /* shown once */
    assert_string_equal(rig_location(me_act("act=always-on")), "/me/codes?done=always_on");
    for (int i = 0; i < 2; i++) {
        rig_browser_close(&b);
        rig_browser_open(&b, &rig);
        rp = password(ask(""));
        assert_true(rig_says(rp, "/login/recovery?t="));
        char *url = nx_arena_printf(rig.arena, "/login/recovery?t=%s", rig_field(&rig, rp, "t"));
        rp = type_at(rig_get(&b, url), "/login/recovery", code);
        if (i == 0)
            assert_string_equal(acr_of(rp, NULL), "urn:nixa:acr:m1");
        else
            assert_int_equal(rp->status, 403);
    }
    int64_t left;
    nx_time made;
    assert_true(nx_ok(nx_recovery_count(rig_house(&rig)->registry, rig.lan.id, &left, &made)));
    assert_int_equal(left, NX_RECOVERY_CODES - 1);
}

static void recovery_codes_as_people_type_them(void **state)
{
    (void)state;
    struct nx_recovery_list list;
    struct nx_proof proof;
    int64_t retry_after_s;
    NX_AUTO_SECRET(typed);
    char upper[NX_RECOVERY_LEN + 2];
    assert_true(nx_ok(nx_recovery_make(&list, rig_house(&rig), rig.lan.id)));
    struct nx_one_time_try t = {.person = rig.lan.id, .code = &typed, .source = "203.0.113.9"};
    for (size_t i = 0; i <= NX_RECOVERY_LEN; i++) {
        char c = list.code[0][i];
        upper[i] = c == '-'               ? ' '
                   : c == 'o'             ? '0'
                   : c == 'l'             ? '1'
                   : c >= 'a' && c <= 'z' ? (char)(c & ~0x20)
                                          : c;
    }
    upper[NX_RECOVERY_LEN + 1] = 0;
    assert_true(nx_ok(nx_secret_set(&typed, nx_span_str(upper))));
    assert_true(nx_ok(nx_recovery_prove(&proof, rig_house(&rig), rig.arena, &t, &retry_after_s)));
    assert_int_equal(proof.bound_at, NX_M1);
    assert_int_equal(nx_recovery_prove(&proof, rig_house(&rig), rig.arena, &t, &retry_after_s).e,
                     NX_ERR_RECOVERY_CODE);
    t.person = rig.minh.id; /* nobody else's */
    assert_true(nx_ok(nx_secret_set(&typed, nx_span_str(list.code[1]))));
    assert_int_equal(nx_recovery_prove(&proof, rig_house(&rig), rig.arena, &t, &retry_after_s).e,
                     NX_ERR_RECOVERY_CODE);
}

/* ---- what an agency forbids ---- */

static void forbid(enum nx_policy_scope scope, const char *target, unsigned means)
{
    struct nx_policy_rule rule = {scope, target, means, "test", "uid:0", 0};
    assert_true(nx_ok(nx_policy_rule_set(rig_house(&rig)->registry, &rule)));
}

static void a_portal_may_forbid_means(void **state)
{
    (void)state;
    struct app app;
    app_given(&app, &rig.lan);
    forbid(NX_POLICY_CLIENT, rig.portal.id, NX_MEANS_PASSWORD);
    nx_reply *rp = password(ask(""));
    assert_true(rig_says(rp, "không nhận cách đăng nhập")); /* and asks for another */
    forbid(NX_POLICY_CLIENT, rig.portal.id, 0);
    rig_browser_close(&b);
    rig_browser_open(&b, &rig);
    forbid(NX_POLICY_CLIENT, rig.portal.id, NX_MEANS_OTP);
    rp = password(ask(WISH_M2));
    assert_false(asks_for_code(rp)); /* not offered where it counts for nothing */
    assert_string_equal(acr_of(rp, NULL), "urn:nixa:acr:m1");
}

static void an_agency_forbids_its_people_everywhere(void **state)
{
    (void)state;
    struct nx_identifier agency;
    assert_true(nx_ok(nx_identifier_make(&agency, NX_SCHEME_AGENCY, NX_LIT("G01.02"))));
    assert_true(nx_ok(nx_identifier_replace(rig_house(&rig)->registry, rig.lan.id, &agency, 1)));
    forbid(NX_POLICY_ORGANISATION, "G01.02", NX_MEANS_PASSWORD);
    nx_reply *rp = password(ask(""));
    assert_true(rig_says(rp, "không nhận cách đăng nhập"));
    forbid(NX_POLICY_ORGANISATION, "G01.02", 0);
    forbid(NX_POLICY_ORGANISATION, "G09", NX_MEANS_PASSWORD);
    assert_string_equal(acr_of(rig_get(&b, rig_authorize_url(&rig, &rig.portal, "")), NULL),
                        "urn:nixa:acr:m1");
}

#define T(name) cmocka_unit_test_setup_teardown(name, fresh, gone)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(password_and_code_are_m2),
        T(without_a_wish_the_password_is_enough),
        T(a_wish_may_be_passed_over),
        T(a_standing_session_steps_up),
        T(test_rule_25_a_given_generator_waits_for_its_holder),
        T(a_code_is_never_the_only_factor),
        T(a_wrong_code_a_used_code_and_too_many),
        T(the_drift_of_a_clock_is_kept),
        T(our_clock_may_step),
        T(codes_as_people_type_them),
        T(of_two_at_once_one_goes_on),
        T(vectors_of_the_standards),
        T(a_counter_looks_ahead),
        T(enrolment_is_confirmed_by_the_first_code),
        T(test_rule_03_a_code_enrolled_at_m1_stays_m1),
        T(test_rule_03_enrolment_wants_a_fresh_and_near_proof),
        T(removing_it_ends_what_it_opened),
        T(she_may_always_want_a_second_factor),
        T(recovery_codes_serve_once_and_lift_nothing),
        T(recovery_codes_as_people_type_them),
        T(a_portal_may_forbid_means),
        T(an_agency_forbids_its_people_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
