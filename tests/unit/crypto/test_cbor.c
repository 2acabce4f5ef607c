/* CBOR: values of RFC 8949 appendix A, and the limits of crypto/cbor.h. */
#include "base/text.h"
#include "crypto/cbor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static nx_err parse_hex(const struct nx_cbor **out, nx_arena *a, const char *hex, enum nx_cbor_mode mode)
{
    size_t n;
    uint8_t *bytes = nx_arena_alloc(a, strlen(hex) / 2 + 1);
    assert_true(nx_ok(nx_hex_decode(bytes, strlen(hex) / 2 + 1, &n, nx_span_str(hex))));
    return nx_cbor_parse(out, a, nx_span_of(bytes, n), mode).e;
}

static void test_integers_of_appendix_a(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        int64_t value;
    } row[] = {
        {"00", 0},
        {"17", 23},
        {"1818", 24},
        {"1903e8", 1000},
        {"1a000f4240", 1000000},
        {"1b000000e8d4a51000", 1000000000000},
        {"20", -1},
        {"3863", -100},
        {"3903e7", -1000},
        {"3b7fffffffffffffff", INT64_MIN},
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        NX_AUTO(nx_arena) a = nx_arena_open(1 << 16);
        const struct nx_cbor *item;
        int64_t value;
        assert_int_equal(parse_hex(&item, a, row[i].hex, NX_CBOR_STRICT), NX_ERR_NONE);
        assert_true(nx_ok(nx_cbor_int(&value, item)));
        assert_true(value == row[i].value);

        nx_buf b;
        char back[32];
        nx_buf_init(&b, a, 16);
        nx_cbor_put_int(&b, row[i].value);
        nx_hex_encode(back, nx_buf_span(&b));
        assert_string_equal(back, row[i].hex);
    }
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 16);
    const struct nx_cbor *item;
    int64_t value;
    assert_int_equal(parse_hex(&item, a, "1bffffffffffffffff", NX_CBOR_STRICT), NX_ERR_NONE);
    assert_int_equal(nx_cbor_int(&value, item).e, NX_ERR_RANGE);
    assert_int_equal(parse_hex(&item, a, "3bffffffffffffffff", NX_CBOR_STRICT), NX_ERR_NONE);
    assert_int_equal(nx_cbor_int(&value, item).e, NX_ERR_RANGE);
}

static void test_maps_are_looked_up_by_key(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 16);
    const struct nx_cbor *map;
    const char *text;
    /* {1: "a", -1: h'05', "x": [true, null]} */
    assert_int_equal(parse_hex(&map, a,
                               "a30161612041056178"
                               "82f5f6",
                               NX_CBOR_STRICT),
                     NX_ERR_NONE);
    assert_true(nx_ok(nx_cbor_text(&text, a, nx_cbor_at(map, 1))));
    assert_string_equal(text, "a");
    nx_span bytes;
    assert_true(nx_ok(nx_cbor_bytes(&bytes, nx_cbor_at(map, -1))));
    assert_int_equal(bytes.p[0], 5);
    const struct nx_cbor *list = nx_cbor_named(map, "x");
    bool yes = false;
    assert_int_equal(list->count, 2);
    assert_true(nx_ok(nx_cbor_bool(&yes, &list->item[0])));
    assert_true(yes);
    assert_null(nx_cbor_at(map, 2));
    assert_null(nx_cbor_named(map, "a"));
    assert_null(nx_cbor_at(NULL, 1));
    assert_int_equal(nx_cbor_text(&text, a, nx_cbor_at(map, 2)).e, NX_ERR_MISSING);
    assert_int_equal(nx_cbor_text(&text, a, nx_cbor_at(map, -1)).e, NX_ERR_SYNTAX);
}

static void test_what_the_strict_reader_refuses(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        nx_err e;
        const char *why;
    } row[] = {
        {"", NX_ERR_SYNTAX, "nothing"},
        {"0000", NX_ERR_SYNTAX, "bytes behind the item"},
        {"18", NX_ERR_SYNTAX, "head cut off"},
        {"430102", NX_ERR_SYNTAX, "string cut off"},
        {"5b7fffffffffffffff00", NX_ERR_SYNTAX, "a length that is not there"},
        {"9b000000010000000000", NX_ERR_SYNTAX, "an array of 2^32 items in ten bytes"},
        {"bb800000000000000000", NX_ERR_SYNTAX, "a map whose item count overflows"},
        {"9fff", NX_ERR_SYNTAX, "indefinite array"},
        {"bf0000ff", NX_ERR_SYNTAX, "indefinite map"},
        {"5f4100ff", NX_ERR_SYNTAX, "indefinite byte string"},
        {"7f6161ff", NX_ERR_SYNTAX, "indefinite text"},
        {"ff", NX_ERR_SYNTAX, "break alone"},
        {"81ff", NX_ERR_SYNTAX, "break as an item"},
        {"1c", NX_ERR_SYNTAX, "reserved additional information"},
        {"a201000100", NX_ERR_DUPLICATE, "the same integer key twice"},
        {"a2616100616100", NX_ERR_DUPLICATE, "the same text key twice"},
        {"a1018201", NX_ERR_SYNTAX, "array cut off"},
        {"a18000", NX_ERR_SYNTAX, "an array as key"},
        {"a1f500", NX_ERR_SYNTAX, "a boolean as key"},
        {"61ff", NX_ERR_ENCODING, "text that is no UTF-8"},
        {"62c080", NX_ERR_ENCODING, "overlong UTF-8"},
        {"818181818181818100", NX_ERR_LIMIT, "nine deep"},
        {"c6c6c6c6c6c6c6c600", NX_ERR_LIMIT, "nine deep in tags"},
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
        const struct nx_cbor *item;
        if (parse_hex(&item, a, row[i].hex, NX_CBOR_STRICT) != row[i].e)
            fail_msg("%s: %s", row[i].hex, row[i].why);
    }
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    const struct nx_cbor *item;
    assert_int_equal(parse_hex(&item, a, "8181818181818100", NX_CBOR_STRICT),
                     NX_ERR_NONE); /* eight are allowed */
    assert_int_equal(parse_hex(&item, a,
                               "a20100200"
                               "0",
                               NX_CBOR_STRICT),
                     NX_ERR_NONE); /* 1 and -1 differ */
}

static void test_limits_of_size(void **state)
{
    (void)state;
    static uint8_t many[NX_CBOR_MAX + 1];
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    const struct nx_cbor *item;
    assert_int_equal(nx_cbor_parse(&item, a, nx_span_of(many, sizeof many), NX_CBOR_STRICT).e, NX_ERR_LIMIT);
    /* An array of 1023 zeros is 1024 items; one more is too many. */
    many[0] = 0x99;
    many[1] = 0x03;
    many[2] = 0xff;
    assert_int_equal(nx_cbor_parse(&item, a, nx_span_of(many, 3 + 1023), NX_CBOR_STRICT).e, NX_ERR_NONE);
    many[1] = 0x04;
    many[2] = 0x00;
    assert_int_equal(nx_cbor_parse(&item, a, nx_span_of(many, 3 + 1024), NX_CBOR_STRICT).e, NX_ERR_LIMIT);
}

static void test_foreign_mode_joins_what_came_in_pieces(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    const struct nx_cbor *item;
    assert_int_equal(parse_hex(&item, a, "7f657374726561646d696e67ff", NX_CBOR_FOREIGN), NX_ERR_NONE);
    assert_true(nx_span_eq_str(item->bytes, "streaming"));
    assert_int_equal(parse_hex(&item, a, "bf61610161629f0203ffff", NX_CBOR_FOREIGN), NX_ERR_NONE);
    assert_int_equal(item->count, 2);
    assert_int_equal(nx_cbor_named(item, "b")->count, 2);
    assert_int_equal(parse_hex(&item, a, "bf6161ff", NX_CBOR_FOREIGN),
                     NX_ERR_SYNTAX); /* a key without a value */
    assert_int_equal(parse_hex(&item, a, "bf616101616102ff", NX_CBOR_FOREIGN), NX_ERR_DUPLICATE);
    assert_int_equal(parse_hex(&item, a, "7f4100ff", NX_CBOR_FOREIGN), NX_ERR_SYNTAX); /* bytes inside text */
    assert_int_equal(parse_hex(&item, a, "9f", NX_CBOR_FOREIGN), NX_ERR_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers_of_appendix_a),
        cmocka_unit_test(test_maps_are_looked_up_by_key),
        cmocka_unit_test(test_what_the_strict_reader_refuses),
        cmocka_unit_test(test_limits_of_size),
        cmocka_unit_test(test_foreign_mode_joins_what_came_in_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
