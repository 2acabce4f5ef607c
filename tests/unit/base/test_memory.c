#include "base/buf.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/pack.h"
#include "base/secret.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_arena_keeps_its_maximum(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(100);
    assert_non_null(nx_arena_alloc(a, 90));
    assert_false(nx_arena_failed(a));
    assert_null(nx_arena_alloc(a, 20));
    assert_true(nx_arena_failed(a));
    nx_arena_reset(a);
    assert_false(nx_arena_failed(a));
    assert_null(nx_arena_calloc(a, SIZE_MAX / 2, 3));
}

static void test_arena_zeroes_reused_memory(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    uint8_t *p = nx_arena_alloc(a, 64);
    memset(p, 0xaa, 64);
    nx_arena_reset(a);
    uint8_t *q = nx_arena_alloc(a, 64);
    for (int i = 0; i < 64; i++)
        assert_int_equal(q[i], 0);
}

static void test_arena_grows_past_a_chunk(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    for (int i = 0; i < 100; i++) {
        char *p = nx_arena_printf(a, "%d-%01000d", i, i);
        assert_non_null(p);
        assert_int_equal(atoi(p), i);
    }
}

static void test_arena_allocation_fault(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    nx_fault_arm(NX_ACT_ALLOC, 1);
    assert_null(nx_arena_alloc(a, 10));
    assert_true(nx_fault_fired(NX_ACT_ALLOC));
    assert_non_null(nx_arena_alloc(a, 10));
}

static void test_buf_never_truncates(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    nx_buf b;
    nx_buf_init(&b, a, 8);
    assert_true(nx_ok(nx_buf_puts(&b, "12345678")));
    assert_string_equal(nx_buf_str(&b), "12345678");
    assert_int_equal(nx_buf_puts(&b, "9").e, NX_ERR_LIMIT);
    assert_int_equal(nx_buf_done(&b).e, NX_ERR_LIMIT);
    assert_null(nx_buf_str(&b));
    assert_true(nx_span_eq_str(nx_buf_span(&b), "12345678"));
}

static void test_buf_formats(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    nx_buf b;
    nx_buf_init(&b, a, 2000);
    for (int i = 0; i < 100; i++)
        nx_buf_addf(&b, "%03d,", i);
    assert_true(nx_ok(nx_buf_done(&b)));
    assert_int_equal(nx_buf_span(&b).n, 400);
    assert_memory_equal(nx_buf_str(&b) + 396, "099,", 5);
}

static void test_secret_limits_and_wipes(void **state)
{
    (void)state;
    uint8_t source[4] = {1, 2, 3, 4};
    nx_secret s;
    assert_true(nx_ok(nx_secret_take(&s, source, 4)));
    assert_int_equal(source[0] | source[1] | source[2] | source[3], 0);
    assert_int_equal(nx_secret_expose(&s).n, 4);
    nx_secret_wipe(&s);
    assert_int_equal(s.bytes[0], 0);
    static uint8_t big[NX_SECRET_MAX + 1];
    assert_int_equal(nx_secret_set(&s, nx_span_of(big, sizeof big)).e, NX_ERR_LIMIT);
    assert_true(nx_ct_equal(NX_LIT("abc"), NX_LIT("abc")));
    assert_false(nx_ct_equal(NX_LIT("abc"), NX_LIT("abd")));
    assert_false(nx_ct_equal(NX_LIT("abc"), NX_LIT("ab")));
}

static nx_err pack_error(nx_span in)
{
    nx_pack p;
    return nx_pack_open(&p, in).e;
}

static void test_pack_round_trip(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    nx_buf b;
    nx_buf_init(&b, a, 1000);
    nx_pack_begin(&b, 1);
    nx_pack_text(&b, 1, "chị Ân");
    nx_pack_number(&b, 2, -5);
    nx_pack_text(&b, 3, NULL);
    nx_pack_text(&b, 4, "");
    nx_pack p;
    assert_true(nx_ok(nx_pack_open(&p, nx_buf_span(&b))));
    assert_int_equal(p.version, 1);
    assert_string_equal(nx_pack_get_text(&p, 1, a), "chị Ân");
    assert_int_equal(nx_pack_get_number(&p, 2, 0), -5);
    assert_null(nx_pack_get_text(&p, 3, a));
    assert_string_equal(nx_pack_get_text(&p, 4, a), "");
    assert_int_equal(nx_pack_get_number(&p, 1, 7), 7);
}

static void test_pack_refuses(void **state)
{
    (void)state;
    assert_int_equal(pack_error(NX_SPAN_NONE), NX_ERR_SYNTAX);
    assert_int_equal(pack_error(NX_LIT("\x01\x01\x00\x00\x00\x02x")), NX_ERR_SYNTAX);
    assert_int_equal(pack_error(NX_LIT("\x01\x01\x00\x00")), NX_ERR_SYNTAX);
    assert_int_equal(pack_error(NX_LIT("\x01\x01\x00\x00\x00\x01x\x01\x00\x00\x00\x01y")), NX_ERR_DUPLICATE);
    assert_int_equal(pack_error(NX_LIT("\x01\x01\xff\xff\xff\xffx")), NX_ERR_SYNTAX);
}

static nx_err json_error_of(const char *text)
{
    NX_AUTO_JSON j = NULL;
    return nx_json_parse(&j, nx_span_str(text)).e;
}

static void test_json_is_strict(void **state)
{
    (void)state;
    assert_int_equal(json_error_of("{\"a\":1}"), NX_ERR_NONE);
    assert_int_equal(json_error_of("{\"a\":1,\"a\":2}"), NX_ERR_DUPLICATE);
    assert_int_equal(json_error_of("{\"a\":1} x"), NX_ERR_SYNTAX);
    assert_int_equal(json_error_of("{\"a\":\"\\u0000\"}"), NX_ERR_SYNTAX);
    assert_int_equal(json_error_of("[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]"), NX_ERR_LIMIT);
    assert_int_equal(json_error_of("[\"[[[[[[[[[[[[[[[[[[[[\"]"), NX_ERR_NONE);
    assert_int_equal(json_error_of(""), NX_ERR_SYNTAX);
    NX_AUTO_JSON j = NULL;
    assert_int_equal(nx_json_parse_object(&j, NX_LIT("[1]")).e, NX_ERR_SYNTAX);
    assert_null(j);
}

static void test_clock_shift(void **state)
{
    (void)state;
    nx_time before = nx_now();
    nx_clock_shift(3600);
    assert_in_range(nx_now() - before, 3600, 3602);
    nx_clock_shift(0);
    char text[NX_RFC3339_MAX];
    nx_rfc3339(1767225600, text);
    assert_string_equal(text, "2026-01-01T00:00:00Z");
    nx_rfc3339(4102444800, text); /* past 2038 */
    assert_string_equal(text, "2100-01-01T00:00:00Z");
}

static void test_errors_have_names(void **state)
{
    (void)state;
    for (int e = 1; e < NX_ERR_COUNT; e++) {
        assert_string_not_equal(nx_err_name((nx_err)e), "?");
        assert_true(strlen(nx_err_text((nx_err)e)) > 3);
    }
    assert_string_equal(nx_err_name(NX_ERR_COUNT), "?");
    nx_result r = nx_fail(NX_ERR_SYNTAX, "here", 7);
    assert_int_equal(r.e, NX_ERR_SYNTAX);
    assert_string_equal(nx_last_origin().function, "here");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena_keeps_its_maximum), cmocka_unit_test(test_arena_zeroes_reused_memory),
        cmocka_unit_test(test_arena_grows_past_a_chunk), cmocka_unit_test(test_arena_allocation_fault),
        cmocka_unit_test(test_buf_never_truncates), cmocka_unit_test(test_buf_formats),
        cmocka_unit_test(test_secret_limits_and_wipes), cmocka_unit_test(test_pack_round_trip),
        cmocka_unit_test(test_pack_refuses), cmocka_unit_test(test_json_is_strict),
        cmocka_unit_test(test_clock_shift), cmocka_unit_test(test_errors_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
