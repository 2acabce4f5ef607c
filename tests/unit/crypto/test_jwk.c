/* Public keys as JSON: the example of RFC 7638, and everything that must not pass. */
#include "crypto/jose_guard.h"
#include "crypto/jwk.h"

#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define RFC7638_N                                                                                            \
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_"                \
    "BJECPebWKRXjBZCiFV4n3o"                                                                                 \
    "knjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_"                                     \
    "FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHz"                                                           \
    "u6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-"     \
    "csFCur-kEgU8"                                                                                           \
    "awapJzKnqDKgw"
#define X "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define Y "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define EC "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "\",\"y\":\"" Y "\""

static nx_err parse(const char *json)
{
    NX_AUTO(nx_jwk) k = NULL;
    return nx_jwk_parse(&k, nx_span_str(json)).e;
}

static nx_err parse_set(const char *json)
{
    NX_AUTO(nx_jwks) s = NULL;
    return nx_jwks_parse(&s, nx_span_str(json)).e;
}

static void test_rfc7638_thumbprint(void **state)
{
    (void)state;
    NX_AUTO(nx_jwk) k = NULL;
    const char *json =
        "{\"kty\":\"RSA\",\"n\":\"" RFC7638_N "\",\"e\":\"AQAB\",\"alg\":\"RS256\",\"kid\":\"2011-04-29\"}";
    assert_true(nx_ok(nx_jwk_parse(&k, nx_span_str(json))));
    assert_string_equal(nx_jwk_thumbprint(k), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    assert_string_equal(nx_jwk_kid(k), "2011-04-29");
    assert_int_equal(nx_jwk_alg(k), NX_ALG_RS256);
    assert_int_equal(nx_jwk_kty(k), NX_KTY_RSA);
}

static void test_export_and_parse_agree(void **state)
{
    (void)state;
    for (int alg = 1; alg < NX_ALG_COUNT; alg++) {
        EVP_PKEY *pair = NULL;
        NX_AUTO(nx_jwk) k = NULL;
        NX_AUTO(nx_jwk) again = NULL;
        assert_true(nx_ok(nx_alg_generate(&pair, (nx_alg)alg)));
        assert_true(nx_ok(nx_jwk_from_evp(&k, pair, (nx_alg)alg, "k1")));
        EVP_PKEY_free(pair);
        NX_AUTO_JSON j = nx_jwk_public(k);
        assert_non_null(j);
        assert_null(json_object_get(j, "d"));
        assert_string_equal(nx_json_str(j, "use"), "sig");
        assert_true(nx_ok(nx_jwk_from_json(&again, j)));
        assert_string_equal(nx_jwk_thumbprint(k), nx_jwk_thumbprint(again));
        assert_string_equal(nx_jwk_kid(again), "k1");
        assert_int_equal(nx_jwk_alg(again), alg);
        assert_int_equal(EVP_PKEY_eq(nx_jwk_evp(k), nx_jwk_evp(again)), 1);
    }
}

static void test_private_and_symmetric_keys_are_refused(void **state)
{
    (void)state;
    static const char *const members[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};
    char json[512];
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        snprintf(json, sizeof json, "{" EC ",\"%s\":\"AQ\"}", members[i]);
        assert_int_equal(parse(json), NX_ERR_JWK_PRIVATE);
        snprintf(json, sizeof json, "{\"keys\":[{" EC "},{" EC ",\"%s\":null}]}", members[i]);
        assert_int_equal(parse_set(json), NX_ERR_JWK_PRIVATE);
    }
    assert_int_equal(parse("{\"kty\":\"oct\",\"k\":\"AAAA\"}"), NX_ERR_JWK_PRIVATE);
    assert_int_equal(parse_set("{\"keys\":[{\"kty\":\"oct\"}]}"), NX_ERR_JWK_PRIVATE);
}

static void test_malformed_keys_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{}",
        "{\"kty\":1}",
        "{\"kty\":\"EC\"}",
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" X "\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"" X "\",\"y\":\"" Y "\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "\",\"y\":\"" X "\"}",   /* off the curve */
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "=\",\"y\":\"" Y "\"}",  /* padding */
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA" X "\",\"y\":\"" Y "\"}", /* too long */
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X
        "\",\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a1\"}",
        "{\"kty\":\"RSA\",\"n\":\"e=Jh\",\"e\":\"AQAB\"}", /* the string that aborts the library */
        "{\"kty\":\"RSA\",\"n\":\"" RFC7638_N "\",\"e\":\"Aw\"}",
        "{\"kty\":\"RSA\",\"n\":\"" RFC7638_N "\",\"e\":\"AAEAAQ\"}",
        "{\"kty\":\"RSA\",\"n\":\"AA" RFC7638_N "\",\"e\":\"AQAB\"}",
        "{" EC ",\"kid\":5}",
        "{" EC ",\"kid\":\"\"}",
        "{" EC ",\"kid\":\"a\\u0000b\"}",
        "{" EC ",\"use\":\"enc\"}",
        "{" EC ",\"alg\":\"RS256\"}",
        "{" EC ",\"alg\":\"none\"}",
        "{" EC ",\"alg\":7}",
        "{" EC ",\"key_ops\":[\"sign\"]}",
        "{" EC ",\"kty\":\"EC\"}", /* a member twice */
        "[]",
        "{" EC "} {}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_not_equal(parse(bad[i]), NX_ERR_NONE);
    assert_int_equal(parse("{" EC ",\"use\":\"sig\",\"key_ops\":[\"verify\"],\"alg\":\"ES256\"}"),
                     NX_ERR_NONE);
}

static void test_a_short_rsa_key_is_refused(void **state)
{
    (void)state;
    EVP_PKEY *pair = EVP_RSA_gen(1024);
    nx_jwk *k = NULL;
    assert_non_null(pair);
    assert_int_equal(nx_jwk_from_evp(&k, pair, NX_ALG_NONE, NULL).e, NX_ERR_JWK);
    EVP_PKEY_free(pair);
    assert_int_equal(parse("{\"kty\":\"RSA\",\"n\":\"uQPyaJl3J7_PqS1s0a1-V0EGcoK5cUUx\",\"e\":\"AQAB\"}"),
                     NX_ERR_JWK);
}

static void test_sets_skip_what_they_do_not_know(void **state)
{
    (void)state;
    NX_AUTO(nx_jwks) s = NULL;
    const char *json =
        "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" X "\"},{" EC ",\"kid\":\"a\"},"
        "{" EC ",\"use\":\"enc\",\"kid\":\"e\"},{\"kty\":\"EC\",\"crv\":\"P-521\",\"x\":\"A\",\"y\":\"A\"}]}";
    assert_true(nx_ok(nx_jwks_parse(&s, nx_span_str(json))));
    assert_int_equal(nx_jwks_count(s), 1);
    assert_ptr_equal(nx_jwks_find(s, NX_LIT("a")), nx_jwks_at(s, 0));
    assert_null(nx_jwks_find(s, NX_LIT("e")));
    assert_null(nx_jwks_find(s, NX_LIT("")));
    assert_null(nx_jwks_at(s, 1));
}

static void test_bad_sets_are_refused_whole(void **state)
{
    (void)state;
    assert_int_equal(parse_set("{\"keys\":[]}"), NX_ERR_JWK);
    assert_int_equal(parse_set("{\"keys\":{}}"), NX_ERR_JWK);
    assert_int_equal(parse_set("{}"), NX_ERR_JWK);
    assert_int_equal(parse_set("{\"keys\":[{" EC "},{\"kty\":\"EC\",\"crv\":\"P-256\"}]}"), NX_ERR_JWK);
    assert_int_equal(parse_set("{\"keys\":[{" EC ",\"kid\":\"a\"},{" EC ",\"kid\":\"a\"}]}"),
                     NX_ERR_DUPLICATE);
    char many[NX_JWKS_KEYS_MAX * 8 + 64] = "{\"keys\":[1";
    for (int i = 0; i < NX_JWKS_KEYS_MAX; i++)
        strcat(many, ",1");
    strcat(many, "]}");
    assert_int_equal(parse_set(many), NX_ERR_LIMIT);
}

static void test_limits(void **state)
{
    (void)state;
    char *big = malloc(NX_JWKS_MAX + 2);
    assert_non_null(big);
    memset(big, ' ', NX_JWKS_MAX + 1);
    big[NX_JWKS_MAX + 1] = 0;
    assert_int_equal(parse_set(big), NX_ERR_LIMIT);
    big[NX_JWK_MAX + 1] = 0;
    assert_int_equal(parse(big), NX_ERR_LIMIT);
    free(big);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc7638_thumbprint),
        cmocka_unit_test(test_export_and_parse_agree),
        cmocka_unit_test(test_private_and_symmetric_keys_are_refused),
        cmocka_unit_test(test_malformed_keys_are_refused),
        cmocka_unit_test(test_a_short_rsa_key_is_refused),
        cmocka_unit_test(test_sets_skip_what_they_do_not_know),
        cmocka_unit_test(test_bad_sets_are_refused_whole),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
