/* The assertions of the conformance suite's Basic OP, Hybrid and Form Post plans, each under its module's own
 * name. */
#include "rig.h"

#include "crypto/digest.h"
#include "crypto/jose_guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct rig rig;

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

static struct rig_browser browser;

/* Each test begins with a browser in which lan is signed in. */
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

static char *url(const char *more)
{
    return rig_authorize_url(&rig, &rig.portal, more);
}

static nx_reply *authorize(const char *more)
{
    return rig_authorize(&browser, url(more));
}

static json_t *tokens(const char *more)
{
    return rig_tokens(&browser, &rig.portal, more);
}

static json_t *id_token(const char *more)
{
    NX_AUTO_JSON t = tokens(more);
    return rig_claims(&rig, nx_json_str(t, "id_token"), NULL);
}

static nx_reply *userinfo(const json_t *t)
{
    browser.authorization = nx_arena_printf(rig.arena, "Bearer %s", nx_json_str(t, "access_token"));
    nx_reply *rp = rig_get(&browser, "/oidc/userinfo");
    browser.authorization = NULL;
    return rp;
}

/* The error that the portal is told through the browser; the response carries iss and state. */
static void assert_error(nx_reply *rp, const char *error)
{
    assert_int_equal(rp->status, 303);
    assert_memory_equal(rig_location(rp), "https://portal.example/cb", 25);
    const char *said = rig_param(&rig, rp, "error");
    assert_string_equal(said ? said : "no error", error);
    assert_string_equal(rig_param(&rig, rp, "iss"), RIG_ISSUER);
    assert_string_equal(rig_param(&rig, rp, "state"), "s1");
    assert_null(rig_param(&rig, rp, "code"));
}

/* Our own page, and no redirect anywhere. */
static void assert_error_page(nx_reply *rp)
{
    assert_int_equal(rp->status / 100, 4);
    assert_string_equal(rig_location(rp), "");
    assert_non_null(strstr(rig_body(rp), "<html"));
}

static void assert_at_sign_in(nx_reply *rp)
{
    assert_int_equal(rp->status, 200);
    assert_non_null(strstr(rig_body(rp), "current-password"));
}

static void test_oidcc_server(void **state)
{
    (void)state;
    char *code = rig_code(&browser, url(""));
    nx_reply *rp = rig_redeem(&browser, &rig.portal, code);
    assert_int_equal(rp->status, 200);
    assert_string_equal(nx_reply_header_get(rp, "Cache-Control"), "no-store");
    assert_string_equal(nx_reply_header_get(rp, "Content-Type"), "application/json");
    NX_AUTO_JSON t = rig_json(rp);
    NX_AUTO_JSON id = rig_claims(&rig, nx_json_str(t, "id_token"), NULL);
    uint8_t digest[NX_SHA256_LEN];
    char half[NX_B64U_LEN(16) + 1];
    assert_true(nx_ok(nx_sha256(digest, nx_span_str(nx_json_str(t, "access_token")))));
    nx_b64u_encode(half, nx_span_of(digest, 16));
    assert_string_equal(nx_json_str(id, "at_hash"), half);
    NX_AUTO_JSON ui = rig_json(userinfo(t));
    assert_string_equal(nx_json_str(ui, "sub"), nx_json_str(id, "sub"));
}

static void test_oidcc_response_type_missing(void **state)
{
    (void)state;
    assert_error(authorize("&response_type="), "invalid_request");
    assert_error(authorize("&response_type=token"), "unsupported_response_type");
    assert_error(authorize("&response_type=none"), "unsupported_response_type");
}

/* RS256 where the client names no algorithm, with the kid of a published key. */
static void test_oidcc_idtoken_signature(void **state)
{
    (void)state;
    NX_AUTO_JSON t = tokens("");
    struct nx_jose_parts parts;
    assert_true(nx_ok(nx_jose_guard_jws(&parts, rig.arena, nx_span_str(nx_json_str(t, "id_token")))));
    assert_int_equal(parts.alg, NX_ALG_RS256);
    assert_non_null(parts.kid);
    assert_non_null(strstr(rig_body(rig_get(&browser, "/oidc/jwks")), parts.kid));
    assert_true(nx_ok(nx_jose_guard_jws(&parts, rig.arena, nx_span_str(nx_json_str(t, "access_token")))));
    assert_int_equal(parts.alg, NX_ALG_ES256);
    assert_string_equal(parts.typ, "at+jwt");
}

static void test_oidcc_userinfo_get_post_header_post_body(void **state)
{
    (void)state;
    NX_AUTO_JSON t = tokens("&scope=openid+profile");
    NX_AUTO_JSON by_get = rig_json(userinfo(t));
    assert_non_null(nx_json_str(by_get, "name"));
    browser.authorization = nx_arena_printf(rig.arena, "Bearer %s", nx_json_str(t, "access_token"));
    NX_AUTO_JSON by_header = rig_json(rig_send(&browser, "POST", "/oidc/userinfo", NULL, NULL));
    assert_true(json_equal(by_get, by_header));
    browser.authorization = NULL;
    const char *form = nx_arena_printf(rig.arena, "access_token=%s", nx_json_str(t, "access_token"));
    NX_AUTO_JSON by_body = rig_json(rig_post(&browser, "/oidc/userinfo", form));
    assert_true(json_equal(by_get, by_body));
    browser.authorization = nx_arena_printf(rig.arena, "Bearer %s", nx_json_str(t, "access_token"));
    assert_oauth_error(rig_post(&browser, "/oidc/userinfo", form), 400, "invalid_request");
    browser.authorization = NULL;
    /* RFC 6750 section 2.3 is not offered: a query ends in logs. */
    nx_reply *rp = rig_get(&browser, nx_arena_printf(rig.arena, "/oidc/userinfo?%s", form));
    assert_int_equal(rp->status, 401);
    assert_string_equal(nx_reply_header_get(rp, "WWW-Authenticate"), "Bearer");
}

static void test_oidcc_ensure_request_without_nonce_succeeds_for_code_flow(void **state)
{
    (void)state;
    char *plain = url("");
    memcpy(strstr(plain, "&nonce=n1"), "&other=n1", 9);
    NX_AUTO_JSON t = rig_json(rig_redeem(&browser, &rig.portal, rig_code(&browser, plain)));
    NX_AUTO_JSON id = rig_claims(&rig, nx_json_str(t, "id_token"), NULL);
    assert_null(nx_json_str(id, "nonce"));
}

static void has_claims(const char *scope, const char *const *names)
{
    NX_AUTO_JSON t = tokens(nx_arena_printf(rig.arena, "&scope=openid+%s", scope));
    NX_AUTO_JSON ui = rig_json(userinfo(t));
    for (size_t i = 0; names[i]; i++)
        if (!json_object_get(ui, names[i])) fail_msg("%s: no %s", scope, names[i]);
}

static void test_oidcc_scope_profile_email_address_phone_all(void **state)
{
    (void)state;
    has_claims("profile", (const char *const[]){"name", "family_name", "given_name", "preferred_username",
                                                "birthdate", "gender", "locale", "updated_at", NULL});
    has_claims("email", (const char *const[]){"email", "email_verified", NULL});
    has_claims("address", (const char *const[]){"address", NULL});
    has_claims("phone", (const char *const[]){"phone_number", "phone_number_verified", NULL});
    has_claims("profile+email+address+phone",
               (const char *const[]){"name", "email", "address", "phone_number", NULL});
    NX_AUTO_JSON t = tokens("&scope=openid");
    NX_AUTO_JSON ui = rig_json(userinfo(t));
    assert_null(json_object_get(ui, "name"));
    assert_null(json_object_get(ui, "email"));
}

static void test_oidcc_alternate_happy_flow(void **state)
{
    (void)state;
    NX_AUTO_JSON a = id_token("&scope=profile+openid+email");
    NX_AUTO_JSON b = id_token("&scope=email+openid+profile");
    assert_string_equal(nx_json_str(a, "sub"), nx_json_str(b, "sub"));
}

static void test_oidcc_display_locales_hints_and_unknown_parameters(void **state)
{
    (void)state;
    static const char *const more[] = {
        "&display=page",   "&display=popup",   "&ui_locales=se",  "&claims_locales=se",
        "&login_hint=lan", "&extra=foobar",    "&acr_values=1+2", "&acr_values=urn:nixa:acr:m1",
        "&prompt=create",  "&ui_locales=en+vi"};
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
        assert_non_null(rig_code(&browser, url(more[i])));
}

static void test_oidcc_prompt_login(void **state)
{
    (void)state;
    NX_AUTO_JSON first = id_token("");
    nx_clock_shift(5);
    nx_reply *rp = rig_follow(&browser, rig_get(&browser, url("&prompt=login")));
    assert_at_sign_in(rp);
    char *back = nx_arena_printf(rig.arena, "/login?t=%s", rig_field(&rig, rp, "t"));
    assert_at_sign_in(rig_follow(&browser, rig_get(&browser, back))); /* reloading is no sign-in */
    rig_sign_in(&browser, &rig.lan);
    rp = rig_authorize(&browser, back);
    char *code = rig_param(&rig, rp, "code");
    assert_non_null(code);
    NX_AUTO_JSON t = rig_json(rig_redeem(&browser, &rig.portal, code));
    NX_AUTO_JSON second = rig_claims(&rig, nx_json_str(t, "id_token"), NULL);
    assert_true(nx_json_int(second, "auth_time", 0) > nx_json_int(first, "auth_time", 0));
    assert_string_equal(nx_json_str(first, "sub"), nx_json_str(second, "sub"));
    assert_int_equal(rig_get(&browser, back)->status, 404); /* the transaction is over */
}

static void test_oidcc_prompt_none_not_logged_in(void **state)
{
    (void)state;
    struct rig_browser stranger;
    rig_browser_open(&stranger, &rig);
    assert_error(rig_get(&stranger, url("&prompt=none")), "login_required");
    rig_browser_close(&stranger);
    assert_error(authorize("&prompt=none+login"), "invalid_request");
}

static void test_oidcc_prompt_none_logged_in(void **state)
{
    (void)state;
    NX_AUTO_JSON first = id_token("");
    nx_clock_shift(3);
    nx_reply *rp = rig_get(&browser, url("&prompt=none"));
    assert_non_null(rig_param(&rig, rp, "code"));
    NX_AUTO_JSON second = id_token("&prompt=none");
    assert_string_equal(nx_json_str(first, "sub"), nx_json_str(second, "sub"));
    assert_int_equal(nx_json_int(first, "auth_time", 1), nx_json_int(second, "auth_time", 2));
}

static void test_oidcc_max_age_1(void **state)
{
    (void)state;
    NX_AUTO_JSON first = id_token("");
    nx_clock_shift(2);
    assert_error(rig_get(&browser, url("&prompt=none&max_age=1")), "login_required");
    nx_reply *rp = rig_follow(&browser, rig_get(&browser, url("&max_age=1")));
    assert_at_sign_in(rp);
    char *back = nx_arena_printf(rig.arena, "/login?t=%s", rig_field(&rig, rp, "t"));
    rig_sign_in(&browser, &rig.lan);
    NX_AUTO_JSON t = rig_json(rig_redeem(&browser, &rig.portal, rig_code(&browser, back)));
    NX_AUTO_JSON second = rig_claims(&rig, nx_json_str(t, "id_token"), NULL);
    assert_true(nx_json_int(second, "auth_time", 0) > nx_json_int(first, "auth_time", 0));
    assert_error(authorize("&max_age=-1"), "invalid_request");
    assert_error(authorize("&max_age=x"), "invalid_request");
}

static void test_oidcc_max_age_10000(void **state)
{
    (void)state;
    NX_AUTO_JSON first = id_token("");
    nx_clock_shift(60);
    NX_AUTO_JSON second = id_token("&prompt=none&max_age=10000");
    assert_int_equal(nx_json_int(first, "auth_time", 1), nx_json_int(second, "auth_time", 2));
}

static void test_oidcc_id_token_hint(void **state)
{
    (void)state;
    NX_AUTO_JSON t = tokens("");
    const char *hint = nx_json_str(t, "id_token");
    NX_AUTO_JSON first = rig_claims(&rig, hint, NULL);
    nx_clock_shift(1000); /* expired long ago, and as good */
    NX_AUTO_JSON second = id_token(nx_arena_printf(rig.arena, "&prompt=none&id_token_hint=%s", hint));
    assert_string_equal(nx_json_str(first, "sub"), nx_json_str(second, "sub"));
    struct rig_browser other;
    rig_browser_open(&other, &rig);
    rig_sign_in(&other, &rig.minh);
    assert_error(rig_get(&other, url(nx_arena_printf(rig.arena, "&prompt=none&id_token_hint=%s", hint))),
                 "login_required");
    assert_at_sign_in(
        rig_follow(&other, rig_get(&other, url(nx_arena_printf(rig.arena, "&id_token_hint=%s", hint)))));
    rig_browser_close(&other);
    assert_error(authorize("&prompt=none&id_token_hint=e30.e30.e30"), "invalid_request");
}

static void test_oidcc_ensure_request_with_acr_values_succeeds(void **state)
{
    (void)state;
    NX_AUTO_JSON id = id_token("&acr_values=urn:nixa:acr:m4+urn:nixa:acr:m3");
    assert_string_equal(nx_json_str(id, "acr"), "urn:nixa:acr:m1");
}

static void test_oidcc_codereuse(void **state)
{
    (void)state;
    char *code = rig_code(&browser, url(""));
    assert_int_equal(rig_redeem(&browser, &rig.portal, code)->status, 200);
    assert_oauth_error(rig_redeem(&browser, &rig.portal, code), 400, "invalid_grant");
}

static void test_oidcc_codereuse_30seconds(void **state)
{
    (void)state;
    char *code = rig_code(&browser, url(""));
    NX_AUTO_JSON t = rig_json(rig_redeem(&browser, &rig.portal, code));
    assert_int_equal(userinfo(t)->status, 200);
    nx_clock_shift(30);
    assert_int_equal(userinfo(t)->status, 200);
    assert_oauth_error(rig_redeem(&browser, &rig.portal, code), 400, "invalid_grant");
    nx_reply *rp = userinfo(t);
    assert_int_equal(rp->status, 401);
    assert_string_equal(nx_reply_header_get(rp, "WWW-Authenticate"), "Bearer error=\"invalid_token\"");
    const char *form = nx_arena_printf(rig.arena, "grant_type=refresh_token&refresh_token=%s",
                                       nx_json_str(t, "refresh_token"));
    assert_oauth_error(rig_call(&browser, &rig.portal, "/oidc/token", form), 400, "invalid_grant");
}

static void a_code_lives_60_seconds(void **state)
{
    (void)state;
    char *code = rig_code(&browser, url(""));
    nx_clock_shift(61);
    assert_oauth_error(rig_redeem(&browser, &rig.portal, code), 400, "invalid_grant");
}

static void test_oidcc_ensure_registered_redirect_uri(void **state)
{
    (void)state;
    char *good = url("");
    char *at = strstr(good, "portal.example");
    memcpy(at, "evilll", 6);
    assert_error_page(rig_get(&browser, good));
    assert_error_page(rig_get(&browser, "/oidc/authorize?client_id=nobody&response_type=code"));
    assert_error_page(rig_get(&browser, "/oidc/authorize?response_type=code"));
    /* OpenID Connect requires it to be sent, even where only one is registered. */
    assert_error_page(rig_get(&browser, nx_arena_printf(rig.arena,
                                                        "/oidc/authorize?client_id=%s&response_type=code"
                                                        "&scope=openid",
                                                        rig.portal.id)));
    assert_error_page(rig_get(&browser, nx_arena_printf(rig.arena, "%s&client_id=%s", url(""), rig.tax.id)));
}

static void test_oidcc_ensure_post_request_succeeds(void **state)
{
    (void)state;
    const char *form = strchr(url(""), '?') + 1;
    browser.foreign = true;
    nx_reply *rp = rig_post(&browser, "/oidc/authorize", form);
    browser.foreign = false;
    rp = rig_follow(&browser, rp);
    assert_true(rp->status == 200 || rig_param(&rig, rp, "code"));
}

static void test_oidcc_server_client_secret_post(void **state)
{
    (void)state;
    struct rig_client c;
    rig_register(&rig, &c,
                 "{\"redirect_uris\":[\"https://portal.example/"
                 "cb\"],\"token_endpoint_auth_method\":\"client_secret_post\"}");
    char *code = rig_code(&browser, rig_authorize_url(&rig, &c, ""));
    const char *form = nx_arena_printf(rig.arena,
                                       "grant_type=authorization_code&code=%s&redirect_uri=https://portal."
                                       "example/cb&code_verifier=" RIG_VERIFIER "&client_id=%s",
                                       code, c.id);
    assert_oauth_error(rig_call(&browser, &c, "/oidc/token", form), 401, "invalid_client");   /* by Basic */
    assert_oauth_error(rig_call(&browser, NULL, "/oidc/token", form), 401, "invalid_client"); /* by name */
    assert_oauth_error(
        rig_call(&browser, NULL, "/oidc/token", nx_arena_printf(rig.arena, "%s&client_secret=wrong", form)),
        401, "invalid_client");
    form = nx_arena_printf(rig.arena, "%s&client_secret=%s", form, c.secret);
    assert_oauth_error(rig_call(&browser, &c, "/oidc/token", form), 400, "invalid_request"); /* two at once */
    assert_int_equal(rig_call(&browser, NULL, "/oidc/token", form)->status, 200);
}

static void test_oidcc_request_objects_rejected_as_unsupported(void **state)
{
    (void)state;
    assert_error(authorize("&request=eyJhbGciOiJub25lIn0.e30."), "request_not_supported");
    assert_error(authorize("&request_uri=https://portal.example/r.jwt"), "request_uri_not_supported");
    assert_error(authorize("&registration=%7B%7D"), "registration_not_supported");
}

static void test_oidcc_claims_essential(void **state)
{
    (void)state;
    const char *claims = "&claims=%7B%22userinfo%22%3A%7B%22name%22%3A%7B%22essential%22%3Atrue%7D%7D%2C"
                         "%22id_token%22%3A%7B%22email%22%3Anull%7D%7D";
    NX_AUTO_JSON t = tokens(claims);
    NX_AUTO_JSON ui = rig_json(userinfo(t));
    NX_AUTO_JSON id = rig_claims(&rig, nx_json_str(t, "id_token"), NULL);
    assert_string_equal(nx_json_str(ui, "name"), "Nguyễn Thị Lan");
    assert_null(json_object_get(ui, "email"));
    assert_string_equal(nx_json_str(id, "email"), "lan@example.vn");
    assert_error(authorize("&claims=x"), "invalid_request");
}

/* OpenID Connect Core 5.5.1.1: an essential acr that cannot be reached is an error, one that can be is asked
 * for. */
static void essential_acr(void **state)
{
    (void)state;
    assert_error(
        authorize("&claims=%7B%22id_token%22%3A%7B%22acr%22%3A%7B%22essential%22%3Atrue%2C%22values%22%3A%5B"
                  "%22urn%3Anixa%3Aacr%3Am3%22%5D%7D%7D%7D"),
        "unmet_authentication_requirements");
    assert_error(
        authorize("&claims=%7B%22id_token%22%3A%7B%22acr%22%3A%7B%22essential%22%3Atrue%2C%22value%22%3A"
                  "%22gold%22%7D%7D%7D"),
        "unmet_authentication_requirements");
    NX_AUTO_JSON id =
        id_token("&claims=%7B%22id_token%22%3A%7B%22acr%22%3A%7B%22essential%22%3Atrue%2C%22values%22%3A"
                 "%5B%22urn%3Anixa%3Aacr%3Am1%22%5D%7D%7D%7D");
    assert_string_equal(nx_json_str(id, "acr"), "urn:nixa:acr:m1");
}

static void test_oidcc_refresh_token(void **state)
{
    (void)state;
    NX_AUTO_JSON t = tokens("&scope=openid+offline_access&prompt=consent");
    const char *form = nx_arena_printf(rig.arena, "grant_type=refresh_token&refresh_token=%s",
                                       nx_json_str(t, "refresh_token"));
    nx_reply *rp = rig_call(&browser, &rig.portal, "/oidc/token", form);
    assert_int_equal(rp->status, 200);
    NX_AUTO_JSON again = rig_json(rp);
    NX_AUTO_JSON first = rig_claims(&rig, nx_json_str(t, "id_token"), NULL);
    NX_AUTO_JSON second = rig_claims(&rig, nx_json_str(again, "id_token"), NULL);
    assert_string_equal(nx_json_str(first, "sub"), nx_json_str(second, "sub"));
    assert_int_equal(nx_json_int(first, "auth_time", 1), nx_json_int(second, "auth_time", 2));
    assert_int_equal(userinfo(again)->status, 200);
    assert_oauth_error(rig_call(&browser, &rig.tax, "/oidc/token", form), 400, "invalid_grant");
    assert_oauth_error(rig_call(&browser, &rig.portal, "/oidc/token",
                                nx_arena_printf(rig.arena, "%s&scope=openid+email", form)),
                       400, "invalid_scope");
    NX_AUTO_JSON narrow = rig_json(
        rig_call(&browser, &rig.portal, "/oidc/token", nx_arena_printf(rig.arena, "%s&scope=openid", form)));
    assert_string_equal(nx_json_str(narrow, "scope"), "openid");
}

static void test_oidcc_ensure_request_with_valid_pkce_succeeds(void **state)
{
    (void)state;
    NX_AUTO_JSON t = tokens("");
    assert_non_null(nx_json_str(t, "access_token"));
    assert_error(authorize("&no_pkce&code_challenge=" RIG_CHALLENGE), "invalid_request"); /* plain */
    assert_error(authorize("&no_pkce&code_challenge=" RIG_CHALLENGE "&code_challenge_method=plain"),
                 "invalid_request");
    assert_error(authorize("&no_pkce&code_challenge=short&code_challenge_method=S256"), "invalid_request");
    assert_error(authorize("&no_pkce&code_challenge_method=S256"), "invalid_request");
}

static void a_parameter_that_stands_twice_is_refused(void **state)
{
    (void)state;
    assert_error_page(rig_get(&browser, nx_arena_printf(rig.arena, "%s&state=s2", url(""))));
}

static void a_code_is_bound_to_its_client_and_redirect_uri(void **state)
{
    (void)state;
    char *code = rig_code(&browser, url(""));
    assert_oauth_error(rig_redeem(&browser, &rig.tax, code), 400, "invalid_grant");
    const char *form =
        nx_arena_printf(rig.arena, "grant_type=authorization_code&code=%s&code_verifier=" RIG_VERIFIER, code);
    assert_oauth_error(rig_call(&browser, &rig.portal, "/oidc/token", form), 400, "invalid_grant");
    assert_oauth_error(
        rig_call(&browser, &rig.portal, "/oidc/token",
                 nx_arena_printf(rig.arena, "%s&redirect_uri=https://portal.example/other", form)),
        400, "invalid_grant");
    assert_int_equal(rig_redeem(&browser, &rig.portal, code)->status, 200);
}

static void token_endpoint_errors(void **state)
{
    (void)state;
    assert_oauth_error(rig_call(&browser, &rig.portal, "/oidc/token", "x=1"), 400, "invalid_request");
    assert_oauth_error(rig_call(&browser, &rig.portal, "/oidc/token", "grant_type=password"), 400,
                       "unsupported_grant_type");
    assert_oauth_error(rig_call(&browser, &rig.portal, "/oidc/token", "grant_type=client_credentials"), 400,
                       "unauthorized_client");
    assert_oauth_error(rig_call(&browser, &rig.portal, "/oidc/token", "grant_type=authorization_code"), 400,
                       "invalid_request");
    assert_oauth_error(rig_call(&browser, &rig.portal, "/oidc/token", "grant_type=authorization_code&code=x"),
                       400, "invalid_grant");
    assert_oauth_error(rig_call(&browser, NULL, "/oidc/token", "grant_type=authorization_code&code=x"), 401,
                       "invalid_client");
    struct rig_client wrong = rig.portal;
    wrong.secret[0] ^= 1;
    nx_reply *rp = rig_call(&browser, &wrong, "/oidc/token", "grant_type=authorization_code&code=x");
    assert_non_null(nx_reply_header_get(rp, "WWW-Authenticate"));
    assert_oauth_error(rp, 401, "invalid_client");
    assert_int_equal(rig_get(&browser, "/oidc/token")->status, 405);
    assert_int_equal(rig_send(&browser, "POST", "/oidc/token", "application/json", "{}")->status, 415);
}

/* response_type=code id_token: fragment by default, c_hash, nonce demanded. */
static void hybrid_code_id_token(void **state)
{
    (void)state;
    struct rig_client c;
    rig_register(
        &rig, &c,
        "{\"redirect_uris\":[\"https://portal.example/cb\"],\"response_types\":[\"code\",\"code id_token\"],"
        "\"grant_types\":[\"authorization_code\",\"implicit\"]}");
    nx_reply *rp = rig_authorize(&browser, rig_authorize_url(&rig, &c, "&response_type=id_token+code"));
    assert_non_null(strstr(rig_location(rp), "/cb#code="));
    char *code = rig_param(&rig, rp, "code");
    NX_AUTO_JSON front = rig_claims(&rig, rig_param(&rig, rp, "id_token"), NULL);
    uint8_t digest[NX_SHA256_LEN];
    char half[NX_B64U_LEN(16) + 1];
    assert_true(nx_ok(nx_sha256(digest, nx_span_str(code))));
    nx_b64u_encode(half, nx_span_of(digest, 16));
    assert_string_equal(nx_json_str(front, "c_hash"), half);
    NX_AUTO_JSON t = rig_json(rig_redeem(&browser, &c, code));
    NX_AUTO_JSON back = rig_claims(&rig, nx_json_str(t, "id_token"), NULL);
    assert_string_equal(nx_json_str(front, "sub"), nx_json_str(back, "sub"));
    rp = rig_get(&browser, rig_authorize_url(&rig, &c, "&response_type=code+id_token&response_mode=query"));
    assert_string_equal(rig_param(&rig, rp, "error"), "invalid_request");
    char *plain = rig_authorize_url(&rig, &c, "&response_type=code+id_token");
    memcpy(strstr(plain, "&nonce=n1"), "&nance=n1", 9);
    rp = rig_get(&browser, plain);
    assert_string_equal(rig_param(&rig, rp, "error"), "invalid_request");
    assert_non_null(strstr(rig_location(rp), "/cb#"));
    assert_error(authorize("&response_type=code+id_token&response_mode=query"), "unauthorized_client");
}

static void form_post_escapes_and_is_not_stored(void **state)
{
    (void)state;
    assert_non_null(rig_code(&browser, url(""))); /* consent is there */
    char *u = url("&response_mode=form_post");
    char *cut = strstr(u, "&state=s1");
    u = nx_arena_printf(rig.arena, "%.*s&state=%%22%%3E%%3Cb%s", (int)(cut - u), u, cut + 9);
    nx_reply *rp = rig_get(&browser, u);
    assert_int_equal(rp->status, 200);
    assert_string_equal(nx_reply_header_get(rp, "Cache-Control"), "no-store");
    assert_non_null(strstr(rig_body(rp), "action=\"https://portal.example/cb\""));
    assert_non_null(rig_field(&rig, rp, "code"));
    assert_string_equal(rig_field(&rig, rp, "state"), "&quot;&gt;&lt;b");
    assert_non_null(strstr(nx_reply_header_get(rp, "Content-Security-Policy"), "https://portal.example"));
}

static void a_person_can_decline_and_give_up(void **state)
{
    (void)state;
    struct rig_client c;
    rig_register(&rig, &c, "{\"redirect_uris\":[\"https://portal.example/cb\"]}");
    nx_reply *rp =
        rig_follow(&browser, rig_get(&browser, rig_authorize_url(&rig, &c, "&scope=openid+email")));
    assert_non_null(strstr(rig_body(rp), "lan@example.vn"));
    const char *form = nx_arena_printf(rig.arena, "t=%s&csrf=%s&decision=deny", rig_field(&rig, rp, "t"),
                                       rig_field(&rig, rp, "csrf"));
    assert_error(rig_post(&browser, "/consent", form), "access_denied");
    assert_int_equal(rig_post(&browser, "/consent", form)->status, 404);
    assert_string_equal(
        rig_param(&rig, rig_get(&browser, rig_authorize_url(&rig, &c, "&prompt=none")), "error"),
        "consent_required");
}

static void select_account(void **state)
{
    (void)state;
    nx_reply *rp = rig_follow(&browser, rig_get(&browser, url("&prompt=select_account")));
    assert_int_equal(rp->status, 200);
    assert_non_null(strstr(rig_body(rp), "/login/select"));
    const char *t = rig_field(&rig, rp, "t");
    const char *at = strstr(strstr(rig_body(rp), "action=\"/login/select\""), "name=\"csrf\" value=\"") + 19;
    const char *form = nx_arena_printf(rig.arena, "t=%s&csrf=%.*s", t, (int)strcspn(at, "\""), at);
    rp = rig_follow(&browser, rig_post(&browser, "/login/select", form));
    assert_non_null(rig_param(&rig, rp, "code"));
}

/* Apps in a browser of another origin: what they may call, and what they may not. */
static void scripts_of_other_origins(void **state)
{
    (void)state;
    static const char *const open[] = {"/oidc/token", "/oidc/revoke", "/oidc/userinfo"};
    for (size_t i = 0; i < 3; i++) {
        nx_reply *rp = rig_send(&browser, "OPTIONS", open[i], NULL, NULL);
        assert_int_equal(rp->status, 204);
        assert_string_equal(nx_reply_header_get(rp, "Access-Control-Allow-Origin"), "*");
        assert_non_null(strstr(nx_reply_header_get(rp, "Access-Control-Allow-Headers"), "Authorization"));
        assert_null(nx_reply_header_get(rp, "Access-Control-Allow-Credentials"));
    }
    assert_int_equal(rig_send(&browser, "OPTIONS", "/oidc/introspect", NULL, NULL)->status, 405);
    assert_int_equal(rig_send(&browser, "OPTIONS", "/oidc/authorize", NULL, NULL)->status, 405);
    nx_reply *rp = rig_get(&browser, "/oidc/userinfo");
    assert_int_equal(rp->status, 401);
    assert_string_equal(nx_reply_header_get(rp, "Access-Control-Allow-Origin"), "*");
    assert_null(nx_reply_header_get(rig_get(&browser, url("")), "Access-Control-Allow-Origin"));
}

/* A run of n letters, in the arena of the rig. */
static char *letters(size_t n)
{
    char *s = nx_arena_alloc(rig.arena, n + 1);
    assert_non_null(s);
    memset(s, 'x', n);
    return s;
}

static void with_state(nx_reply *rp, const char *state, const char *error)
{
    const char *said = rig_param(&rig, rp, "error"), *back = rig_param(&rig, rp, "state");
    if (error)
        assert_string_equal(said ? said : "no error", error);
    else
        assert_non_null(rig_param(&rig, rp, "code"));
    if (state)
        assert_string_equal(back, state);
    else
        assert_null(back);
}

/* ensure-authorization-request-with-long-nonce, -with-long-state, -without-state: lengths are handled, and
 * have ends. */
static void lengths(void **state)
{
    (void)state;
    char *good = url("");
    char *at = strstr(good, "&state=s1&nonce=n1");
    static const char form[] = "%.*s&state=%s&nonce=%s%s";
    int head = (int)(at - good);
    const char *tail = at + 18, *most = letters(2048);
    assert_non_null(rig_code(&browser, good));
    with_state(rig_get(&browser, nx_arena_printf(rig.arena, form, head, good, most, letters(384), tail)),
               most, NULL);
    with_state(rig_get(&browser, nx_arena_printf(rig.arena, form, head, good, "", "n", tail)), NULL, NULL);
    with_state(rig_get(&browser, nx_arena_printf(rig.arena, form, head, good, letters(2049), "n", tail)),
               NULL, "invalid_request");
    with_state(rig_get(&browser, nx_arena_printf(rig.arena, form, head, good, "s", letters(1025), tail)), "s",
               "invalid_request");
    assert_error(authorize("&response_mode=smoke"), "invalid_request");
    assert_error(authorize("&response_type=a+b+c+d+e"), "unsupported_response_type");
    assert_error(authorize("&prompt=a+b+c+d+e+f+g+h+i"), "invalid_request");
    assert_error(authorize("&acr_values=a+b+c+d+e+f+g+h+i+j+k+l+m+n+o+p+q"), "invalid_request");
    assert_error(authorize("&scope=open%22id"), "invalid_scope");
    assert_error(authorize("&scope=nothing+known"), "invalid_scope");
    nx_reply *rp = rig_get(&browser, nx_arena_printf(rig.arena, "/oidc/authorize?client_id=%s", letters(65)));
    assert_int_equal(rp->status, 401);
    assert_error_page(rp);
}

/* Several tabs, back and reload: each transaction stands alone and belongs to its browser. */
static void tabs_do_not_disturb_each_other(void **state)
{
    (void)state;
    struct rig_browser b, thief;
    rig_browser_open(&b, &rig);
    rig_browser_open(&thief, &rig);
    nx_reply *rp = rig_follow(&b, rig_get(&b, url("")));
    char *one = nx_arena_printf(rig.arena, "/login?t=%s", rig_field(&rig, rp, "t"));
    rp = rig_follow(&b, rig_get(&b, rig_authorize_url(&rig, &rig.tax, "")));
    char *two = nx_arena_printf(rig.arena, "/login?t=%s", rig_field(&rig, rp, "t"));
    assert_int_equal(rig_get(&thief, one)->status, 404);
    rig_sign_in(&b, &rig.lan);
    assert_non_null(rig_param(&rig, rig_authorize(&b, two), "code"));
    assert_non_null(rig_param(&rig, rig_authorize(&b, one), "code"));
    assert_int_equal(rig_get(&b, one)->status, 404);
    rig_browser_close(&thief);
    rig_browser_close(&b);
}

#define T(name) cmocka_unit_test_setup_teardown(name, open_browser, close_browser)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_oidcc_server),
        T(test_oidcc_response_type_missing),
        T(test_oidcc_idtoken_signature),
        T(test_oidcc_userinfo_get_post_header_post_body),
        T(test_oidcc_ensure_request_without_nonce_succeeds_for_code_flow),
        T(test_oidcc_scope_profile_email_address_phone_all),
        T(test_oidcc_alternate_happy_flow),
        T(test_oidcc_display_locales_hints_and_unknown_parameters),
        T(test_oidcc_prompt_login),
        T(test_oidcc_prompt_none_not_logged_in),
        T(test_oidcc_prompt_none_logged_in),
        T(test_oidcc_max_age_1),
        T(test_oidcc_max_age_10000),
        T(test_oidcc_id_token_hint),
        T(test_oidcc_ensure_request_with_acr_values_succeeds),
        T(test_oidcc_codereuse),
        T(test_oidcc_codereuse_30seconds),
        T(a_code_lives_60_seconds),
        T(test_oidcc_ensure_registered_redirect_uri),
        T(test_oidcc_ensure_post_request_succeeds),
        T(test_oidcc_server_client_secret_post),
        T(test_oidcc_request_objects_rejected_as_unsupported),
        T(test_oidcc_claims_essential),
        T(essential_acr),
        T(test_oidcc_refresh_token),
        T(test_oidcc_ensure_request_with_valid_pkce_succeeds),
        T(a_parameter_that_stands_twice_is_refused),
        T(a_code_is_bound_to_its_client_and_redirect_uri),
        T(token_endpoint_errors),
        T(hybrid_code_id_token),
        T(form_post_escapes_and_is_not_stored),
        T(a_person_can_decline_and_give_up),
        T(select_account),
        T(tabs_do_not_disturb_each_other),
        T(lengths),
        T(scripts_of_other_origins),
    };
    return cmocka_run_group_tests(tests, up, down);
}
