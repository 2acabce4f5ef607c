/* Dynamic OP and Config OP of the conformance suite, registration errors, and the ways to authenticate a
 * client. */
#include "rig.h"

#include "crypto/alg.h"
#include "crypto/jose_guard.h"
#include "crypto/jwk.h"
#include "endpoints/bearer/bearer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct rig rig;
static struct rig_browser browser;
static const char *operator_bearer;

static int up(void **state)
{
    (void)state;
    if (rig_up(&rig) != 0 || !nx_ok(nx_bearer_start())) return -1;
    operator_bearer = rig_operator(&rig, "clients");
    return 0;
}

static int down(void **state)
{
    (void)state;
    nx_bearer_stop();
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

static nx_reply *send_as(const char *bearer, const char *method, const char *target, const char *body)
{
    browser.authorization = bearer;
    nx_reply *rp = rig_send(&browser, method, target, body ? "application/json" : NULL, body);
    browser.authorization = NULL;
    return rp;
}

static nx_reply *post_client(const char *body)
{
    return send_as(operator_bearer, "POST", "/oidc/register", body);
}

#define CB "\"redirect_uris\":[\"https://portal.example/cb\"]"

static void registration_answers_and_needs_an_operator(void **state)
{
    (void)state;
    assert_int_equal(send_as(NULL, "POST", "/oidc/register", "{" CB "}")->status, 401);
    assert_int_equal(send_as("Bearer x", "POST", "/oidc/register", "{" CB "}")->status, 401);
    nx_reply *rp = post_client("{" CB ",\"client_name\":\"X\",\"client_name#vi\":\"Ích\",\"unknown\":1}");
    assert_int_equal(rp->status, 201);
    assert_string_equal(nx_reply_header_get(rp, "Cache-Control"), "no-store");
    NX_AUTO_JSON j = rig_json(rp);
    static const char *const there[] = {"client_id",
                                        "client_secret",
                                        "registration_access_token",
                                        "registration_client_uri",
                                        "client_name",
                                        "client_name#vi",
                                        "redirect_uris",
                                        "grant_types",
                                        "response_types",
                                        "token_endpoint_auth_method",
                                        "id_token_signed_response_alg",
                                        "subject_type"};
    for (size_t i = 0; i < sizeof there / sizeof there[0]; i++)
        if (!json_object_get(j, there[i])) fail_msg("no %s", there[i]);
    assert_null(json_object_get(j, "unknown"));
    assert_int_equal(nx_json_int(j, "client_secret_expires_at", -1), 0);
}

/* Rule 12: the scope of another job, and a client's own access token, open nothing. */
static void test_rule_12_registration_takes_operators_only(void **state)
{
    (void)state;
    assert_int_equal(send_as(rig_operator(&rig, "scim"), "POST", "/oidc/register", "{" CB "}")->status, 403);
    NX_AUTO_JSON t =
        rig_json(rig_call(&browser, &rig.machine, "/oidc/token", "grant_type=client_credentials"));
    const char *own = nx_arena_printf(rig.arena, "Bearer %s", nx_json_str(t, "access_token"));
    assert_int_equal(send_as(own, "POST", "/oidc/register", "{" CB "}")->status, 401);
    assert_oauth_error(post_client("{" CB ",\"scope\":\"openid clients\"}"), 400, "invalid_client_metadata");
}

static void crooked_metadata_is_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        const char *error;
        const char *member;
    } rows[] = {
        {"[]", "invalid_client_metadata", "the body"},
        {"{\"a\":1,\"a\":2}", "invalid_client_metadata", "the body"},
        {"{}", "invalid_redirect_uri", "redirect_uris"},
        {"{\"redirect_uris\":[]}", "invalid_redirect_uri", "redirect_uris"},
        {"{\"redirect_uris\":\"https://a/\"}", "invalid_client_metadata", "redirect_uris"},
        {"{\"redirect_uris\":[\"https://a.example/cb#x\"]}", "invalid_redirect_uri", "redirect_uris"},
        {"{\"redirect_uris\":[\"http://a.example/cb\"]}", "invalid_redirect_uri", "redirect_uris"},
        {"{\"redirect_uris\":[\"javascript:alert(1)\"]}", "invalid_redirect_uri", "redirect_uris"},
        {"{\"redirect_uris\":[\"vn.example.app:/cb\"]}", "invalid_redirect_uri", "redirect_uris"},
        {"{\"redirect_uris\":[\"app:/cb\"],\"application_type\":\"native\"}", "invalid_redirect_uri",
         "redirect_uris"},
        {"{\"redirect_uris\":[\"https://a.example/\",\"https://b.example/\"]}", "invalid_client_metadata",
         "sector_identifier_uri"},
        {"{" CB ",\"response_types\":[\"token\"]}", "invalid_client_metadata", "response_types"},
        {"{" CB ",\"grant_types\":[\"password\"]}", "invalid_client_metadata", "grant_types"},
        {"{" CB ",\"grant_types\":[\"client_credentials\"],\"response_types\":[\"code\"]}",
         "invalid_client_metadata", "grant_types"},
        {"{" CB ",\"grant_types\":[\"implicit\",\"authorization_code\"]}", "invalid_client_metadata",
         "grant_types"},
        {"{\"grant_types\":[\"client_credentials\"],\"token_endpoint_auth_method\":\"none\"}",
         "invalid_client_metadata", "grant_types"},
        {"{" CB ",\"token_endpoint_auth_method\":\"client_secret_jwt\"}", "invalid_client_metadata",
         "token_endpoint_auth_method"},
        {"{" CB ",\"token_endpoint_auth_method\":\"private_key_jwt\"}", "invalid_client_metadata", "jwks"},
        {"{" CB ",\"id_token_signed_response_alg\":\"none\"}", "invalid_client_metadata",
         "id_token_signed_response_alg"},
        {"{" CB ",\"id_token_encrypted_response_alg\":\"RSA-OAEP\"}", "invalid_client_metadata",
         "id_token_encrypted_response_alg"},
        {"{" CB ",\"subject_type\":\"secret\"}", "invalid_client_metadata", "subject_type"},
        {"{" CB ",\"application_type\":\"toaster\"}", "invalid_client_metadata", "application_type"},
        {"{" CB ",\"jwks\":{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}}", "invalid_client_metadata",
         "jwks"},
        {"{" CB ",\"jwks_uri\":\"http://portal.example/jwks\"}", "invalid_client_metadata", "jwks_uri"},
        {"{" CB ",\"backchannel_logout_uri\":\"https://portal.example/l#x\"}", "invalid_client_metadata",
         "backchannel_logout_uri"},
        {"{" CB ",\"logo_uri\":\"javascript:alert(1)\"}", "invalid_client_metadata", "logo_uri"},
        {"{" CB ",\"initiate_login_uri\":\"http://portal.example/start\"}", "invalid_client_metadata",
         "initiate_login_uri"},
        {"{" CB ",\"post_logout_redirect_uris\":[\"http://portal.example/bye\"]}", "invalid_client_metadata",
         "post_logout_redirect_uris"},
        {"{" CB ",\"default_max_age\":-1}", "invalid_client_metadata", "default_max_age"},
        {"{" CB ",\"default_acr_values\":[\"gold\"]}", "invalid_client_metadata", "default_acr_values"},
        {"{" CB ",\"client_name\":\"a\\u0007b\"}", "invalid_client_metadata", "client_name"},
        {"{" CB ",\"scope\":\"a\\\"b\"}", "invalid_client_metadata", "scope"},
        {"{" CB ",\"software_statement\":\"e30.e30.e30\"}", "invalid_client_metadata", "software_statement"},
        {"{" CB ",\"dpop_bound_access_tokens\":true}", "invalid_client_metadata", "dpop_bound_access_tokens"},
        {"{" CB ",\"nixa_profile\":\"fapi9\"}", "invalid_client_metadata", "nixa_profile"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        nx_reply *rp = post_client(rows[i].body);
        NX_AUTO_JSON j = rig_json(rp);
        const char *error = nx_json_str(j, "error"), *why = nx_json_str(j, "error_description");
        if (rp->status != 400 || !error || strcmp(error, rows[i].error) != 0 || !why ||
            strncmp(why, rows[i].member, strlen(rows[i].member)) != 0)
            fail_msg("%s: status %d, %s", rows[i].body, rp->status, rig_body(rp));
    }
}

static void test_oidcc_3rd_party_init_login(void **state)
{
    (void)state;
    NX_AUTO_JSON j =
        rig_json(post_client("{" CB ",\"initiate_login_uri\":\"https://portal.example/start\"}"));
    const char *bearer = nx_arena_printf(rig.arena, "Bearer %s", nx_json_str(j, "registration_access_token"));
    const char *at =
        nx_arena_strdup(rig.arena, nx_json_str(j, "registration_client_uri") + strlen(RIG_ISSUER));
    NX_AUTO_JSON shown = rig_json(send_as(bearer, "GET", at, NULL));
    assert_string_equal(nx_json_str(shown, "initiate_login_uri"), "https://portal.example/start");
    assert_null(nx_json_str(shown, "client_secret"));
    assert_int_equal(send_as("Bearer other", "GET", at, NULL)->status, 401);
    assert_int_equal(send_as(NULL, "GET", at, NULL)->status, 401);
    const char *foreign = nx_arena_printf(rig.arena, "Bearer %s", rig.portal.token);
    assert_int_equal(send_as(foreign, "GET", at, NULL)->status, 401);
    assert_int_equal(send_as(operator_bearer, "GET", at, NULL)->status, 200);
}

static void a_client_manages_itself(void **state)
{
    (void)state;
    struct rig_client c;
    rig_register(&rig, &c, "{" CB "}");
    NX_AUTO_JSON t = rig_tokens(&browser, &c, "");
    const char *bearer = nx_arena_printf(rig.arena, "Bearer %s", c.token);
    const char *at = nx_arena_printf(rig.arena, "/oidc/register/%s", c.id);
    const char *body = nx_arena_printf(
        rig.arena,
        "{\"client_id\":\"%s\",\"client_secret\":\"%s\",\"redirect_uris\":[\"https://portal.example/new\"]}",
        c.id, c.secret);
    assert_int_equal(send_as(bearer, "PUT", at, body)->status, 200);
    /* The old address is gone. */
    assert_int_equal(rig_get(&browser, rig_authorize_url(&rig, &c, ""))->status, 400);
    assert_oauth_error(send_as(bearer, "PUT", at, "{" CB "}"), 400, "invalid_client_metadata");
    body = nx_arena_printf(rig.arena, "{\"client_id\":\"%s\",\"client_secret\":\"wrong\"," CB "}", c.id);
    assert_oauth_error(send_as(bearer, "PUT", at, body), 400, "invalid_client_metadata");
    body =
        nx_arena_printf(rig.arena, "{\"client_id\":\"%s\",\"registration_client_uri\":\"x\"," CB "}", c.id);
    assert_oauth_error(send_as(bearer, "PUT", at, body), 400, "invalid_client_metadata");
    assert_int_equal(send_as(bearer, "DELETE", at, NULL)->status, 204);
    assert_int_equal(send_as(bearer, "GET", at, NULL)->status, 401);
    browser.authorization = nx_arena_printf(rig.arena, "Bearer %s", nx_json_str(t, "access_token"));
    assert_int_equal(rig_get(&browser, "/oidc/userinfo")->status, 401);
    browser.authorization = NULL;
}

static void test_oidcc_ensure_redirect_uri_in_authorization_request(void **state)
{
    (void)state;
    struct rig_client c;
    rig_register(&rig, &c,
                 "{\"redirect_uris\":[\"https://portal.example/cb\",\"https://portal.example/two\"]}");
    nx_reply *rp = rig_get(
        &browser, nx_arena_printf(rig.arena, "/oidc/authorize?client_id=%s&response_type=code", c.id));
    assert_int_equal(rp->status, 400);
    assert_string_equal(rig_location(rp), "");
    /* RFC 6749 3.1.2.3: without openid, and with one registered, it may be left out. */
    rp = rig_authorize(
        &browser, nx_arena_printf(rig.arena, "/oidc/authorize?client_id=%s&response_type=code&scope=email",
                                  rig.portal.id));
    assert_memory_equal(rig_location(rp), "https://portal.example/cb?code=", 31);
    const char *form =
        nx_arena_printf(rig.arena, "grant_type=authorization_code&code=%s", rig_param(&rig, rp, "code"));
    NX_AUTO_JSON t = rig_json(rig_call(&browser, &rig.portal, "/oidc/token", form));
    assert_non_null(nx_json_str(t, "access_token"));
    assert_null(nx_json_str(t, "id_token"));
}

static void test_oidcc_userinfo_rs256(void **state)
{
    (void)state;
    static const char *const algs[] = {"RS256", "ES256"};
    for (size_t i = 0; i < 2; i++) {
        struct rig_client c;
        rig_register(&rig, &c,
                     nx_arena_printf(rig.arena,
                                     "{" CB ",\"userinfo_signed_response_alg\":\"%s\","
                                     "\"id_token_signed_response_alg\":\"%s\"}",
                                     algs[i], algs[i]));
        NX_AUTO_JSON t = rig_tokens(&browser, &c, "&scope=openid+email");
        struct nx_jose_parts parts;
        assert_true(nx_ok(nx_jose_guard_jws(&parts, rig.arena, nx_span_str(nx_json_str(t, "id_token")))));
        assert_string_equal(nx_alg_name(parts.alg), algs[i]);
        browser.authorization = nx_arena_printf(rig.arena, "Bearer %s", nx_json_str(t, "access_token"));
        nx_reply *rp = rig_get(&browser, "/oidc/userinfo");
        browser.authorization = NULL;
        assert_string_equal(nx_reply_header_get(rp, "Content-Type"), "application/jwt");
        assert_true(nx_ok(nx_jose_guard_jws(&parts, rig.arena, rp->body)));
        assert_string_equal(nx_alg_name(parts.alg), algs[i]);
        NX_AUTO_JSON ui = rig_claims(&rig, rig_body(rp), NULL);
        assert_string_equal(nx_json_str(ui, "aud"), c.id);
        assert_string_equal(nx_json_str(ui, "iss"), RIG_ISSUER);
        assert_string_equal(nx_json_str(ui, "email"), "lan@example.vn");
    }
}

/* registration-policy-uri, -logo-uri, -tos-uri: the consent page carries the registered policy. */
static void test_oidcc_registration_policy_uri(void **state)
{
    (void)state;
    struct rig_client c;
    rig_register(&rig, &c,
                 "{" CB ",\"client_name\":\"Tên\",\"policy_uri\":\"https://portal.example/policy\"}");
    nx_reply *rp = rig_follow(&browser, rig_get(&browser, rig_authorize_url(&rig, &c, "")));
    assert_non_null(strstr(rig_body(rp), "https://portal.example/policy"));
    assert_non_null(strstr(rig_body(rp), "Tên"));
}

static void test_oidcc_server_rotate_keys(void **state)
{
    (void)state;
    NX_AUTO_JSON before = rig_tokens(&browser, &rig.portal, "");
    nx_keyring *ring = rig_house(&rig)->keyring;
    struct nx_jose_parts parts;
    assert_true(nx_ok(nx_jose_guard_jws(&parts, rig.arena, nx_span_str(nx_json_str(before, "id_token")))));
    for (int i = 0; i < 2 * NX_USE_COUNT; i++) /* one missing next key a time */
        assert_true(nx_ok(nx_keyring_tend(ring)));
    nx_clock_shift(90000); /* the next key is published long enough */
    assert_true(nx_ok(nx_keyring_rotate(ring, NX_USE_TOKEN_RS256)));
    rig_sign_in(&browser, &rig.lan);
    NX_AUTO_JSON after = rig_tokens(&browser, &rig.portal, "");
    struct nx_jose_parts second;
    assert_true(nx_ok(nx_jose_guard_jws(&second, rig.arena, nx_span_str(nx_json_str(after, "id_token")))));
    assert_string_not_equal(parts.kid, second.kid);
    nx_reply *rp = rig_get(&browser, "/oidc/jwks");
    assert_non_null(strstr(rig_body(rp), parts.kid));
    assert_non_null(strstr(rig_body(rp), second.kid));
    assert_null(strstr(rig_body(rp), "\"d\""));
}

/* ---- client assertions ---- */

struct key {
    EVP_PKEY *evp;
    nx_alg alg;
    const char *kid;
};

static char *sign(const struct key *k, const char *claims)
{
    char *header = nx_arena_printf(rig.arena, "{\"alg\":\"%s\",\"kid\":\"%s\"}", nx_alg_name(k->alg), k->kid);
    char *input = nx_arena_printf(rig.arena, "%s.%s", nx_b64u_dup(rig.arena, nx_span_str(header)),
                                  nx_b64u_dup(rig.arena, nx_span_str(claims)));
    uint8_t signature[NX_SIGNATURE_MAX];
    size_t n;
    assert_true(nx_ok(nx_alg_sign(signature, &n, k->alg, k->evp, nx_span_str(input))));
    return nx_arena_printf(rig.arena, "%s.%s", input, nx_b64u_dup(rig.arena, nx_span_of(signature, n)));
}

static void make_key(struct key *k, nx_alg alg, const char *kid)
{
    *k = (struct key){.alg = alg, .kid = kid};
    assert_true(nx_ok(nx_alg_generate(&k->evp, alg)));
}

static const char *jwks_of(const struct key *k)
{
    NX_AUTO(nx_jwk) jwk = NULL;
    assert_true(nx_ok(nx_jwk_from_evp(&jwk, k->evp, k->alg, k->kid)));
    NX_AUTO_JSON set = json_pack("{s:[o]}", "keys", nx_jwk_public(jwk));
    return nx_json_dump(rig.arena, set);
}

/* A client_credentials request with an assertion of these claims; %s in them is the client. */
static nx_reply *assert_with(const struct rig_client *c, const struct key *k, const char *aud, int64_t exp,
                             const char *jti, const char *more)
{
    char *claims = nx_arena_printf(
        rig.arena, "{\"iss\":\"%s\",\"sub\":\"%s\",\"aud\":%s,\"exp\":%lld%s%s%s%s}", c->id, c->id, aud,
        (long long)exp, jti ? ",\"jti\":\"" : "", jti ? jti : "", jti ? "\"" : "", more);
    char *form =
        nx_arena_printf(rig.arena,
                        "grant_type=client_credentials&client_assertion_type=urn:ietf:params:oauth:client-"
                        "assertion-type:jwt-bearer&client_assertion=%s",
                        sign(k, claims));
    return rig_call(&browser, NULL, "/oidc/token", form);
}

#define ISS "\"" RIG_ISSUER "\""

static void private_key_jwt_of_profile_base(void **state)
{
    (void)state;
    struct key k, other;
    struct rig_client c;
    make_key(&k, NX_ALG_ES256, "k1");
    make_key(&other, NX_ALG_ES256, "k1");
    rig_register(&rig, &c,
                 nx_arena_printf(rig.arena,
                                 "{\"grant_types\":[\"client_credentials\"],\"scope\":\"reports\","
                                 "\"token_endpoint_auth_method\":\"private_key_jwt\",\"jwks\":%s}",
                                 jwks_of(&k)));
    nx_time now = nx_now();
    /* ensure-client-assertion-with-iss-aud-succeeds */
    assert_int_equal(assert_with(&c, &k, ISS, now + 60, "a1", "")->status, 200);
    assert_oauth_error(assert_with(&c, &k, ISS, now + 60, "a1", ""), 401, "invalid_client"); /* jti once */
    assert_int_equal(assert_with(&c, &k, "\"" RIG_ISSUER "/oidc/token\"", now + 60, "a2", "")->status, 200);
    assert_oauth_error(assert_with(&c, &k, "[" ISS "]", now + 60, "a3", ""), 401, "invalid_client");
    assert_oauth_error(assert_with(&c, &k, "[" ISS ",\"https://other\"]", now + 60, "a4", ""), 401,
                       "invalid_client");
    assert_oauth_error(assert_with(&c, &k, "\"https://other\"", now + 60, "a5", ""), 401, "invalid_client");
    assert_oauth_error(assert_with(&c, &k, ISS, now + 400, "a6", ""), 401,
                       "invalid_client"); /* too far ahead */
    assert_oauth_error(assert_with(&c, &k, ISS, now - 60, "a7", ""), 401, "invalid_client"); /* past */
    assert_oauth_error(assert_with(&c, &k, ISS, now + 60, NULL, ""), 401, "invalid_client"); /* no jti */
    assert_oauth_error(assert_with(&c, &other, ISS, now + 60, "a8", ""), 401, "invalid_client");
    char *nbf = nx_arena_printf(rig.arena, ",\"nbf\":%lld", (long long)now + 8);
    assert_int_equal(assert_with(&c, &k, ISS, now + 60, "a9", nbf)->status, 200);
    nbf = nx_arena_printf(rig.arena, ",\"nbf\":%lld", (long long)now + 70);
    assert_oauth_error(assert_with(&c, &k, ISS, now + 200, "a10", nbf), 401, "invalid_client");
    assert_oauth_error(
        rig_call(&browser, NULL, "/oidc/token",
                 nx_arena_printf(rig.arena, "grant_type=client_credentials&client_id=%s", c.id)),
        401, "invalid_client");
    EVP_PKEY_free(k.evp);
    EVP_PKEY_free(other.evp);
}

static void private_key_jwt_of_profile_fapi2(void **state)
{
    (void)state;
    struct key es, rs;
    struct rig_client c, d;
    make_key(&es, NX_ALG_ES256, "es");
    make_key(&rs, NX_ALG_RS256, "rs");
    static const char form[] =
        "{\"grant_types\":[\"client_credentials\"],\"scope\":\"reports\","
        "\"nixa_profile\":\"fapi2\",\"token_endpoint_auth_method\":\"private_key_jwt\","
        "\"jwks\":%s}";
    rig_register(&rig, &c, nx_arena_printf(rig.arena, form, jwks_of(&es)));
    rig_register(&rig, &d, nx_arena_printf(rig.arena, form, jwks_of(&rs)));
    nx_time now = nx_now();
    assert_int_equal(assert_with(&c, &es, ISS, now + 60, "b1", "")->status, 200);
    assert_oauth_error(assert_with(&c, &es, "\"" RIG_ISSUER "/oidc/token\"", now + 60, "b2", ""), 401,
                       "invalid_client");
    assert_oauth_error(assert_with(&d, &rs, ISS, now + 60, "b3", ""), 401, "invalid_client"); /* RS256 */
    EVP_PKEY_free(es.evp);
    EVP_PKEY_free(rs.evp);
}

/* ---- discovery ---- */

static void test_oidcc_discovery_endpoint_verification(void **state)
{
    (void)state;
    nx_reply *rp = rig_get(&browser, "/.well-known/openid-configuration");
    assert_int_equal(rp->status, 200);
    assert_string_equal(nx_reply_header_get(rp, "Access-Control-Allow-Origin"), "*");
    NX_AUTO_JSON d = rig_json(rp);
    assert_string_equal(nx_json_str(d, "issuer"), RIG_ISSUER);
    const char *name;
    json_t *v;
    json_object_foreach(d, name, v)
    {
        size_t n = strlen(name);
        bool is_url = (n > 9 && strcmp(name + n - 9, "_endpoint") == 0) || strcmp(name, "jwks_uri") == 0;
        if (is_url) assert_memory_equal(json_string_value(v), RIG_ISSUER "/", strlen(RIG_ISSUER) + 1);
        if (n > 10 && strcmp(name + n - 10, "_supported") == 0)
            assert_true(json_is_array(v) || json_is_boolean(v));
    }
    static const char *const required[] = {"authorization_endpoint",
                                           "token_endpoint",
                                           "userinfo_endpoint",
                                           "jwks_uri",
                                           "end_session_endpoint",
                                           "introspection_endpoint",
                                           "revocation_endpoint",
                                           "registration_endpoint",
                                           "response_types_supported",
                                           "subject_types_supported",
                                           "id_token_signing_alg_values_supported",
                                           "claims_supported",
                                           "scopes_supported",
                                           "acr_values_supported",
                                           "qr_identity_jwks_uri",
                                           "status_list_aggregation_endpoint"};
    for (size_t i = 0; i < sizeof required / sizeof required[0]; i++)
        if (!json_object_get(d, required[i])) fail_msg("no %s", required[i]);
    assert_true(nx_json_bool(d, "backchannel_logout_supported", false));
    assert_true(nx_json_bool(d, "backchannel_logout_session_supported", false));
    assert_true(nx_json_bool(d, "authorization_response_iss_parameter_supported", false));
    assert_true(nx_json_has(nx_json_array(d, "code_challenge_methods_supported"), "S256"));
    assert_false(nx_json_has(nx_json_array(d, "code_challenge_methods_supported"), "plain"));
    assert_null(json_object_get(d, "mtls_endpoint_aliases"));
    NX_AUTO_JSON oauth = rig_json(rig_get(&browser, "/.well-known/oauth-authorization-server"));
    assert_true(json_equal(d, oauth));
    NX_AUTO_JSON keys = rig_json(rig_get(&browser, "/oidc/jwks"));
    size_t i;
    json_array_foreach(nx_json_array(keys, "keys"), i, v)
    {
        assert_non_null(nx_json_str(v, "kid"));
        assert_null(nx_json_str(v, "d"));
        assert_null(nx_json_str(v, "k"));
    }
}

/* Rule 17: off, and not announced. */
static void test_rule_17_device_grant_and_ciba_are_off(void **state)
{
    (void)state;
    NX_AUTO_JSON d = rig_json(rig_get(&browser, "/.well-known/openid-configuration"));
    static const char *const grants[] = {"urn:ietf:params:oauth:grant-type:device_code",
                                         "urn:openid:params:grant-type:ciba", "password"};
    assert_null(json_object_get(d, "device_authorization_endpoint"));
    assert_null(json_object_get(d, "backchannel_authentication_endpoint"));
    for (size_t i = 0; i < 3; i++) {
        assert_false(nx_json_has(nx_json_array(d, "grant_types_supported"), grants[i]));
        assert_oauth_error(rig_call(&browser, &rig.portal, "/oidc/token",
                                    nx_arena_printf(rig.arena, "grant_type=%s", grants[i])),
                           400, "unsupported_grant_type");
        assert_oauth_error(
            post_client(nx_arena_printf(rig.arena, "{" CB ",\"grant_types\":[\"authorization_code\",\"%s\"]}",
                                        grants[i])),
            400, "invalid_client_metadata");
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, open_browser, close_browser)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(registration_answers_and_needs_an_operator),
        T(test_rule_12_registration_takes_operators_only),
        T(crooked_metadata_is_refused_by_name),
        T(test_oidcc_3rd_party_init_login),
        T(a_client_manages_itself),
        T(test_oidcc_ensure_redirect_uri_in_authorization_request),
        T(test_oidcc_userinfo_rs256),
        T(test_oidcc_registration_policy_uri),
        T(test_oidcc_server_rotate_keys),
        T(private_key_jwt_of_profile_base),
        T(private_key_jwt_of_profile_fapi2),
        T(test_oidcc_discovery_endpoint_verification),
        T(test_rule_17_device_grant_and_ciba_are_off),
    };
    return cmocka_run_group_tests(tests, up, down);
}
