/* Crooked credentials: tokens that were tampered with or are of another kind, client authentication that is
 * malformed, and the reason that each refusal has. */
#include "rig.h"

#include "crypto/alg.h"
#include "crypto/digest.h"
#include "crypto/jwk.h"
#include "policies/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct rig rig;
static struct rig_browser browser;

static int up(void **state)
{
    (void)state;
    if (rig_up(&rig) != 0) return -1;
    rig_browser_open(&browser, &rig);
    rig_sign_in(&browser, &rig.lan);
    return 0;
}

static int down(void **state)
{
    (void)state;
    rig_browser_close(&browser);
    rig_down(&rig);
    return 0;
}

static nx_reply *with(const char *authorization, const char *target, const char *form)
{
    browser.authorization = authorization;
    nx_reply *rp = form ? rig_post(&browser, target, form) : rig_get(&browser, target);
    browser.authorization = NULL;
    return rp;
}

static int userinfo(const char *token)
{
    return with(nx_arena_printf(rig.arena, "Bearer %s", token), "/oidc/userinfo", NULL)->status;
}

static bool active(const char *token)
{
    nx_reply *rp =
        rig_call(&browser, &rig.portal, "/oidc/introspect", nx_arena_printf(rig.arena, "token=%s", token));
    NX_AUTO_JSON j = rig_json(rp);
    return nx_json_bool(j, "active", false);
}

/* The refusal and the reason for it: refusals share an error code, and a check that never fires would hide
 * behind it. */
static void assert_reason(nx_reply *rp, int status, nx_err reason)
{
    NX_AUTO_JSON j = rig_json(rp);
    assert_int_equal(rp->status, status);
    assert_string_equal(nx_json_str(j, "error_description"), nx_err_text(reason));
}

static void no_character_of_a_token_can_be_changed(void **state)
{
    (void)state;
    NX_AUTO_JSON t = rig_tokens(&browser, &rig.portal, "");
    const char *good = nx_json_str(t, "access_token");
    size_t n = strlen(good);
    char *bad = nx_arena_strdup(rig.arena, good);
    for (size_t i = 0; i < n; i++) {
        bad[i] = good[i] == 'A' ? 'B' : 'A';
        char authorization[4096];
        snprintf(authorization, sizeof authorization, "Bearer %s", bad);
        if (with(authorization, "/oidc/userinfo", NULL)->status != 401)
            fail_msg("character %zu of %zu", i, n);
        bad[i] = good[i];
    }
    assert_false(active(nx_arena_printf(rig.arena, "%.*s", (int)n - 1, good)));
    assert_false(active(nx_arena_printf(rig.arena, "%s%%3D", good)));
    assert_true(active(good));
    assert_int_equal(userinfo(good), 200);
}

/* Keys are shared between kinds of tokens of ES256 clients: typ keeps them apart. */
static void a_token_of_another_kind_does_not_pass(void **state)
{
    (void)state;
    struct rig_client c;
    rig_register(&rig, &c,
                 "{\"redirect_uris\":[\"https://portal.example/cb\"],"
                 "\"id_token_signed_response_alg\":\"ES256\",\"userinfo_signed_response_alg\":\"ES256\"}");
    NX_AUTO_JSON t = rig_tokens(&browser, &c, "");
    const char *id = nx_json_str(t, "id_token"), *at = nx_json_str(t, "access_token");
    assert_int_equal(userinfo(id), 401);
    nx_reply *rp = with(nx_arena_printf(rig.arena, "Bearer %s", at), "/oidc/userinfo", NULL);
    const char *signed_info = nx_arena_strdup(rig.arena, rig_body(rp));
    assert_int_equal(userinfo(signed_info), 401);
    rp = rig_get(&browser, nx_arena_printf(rig.arena, "/oidc/logout?id_token_hint=%s", at));
    assert_int_equal(rp->status, 400);
    char *url = rig_authorize_url(&rig, &c, nx_arena_printf(rig.arena, "&id_token_hint=%s", at));
    assert_string_equal(rig_param(&rig, rig_get(&browser, url), "error"), "invalid_request");
    assert_int_equal(with(nx_arena_printf(rig.arena, "Basic %s", at), "/oidc/userinfo", NULL)->status, 401);
    assert_int_equal(with("Bearer ", "/oidc/userinfo", NULL)->status, 401);
    assert_int_equal(with(nx_arena_printf(rig.arena, "bearer %s", at), "/oidc/userinfo", NULL)->status, 200);
}

static void refusals_have_their_own_reasons(void **state)
{
    (void)state;
    static const char form[] = "grant_type=authorization_code&code=%s&redirect_uri=%s%s";
    const char *cb = "https://portal.example/cb";
    char *code = rig_code(&browser, rig_authorize_url(&rig, &rig.portal, "&scope=openid+offline_access"));
    nx_reply *rp = rig_call(&browser, &rig.portal, "/oidc/token",
                            nx_arena_printf(rig.arena, form, code, "https://x/", ""));
    assert_reason(rp, 400, NX_ERR_REDIRECT_URI_MISMATCH);
    rp = rig_call(&browser, &rig.portal, "/oidc/token", nx_arena_printf(rig.arena, form, code, cb, ""));
    assert_reason(rp, 400, NX_ERR_PKCE_UNASKED);
    rp = rig_call(&browser, &rig.portal, "/oidc/token",
                  nx_arena_printf(rig.arena, form, code, cb, "&code_verifier=" RIG_CHALLENGE));
    assert_reason(rp, 400, NX_ERR_PKCE_MISMATCH);
    rp = rig_call(&browser, &rig.tax, "/oidc/token", nx_arena_printf(rig.arena, form, code, cb, ""));
    assert_reason(rp, 400, NX_ERR_GRANT_INVALID);
    NX_AUTO_JSON t = rig_json(rig_redeem(&browser, &rig.portal, code));
    assert_reason(rig_redeem(&browser, &rig.portal, code), 400, NX_ERR_CODE_REPLAYED);
    const char *refresh = nx_arena_printf(rig.arena, "grant_type=refresh_token&refresh_token=%s",
                                          nx_json_str(t, "refresh_token"));
    assert_int_equal(rig_call(&browser, &rig.portal, "/oidc/token", refresh)->status, 400);
    assert_reason(rig_call(&browser, &rig.portal, "/oidc/token", "grant_type=refresh_token"), 400,
                  NX_ERR_REQUEST);
    assert_reason(rig_call(&browser, &rig.portal, "/oidc/introspect", "x=1"), 400, NX_ERR_REQUEST);
    NX_AUTO_JSON a = rig_tokens(&browser, &rig.app, "&scope=openid+offline_access");
    refresh = nx_arena_printf(rig.arena, "grant_type=refresh_token&client_id=%s&refresh_token=%s", rig.app.id,
                              nx_json_str(a, "refresh_token"));
    NX_AUTO_JSON next = rig_json(rig_call(&browser, NULL, "/oidc/token", refresh));
    const char *again = nx_arena_printf(rig.arena, "grant_type=refresh_token&client_id=%s&refresh_token=%s",
                                        rig.app.id, nx_json_str(next, "refresh_token"));
    assert_int_equal(rig_call(&browser, NULL, "/oidc/token", again)->status, 200);
    assert_reason(rig_call(&browser, NULL, "/oidc/token", refresh), 400, NX_ERR_REFRESH_REUSED);
}

/* RFC 7636 section 4.1: 43 characters at least, whatever its digest. */
static void a_short_verifier_is_refused_though_it_fits(void **state)
{
    (void)state;
    uint8_t digest[NX_SHA256_LEN];
    char challenge[NX_B64U_LEN(NX_SHA256_LEN) + 1];
    assert_true(nx_ok(nx_sha256(digest, nx_span_str("short"))));
    nx_b64u_encode(challenge, nx_span_of(digest, sizeof digest));
    char *code = rig_code(&browser, rig_authorize_url(&rig, &rig.portal,
                                                      nx_arena_printf(rig.arena,
                                                                      "&no_pkce&code_challenge=%s"
                                                                      "&code_challenge_method=S256",
                                                                      challenge)));
    const char *form = nx_arena_printf(rig.arena,
                                       "grant_type=authorization_code&code=%s&redirect_uri="
                                       "https://portal.example/cb&code_verifier=short",
                                       code);
    assert_reason(rig_call(&browser, &rig.portal, "/oidc/token", form), 400, NX_ERR_PKCE_MISMATCH);
}

static const char *basic(const char *pair)
{
    return nx_arena_printf(rig.arena, "Basic %s", nx_b64_dup(rig.arena, nx_span_str(pair)));
}

static void crooked_basic_authentication(void **state)
{
    (void)state;
    const char *secret = rig.machine.secret, *id = rig.machine.id;
    char *whole = nx_arena_printf(rig.arena, "%s:%s", id, secret);
    const char *long_pair = nx_arena_printf(rig.arena, "%s%01000d", whole, 0);
    const char *const bad[] = {"Basic",
                               "Basic !!!!",
                               "Basic YQ",
                               nx_arena_printf(rig.arena, "Bearer %s", basic(whole) + 6),
                               basic(id),
                               basic(nx_arena_printf(rig.arena, "%s:%%zz", id)),
                               basic(nx_arena_printf(rig.arena, "%%00:%s", secret)),
                               basic(nx_arena_printf(rig.arena, "%s:", id)),
                               basic(nx_arena_printf(rig.arena, ":%s", secret)),
                               basic(nx_arena_printf(rig.arena, "%s:%sx", id, secret)),
                               basic(nx_arena_printf(rig.arena, "%065d:%s", 0, secret)),
                               basic(nx_arena_printf(rig.arena, "nobody:%s", secret)),
                               basic(long_pair)};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        nx_reply *rp = with(bad[i], "/oidc/token", "grant_type=client_credentials");
        if (rp->status != 401) fail_msg("%zu: %s: status %d", i, bad[i], rp->status);
        assert_reason(rp, 401, NX_ERR_CLIENT_AUTH);
    }
    const char *form =
        nx_arena_printf(rig.arena, "grant_type=client_credentials&client_id=%s", rig.portal.id);
    assert_reason(with(basic(whole), "/oidc/token", form), 401, NX_ERR_CLIENT_AUTH);
    assert_int_equal(with(basic(whole), "/oidc/token", "grant_type=client_credentials")->status, 200);
    /* RFC 6749 section 2.3.1: both halves are form-encoded. */
    char *encoded = nx_arena_printf(rig.arena, "%%%02x%s:%s", id[0], id + 1, secret);
    assert_int_equal(with(basic(encoded), "/oidc/token", "grant_type=client_credentials")->status, 200);
}

static void a_secret_that_has_expired(void **state)
{
    (void)state;
    nx_client *c;
    assert_true(nx_ok(nx_client_get(rig_house(&rig)->registry, nx_span_str(rig.tax.id), &c)));
    struct nx_client_record record = {.id = c->id,
                                      .metadata = nx_json_dump(rig.arena, c->metadata),
                                      .sector = c->sector,
                                      .secret_digest = c->secret_digest,
                                      .secret_expires = nx_now() - 1,
                                      .owner = c->owner,
                                      .purpose_version = 1};
    assert_true(nx_ok(nx_client_record_replace(rig_house(&rig)->registry, &record, 0)));
    nx_client_release(c);
    assert_reason(rig_call(&browser, &rig.tax, "/oidc/introspect", "token=x"), 401, NX_ERR_CLIENT_AUTH);
}

struct signer {
    EVP_PKEY *key;
    struct rig_client client;
};

static nx_reply *assert_claims(const struct signer *s, const char *claims, const char *more)
{
    char *input = nx_arena_printf(rig.arena, "%s.%s",
                                  nx_b64u_dup(rig.arena, nx_span_str("{\"alg\":\"ES256\",\"kid\":\"k\"}")),
                                  nx_b64u_dup(rig.arena, nx_span_str(claims)));
    uint8_t signature[NX_SIGNATURE_MAX];
    size_t n;
    assert_true(nx_ok(nx_alg_sign(signature, &n, NX_ALG_ES256, s->key, nx_span_str(input))));
    return rig_call(&browser, NULL, "/oidc/token",
                    nx_arena_printf(rig.arena, "grant_type=client_credentials&client_assertion=%s.%s%s",
                                    input, nx_b64u_dup(rig.arena, nx_span_of(signature, n)), more));
}

#define TYPE "&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

/* A client that authenticates by assertions signed with s->key; the caller frees that. */
static void open_signer(struct signer *s)
{
    NX_AUTO(nx_jwk) jwk = NULL;
    assert_true(nx_ok(nx_alg_generate(&s->key, NX_ALG_ES256)));
    assert_true(nx_ok(nx_jwk_from_evp(&jwk, s->key, NX_ALG_ES256, "k")));
    NX_AUTO_JSON set = json_pack("{s:[o]}", "keys", nx_jwk_public(jwk));
    rig_register(&rig, &s->client,
                 nx_arena_printf(rig.arena,
                                 "{\"grant_types\":[\"client_credentials\"],\"scope\":\"reports\","
                                 "\"token_endpoint_auth_method\":\"private_key_jwt\",\"jwks\":%s}",
                                 nx_json_dump(rig.arena, set)));
}

/* RFC 7523 section 3: aud, exp, nbf and iat, each alone at fault. An audience beside ours is one too many. */
static void an_assertion_is_for_this_server_and_for_now(void **state)
{
    (void)state;
    struct signer s;
    open_signer(&s);
    long long now = (long long)nx_now();
    static const char own[] = "\"" RIG_ISSUER "\"";
    const struct {
        const char *aud;
        long long exp, nbf, iat;
        bool good;
    } row[] = {
        {own, now + 60, now, now, true},
        {"\"https://other.example\"", now + 60, now, now, false},
        {"[\"" RIG_ISSUER "\",\"https://other.example\"]", now + 60, now, now, false},
        {"[\"" RIG_ISSUER "\"]", now + 60, now, now, false},
        {"null", now + 60, now, now, false},
        {own, now + nx_policy()->life.assertion_most + 60, now, now, false},
        {own, now - 60, now - 120, now - 120, false},
        {own, now + 60, now + 45, now, false},
        {own, now + 60, now, now + 45, false},
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        const char *claims =
            nx_arena_printf(rig.arena,
                            "{\"iss\":\"%s\",\"sub\":\"%s\",\"aud\":%s,\"exp\":%lld,\"nbf\":%lld,"
                            "\"iat\":%lld,\"jti\":\"now-%zu\"}",
                            s.client.id, s.client.id, row[i].aud, row[i].exp, row[i].nbf, row[i].iat, i);
        nx_reply *rp = assert_claims(&s, claims, TYPE);
        if (rp->status != (row[i].good ? 200 : 401)) fail_msg("row %zu: status %d", i, rp->status);
        if (!row[i].good) assert_reason(rp, 401, NX_ERR_CLIENT_AUTH);
    }
    EVP_PKEY_free(s.key);
}

static void crooked_assertions(void **state)
{
    (void)state;
    struct signer s;
    open_signer(&s);
    static const char form[] =
        "{\"iss\":\"%s\",\"sub\":\"%s\",\"aud\":\"" RIG_ISSUER "\",\"exp\":%lld,\"jti\":\"%d\"}";
    const char *id = s.client.id;
    long long exp = (long long)nx_now() + 60;
    assert_int_equal(assert_claims(&s, nx_arena_printf(rig.arena, form, id, id, exp, 1), TYPE)->status, 200);
    const char *const bad[] = {nx_arena_printf(rig.arena, form, "other", id, exp, 2),
                               nx_arena_printf(rig.arena, form, id, "other", exp, 3),
                               nx_arena_printf(rig.arena, form, rig.machine.id, rig.machine.id, exp, 4),
                               nx_arena_printf(rig.arena, form, id, id, (long long)nx_now() - 11, 5),
                               "{}",
                               "[]",
                               "nothing"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        nx_reply *rp = assert_claims(&s, bad[i], TYPE);
        if (rp->status != 401) fail_msg("%s: status %d", bad[i], rp->status);
    }
    const char *good = nx_arena_printf(rig.arena, form, id, id, exp, 6);
    assert_reason(assert_claims(&s, good, ""), 401, NX_ERR_CLIENT_AUTH);
    assert_reason(assert_claims(&s, good, "&client_assertion_type=saml"), 401, NX_ERR_CLIENT_AUTH);
    assert_reason(assert_claims(&s, good, nx_arena_printf(rig.arena, TYPE "&client_id=%s", rig.machine.id)),
                  401, NX_ERR_CLIENT_AUTH);
    static const char *const tokens[] = {"x", "e30.e30.e30", "e=JhyJ.e30.AAAA", "..",
                                         "eyJhbGciOiJub25lIn0.e30."};
    for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++)
        assert_oauth_error(
            rig_call(&browser, NULL, "/oidc/token",
                     nx_arena_printf(rig.arena, "grant_type=client_credentials" TYPE "&client_assertion=%s",
                                     tokens[i])),
            401, "invalid_client");
    assert_int_equal(assert_claims(&s, good, TYPE)->status, 200); /* none of the refusals has spent it */
    EVP_PKEY_free(s.key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_character_of_a_token_can_be_changed),
        cmocka_unit_test(a_token_of_another_kind_does_not_pass),
        cmocka_unit_test(refusals_have_their_own_reasons),
        cmocka_unit_test(a_short_verifier_is_refused_though_it_fits),
        cmocka_unit_test(crooked_basic_authentication),
        cmocka_unit_test(a_secret_that_has_expired),
        cmocka_unit_test(an_assertion_is_for_this_server_and_for_now),
        cmocka_unit_test(crooked_assertions),
    };
    return cmocka_run_group_tests(tests, up, down);
}
