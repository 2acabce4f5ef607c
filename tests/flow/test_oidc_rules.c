/* Rules 7, 14, 16 and 23 as a portal and a person see them. */
#include "rig.h"

#include "flow/step.h"
#include "registry/consent.h"
#include "registry/qr_identity.h"

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

#define CB "\"redirect_uris\":[\"https://portal.example/cb\"]"

/* What the browser sees without pressing anything: "code", an error, or the page's name. */
static const char *sees(struct rig_browser *b, const char *url)
{
    nx_reply *rp = rig_follow(b, rig_get(b, url));
    if (rp->status == 200) return strstr(rig_body(rp), "name=\"decision\"") ? "consent" : "sign-in";
    const char *error = rig_param(&rig, rp, "error");
    return error ? error : rig_param(&rig, rp, "code") ? "code" : "nothing";
}

static const char *page(const struct rig_client *c, const char *more)
{
    return sees(&browser, rig_authorize_url(&rig, c, more));
}

static void test_rule_14_pkce(void **state)
{
    (void)state;
    struct rig_client fapi;
    rig_register(&rig, &fapi, "{" CB ",\"nixa_profile\":\"fapi2\"}");
    assert_string_equal(page(&rig.app, "&no_pkce"), "invalid_request");
    assert_string_equal(page(&fapi, "&no_pkce"), "invalid_request");
    /* A confidential base client may leave it out; then a verifier is an error, and so is its absence
     * otherwise. */
    char *code = rig_code(&browser, rig_authorize_url(&rig, &rig.portal, "&no_pkce"));
    assert_oauth_error(rig_redeem(&browser, &rig.portal, code), 400, "invalid_grant");
    static const char form[] =
        "grant_type=authorization_code&code=%s&redirect_uri=https://portal.example/cb%s";
    char *bare = nx_arena_printf(rig.arena, form, code, "");
    assert_int_equal(rig_call(&browser, &rig.portal, "/oidc/token", bare)->status, 200);
    code = rig_code(&browser, rig_authorize_url(&rig, &rig.portal, ""));
    assert_oauth_error(
        rig_call(&browser, &rig.portal, "/oidc/token", nx_arena_printf(rig.arena, form, code, "")), 400,
        "invalid_grant");
    char *wrong = nx_arena_printf(rig.arena, form, code, "&code_verifier=" RIG_CHALLENGE);
    assert_oauth_error(rig_call(&browser, &rig.portal, "/oidc/token", wrong), 400, "invalid_grant");
    wrong = nx_arena_printf(rig.arena, form, code, "&code_verifier=short");
    assert_oauth_error(rig_call(&browser, &rig.portal, "/oidc/token", wrong), 400, "invalid_grant");
    assert_int_equal(rig_redeem(&browser, &rig.portal, code)->status, 200);
}

static void test_rule_14_hybrid_is_code_id_token_only(void **state)
{
    (void)state;
    static const char *const types[] = {"token", "id_token", "id_token+token", "code+token",
                                        "code+id_token+token"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        assert_string_equal(page(&rig.portal, nx_arena_printf(rig.arena, "&response_type=%s", types[i])),
                            "unsupported_response_type");
}

static void test_rule_16_only_a_subset_is_silent(void **state)
{
    (void)state;
    struct rig_client c;
    rig_register(&rig, &c, "{" CB ",\"grant_types\":[\"authorization_code\",\"refresh_token\"]}");
    assert_string_equal(page(&c, "&scope=openid+email"), "consent");
    assert_non_null(rig_code(&browser, rig_authorize_url(&rig, &c, "&scope=openid+email")));
    assert_string_equal(page(&c, "&scope=openid+email"), "code");
    assert_string_equal(page(&c, "&scope=openid"), "code");
    assert_string_equal(page(&c, "&scope=openid+email+phone"), "consent"); /* growth */
    assert_string_equal(page(&c, "&scope=openid+phone&prompt=none"), "consent_required");
    assert_string_equal(page(&c, "&claims=%7B%22id_token%22%3A%7B%22birthdate%22%3Anull%7D%7D"), "consent");
    assert_string_equal(page(&c, "&scope=openid&prompt=consent"), "consent");
    assert_non_null(rig_code(&browser, rig_authorize_url(&rig, &c, "&scope=openid+offline_access")));
    assert_string_equal(page(&c, "&scope=openid+offline_access"), "consent"); /* each time */
    assert_non_null(rig_code(&browser, rig_authorize_url(&rig, &c, "&scope=openid+email+phone")));
    assert_string_equal(page(&c, "&scope=openid+email+phone"), "code");
    nx_clock_shift(366LL * 86400); /* a remembered consent ends */
    rig_sign_in(&browser, &rig.lan);
    assert_string_equal(page(&c, "&scope=openid"), "consent");
}

static void test_rule_16_new_redirect_uri_asks_again(void **state)
{
    (void)state;
    struct rig_client c;
    rig_register(&rig, &c, "{" CB "}");
    assert_non_null(rig_code(&browser, rig_authorize_url(&rig, &c, "")));
    assert_string_equal(page(&c, ""), "code");
    browser.authorization = nx_arena_printf(rig.arena, "Bearer %s", c.token);
    const char *body = nx_arena_printf(rig.arena,
                                       "{\"client_id\":\"%s\",\"redirect_uris\":[\"https://portal.example/"
                                       "cb\",\"https://portal.example/x\"]}",
                                       c.id);
    nx_reply *rp = rig_send(&browser, "PUT", nx_arena_printf(rig.arena, "/oidc/register/%s", c.id),
                            "application/json", body);
    browser.authorization = NULL;
    assert_int_equal(rp->status, 200);
    assert_string_equal(page(&c, ""), "consent");
}

static void test_rule_16_native_clients_ask_each_time(void **state)
{
    (void)state;
    struct rig_client c;
    rig_register(&rig, &c,
                 "{\"redirect_uris\":[\"http://127.0.0.1/cb\"],\"application_type\":\"native\","
                 "\"token_endpoint_auth_method\":\"none\"}");
    char *url = nx_arena_printf(rig.arena,
                                "/oidc/authorize?client_id=%s&response_type=code&scope=openid&redirect_uri="
                                "http://127.0.0.1:49152/cb&code_challenge=" RIG_CHALLENGE
                                "&code_challenge_method=S256",
                                c.id);
    assert_string_equal(sees(&browser, url), "consent");
    assert_non_null(rig_code(&browser, url));
    assert_string_equal(sees(&browser, url), "consent");
    /* rig.app comes back by a claimed https link */
    assert_non_null(rig_code(&browser, rig_authorize_url(&rig, &rig.app, "")));
    assert_string_equal(page(&rig.app, ""), "code");
}

static void test_rule_16_a_legal_basis_asks_nobody(void **state)
{
    (void)state;
    nx_client *c;
    assert_true(nx_ok(nx_client_get(rig_house(&rig)->registry, nx_span_str(rig.tax.id), &c)));
    struct nx_client_record record = {.id = c->id,
                                      .metadata = nx_json_dump(rig.arena, c->metadata),
                                      .sector = c->sector,
                                      .secret_digest = c->secret_digest,
                                      .owner = c->owner,
                                      .legal_basis = "Decree 137/2015",
                                      .purpose_version = 1};
    struct rig_browser other;
    rig_browser_open(&other, &rig);
    rig_sign_in(&other, &rig.minh);
    assert_string_equal(sees(&other, rig_authorize_url(&rig, &rig.tax, "")), "consent");
    assert_true(nx_ok(nx_client_record_replace(rig_house(&rig)->registry, &record, 0)));
    assert_string_equal(sees(&other, rig_authorize_url(&rig, &rig.tax, "")), "code");
    rig_browser_close(&other);
    nx_client_release(c);
}

/* A phone's approval counts for the request that it was given for, and for no other. */
static void test_rule_16_a_phones_approval_counts_once(void **state)
{
    (void)state;
    struct rig_client c;
    struct nx_step step;
    rig_register(&rig, &c, "{" CB "}");
    nx_reply *rp = rig_follow(&browser, rig_get(&browser, rig_authorize_url(&rig, &c, "")));
    const char *t = rig_field(&rig, rp, "t");
    struct nx_visitor who = {0};
    for (int i = 0; i < RIG_COOKIES; i++) {
        if (strcmp(browser.name[i], "__Host-nxb") == 0) who.browser = nx_span_str(browser.value[i]);
        if (strcmp(browser.name[i], "__Host-nxs") == 0) who.session = nx_span_str(browser.value[i]);
    }
    assert_true(nx_ok(nx_flow_phone_consent(&step, rig_house(&rig), rig.arena, &who, t)));
    assert_int_equal(step.kind, NX_STEP_REDIRECT);
    assert_non_null(strstr(step.location, "code="));
    assert_string_equal(page(&c, ""), "consent");
}

/* Somebody else's screen: for one portal only. */
static void test_rule_7_a_kiosk_session_is_for_one_portal(void **state)
{
    (void)state;
    struct rig_browser kiosk;
    rig_browser_open(&kiosk, &rig);
    struct nx_qr_identity device = {.kind = NX_QR_DEVICE,
                                    .status = NX_QR_ACTIVE,
                                    .bound_at = 2,
                                    .jwk = "{\"k\":7}",
                                    .thumbprint = "K0123456789012345678901234567890123456789012"};
    memcpy(device.person.s, rig.lan.id, sizeof device.person.s);
    assert_true(nx_ok(nx_qr_identity_create(rig_house(&rig)->registry, &device)));
    struct nx_proof proof = {.means = NX_MEANS_QR_PIN, .bound_at = NX_M2, .rung = NX_P0, .qid = device.qid.s};
    rig_prove(&kiosk, &rig.lan, proof, rig.portal.id);
    NX_AUTO_JSON t = rig_tokens(&kiosk, &rig.portal, "&scope=openid+offline_access");
    NX_AUTO_JSON id = rig_claims(&rig, nx_json_str(t, "id_token"), NULL);
    assert_string_equal(nx_json_str(id, "acr"), "urn:nixa:acr:m2");
    assert_string_equal(nx_json_str(id, "qr_px"), "p0");
    assert_true(nx_json_has(nx_json_array(id, "amr"), "qr"));
    assert_string_equal(sees(&kiosk, rig_authorize_url(&rig, &rig.tax, "")), "sign-in");
    /* No remembered consent, and the refresh token ends with the session, whatever was asked. */
    assert_string_equal(sees(&kiosk, rig_authorize_url(&rig, &rig.portal, "&scope=openid+birthdate+phone")),
                        "consent");
    nx_clock_shift(601);
    const char *form = nx_arena_printf(rig.arena, "grant_type=refresh_token&refresh_token=%s",
                                       nx_json_str(t, "refresh_token"));
    assert_oauth_error(rig_call(&kiosk, &rig.portal, "/oidc/token", form), 400, "invalid_grant");
    assert_string_equal(sees(&kiosk, rig_authorize_url(&rig, &rig.portal, "")), "sign-in");
    rig_browser_close(&kiosk);
}

/* Asked for more than the sign-in proves, where a phone could prove it. */
static void step_up_is_asked_where_it_can_be_had(void **state)
{
    (void)state;
    nx_reply *rp = rig_follow(
        &browser, rig_get(&browser, rig_authorize_url(&rig, &rig.portal, "&acr_values=urn:nixa:acr:m2")));
    assert_int_equal(rp->status, 200);
    assert_string_equal(rig_location(rp), "");
    assert_string_equal(page(&rig.portal, "&acr_values=urn:nixa:acr:m2&prompt=none"), "login_required");
    assert_string_equal(page(&rig.portal, "&acr_values=urn:nixa:acr:m1"), "code");
}

#define T(name) cmocka_unit_test_setup_teardown(name, open_browser, close_browser)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_rule_14_pkce),
        T(test_rule_14_hybrid_is_code_id_token_only),
        T(test_rule_16_only_a_subset_is_silent),
        T(test_rule_16_new_redirect_uri_asks_again),
        T(test_rule_16_native_clients_ask_each_time),
        T(test_rule_16_a_legal_basis_asks_nobody),
        T(test_rule_16_a_phones_approval_counts_once),
        T(test_rule_7_a_kiosk_session_is_for_one_portal),
        T(step_up_is_asked_where_it_can_be_had),
    };
    return cmocka_run_group_tests(tests, up, down);
}
