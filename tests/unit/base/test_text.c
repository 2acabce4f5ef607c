#include "base/json.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static nx_arena *arena;

static int up(void **state)
{
    (void)state;
    arena = nx_arena_open(1 << 20);
    return arena ? 0 : -1;
}

static int down(void **state)
{
    (void)state;
    nx_arena_close(arena);
    return 0;
}

static nx_err b64u_error(const char *text)
{
    nx_span out;
    return nx_b64u_decode_dup(&out, arena, nx_span_str(text)).e;
}

/* RFC 4648 section 10, without padding. */
static void test_b64u_vectors(void **state)
{
    (void)state;
    static const struct {
        const char *plain, *coded;
    } rows[] = {{"", ""}, {"f", "Zg"}, {"fo", "Zm8"}, {"foo", "Zm9v"}, {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"},
                {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(nx_b64u_dup(arena, nx_span_str(rows[i].plain)), rows[i].coded);
        nx_span back;
        assert_true(nx_ok(nx_b64u_decode_dup(&back, arena, nx_span_str(rows[i].coded))));
        assert_true(nx_span_eq_str(back, rows[i].plain));
        assert_int_equal(strlen(rows[i].coded), NX_B64U_LEN(strlen(rows[i].plain)));
    }
}

static void test_b64u_refuses_second_spellings(void **state)
{
    (void)state;
    assert_int_equal(b64u_error("Zg=="), NX_ERR_ENCODING);
    assert_int_equal(b64u_error("Zh"), NX_ERR_ENCODING);     /* last character carries bits that are not zero */
    assert_int_equal(b64u_error("Zm9vY"), NX_ERR_ENCODING);  /* 4n+1 characters */
    assert_int_equal(b64u_error("Zm9v\n"), NX_ERR_ENCODING);
    assert_int_equal(b64u_error("Zm+v"), NX_ERR_ENCODING);
    uint8_t two[2];
    size_t n;
    assert_int_equal(nx_b64u_decode(two, sizeof two, &n, NX_LIT("Zm9v")).e, NX_ERR_LIMIT);
}

static void test_b64_with_padding(void **state)
{
    (void)state;
    nx_span out;
    assert_true(nx_ok(nx_b64_decode_dup(&out, arena, NX_LIT("Zm9vYg=="))));
    assert_true(nx_span_eq_str(out, "foob"));
    assert_string_equal(nx_b64_dup(arena, NX_LIT("fooba")), "Zm9vYmE=");
    assert_int_equal(nx_b64_decode_dup(&out, arena, NX_LIT("Zm9vYg")).e, NX_ERR_ENCODING);
    assert_int_equal(nx_b64_decode_dup(&out, arena, NX_LIT("Z===")).e, NX_ERR_ENCODING);
}

static void test_b32_and_ids(void **state)
{
    (void)state;
    uint8_t raw[16], back[16];
    size_t n;
    for (int i = 0; i < 16; i++)
        raw[i] = (uint8_t)(i * 37);
    char text[NX_B32_LEN(16) + 1];
    nx_b32_encode(text, nx_span_of(raw, 16), false);
    assert_int_equal(strlen(text), NX_ID_LEN);
    assert_true(nx_id_valid(nx_span_str(text)));
    assert_true(nx_ok(nx_b32_decode(back, sizeof back, &n, nx_span_str(text), false)));
    assert_memory_equal(raw, back, 16);
    assert_int_equal(nx_b32_decode(back, sizeof back, &n, nx_span_str(text), true).e, NX_ERR_ENCODING);
    assert_false(nx_id_valid(NX_LIT("short")));
    text[3] = '1';
    assert_false(nx_id_valid(nx_span_str(text)));
}

static void test_hex(void **state)
{
    (void)state;
    char text[7];
    uint8_t back[3];
    size_t n;
    nx_hex_encode(text, NX_LIT("\x00\xab\xff"));
    assert_string_equal(text, "00abff");
    assert_true(nx_ok(nx_hex_decode(back, sizeof back, &n, NX_LIT("00abff"))));
    assert_memory_equal(back, "\x00\xab\xff", 3);
    assert_int_equal(nx_hex_decode(back, sizeof back, &n, NX_LIT("00AB")).e, NX_ERR_ENCODING);
    assert_int_equal(nx_hex_decode(back, sizeof back, &n, NX_LIT("00a")).e, NX_ERR_ENCODING);
}

static void test_utf8(void **state)
{
    (void)state;
    assert_true(nx_utf8_valid(NX_LIT("Nguyễn Thị Hồng Ân 😀")));
    assert_false(nx_utf8_valid(NX_LIT("\xc0\xaf")));         /* overlong */
    assert_false(nx_utf8_valid(NX_LIT("\xed\xa0\x80")));     /* surrogate */
    assert_false(nx_utf8_valid(NX_LIT("\xf4\x90\x80\x80"))); /* past U+10FFFF */
    assert_false(nx_utf8_valid(NX_LIT("\xe1\xba")));         /* cut */
    assert_true(nx_utf8_printable(NX_LIT("Cổng dịch vụ công")));
    assert_false(nx_utf8_printable(NX_LIT("a\nb")));
    assert_false(nx_utf8_printable(NX_LIT("a\xc2\x85"
                                          "b")));
    assert_false(nx_utf8_printable(NX_LIT("evil\xe2\x80\xaegpj.exe"))); /* right-to-left override */
}

static void test_numbers(void **state)
{
    (void)state;
    uint64_t v;
    assert_true(nx_ok(nx_parse_u64(&v, NX_LIT("18446744073709551615"), UINT64_MAX)));
    assert_true(v == UINT64_MAX);
    assert_int_equal(nx_parse_u64(&v, NX_LIT("18446744073709551616"), UINT64_MAX).e, NX_ERR_RANGE);
    assert_int_equal(nx_parse_u64(&v, NX_LIT("11"), 10).e, NX_ERR_RANGE);
    assert_int_equal(nx_parse_u64(&v, NX_LIT("01"), 10).e, NX_ERR_SYNTAX);
    assert_int_equal(nx_parse_u64(&v, NX_LIT("-1"), 10).e, NX_ERR_SYNTAX);
    assert_int_equal(nx_parse_u64(&v, NX_LIT(""), 10).e, NX_ERR_SYNTAX);
    assert_true(nx_ok(nx_parse_u64(&v, NX_LIT("0"), 10)));
}

static void test_percent_and_form(void **state)
{
    (void)state;
    nx_buf b;
    nx_buf_init(&b, arena, 100);
    nx_percent_encode(&b, NX_LIT("a b/ố~"));
    assert_string_equal(nx_buf_str(&b), "a%20b%2F%E1%BB%91~");
    char *out;
    assert_true(nx_ok(nx_form_decode(&out, arena, NX_LIT("a+b%2f%E1%BB%91"))));
    assert_string_equal(out, "a b/ố");
    assert_int_equal(nx_form_decode(&out, arena, NX_LIT("a%00b")).e, NX_ERR_ENCODING);
    assert_int_equal(nx_form_decode(&out, arena, NX_LIT("a%2")).e, NX_ERR_ENCODING);
    assert_int_equal(nx_form_decode(&out, arena, NX_LIT("a%zz")).e, NX_ERR_ENCODING);
    assert_int_equal(nx_form_decode(&out, arena, NX_LIT("%ff")).e, NX_ERR_ENCODING);
}

static void test_cut(void **state)
{
    (void)state;
    nx_span rest = NX_LIT("a,,b"), piece;
    assert_true(nx_span_cut(&rest, ',', &piece) && nx_span_eq_str(piece, "a"));
    assert_true(nx_span_cut(&rest, ',', &piece) && piece.n == 0);
    assert_true(nx_span_cut(&rest, ',', &piece) && nx_span_eq_str(piece, "b"));
    assert_false(nx_span_cut(&rest, ',', &piece));
}

/* Two parsers may each believe another of the two (RFC 8259 section 4). */
static void test_json_refuses_a_member_twice(void **state)
{
    (void)state;
    NX_AUTO_JSON one = NULL;
    json_t *two = NULL;
    assert_true(nx_ok(nx_json_parse_object(&one, NX_LIT("{\"a\":1,\"b\":{\"a\":2}}"))));
    assert_int_equal(nx_json_parse_object(&two, NX_LIT("{\"a\":1,\"a\":2}")).e, NX_ERR_DUPLICATE);
    assert_int_equal(nx_json_parse_object(&two, NX_LIT("{\"b\":{\"a\":1,\"\\u0061\":1}}")).e, NX_ERR_DUPLICATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_b64u_vectors), cmocka_unit_test(test_b64u_refuses_second_spellings),
        cmocka_unit_test(test_b64_with_padding), cmocka_unit_test(test_b32_and_ids), cmocka_unit_test(test_hex),
        cmocka_unit_test(test_utf8), cmocka_unit_test(test_numbers), cmocka_unit_test(test_percent_and_form),
        cmocka_unit_test(test_cut), cmocka_unit_test(test_json_refuses_a_member_twice),
    };
    return cmocka_run_group_tests(tests, up, down);
}
