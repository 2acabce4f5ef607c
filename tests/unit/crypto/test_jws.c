/* Signed tokens: the examples of RFC 7515, our own, foreign ones, and everything that must not pass. */
#include "memory_keys.h"

#include "base/text.h"
#include "crypto/jws.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define RFC_PAYLOAD                                                                                          \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

static struct memory_keys rows;
static nx_master *master;
static nx_keyring *ring;
static nx_arena *arena;

static int set_up(void **state)
{
    (void)state;
    struct nx_key_store store = memory_keys_store(&rows);
    master = memory_master();
    arena = nx_arena_open(64u << 20);
    return nx_ok(nx_keyring_open(&ring, master, &store, &NX_KEYRING_TERMS)) && arena ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    nx_keyring_close(ring);
    nx_master_close(master);
    nx_arena_close(arena);
    return 0;
}

static nx_jwk *jwk(const char *json)
{
    nx_jwk *k = NULL;
    assert_true(nx_ok(nx_jwk_parse(&k, nx_span_str(json))));
    return k;
}

static const struct nx_jws_rules any_alg = {.algs = NX_ALGS_ALL, .no_typ = true};

static void test_rfc7515_examples_verify(void **state)
{
    (void)state;
    static const struct {
        const char *key, *token;
        nx_alg alg;
    } examples[] = {
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
         "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}",
         "eyJhbGciOiJFUzI1NiJ9." RFC_PAYLOAD
         ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
         NX_ALG_ES256},
        {"{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_"
         "wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-"
         "4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-"
         "bSf63kpaSHSXnd"
         "S5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_"
         "I5IhlJH7aGhyxXFvUK-DWNmou"
         "dF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\"}",
         "eyJhbGciOiJSUzI1NiJ9." RFC_PAYLOAD
         ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
         "O8W2Fp5jujGbds9uJdbF9C"
         "UAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_"
         "eSN9383LcOLn6_d"
         "O--xi12jzDwusC-"
         "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_"
         "IoypGlUPQGe77Rw",
         NX_ALG_RS256},
    };
    for (size_t i = 0; i < 2; i++) {
        NX_AUTO(nx_jwk) k = jwk(examples[i].key);
        struct nx_jws out;
        nx_span token = nx_span_str(examples[i].token);
        assert_true(nx_ok(nx_jws_verify(&out, arena, k, &any_alg, token)));
        assert_int_equal(out.alg, examples[i].alg);
        assert_true(nx_span_starts(out.payload, NX_LIT("{\"iss\":\"joe\"")));
        struct nx_jws_rules other = {.algs = NX_ALGS_ALL & ~NX_ALG_BIT(examples[i].alg), .no_typ = true};
        assert_int_equal(nx_jws_verify(&out, arena, k, &other, token).e, NX_ERR_JOSE_ALG);
        struct nx_jws_rules typed = {.algs = NX_ALGS_ALL};
        assert_int_equal(nx_jws_verify(&out, arena, k, &typed, token).e, NX_ERR_JOSE_TYP);
        NX_AUTO(nx_jwk) wrong = jwk(examples[1 - i].key);
        assert_int_equal(nx_jws_verify(&out, arena, wrong, &any_alg, token).e, NX_ERR_JOSE_ALG);
    }
}

static nx_span sign(nx_key_use use, const char *typ)
{
    char *token = NULL;
    assert_true(nx_ok(nx_jws_sign(&token, arena, ring, use, typ, NX_LIT("{\"iss\":\"https://localhost\"}"))));
    return nx_span_str(token);
}

static void test_our_own_tokens_verify(void **state)
{
    (void)state;
    for (int use = 0; use < NX_USE_COUNT; use++) {
        if (nx_key_use_opens((nx_key_use)use)) continue;
        struct nx_jws out;
        nx_span token = sign((nx_key_use)use, "at+jwt");
        assert_true(nx_ok(nx_jws_verify_own(&out, arena, ring, NX_USE_BIT(use), "AT+JWT", token)));
        assert_int_equal(out.alg, nx_key_use_alg((nx_key_use)use));
        assert_true(nx_span_eq_str(out.payload, "{\"iss\":\"https://localhost\"}"));
        assert_string_equal(out.typ, "at+jwt");
        assert_int_equal(nx_jws_verify_own(&out, arena, ring, NX_USE_BIT(use), "logout+jwt", token).e,
                         NX_ERR_JOSE_TYP);
        assert_int_equal(nx_jws_verify_own(&out, arena, ring, NX_USE_BIT(use), NULL, token).e,
                         NX_ERR_JOSE_TYP);
    }
}

static void test_rule_10_keys_of_other_uses_do_not_verify(void **state)
{
    (void)state;
    for (int use = 0; use < NX_USE_COUNT; use++) {
        if (nx_key_use_opens((nx_key_use)use)) continue;
        struct nx_jws out;
        nx_span token = sign((nx_key_use)use, NULL);
        uint32_t others = ~NX_USE_BIT(use);
        assert_int_equal(nx_jws_verify_own(&out, arena, ring, others, NULL, token).e, NX_ERR_JOSE_KEY);
        assert_true(nx_ok(nx_jws_verify_own(&out, arena, ring, NX_USE_BIT(use), NULL, token)));
        assert_null(out.typ);
    }
}

static void assert_noticed(nx_key_use use, const char *bad, size_t n)
{
    struct nx_jws out;
    NX_AUTO(nx_arena) a = nx_arena_open(64u << 10);
    assert_false(nx_ok(nx_jws_verify_own(&out, a, ring, NX_USE_BIT(use), "at+jwt", nx_span_of(bad, n))));
}

/* Any change of any character, after the good token was verified (and so remembered). */
static void test_every_changed_character_is_noticed(void **state)
{
    (void)state;
    static const nx_key_use uses[] = {NX_USE_TOKEN, NX_USE_TOKEN_RS256};
    for (size_t u = 0; u < 2; u++) {
        struct nx_jws out;
        nx_span token = sign(uses[u], "at+jwt");
        assert_true(nx_ok(nx_jws_verify_own(&out, arena, ring, NX_USE_BIT(uses[u]), "at+jwt", token)));
        for (size_t i = 0; i < token.n; i++)
            for (const char *c = "AQx_.="; *c; c++) {
                char bad[2048];
                memcpy(bad, token.p, token.n);
                bad[i] = *c;
                if (token.p[i] != *c) assert_noticed(uses[u], bad, token.n);
            }
        for (size_t n = 0; n < token.n; n++)
            assert_noticed(uses[u], (const char *)token.p, n);
    }
}

static char *token_of(const char *header)
{
    char *h = nx_b64u_dup(arena, nx_span_str(header));
    char sig[NX_B64U_LEN(64) + 1];
    uint8_t zero[64] = {0};
    nx_b64u_encode(sig, nx_span_of(zero, 64));
    return nx_arena_printf(arena, "%s.e30.%s", h, sig);
}

static nx_err guard(const char *token)
{
    struct nx_jose_parts parts;
    return nx_jose_guard_jws(&parts, arena, nx_span_str(token)).e;
}

static void test_headers_that_the_guard_refuses(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{}",
        "{\"alg\":\"none\"}",
        "{\"alg\":\"HS256\"}",
        "{\"alg\":\"ES384\"}",
        "{\"alg\":[\"ES256\"]}",
        "{\"alg\":\"ES256\",\"alg\":\"RS256\"}",
        "{\"alg\":\"ES256\",\"crit\":[\"exp\"]}",
        "{\"alg\":\"ES256\",\"crit\":[]}",
        "{\"alg\":\"ES256\",\"zip\":\"DEF\"}",
        "{\"alg\":\"ES256\",\"b64\":false}",
        "{\"alg\":\"ES256\",\"jwk\":{}}",
        "{\"alg\":\"ES256\",\"jku\":\"https://evil.example\"}",
        "{\"alg\":\"ES256\",\"x5u\":\"https://evil.example\"}",
        "{\"alg\":\"ES256\",\"x5c\":[]}",
        "{\"alg\":\"ES256\",\"kid\":1}",
        "{\"alg\":\"ES256\",\"kid\":\"\"}",
        "{\"alg\":\"ES256\",\"kid\":\"\\u00e9\"}",
        "{\"alg\":\"ES256\",\"typ\":null}",
        "[\"ES256\"]",
        "{\"alg\":\"ES256\"}x",
        "{\"alg\":\"ES256\"",
        "{\"alg\":\"RS256\"}", /* with a signature of 64 bytes */
    };
    assert_int_equal(guard(token_of("{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"JWT\",\"cty\":\"x\"}")),
                     NX_ERR_NONE);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        nx_err e = guard(token_of(bad[i]));
        assert_true(e == NX_ERR_JOSE_FORM || e == NX_ERR_JOSE_ALG);
    }
}

static void test_forms_that_the_guard_refuses(void **state)
{
    (void)state;
    const char *good = token_of("{\"alg\":\"ES256\"}");
    assert_int_equal(guard(good), NX_ERR_NONE);
    static const char *const bad[] = {
        "",
        ".",
        "..",
        "...",
        "a.b",
        "a.b.c.d",
        "e=JhyJ.e0.e0", /* the string that aborts the library */
        "e=JhyJhbGciOiJFUzI1NiJ9.e0.AAAA",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(guard(bad[i]), NX_ERR_JOSE_FORM);
    assert_int_equal(guard(nx_arena_printf(arena, "%s=", good)), NX_ERR_JOSE_FORM);
    assert_int_equal(guard(nx_arena_printf(arena, "%s.", good)), NX_ERR_JOSE_FORM);
    assert_int_equal(guard(nx_arena_printf(arena, " %s", good)), NX_ERR_JOSE_FORM);
    assert_int_equal(guard(nx_arena_printf(arena, "%s\n", good)), NX_ERR_JOSE_FORM);
    /* the last character of 64 bytes has four bits to spare: only zero ones are canonical */
    char *loose = nx_arena_strdup(arena, good);
    loose[strlen(loose) - 1] = 'B';
    assert_int_equal(guard(loose), NX_ERR_JOSE_FORM);
}

static void test_the_cap_on_tokens(void **state)
{
    (void)state;
    char *big = malloc(NX_JWS_MAX + 2);
    assert_non_null(big);
    memset(big, 'A', NX_JWS_MAX + 1);
    big[NX_JWS_MAX + 1] = 0;
    assert_int_equal(guard(big), NX_ERR_LIMIT);
    char *token = NULL;
    nx_span payload = nx_span_of(big, NX_JWS_MAX - 1000);
    assert_int_equal(nx_jws_sign(&token, arena, ring, NX_USE_TOKEN, NULL, payload).e, NX_ERR_LIMIT);
    assert_null(token);
    free(big);
}

/* The algorithm of a token of ours is the key's: RS256 under an EC kid and the other way round. */
static void test_the_token_does_not_choose_the_algorithm(void **state)
{
    (void)state;
    NX_AUTO(nx_signing_key) k = NULL;
    assert_true(nx_ok(nx_keyring_active(&k, ring, NX_USE_TOKEN_RS256)));
    struct nx_jws out;
    char *token =
        token_of(nx_arena_printf(arena, "{\"alg\":\"ES256\",\"kid\":\"%s\"}", nx_signing_key_kid(k)));
    nx_result r =
        nx_jws_verify_own(&out, arena, ring, NX_USE_BIT(NX_USE_TOKEN_RS256), NULL, nx_span_str(token));
    assert_int_equal(r.e, NX_ERR_JOSE_ALG);
    token = token_of("{\"alg\":\"ES256\"}");
    r = nx_jws_verify_own(&out, arena, ring, NX_USE_BIT(NX_USE_TOKEN), NULL, nx_span_str(token));
    assert_int_equal(r.e, NX_ERR_JOSE_KEY);
}

/* What the JOSE library verifies with the key that we publish, as a portal would. */
static void test_a_set_finds_the_key_by_kid(void **state)
{
    (void)state;
    static const char *const jwt[] = {"at+jwt", "JWT", NULL};
    const struct nx_jws_rules rules = {.algs = NX_ALGS_ALL, .typ = jwt};
    char *json = NULL;
    struct nx_jws out;
    NX_AUTO(nx_jwks) set = NULL;
    assert_true(nx_ok(
        nx_keyring_jwks(&json, arena, ring, NX_USE_BIT(NX_USE_TOKEN) | NX_USE_BIT(NX_USE_TOKEN_RS256))));
    assert_true(nx_ok(nx_jwks_parse(&set, nx_span_str(json))));
    assert_int_equal(nx_jwks_count(set), 2);
    assert_true(nx_ok(nx_jws_verify_set(&out, arena, set, &rules, sign(NX_USE_TOKEN, "application/at+jwt"))));
    assert_true(nx_ok(nx_jws_verify_set(&out, arena, set, &rules, sign(NX_USE_TOKEN_RS256, "JWT"))));
    assert_int_equal(nx_jws_verify_set(&out, arena, set, &rules, sign(NX_USE_STATUS, "JWT")).e,
                     NX_ERR_JOSE_KEY);
    assert_int_equal(nx_jws_verify_set(&out, arena, set, &rules, sign(NX_USE_TOKEN, "other")).e,
                     NX_ERR_JOSE_TYP);
    struct nx_jws_rules only_rsa = {.algs = NX_ALG_BIT(NX_ALG_RS256), .typ = jwt};
    assert_int_equal(nx_jws_verify_set(&out, arena, set, &only_rsa, sign(NX_USE_TOKEN, "JWT")).e,
                     NX_ERR_JOSE_ALG);
    /* without a kid the only key that fits is taken: here the signature is nonsense, and that is what is said
     */
    struct nx_jws_rules untyped = {.algs = NX_ALGS_ALL, .no_typ = true};
    nx_span bare = nx_span_str(token_of("{\"alg\":\"ES256\"}"));
    assert_int_equal(nx_jws_verify_set(&out, arena, set, &untyped, bare).e, NX_ERR_SIGNATURE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc7515_examples_verify),
        cmocka_unit_test(test_our_own_tokens_verify),
        cmocka_unit_test(test_rule_10_keys_of_other_uses_do_not_verify),
        cmocka_unit_test(test_every_changed_character_is_noticed),
        cmocka_unit_test(test_headers_that_the_guard_refuses),
        cmocka_unit_test(test_forms_that_the_guard_refuses),
        cmocka_unit_test(test_the_cap_on_tokens),
        cmocka_unit_test(test_the_token_does_not_choose_the_algorithm),
        cmocka_unit_test(test_a_set_finds_the_key_by_kid),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
