/* The console through the whole server: entering by a link, what each role sees, and the button. */
#include "endpoints/console/console.h"
#include "operate/token.h"
#include "registry/qr_identity.h"
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct desk {
    struct rig rig;
    struct rig_browser b;
};

static int set_up(void **state)
{
    struct desk *d = calloc(1, sizeof *d);
    *state = d;
    if (rig_up(&d->rig) != 0) return -1;
    rig_browser_open(&d->b, &d->rig);
    return 0;
}

static int tear_down(void **state)
{
    struct desk *d = *state;
    rig_browser_close(&d->b);
    rig_down(&d->rig);
    free(d);
    return 0;
}

/* The secret of a new link. */
static const char *link_secret(struct desk *d, const char *role)
{
    NX_AUTO_JSON j = NULL;
    struct nx_operate_call c = {.house = rig_house(&d->rig), .arena = d->rig.arena, .actor = "uid:0"};
    assert_true(nx_ok(nx_operate_link_issue(&j, &c, role)));
    const char *url = nx_json_str(j, "url"), *hash = strchr(url, '#');
    assert_non_null(hash);
    assert_int_equal(strncmp(url, RIG_ISSUER "/console/link#", strlen(RIG_ISSUER "/console/link#")), 0);
    return nx_arena_strdup(d->rig.arena, hash + 1);
}

static nx_reply *enter(struct desk *d, const char *secret)
{
    nx_reply *page = rig_get(&d->b, "/console/link");
    assert_int_equal(page->status, 200);
    char *csrf = rig_field(&d->rig, page, "csrf");
    return rig_post(&d->b, "/console/link", nx_arena_printf(d->rig.arena, "csrf=%s&secret=%s", csrf, secret));
}

static void sign_in(struct desk *d, const char *role)
{
    nx_reply *rp = enter(d, link_secret(d, role));
    assert_int_equal(rp->status, 303);
    assert_string_equal(rig_location(rp), "/console");
}

static bool shows(struct desk *d, const char *target, const char *text)
{
    nx_reply *rp = rig_get(&d->b, target);
    if (rp->status != 200) fail_msg("%s: %d", target, rp->status);
    return strstr(rig_body(rp), text) != NULL;
}

static const char *const pages[] = {"/console", "/console/people", "/console/sessions", "/console/clients",
                                    "/console/audit"};

static void test_without_a_link_every_page_asks_for_one(void **state)
{
    struct desk *d = *state;
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        assert_true(shows(d, pages[i], "data-fragment=\"secret\""));
        assert_false(shows(d, pages[i], "Nguyễn"));
    }
}

static void test_rule_24_a_link_is_good_once_and_for_a_minute(void **state)
{
    struct desk *d = *state;
    const char *secret = link_secret(d, "operator");
    assert_int_equal(enter(d, secret)->status, 303);
    assert_int_equal(enter(d, secret)->status, 403);
    assert_int_equal(enter(d, "nonsense")->status, 403);
    secret = link_secret(d, "operator");
    nx_clock_shift(NX_CONSOLE_LINK_S + 1);
    int late = enter(d, secret)->status;
    nx_clock_shift(0);
    assert_int_equal(late, 403);
}

static void test_the_cookie_is_strict_and_no_token(void **state)
{
    struct desk *d = *state;
    const char *cookie = nx_reply_header_get(enter(d, link_secret(d, "operator")), "Set-Cookie");
    assert_non_null(cookie);
    assert_non_null(strstr(cookie, NX_CONSOLE_COOKIE));
    assert_non_null(strstr(cookie, "SameSite=Strict"));
    assert_non_null(strstr(cookie, "HttpOnly"));
    nx_clock_shift(NX_CONSOLE_SESSION_S + 1);
    bool asks = shows(d, "/console/people", "data-fragment=\"secret\"");
    nx_clock_shift(0);
    assert_true(asks);
}

static void test_what_the_pages_show(void **state)
{
    struct desk *d = *state;
    sign_in(d, "administrator");
    const char *person = nx_arena_printf(d->rig.arena, "/console/people/%s", d->rig.lan.id);
    assert_true(shows(d, "/console", "uid:0"));
    assert_true(shows(d, "/console/people", "Nguyễn Thị Lan"));
    assert_true(shows(d, "/console/people?q=min", "Trần Văn Minh"));
    assert_false(shows(d, "/console/people?q=min", "Nguyễn Thị Lan"));
    assert_true(shows(d, person, d->rig.lan.qid));
    assert_true(shows(d, "/console/clients", "Cổng dịch vụ công"));
    assert_true(shows(d, "/console/audit?type=client.*", "client.created"));
    assert_false(shows(d, "/console/audit?type=qr.*", "client.created"));
    assert_int_equal(rig_get(&d->b, "/console/people/nobody")->status, 404);
}

/* Rule 18: a portal that can learn of a revocation only by expiry is marked. */
static void test_rule_18_unreachable_portals_are_marked(void **state)
{
    struct desk *d = *state;
    sign_in(d, "auditor");
    assert_true(shows(d, "/console?lang=en", "cannot be told to sign out"));
    assert_true(shows(d, "/console/clients?lang=en", "Unreachable"));
}

/* A search text comes back escaped. */
static void test_a_search_is_escaped(void **state)
{
    struct desk *d = *state;
    sign_in(d, "operator");
    assert_false(shows(d, "/console/people?q=%3Cscript%3E%22", "<script>"));
    assert_true(shows(d, "/console/people?q=%3Cscript%3E%22", "&lt;script&gt;"));
}

static const char *revoke_form(struct desk *d, const char *scope, const char *id)
{
    nx_reply *page = rig_get(&d->b, nx_arena_printf(d->rig.arena, "/console/people/%s", d->rig.lan.id));
    const char *csrf = strstr(rig_body(page), "action=\"/console/revoke\"");
    assert_non_null(csrf);
    csrf = strstr(csrf, "name=\"csrf\" value=\"");
    assert_non_null(csrf);
    csrf += strlen("name=\"csrf\" value=\"");
    return nx_arena_printf(d->rig.arena, "csrf=%.*s&scope=%s&id=%s&reason=lost", (int)strcspn(csrf, "\""),
                           csrf, scope, id);
}

static enum nx_qr_status status_of(struct desk *d)
{
    struct nx_qr_identity q;
    assert_true(nx_ok(nx_qr_identity_get(rig_house(&d->rig)->registry, d->rig.arena, d->rig.lan.qid, &q)));
    return q.status;
}

static void test_the_button(void **state)
{
    struct desk *d = *state;
    struct rig_browser phone;
    rig_browser_open(&phone, &d->rig);
    rig_sign_in(&phone, &d->rig.lan);
    NX_AUTO_JSON tokens = rig_tokens(&phone, &d->rig.portal, "");
    assert_non_null(tokens);
    sign_in(d, "operator");
    nx_reply *rp = rig_post(&d->b, "/console/revoke", revoke_form(d, "qr", d->rig.lan.qid));
    assert_int_equal(rp->status, 200);
    assert_non_null(strstr(rig_body(rp), "lost"));
    assert_non_null(strstr(rig_body(rp), "Cổng dịch vụ công"));
    assert_int_equal(status_of(d), NX_QR_REVOKED);
    rp = rig_get(&phone, rig_authorize_url(&d->rig, &d->rig.portal, "&prompt=none"));
    assert_string_equal(rig_param(&d->rig, rp, "error"), "login_required");
    rig_browser_close(&phone);
}

static void test_the_button_needs_its_form_and_its_role(void **state)
{
    struct desk *d = *state;
    sign_in(d, "operator");
    const char *form = revoke_form(d, "qr", d->rig.lan.qid);
    const char *no_csrf = nx_arena_printf(d->rig.arena, "csrf=x%s", strchr(form, '&'));
    assert_int_equal(rig_post(&d->b, "/console/revoke", no_csrf)->status, 403);
    d->b.foreign = true;
    assert_int_equal(rig_post(&d->b, "/console/revoke", form)->status, 403);
    d->b.foreign = false;
    assert_int_equal(rig_post(&d->b, "/console/revoke", revoke_form(d, "system", "system"))->status, 400);
    sign_in(d, "auditor");
    assert_int_equal(rig_post(&d->b, "/console/revoke", form)->status, 403);
    assert_int_equal(status_of(d), NX_QR_ACTIVE);
}

static void test_signing_out(void **state)
{
    struct desk *d = *state;
    sign_in(d, "operator");
    nx_reply *page = rig_get(&d->b, "/console");
    char *csrf = rig_field(&d->rig, page, "csrf");
    struct rig_browser copy = d->b; /* somebody who kept the cookie */
    assert_int_equal(
        rig_post(&d->b, "/console/sign-out", nx_arena_printf(d->rig.arena, "csrf=%s", csrf))->status, 303);
    memcpy(d->b.value, copy.value, sizeof copy.value);
    memcpy(d->b.name, copy.name, sizeof copy.name);
    assert_true(shows(d, "/console/people", "data-fragment=\"secret\""));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_without_a_link_every_page_asks_for_one),
        TEST(test_rule_24_a_link_is_good_once_and_for_a_minute),
        TEST(test_the_cookie_is_strict_and_no_token),
        TEST(test_what_the_pages_show),
        TEST(test_rule_18_unreachable_portals_are_marked),
        TEST(test_a_search_is_escaped),
        TEST(test_the_button),
        TEST(test_the_button_needs_its_form_and_its_role),
        TEST(test_signing_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
