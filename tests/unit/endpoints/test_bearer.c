/* Operators' tokens: what passes and, one fault at a time, what does not. */
#include "../crypto/memory_keys.h"

#include "crypto/jws.h"
#include "endpoints/bearer/check.h"
#include "endpoints/bearer/second.h"
#include "registry/operator_token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#define ISSUER "https://localhost:8443"

static struct memory_keys rows;
static struct nx_house house;
static nx_arena *arena;
static char file[64];

static int start(void **state)
{
    (void)state;
    struct nx_key_store store = memory_keys_store(&rows);
    strcpy(file, "/tmp/nixa-bearer-XXXXXX");
    int fd = mkstemp(file);
    close(fd);
    unlink(file);
    char url[128];
    snprintf(url, sizeof url, "sqlite:%s", file);
    house = (struct nx_house){.issuer = ISSUER, .admin_audience = ISSUER "/admin", .master = memory_master()};
    arena = nx_arena_open(64u << 20);
    bool up = nx_ok(nx_keyring_open(&house.keyring, house.master, &store, &NX_KEYRING_TERMS)) &&
              nx_ok(nx_registry_open(&house.registry, url, 2)) && nx_ok(nx_bearer_start());
    return up && arena ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    nx_keyring_close(house.keyring);
    nx_registry_close(house.registry);
    nx_master_close(house.master);
    nx_arena_close(arena);
    nx_bearer_stop();
    for (const char *const *end = (const char *const[]){"", "-wal", "-shm", NULL}; *end; end++) {
        char path[96];
        snprintf(path, sizeof path, "%s%s", file, *end);
        unlink(path);
    }
    return 0;
}

static unsigned drawn;

/* Claims of a good token whose row is in the registry; the caller owns them. */
static json_t *good_claims(void)
{
    char *jti = nx_arena_printf(arena, "jti-%u", drawn++);
    nx_time now = nx_now();
    const struct nx_operator_token row = {.jti = jti,
                                          .kind = NX_OPERATOR_TOKEN,
                                          .actor = "uid:0",
                                          .scopes = "scim revoke",
                                          .issued = now,
                                          .expires = now + 600};
    assert_true(nx_ok(nx_operator_token_put(house.registry, &row)));
    return json_pack("{sssssssssssssIsI}", "iss", ISSUER, "aud", ISSUER "/admin", "sub", "uid:0", "client_id",
                     "nixactl", "jti", jti, "scope", "scim revoke", "iat", (json_int_t)now, "exp",
                     (json_int_t)now + 600);
}

static nx_span sign_as(json_t *claims, nx_key_use use, const char *typ)
{
    char *token = NULL;
    assert_non_null(claims);
    assert_true(nx_ok(nx_jws_sign_json(&token, arena, house.keyring, use, typ, claims)));
    json_decref(claims);
    return nx_span_str(token);
}

static nx_err check(nx_span token, const char *scope)
{
    struct nx_bearer b;
    return nx_bearer_check(&b, &house, arena, token, scope).e;
}

static nx_err check_claims(json_t *claims)
{
    return check(sign_as(claims, NX_USE_TOKEN, "at+jwt"), "scim");
}

static json_t *with(const char *name, json_t *value)
{
    json_t *claims = good_claims();
    if (value)
        json_object_set_new(claims, name, value);
    else
        json_object_del(claims, name);
    return claims;
}

static void test_a_good_token_passes(void **state)
{
    (void)state;
    struct nx_bearer b;
    nx_span token = sign_as(good_claims(), NX_USE_TOKEN, "at+jwt");
    for (int i = 0; i < 3; i++)
        assert_true(nx_ok(nx_bearer_check(&b, &house, arena, token, "revoke")));
    assert_string_equal(b.actor, "uid:0");
    assert_true(nx_bearer_holds(&b, "scim"));
    assert_true(nx_bearer_holds(&b, "revoke"));
    assert_false(nx_bearer_holds(&b, "keys"));
    assert_false(nx_bearer_holds(&b, "revok"));
    assert_false(nx_bearer_holds(&b, ""));
}

static void test_rule_12_a_scope_that_is_not_held_is_another_answer(void **state)
{
    (void)state;
    nx_span token = sign_as(good_claims(), NX_USE_TOKEN, "at+jwt");
    assert_int_equal(check(token, "keys"), NX_ERR_SCOPE_INSUFFICIENT);
    assert_int_equal(check(token, "clients"), NX_ERR_SCOPE_INSUFFICIENT);
    /* a token that says more than was granted holds what was granted */
    token = sign_as(with("scope", json_string("scim revoke keys")), NX_USE_TOKEN, "at+jwt");
    assert_int_equal(check(token, "keys"), NX_ERR_SCOPE_INSUFFICIENT);
    assert_int_equal(check(token, "scim"), NX_ERR_NONE);
    token = sign_as(with("scope", json_string("revoke")), NX_USE_TOKEN, "at+jwt");
    assert_int_equal(check(token, "scim"), NX_ERR_SCOPE_INSUFFICIENT);
}

static void test_rule_12_only_the_admin_audience_and_issuer(void **state)
{
    (void)state;
    assert_int_equal(check_claims(with("aud", json_string(ISSUER))), NX_ERR_TOKEN_INVALID);
    assert_int_equal(check_claims(with("aud", json_string(ISSUER "/admin/"))), NX_ERR_TOKEN_INVALID);
    assert_int_equal(check_claims(with("aud", json_string(ISSUER "/oidc/userinfo"))), NX_ERR_TOKEN_INVALID);
    assert_int_equal(check_claims(with("aud", json_pack("[ss]", ISSUER "/admin", "x"))),
                     NX_ERR_TOKEN_INVALID);
    assert_int_equal(check_claims(with("aud", NULL)), NX_ERR_TOKEN_INVALID);
    assert_int_equal(check_claims(with("iss", json_string("https://evil.example"))), NX_ERR_TOKEN_INVALID);
    assert_int_equal(check_claims(with("iss", NULL)), NX_ERR_TOKEN_INVALID);
}

static void test_times(void **state)
{
    (void)state;
    json_int_t now = nx_now();
    assert_int_equal(check_claims(with("exp", json_integer(now - 1))), NX_ERR_TOKEN_INVALID);
    assert_int_equal(check_claims(with("exp", json_string("never"))), NX_ERR_TOKEN_INVALID);
    assert_int_equal(check_claims(with("exp", NULL)), NX_ERR_TOKEN_INVALID);
    assert_int_equal(check_claims(with("iat", json_integer(now + 600))), NX_ERR_TOKEN_INVALID);
    assert_int_equal(check_claims(with("iat", NULL)), NX_ERR_TOKEN_INVALID);
    assert_int_equal(check_claims(with("nbf", json_integer(now + 600))), NX_ERR_TOKEN_INVALID);
    assert_int_equal(check_claims(with("nbf", json_string("soon"))), NX_ERR_TOKEN_INVALID);
    assert_int_equal(check_claims(with("nbf", json_integer(now))), NX_ERR_NONE);
}

static void test_a_bound_token_is_no_bearer(void **state)
{
    (void)state;
    assert_int_equal(check_claims(with("cnf", json_pack("{ss}", "jkt", "x"))), NX_ERR_TOKEN_INVALID);
}

static void test_typ_and_key_use(void **state)
{
    (void)state;
    assert_int_equal(check(sign_as(good_claims(), NX_USE_TOKEN, "JWT"), "scim"), NX_ERR_TOKEN_INVALID);
    assert_int_equal(check(sign_as(good_claims(), NX_USE_TOKEN, NULL), "scim"), NX_ERR_TOKEN_INVALID);
    assert_int_equal(check(sign_as(good_claims(), NX_USE_TOKEN, "logout+jwt"), "scim"), NX_ERR_TOKEN_INVALID);
    assert_int_equal(check(sign_as(good_claims(), NX_USE_STATUS, "at+jwt"), "scim"), NX_ERR_TOKEN_INVALID);
    assert_int_equal(check(sign_as(good_claims(), NX_USE_TOKEN_RS256, "at+jwt"), "scim"),
                     NX_ERR_TOKEN_INVALID);
}

static void test_rule_24_a_revoked_or_unknown_token_is_dead(void **state)
{
    (void)state;
    json_t *claims = good_claims();
    char *jti = nx_arena_strdup(arena, nx_json_str(claims, "jti"));
    nx_span token = sign_as(claims, NX_USE_TOKEN, "at+jwt");
    assert_int_equal(check(token, "scim"), NX_ERR_NONE);
    assert_true(nx_ok(nx_operator_token_revoke(house.registry, jti, nx_now())));
    assert_int_equal(check(token, "scim"), NX_ERR_TOKEN_INVALID);
    assert_int_equal(check_claims(with("jti", json_string("never-issued"))), NX_ERR_TOKEN_INVALID);
    assert_int_equal(check_claims(with("jti", NULL)), NX_ERR_TOKEN_INVALID);
}

static void test_every_changed_character_is_noticed(void **state)
{
    (void)state;
    nx_span token = sign_as(good_claims(), NX_USE_TOKEN, "at+jwt");
    assert_int_equal(check(token, "scim"), NX_ERR_NONE);
    for (size_t i = 0; i < token.n; i++) {
        char bad[2048];
        memcpy(bad, token.p, token.n);
        bad[i] = bad[i] == 'A' ? 'B' : 'A';
        NX_AUTO(nx_arena) a = nx_arena_open(256u << 10);
        struct nx_bearer b;
        nx_err e = nx_bearer_check(&b, &house, a, nx_span_of(bad, token.n), "scim").e;
        assert_int_equal(e, NX_ERR_TOKEN_INVALID);
    }
}

/* The strings that abort the libraries behind, and other noise. */
static void test_noise(void **state)
{
    (void)state;
    static const char *const noise[] = {"",
                                        "x",
                                        "..",
                                        "a.b.c",
                                        "e=JhyJhbGciOiJFUzI1NiJ9.e0.AAAA",
                                        "eyJhbGciOiJub25lIn0.e30.",
                                        "eyJhbGciOiJIUzI1NiJ9.e30.AAAA"};
    for (size_t i = 0; i < sizeof noise / sizeof *noise; i++)
        assert_int_equal(check(nx_span_str(noise[i]), "scim"), NX_ERR_TOKEN_INVALID);
}

/* The second implementation must be able to say no by itself: another key, an expired token. */
static void test_the_second_opinion_is_one(void **state)
{
    (void)state;
    NX_AUTO(nx_signing_key) mine = NULL;
    NX_AUTO(nx_signing_key) other = NULL;
    assert_true(nx_ok(nx_keyring_active(&mine, house.keyring, NX_USE_TOKEN)));
    assert_true(nx_ok(nx_keyring_active(&other, house.keyring, NX_USE_STATUS)));
    const char *token = (const char *)sign_as(good_claims(), NX_USE_TOKEN, "at+jwt").p;
    json_t *claims = with("exp", json_integer((json_int_t)nx_now() - 60));
    const char *late = (const char *)sign_as(claims, NX_USE_TOKEN, "at+jwt").p;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(nx_second_verify(mine, arena, token).e, NX_ERR_NONE);
        assert_int_equal(nx_second_verify(mine, arena, late).e, NX_ERR_TOKEN_INVALID);
        assert_int_equal(nx_second_verify(other, arena, token).e, NX_ERR_TOKEN_INVALID);
    }
    assert_true(nx_ok(nx_keyring_roll(house.keyring, NX_USE_TOKEN)));
    assert_int_equal(check(nx_span_str(token), "scim"), NX_ERR_TOKEN_INVALID);
    assert_int_equal(check_claims(good_claims()), NX_ERR_NONE);
}

static void test_only_the_bearer_scheme(void **state)
{
    (void)state;
    nx_span t;
    assert_int_equal(nx_bearer_token(&t, NULL).e, NX_ERR_TOKEN_ABSENT);
    assert_int_equal(nx_bearer_token(&t, "").e, NX_ERR_TOKEN_ABSENT);
    assert_int_equal(nx_bearer_token(&t, "Bearer ").e, NX_ERR_TOKEN_ABSENT);
    assert_int_equal(nx_bearer_token(&t, "Basic YTpi").e, NX_ERR_TOKEN_ABSENT);
    assert_int_equal(nx_bearer_token(&t, "Bearerx").e, NX_ERR_TOKEN_ABSENT);
    assert_true(nx_ok(nx_bearer_token(&t, "bearer abc")));
    assert_true(nx_span_eq_str(t, "abc"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_good_token_passes),
        cmocka_unit_test(test_rule_12_a_scope_that_is_not_held_is_another_answer),
        cmocka_unit_test(test_rule_12_only_the_admin_audience_and_issuer),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_a_bound_token_is_no_bearer),
        cmocka_unit_test(test_typ_and_key_use),
        cmocka_unit_test(test_rule_24_a_revoked_or_unknown_token_is_dead),
        cmocka_unit_test(test_every_changed_character_is_noticed),
        cmocka_unit_test(test_noise),
        cmocka_unit_test(test_only_the_bearer_scheme),
        cmocka_unit_test(test_the_second_opinion_is_one),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
