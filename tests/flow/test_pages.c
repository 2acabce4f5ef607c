/* The pages of a sign-in: what they show, what they refuse, and where they lead. */
#include "authn/password.h"
#include "base/clock.h"
#include "endpoints/answer.h"
#include "endpoints/pages/pages.h"
#include "flow/claims.h"
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct rig rig;
static struct rig_browser b;

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
    return rig_up(&rig) == 0 ? set_passwords() : -1;
}

static int down(void **state)
{
    (void)state;
    rig_down(&rig);
    return 0;
}

static int fresh(void **state)
{
    (void)state;
    rig_browser_open(&b, &rig);
    return 0;
}

static int gone(void **state)
{
    (void)state;
    rig_browser_close(&b);
    return 0;
}

/* What may stand in a page of ours is escaped in forms here: values are base64url, ids and plain words. */
static nx_reply *sign_in(nx_reply *page, const char *user_name, const char *password)
{
    char form[1024];
    snprintf(form, sizeof form, "t=%s&csrf=%s&username=%s&password=%s", rig_field(&rig, page, "t"),
             rig_field(&rig, page, "csrf"), user_name, password);
    return rig_post(&b, "/login/password", form);
}

static nx_reply *ask(const char *more)
{
    return rig_follow(&b, rig_get(&b, rig_authorize_url(&rig, &rig.portal, more)));
}

static const char *cookie_of(const char *name)
{
    for (size_t i = 0; i < RIG_COOKIES; i++)
        if (strcmp(b.name[i], name) == 0) return b.value[i];
    return "";
}

static void password_then_consent_then_portal(void **state)
{
    (void)state;
    nx_reply *rp = ask("&scope=openid+profile");
    assert_true(rig_says(rp, "portal.example"));
    rp = sign_in(rp, "lan", "correct+horse+battery");
    assert_int_equal(rp->status, 303);
    assert_memory_equal(rig_location(rp), "/consent?t=", 11);
    const char *set = nx_reply_header_get(rp, "Set-Cookie");
    assert_non_null(strstr(set, "__Host-nxs="));
    assert_non_null(strstr(set, "; Path=/; Secure; HttpOnly; SameSite=Lax"));
    rp = rig_follow(&b, rp);
    assert_true(rig_says(rp, "Nguyễn Thị Lan"));
    assert_true(rig_says(rp, "Nếu sau này có")); /* the fields without a value, in one line */
    assert_false(rig_says(rp, "<dt>Tên đệm</dt>"));
    assert_true(rig_says(rp, "name=\"decision\" value=\"allow\""));
    assert_true(rig_says(rp, "name=\"decision\" value=\"deny\""));
    char form[600];
    snprintf(form, sizeof form, "t=%s&csrf=%s&decision=deny", rig_field(&rig, rp, "t"),
             rig_field(&rig, rp, "csrf"));
    rp = rig_follow(&b, rig_post(&b, "/consent", form));
    assert_memory_equal(rig_location(rp), "https://portal.example/cb?", 26);
    assert_string_equal(rig_param(&rig, rp, "error"), "access_denied");
}

static void wrong_password_and_unknown_name_look_alike(void **state)
{
    (void)state;
    nx_reply *rp = sign_in(ask(""), "lan", "wrong+password");
    assert_int_equal(rp->status, 403);
    assert_true(rig_says(rp, "role=\"alert\""));
    assert_true(rig_says(rp, "value=\"lan\""));
    assert_false(rig_says(rp, "wrong password"));
    char *known = strdup(strstr(rig_body(rp), "role=\"alert\""));
    rp = sign_in(rp, "nobody", "wrong+password");
    assert_int_equal(rp->status, 403);
    const char *unknown = strstr(rig_body(rp), "role=\"alert\"");
    assert_non_null(unknown);
    assert_memory_equal(unknown, known, strcspn(known, "<"));
    free(known);
    assert_string_equal(cookie_of("__Host-nxs"), "");
    rp = sign_in(rp, "lan", "correct+horse+battery");
    assert_int_equal(rp->status, 303);
}

static void set_active(bool active)
{
    struct nx_person lan;
    nx_registry *registry = rig_house(&rig)->registry;
    assert_true(nx_ok(nx_person_get(registry, rig.arena, rig.lan.id, &lan)));
    lan.active = active;
    assert_true(nx_ok(nx_person_replace(registry, &lan, 0)));
}

/* Her own password tells nobody that her account is closed. */
static void a_closed_account_looks_like_a_wrong_password(void **state)
{
    (void)state;
    nx_reply *rp = sign_in(ask(""), "lan", "wrong+password");
    assert_int_equal(rp->status, 403);
    char *wrong = strdup(strstr(rig_body(rp), "role=\"alert\""));
    set_active(false);
    rp = sign_in(rp, "lan", "correct+horse+battery");
    set_active(true);
    assert_int_equal(rp->status, 403);
    const char *closed = strstr(rig_body(rp), "role=\"alert\"");
    assert_non_null(closed);
    assert_memory_equal(closed, wrong, strcspn(wrong, "<"));
    free(wrong);
    assert_string_equal(cookie_of("__Host-nxs"), "");
}

static void what_was_typed_is_escaped(void **state)
{
    (void)state;
    nx_reply *rp = sign_in(ask(""), "%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E", "x");
    assert_int_equal(rp->status, 403);
    assert_false(rig_says(rp, "<script>alert"));
    assert_true(rig_says(rp, "&quot;&gt;&lt;script&gt;"));
}

static void too_many_attempts_are_throttled_for_their_source_alone(void **state)
{
    (void)state;
    nx_reply *rp = ask("");
    int status = 0;
    for (int i = 0; i < 12 && status != 429; i++) {
        rp = sign_in(rp, "minh", "wrong+password");
        status = rp->status;
    }
    assert_int_equal(status, 429);
    assert_non_null(nx_reply_header_get(rp, "Retry-After"));
    rp = sign_in(rp, "lan", "correct+horse+battery"); /* another account from the same source goes on */
    assert_int_equal(rp->status, 303);
}

static void a_form_of_another_page_or_browser_is_refused(void **state)
{
    (void)state;
    nx_reply *rp = ask("");
    char form[600], *t = rig_field(&rig, rp, "t"), *csrf = rig_field(&rig, rp, "csrf");
    snprintf(form, sizeof form, "t=%s&csrf=%s&decision=allow", t, csrf);
    assert_int_equal(rig_post(&b, "/consent", form)->status, 403); /* the token of another form */
    snprintf(form, sizeof form, "t=%s&username=lan&password=x", t);
    assert_int_equal(rig_post(&b, "/login/password", form)->status, 403); /* none */
    snprintf(form, sizeof form, "t=%s&csrf=%s&username=lan&password=x", t, csrf);
    b.foreign = true;
    assert_int_equal(rig_post(&b, "/login/password", form)->status, 403); /* from another origin */
    struct rig_browser other;
    rig_browser_open(&other, &rig);
    rig_get(&other, "/login");
    assert_int_equal(rig_post(&other, "/login/password", form)->status, 403);
    rig_browser_close(&other);
}

static void the_cookie_changes_with_each_proof(void **state)
{
    (void)state;
    char first[256];
    nx_reply *rp = sign_in(ask(""), "lan", "correct+horse+battery");
    assert_int_equal(rp->status, 303);
    snprintf(first, sizeof first, "%s", cookie_of("__Host-nxs"));
    nx_clock_shift(2);
    rp = ask("&prompt=login");
    assert_int_equal(rp->status, 200);
    rp = sign_in(rp, "lan", "correct+horse+battery");
    assert_int_equal(rp->status, 303);
    assert_string_not_equal(first, cookie_of("__Host-nxs"));
    struct nx_signon s;
    enum nx_found found;
    assert_true(nx_ok(nx_signon_find(rig_house(&rig)->store, rig.arena, nx_span_str(first), &s, &found)));
    assert_int_equal(found, NX_GONE);
    nx_clock_shift(0);
}

static void pages_carry_the_headers_of_safety(void **state)
{
    (void)state;
    nx_reply *rp = ask("");
    const char *csp = nx_reply_header_get(rp, "Content-Security-Policy");
    assert_non_null(strstr(csp, "default-src 'none'"));
    assert_non_null(strstr(csp, "frame-ancestors 'none'"));
    assert_null(strstr(csp, "unsafe-inline"));
    assert_non_null(strstr(csp, "; script-src 'self'; connect-src 'self'")); /* passkeys */
    assert_string_equal(nx_reply_header_get(rp, "Cache-Control"), "no-store");
    assert_string_equal(nx_reply_header_get(rp, "X-Frame-Options"), "DENY");
    assert_non_null(nx_reply_header_get(rp, "Strict-Transport-Security"));
    assert_null(strstr(rig_body(rp), "<script>"));
    assert_null(strstr(rig_body(rp), " style="));
    csp = nx_reply_header_get(rig_get(&b, "/signed-out"), "Content-Security-Policy");
    assert_null(strstr(csp, "script-src")); /* a page that has none allows none */
}

static void languages(void **state)
{
    (void)state;
    nx_reply *rp = ask("");
    assert_true(rig_says(rp, "<html lang=\"vi\">"));
    rp = ask("&ui_locales=en");
    assert_true(rig_says(rp, "<html lang=\"en\">"));
    rp = rig_get(&b, nx_arena_printf(rig.arena, "/login?lang=vi&t=%s", rig_field(&rig, rp, "t")));
    assert_true(rig_says(rp, "<html lang=\"vi\">"));
    assert_string_equal(cookie_of("__Host-nxl"), "vi");
    rp = ask("&ui_locales=en"); /* what she chose stands above what the portal asks */
    assert_true(rig_says(rp, "<html lang=\"vi\">"));
}

static void errors_are_pages_with_a_way_on(void **state)
{
    (void)state;
    nx_reply *rp = rig_get(&b, "/nothing-here");
    assert_int_equal(rp->status, 404);
    assert_true(rig_says(rp, rp->rq->id));
    assert_true(rig_says(rp, "href=\"/\""));
    rp = rig_get(&b, "/login/password");
    assert_int_equal(rp->status, 405);
    assert_string_equal(nx_reply_header_get(rp, "Allow"), "POST");
    rp = rig_get(&b, "/login?t=nonsense");
    assert_true(rp->status == 400 || rp->status == 404);
    assert_int_equal(rig_get(&b, "/login?t=a&t=b")->status, 400);
    assert_int_equal(rig_get(&b, "/static/../templates/login.html")->status, 400);
    assert_int_equal(rig_get(&b, "/static/nixa.css")->status, 200);
}

static void giving_up_goes_back_to_the_portal(void **state)
{
    (void)state;
    nx_reply *rp = ask("");
    const char *cancel = strstr(rig_body(rp), "action=\"/login/cancel\"");
    assert_non_null(cancel);
    const char *at = strstr(cancel, "name=\"csrf\" value=\"");
    assert_non_null(at);
    char form[600];
    snprintf(form, sizeof form, "t=%s&csrf=%.43s", rig_field(&rig, rp, "t"), at + 19);
    rp = rig_post(&b, "/login/cancel", form);
    assert_string_equal(rig_param(&rig, rp, "error"), "access_denied");
}

/* Lax cookies stay behind when a portal's page posts: the request comes again by GET, with them. */
static void a_portals_post_keeps_single_sign_on(void **state)
{
    (void)state;
    struct rig_browser without;
    rig_sign_in(&b, &rig.lan);
    json_decref(rig_tokens(&b, &rig.portal, ""));
    const char *query = strchr(rig_authorize_url(&rig, &rig.portal, ""), '?') + 1;
    rig_browser_open(&without, &rig);
    without.foreign = true;
    nx_reply *rp = rig_post(&without, "/oidc/authorize", query);
    assert_int_equal(rp->status, 303);
    assert_null(nx_reply_header_get(rp, "Set-Cookie")); /* the browser keeps its own */
    rp = rig_get(&b, rig_location(rp));
    assert_non_null(rig_param(&rig, rp, "code"));
    rp = rig_post(&without, "/oidc/logout", "state=x");
    assert_string_equal(rig_location(rp), "/oidc/logout?state=x");
    rig_browser_close(&without);
}

static void front_page_and_apps(void **state)
{
    (void)state;
    rig.server.demo = true;
    nx_reply *rp = rig_get(&b, "/");
    assert_int_equal(rp->status, 200);
    assert_true(rig_says(rp, "nixa-demo-2026"));
    rig.server.demo = false;
    assert_false(rig_says(rig_get(&b, "/"), "nixa-demo-2026")); /* rule 27: the demo is told of nowhere else */
    rp = rig_get(&b, "/wallet");
    assert_int_equal(rp->status, 200);
    assert_non_null(
        strstr(nx_reply_header_get(rp, "Content-Security-Policy"), "require-trusted-types-for 'script'"));
    rp = rig_get(&b, "/wallet/sw.js");
    assert_string_equal(nx_reply_header_get(rp, "Service-Worker-Allowed"), "/wallet");
    assert_int_equal(rig_get(&b, "/verify")->status, 200);
    assert_int_equal(rig_get(&b, "/signed-out")->status, 200);
    assert_int_equal(rig_get(&b, "/health/live")->status, 200);
    assert_int_equal(rig_get(&b, "/health/ready")->status, 200);
    rp = rig_get(&b, "/metrics");
    assert_true(
        rig_says(rp, "nixa_http_requests_total{face=\"pages\",method=\"GET\",route=\"/wallet\",class=\"2xx\"}"));
}

static void has_text(const char *key)
{
    static const char *const langs[] = {"vi", "en"};
    for (size_t i = 0; i < 2; i++)
        if (strcmp(nx_views_text(rig.server.views, rig.arena, langs[i], key), key) == 0)
            fail_msg("%s.txt lacks %s", langs[i], key);
}

/* Keys that stand in no template: the code puts them together. */
static void every_error_and_claim_has_its_words(void **state)
{
    (void)state;
    for (int e = NX_ERR_NONE + 1; e < NX_ERR_COUNT; e++) {
        struct nx_answer an = nx_answer_of((nx_err)e);
        assert_in_range(an.status, 400, 503);
        has_text(nx_arena_printf(rig.arena, "error.%s.title", an.text));
        has_text(nx_arena_printf(rig.arena, "error.%s.text", an.text));
    }
    for (int c = 0; c < NX_CLAIMS; c++)
        has_text(nx_arena_printf(rig.arena, "claim.%s", nx_claim_name((enum nx_claim)c)));
    for (int l = NX_LEVEL_NONE; l <= NX_M4; l++)
        has_text(nx_level_key((enum nx_level)l));
#define W(name, path, means, where, offered) has_text("way." #name);
#include "endpoints/pages/ways.def"
#undef W
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, fresh, gone)
    const struct CMUnitTest tests[] = {
        T(password_then_consent_then_portal),
        T(wrong_password_and_unknown_name_look_alike),
        T(a_closed_account_looks_like_a_wrong_password),
        T(what_was_typed_is_escaped),
        T(too_many_attempts_are_throttled_for_their_source_alone),
        T(a_form_of_another_page_or_browser_is_refused),
        T(the_cookie_changes_with_each_proof),
        T(pages_carry_the_headers_of_safety),
        T(languages),
        T(errors_are_pages_with_a_way_on),
        T(giving_up_goes_back_to_the_portal),
        T(a_portals_post_keeps_single_sign_on),
        T(front_page_and_apps),
        T(every_error_and_claim_has_its_words),
    };
#undef T
    return cmocka_run_group_tests(tests, up, down);
}
