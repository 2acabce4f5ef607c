/* Token Status List: the draft's examples (sections 4.1, 4.2) and vectors (appendix C), and bad lists. */
#include "base/text.h"
#include "crypto/status_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static nx_arena *arena;

static int up(void **state)
{
    (void)state;
    arena = nx_arena_open(32 << 20);
    return arena ? 0 : -1;
}

static int down(void **state)
{
    (void)state;
    nx_arena_close(arena);
    return 0;
}

static const unsigned one_bit[] = {1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1};
static const unsigned two_bits[] = {1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3};

static void example(const unsigned *values, size_t n, unsigned bits, const char *bytes_hex, const char *lst)
{
    uint8_t list[16] = {0};
    size_t bytes = nx_tsl_bytes(n, bits);
    char hex[33];
    for (size_t i = 0; i < n; i++)
        assert_true(nx_ok(nx_tsl_set(list, bytes, bits, i, values[i])));
    nx_hex_encode(hex, nx_span_of(list, bytes));
    assert_string_equal(hex, bytes_hex);
    char *text;
    assert_true(nx_ok(nx_tsl_lst_encode(&text, arena, nx_span_of(list, bytes))));
    assert_string_equal(text, lst);
    nx_span back;
    assert_true(nx_ok(nx_tsl_lst_decode(&back, arena, nx_span_str(lst))));
    for (size_t i = 0; i < n; i++) {
        unsigned value;
        assert_true(nx_ok(nx_tsl_get(&value, back, bits, i)));
        assert_int_equal(value, values[i]);
    }
    unsigned value;
    assert_int_equal(nx_tsl_get(&value, back, bits, n).e, NX_ERR_RANGE);
}

static void test_examples_of_section_4(void **state)
{
    (void)state;
    example(one_bit, 16, 1, "b9a3", "eNrbuRgAAhcBXQ");
    example(two_bits, 12, 2, "c944f9", "eNo76fITAAPfAgc");
}

static const struct {
    size_t index;
    unsigned one, two;
} set[] = {
    {0, 1, 1},      {1993, 1, 2},   {25460, 1, 1},  {159495, 1, 3}, {495669, 1, 1},  {554353, 1, 1},
    {645645, 1, 2}, {723232, 1, 1}, {854545, 1, 1}, {934534, 1, 2}, {1000345, 1, 3},
};

static void vector(const char *lst, unsigned bits)
{
    nx_span list;
    assert_true(nx_ok(nx_tsl_lst_decode(&list, arena, nx_span_str(lst))));
    assert_int_equal(list.n, nx_tsl_bytes(1 << 20, bits));
    size_t others = 0;
    for (size_t i = 0; i < 1 << 20; i++) {
        unsigned value;
        assert_true(nx_ok(nx_tsl_get(&value, list, bits, i)));
        if (!value) continue;
        size_t at = 0;
        while (at < 11 && set[at].index != i)
            at++;
        if (at == 11)
            others++;
        else
            assert_int_equal(value, bits == 1 ? set[at].one : set[at].two);
    }
    assert_int_equal(others, 0);
    /* And the other way: our own list of the same entries has the same bytes. */
    uint8_t *ours = nx_arena_alloc(arena, list.n);
    for (size_t i = 0; i < 11; i++)
        assert_true(nx_ok(nx_tsl_set(ours, list.n, bits, set[i].index, bits == 1 ? set[i].one : set[i].two)));
    assert_memory_equal(ours, list.p, list.n);
}

static void test_vectors_of_appendix_c(void **state)
{
    (void)state;
    vector("eNrt3AENwCAMAEGogklACtKQPg9LugC9k_ACvreiogEAAKkeCQAAAAAAAAAAAAAAAAAAAIBylgQAAAAAAAAAAAAAAA"
           "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAXG9IAAAAAAAAAPwsJAAAAAAAAAAAAAAAvhsSAAAAAAAAAAAA7KpL"
           "AAAAAAAAAAAAAAAAAAAAAJsLCQAAAAAAAAAAADjelAAAAAAAAAAAKjDMAQAAAACAZC8L2AEb",
           1);
    vector("eNrt2zENACEQAEEuoaBABP5VIO01fCjIHTMStt9ovGVIAAAAAABAbiEBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
           "AAAAAAAEB5WwIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
           "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAID0ugQAAAAAAAAAAAAAAAAAQG12SgAAAAAAAAAAAAAAAAAAAAAAAAAAAOCSIQ"
           "EAAAAAAAAAAAAAAAAAAAAAAAD8ExIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAwJEuAQAAAAAAAAAAAAAA"
           "AAAAAAAAAMB9SwIAAAAAAAAAAAAAAAAAAACoYUoAAAAAAAAAAAAAAEBqH81gAQw",
           2);
}

static void test_wider_entries(void **state)
{
    (void)state;
    uint8_t list[4] = {0};
    unsigned value;
    assert_true(nx_ok(nx_tsl_set(list, 4, 4, 3, 0xd)));
    assert_int_equal(list[1], 0xd0);
    assert_true(nx_ok(nx_tsl_set(list, 4, 8, 2, 0xfe)));
    assert_true(nx_ok(nx_tsl_get(&value, nx_span_of(list, 4), 8, 2)));
    assert_int_equal(value, 0xfe);
    assert_true(nx_ok(nx_tsl_set(list, 4, 4, 3, 1))); /* overwrites, keeps its neighbours */
    assert_int_equal(list[1], 0x10);
    assert_int_equal(nx_tsl_set(list, 4, 3, 0, 1).e, NX_ERR_RANGE);
    assert_int_equal(nx_tsl_set(list, 4, 2, 0, 4).e, NX_ERR_RANGE);
    assert_int_equal(nx_tsl_set(list, 4, 2, 16, 1).e, NX_ERR_RANGE);
    assert_int_equal(nx_tsl_get(&value, nx_span_of(list, 4), 0, 0).e, NX_ERR_RANGE);
    assert_int_equal(nx_tsl_get(&value, nx_span_of(list, 4), 1, UINT64_MAX).e, NX_ERR_RANGE);
}

static void test_lists_that_are_refused(void **state)
{
    (void)state;
    nx_span out;
    assert_int_equal(nx_tsl_lst_decode(&out, arena, NX_LIT("bm90IHpsaWI")).e, NX_ERR_ZLIB);
    assert_int_equal(nx_tsl_lst_decode(&out, arena, NX_LIT("eNrbuRgAAhcBXA")).e, NX_ERR_ZLIB); /* checksum */
    assert_int_equal(nx_tsl_lst_decode(&out, arena, NX_LIT("eNrbuRgAAhcBXQAA")).e,
                     NX_ERR_ZLIB); /* more behind */
    assert_int_equal(nx_tsl_lst_decode(&out, arena, NX_LIT("eNrbuRgAAhcBXQ==")).e, NX_ERR_ENCODING);
    /* A list that unpacks to a byte more than the maximum. */
    uint8_t *large = calloc(1, NX_TSL_BYTES_MAX);
    char *lst;
    assert_int_equal(nx_tsl_lst_encode(&lst, arena, nx_span_of(large, NX_TSL_BYTES_MAX + 1)).e, NX_ERR_LIMIT);
    assert_true(nx_ok(nx_tsl_lst_encode(&lst, arena, nx_span_of(large, NX_TSL_BYTES_MAX))));
    assert_true(nx_ok(nx_tsl_lst_decode(&out, arena, nx_span_str(lst))));
    free(large);
}

static void test_claims_are_checked(void **state)
{
    (void)state;
    const struct nx_tsl l = {.uri = "https://id.vn/s/0",
                             .iat = 1000,
                             .exp = 2000,
                             .ttl = 60,
                             .bits = 2,
                             .list = NX_LIT("\xc9\x44\xf9")};
    NX_AUTO_JSON claims = NULL;
    assert_true(nx_ok(nx_tsl_claims(&claims, arena, &l)));
    struct nx_tsl out;
    assert_true(nx_ok(nx_tsl_read(&out, arena, claims, l.uri, 1500)));
    assert_int_equal(out.ttl, 60);
    assert_int_equal(out.bits, 2);
    assert_true(nx_span_eq(out.list, l.list));
    assert_int_equal(nx_tsl_read(&out, arena, claims, "https://id.vn/s/1", 1500).e, NX_ERR_STATUS_LIST);
    assert_int_equal(nx_tsl_read(&out, arena, claims, l.uri, 2000 + NX_SKEW_S).e, NX_ERR_EXPIRED);
    assert_int_equal(nx_tsl_read(&out, arena, claims, l.uri, 900).e, NX_ERR_STATUS_LIST);
    json_object_set_new(json_object_get(claims, "status_list"), "bits", json_integer(3));
    assert_int_equal(nx_tsl_read(&out, arena, claims, l.uri, 1500).e, NX_ERR_STATUS_LIST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples_of_section_4), cmocka_unit_test(test_vectors_of_appendix_c),
        cmocka_unit_test(test_wider_entries),         cmocka_unit_test(test_lists_that_are_refused),
        cmocka_unit_test(test_claims_are_checked),
    };
    return cmocka_run_group_tests(tests, up, down);
}
