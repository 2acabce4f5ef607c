/* RFC 9285: its own examples, and every way in which a text can be wrong. */
#include "crypto/base45.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
    const char *plain;
    const char *text;
} examples[] = {
    {"AB", "BB8"}, {"Hello!!", "%69 VD92EX0"}, {"base-45", "UJCLQE7W581"}, {"ietf!", "QED8WEX0"}, {"", ""},
};

static void test_examples_of_rfc_9285(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 16);
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        char *text;
        nx_span plain;
        assert_true(nx_ok(nx_base45_encode(&text, a, nx_span_str(examples[i].plain))));
        assert_string_equal(text, examples[i].text);
        assert_true(nx_ok(nx_base45_decode(&plain, a, nx_span_str(text))));
        assert_true(nx_span_eq_str(plain, examples[i].plain));
    }
}

static void test_every_length_comes_back(void **state)
{
    (void)state;
    uint8_t bytes[64];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(251 * i + 255);
    for (size_t n = 0; n <= sizeof bytes; n++) {
        NX_AUTO(nx_arena) a = nx_arena_open(1 << 16);
        char *text;
        nx_span back;
        assert_true(nx_ok(nx_base45_encode(&text, a, nx_span_of(bytes, n))));
        assert_int_equal(strlen(text), NX_BASE45_LEN(n));
        assert_true(nx_base45_alphabet(nx_span_str(text)));
        assert_true(nx_ok(nx_base45_decode(&back, a, nx_span_str(text))));
        assert_true(nx_span_eq(back, nx_span_of(bytes, n)));
    }
}

static void test_what_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        nx_err e;
    } bad[] = {
        {"GGW", NX_ERR_ENCODING}, /* 65536 */
        {":::", NX_ERR_ENCODING}, /* 91124 */
        {"V5", NX_ERR_ENCODING},  /* 256 in two characters */
        {"A", NX_ERR_ENCODING},   /* a lonely character */
        {"BB8A", NX_ERR_ENCODING}, {"bb8", NX_ERR_ENCODING},
        {"BB\n", NX_ERR_ENCODING}, {"BB_", NX_ERR_ENCODING},
    };
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 16);
    nx_span out;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(nx_base45_decode(&out, a, nx_span_str(bad[i].text)).e, bad[i].e);
    assert_int_equal(nx_base45_decode(&out, a, NX_LIT("BB\0")).e, NX_ERR_ENCODING);
    assert_true(nx_ok(nx_base45_decode(&out, a, NX_LIT("FGW"))));
    assert_int_equal(out.p[0] << 8 | out.p[1], 0xffff);

    static char longest[NX_QR_TEXT_MAX + 3];
    memset(longest, '0', sizeof longest);
    assert_true(nx_ok(nx_base45_decode(&out, a, nx_span_of(longest, NX_QR_TEXT_MAX))));
    assert_int_equal(nx_base45_decode(&out, a, nx_span_of(longest, sizeof longest)).e, NX_ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples_of_rfc_9285),
        cmocka_unit_test(test_every_length_comes_back),
        cmocka_unit_test(test_what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
