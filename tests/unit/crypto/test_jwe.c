/* Encrypted tokens: those of an independent library (npm jose; keys and tokens in tests/data/jwe) open, and nothing
 * that differs from them in one character does. */
#include "crypto/jwe.h"

#include "base/text.h"
#include "crypto/jwe_header.h"

#include <openssl/pem.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define assert_ok(call) assert_string_equal(nx_err_name((call).e), nx_err_name(NX_ERR_NONE))
#define assert_err(call, err) assert_string_equal(nx_err_name((call).e), nx_err_name(err))

static const char *const encs[] = {"A256GCM", "A128GCM", "A128CBC-HS256", "A256CBC-HS512"};
static const struct {
    const char *file;
    const char *alg;
} algs[] = {{"ecdh", "ECDH-ES+A256KW"}, {"rsa", "RSA-OAEP-256"}};

static nx_arena *arena;

static int up(void **state)
{
    (void)state;
    arena = nx_arena_open(8u << 20);
    return arena ? 0 : -1;
}

static int down(void **state)
{
    (void)state;
    nx_arena_close(arena);
    return 0;
}

static char *read_file(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, NX_TEST_DATA "/jwe/%s", name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    char *text = nx_arena_alloc(arena, 8192);
    size_t n = fread(text, 1, 8191, f);
    fclose(f);
    text[n] = 0;
    text[strcspn(text, "\n")] = name[strlen(name) - 1] == 'e' ? 0 : '\n';
    return text;
}

static EVP_PKEY *key_of(const char *file)
{
    char name[32];
    snprintf(name, sizeof name, "%s.pem", file);
    char *text = read_file(name);
    BIO *b = BIO_new_mem_buf(text, -1);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(b, NULL, NULL, NULL);
    BIO_free(b);
    assert_non_null(key);
    return key;
}

static char *token_of(const char *file, const char *enc)
{
    char name[64];
    snprintf(name, sizeof name, "%s-%s.jwe", file, enc);
    for (char *c = name; *c; c++)
        if (*c >= 'A' && *c <= 'Z') *c = (char)(*c + 32);
    return read_file(name);
}

static void test_tokens_of_another_library_open(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        EVP_PKEY *key = key_of(algs[i].file);
        for (size_t e = 0; e < 4; e++) {
            nx_span plain;
            const char *content = nx_arena_printf(arena, "the content of %s %s", algs[i].alg, encs[e]);
            assert_ok(nx_jwe_open_with(&plain, arena, key, nx_span_str(token_of(algs[i].file, encs[e]))));
            assert_true(nx_span_eq_str(plain, content));
        }
        EVP_PKEY_free(key);
    }
}

/* One key opens nothing of the other kind, and no other key of its kind opens anything. */
static void test_another_key_opens_nothing(void **state)
{
    (void)state;
    EVP_PKEY *ec = key_of("ecdh"), *rsa = key_of("rsa"), *other = NULL;
    nx_span plain;
    assert_err(nx_jwe_open_with(&plain, arena, ec, nx_span_str(token_of("rsa", "A256GCM"))), NX_ERR_JWE_KEY);
    assert_err(nx_jwe_open_with(&plain, arena, rsa, nx_span_str(token_of("ecdh", "A256GCM"))), NX_ERR_JWE_KEY);
    assert_ok(nx_alg_generate(&other, NX_ALG_ES256));
    assert_err(nx_jwe_open_with(&plain, arena, other, nx_span_str(token_of("ecdh", "A256GCM"))), NX_ERR_JWE_KEY);
    EVP_PKEY_free(other);
    EVP_PKEY_free(ec);
    EVP_PKEY_free(rsa);
}

static char other_letter(char c)
{
    return c == 'A' ? 'B' : 'A';
}

/* Header, wrapped key, IV, content, tag: one letter in each. */
static void test_every_part_is_authenticated(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        EVP_PKEY *key = key_of(algs[i].file);
        for (size_t e = 0; e < 4; e++) {
            const char *good = token_of(algs[i].file, encs[e]);
            size_t part = 0;
            for (const char *p = good; part < 5; part++) {
                char *bad = nx_arena_strdup(arena, good);
                nx_span plain;
                size_t at = (size_t)(p - good) + 3;
                bad[at] = other_letter(bad[at]);
                assert_false(nx_ok(nx_jwe_open_with(&plain, arena, key, nx_span_str(bad))));
                p = strchr(p, '.');
                if (!p) break;
                p++;
            }
        }
        EVP_PKEY_free(key);
    }
}

static char *with_header(const char *header)
{
    const char *rest = strchr(token_of("ecdh", "A256GCM"), '.');
    return nx_arena_printf(arena, "%s%s", nx_b64u_dup(arena, nx_span_str(header)), rest);
}

#define EPK_X "\"x\":\"ZyAP_T3GS6tzdEfIKgj7Z_TkKWQ9AQAU7LNTSV_JICQ\""
#define EPK_Y "\"y\":\"gxQgPvGD8ASZT7DT41pgWP4ZHiZ_7HGcMoDM0NEOfO8\""
#define EPK "\"epk\":{\"kty\":\"EC\",\"crv\":\"P-256\"," EPK_X "," EPK_Y "}"
#define ECDH "\"alg\":\"ECDH-ES+A256KW\",\"enc\":\"A256GCM\""

static void test_headers_that_are_refused(void **state)
{
    static const struct {
        const char *header;
        nx_err why;
    } rows[] = {
        {"{" ECDH "," EPK "}", NX_ERR_NONE},
        {"{\"alg\":\"ECDH-ES\",\"enc\":\"A256GCM\"," EPK "}", NX_ERR_JWE_ALG},
        {"{\"alg\":\"RSA1_5\",\"enc\":\"A256GCM\"}", NX_ERR_JWE_ALG},
        {"{\"alg\":\"RSA-OAEP\",\"enc\":\"A256GCM\"}", NX_ERR_JWE_ALG},
        {"{\"alg\":\"dir\",\"enc\":\"A256GCM\"}", NX_ERR_JWE_ALG},
        {"{\"alg\":\"PBES2-HS256+A128KW\",\"enc\":\"A256GCM\",\"p2c\":2147483647}", NX_ERR_JWE_ALG},
        {"{\"alg\":\"ECDH-ES+A256KW\",\"enc\":\"A192GCM\"," EPK "}", NX_ERR_JWE_ALG},
        {"{" ECDH "," EPK ",\"zip\":\"DEF\"}", NX_ERR_JWE_FORM},
        {"{" ECDH "," EPK ",\"crit\":[\"exp\"]}", NX_ERR_JWE_FORM},
        {"{" ECDH "," EPK ",\"jku\":\"https://evil.example\"}", NX_ERR_JWE_FORM},
        {"{" ECDH "," EPK "," EPK "}", NX_ERR_JWE_FORM},
        {"{" ECDH "}", NX_ERR_JWE_FORM},
        {"{" ECDH ",\"epk\":{\"kty\":\"EC\",\"crv\":\"P-384\"," EPK_X "," EPK_Y "}}", NX_ERR_JWE_ALG},
        {"{" ECDH ",\"epk\":{\"kty\":\"EC\",\"crv\":\"P-256\"," EPK_X "," EPK_Y ",\"d\":\"AA\"}}", NX_ERR_JWE_FORM},
        {"{" ECDH ",\"epk\":{\"kty\":\"EC\",\"crv\":\"P-256\"," EPK_X "}}", NX_ERR_JWE_FORM},
        {"{" ECDH "," EPK ",\"kid\":\"\"}", NX_ERR_JWE_FORM},
        {"{" ECDH "," EPK ",\"apu\":7}", NX_ERR_JWE_FORM},
        {"[]", NX_ERR_JWE_FORM},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct nx_jwe j;
        nx_result r = nx_jwe_parse(&j, arena, nx_span_str(with_header(rows[i].header)));
        if (r.e != rows[i].why) print_message("%s\n", rows[i].header);
        assert_string_equal(nx_err_name(r.e), nx_err_name(rows[i].why));
    }
}

/* A point that is not on the curve would tell the key bit by bit. */
static void test_a_point_off_the_curve_is_refused(void **state)
{
    (void)state;
    EVP_PKEY *key = key_of("ecdh");
    nx_span plain;
    const char *bad = with_header("{" ECDH ",\"epk\":{\"kty\":\"EC\",\"crv\":\"P-256\"," EPK_X
                                  ",\"y\":\"gxQgPvGD8ASZT7DT41pgWP4ZHiZ_7HGcMoDM0NEOfO4\"}}");
    assert_err(nx_jwe_open_with(&plain, arena, key, nx_span_str(bad)), NX_ERR_JWE_KEY);
    EVP_PKEY_free(key);
}

static void test_forms_that_are_no_token(void **state)
{
    (void)state;
    static const char *const bad[] = {"", ".", "a.b.c", "a.b.c.d.e.f", "....", "e30.AA.AA.AA.AA", "e=Jh.AA.AA.AA.AA"};
    struct nx_jwe j;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_err(nx_jwe_parse(&j, arena, nx_span_str(bad[i])), NX_ERR_JWE_FORM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_tokens_of_another_library_open, up, down),
        cmocka_unit_test_setup_teardown(test_another_key_opens_nothing, up, down),
        cmocka_unit_test_setup_teardown(test_every_part_is_authenticated, up, down),
        cmocka_unit_test_setup_teardown(test_headers_that_are_refused, up, down),
        cmocka_unit_test_setup_teardown(test_a_point_off_the_curve_is_refused, up, down),
        cmocka_unit_test_setup_teardown(test_forms_that_are_no_token, up, down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
