/* Vectors of FIPS 180-4, RFC 4231 and RFC 5869; framing of parts; the fault hook of random bytes. */
#include "base/fault.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "crypto/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static nx_span bytes_of(const char *hex, uint8_t *room, size_t size)
{
    size_t n = 0;
    assert_true(nx_ok(nx_hex_decode(room, size, &n, nx_span_str(hex))));
    return nx_span_of(room, n);
}

static void assert_hex(const uint8_t *got, size_t n, const char *hex)
{
    char text[512];
    nx_hex_encode(text, nx_span_of(got, n));
    assert_string_equal(text, hex);
}

static void test_sha256_vectors(void **state)
{
    (void)state;
    uint8_t out[NX_SHA256_LEN];
    assert_true(nx_ok(nx_sha256(out, NX_LIT("abc"))));
    assert_hex(out, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_true(nx_ok(nx_sha256(out, NX_SPAN_NONE)));
    assert_hex(out, 32, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* RFC 4231 cases 2 and 6 (a key longer than the block). */
static void test_hmac_vectors(void **state)
{
    (void)state;
    uint8_t out[NX_SHA256_LEN], key[131];
    assert_true(nx_ok(nx_hmac_sha256(out, NX_LIT("Jefe"), NX_LIT("what do ya want for nothing?"))));
    assert_hex(out, 32, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    assert_true(nx_ok(nx_hmac_sha256(out, nx_span_of(key, sizeof key),
                                     NX_LIT("Test Using Larger Than Block-Size Key - Hash Key First"))));
    assert_hex(out, 32, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

/* RFC 5869 appendix A.1 and A.3. */
static void test_hkdf_vectors(void **state)
{
    (void)state;
    uint8_t ikm[32], salt[16], info[16], out[42];
    nx_span k = bytes_of("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", ikm, sizeof ikm);
    nx_span s = bytes_of("000102030405060708090a0b0c", salt, sizeof salt);
    nx_span i = bytes_of("f0f1f2f3f4f5f6f7f8f9", info, sizeof info);
    assert_true(nx_ok(nx_hkdf_sha256(out, sizeof out, k, s, i)));
    assert_hex(out, sizeof out,
               "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    assert_true(nx_ok(nx_hkdf_sha256(out, sizeof out, k, NX_SPAN_NONE, NX_SPAN_NONE)));
    assert_hex(out, sizeof out,
               "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

static void test_hkdf_states_its_limit(void **state)
{
    (void)state;
    uint8_t *out = malloc(NX_HKDF_MAX + 1);
    assert_non_null(out);
    assert_true(nx_ok(nx_hkdf_sha256(out, NX_HKDF_MAX, NX_LIT("k"), NX_SPAN_NONE, NX_SPAN_NONE)));
    assert_int_equal(nx_hkdf_sha256(out, NX_HKDF_MAX + 1, NX_LIT("k"), NX_SPAN_NONE, NX_SPAN_NONE).e,
                     NX_ERR_LIMIT);
    free(out);
}

static void test_parts_do_not_run_together(void **state)
{
    (void)state;
    uint8_t a[NX_SHA256_LEN], b[NX_SHA256_LEN], c[NX_SHA256_LEN];
    assert_true(nx_ok(nx_sha256_parts(a, (const nx_span[]){NX_LIT("ab"), NX_LIT("c")}, 2)));
    assert_true(nx_ok(nx_sha256_parts(b, (const nx_span[]){NX_LIT("a"), NX_LIT("bc")}, 2)));
    assert_true(nx_ok(nx_sha256_parts(c, (const nx_span[]){NX_LIT("ab"), NX_LIT("c"), NX_SPAN_NONE}, 3)));
    assert_memory_not_equal(a, b, sizeof a);
    assert_memory_not_equal(a, c, sizeof a);
    assert_true(nx_ok(nx_hmac_sha256_parts(b, NX_LIT("k"), (const nx_span[]){NX_LIT("ab"), NX_LIT("c")}, 2)));
    assert_true(nx_ok(nx_hmac_sha256_parts(c, NX_LIT("k"), (const nx_span[]){NX_LIT("a"), NX_LIT("bc")}, 2)));
    assert_memory_not_equal(b, c, sizeof b);
}

static void test_random_bytes_fail_loudly(void **state)
{
    (void)state;
    uint8_t a[32], b[32], zero[32] = {0};
    assert_true(nx_ok(nx_random(a, sizeof a)));
    assert_true(nx_ok(nx_random(b, sizeof b)));
    assert_memory_not_equal(a, b, sizeof a);
    nx_fault_arm(NX_ACT_RANDOM, 1);
    assert_int_equal(nx_random(a, sizeof a).e, NX_ERR_RANDOM);
    assert_memory_equal(a, zero, sizeof a);
    nx_fault_arm(NX_ACT_RANDOM, 1);
    nx_id id;
    assert_int_equal(nx_id_make(&id).e, NX_ERR_RANDOM);
    assert_true(nx_ok(nx_id_make(&id)));
    assert_true(nx_id_valid(nx_span_str(id.s)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha256_vectors),
        cmocka_unit_test(test_hmac_vectors),
        cmocka_unit_test(test_hkdf_vectors),
        cmocka_unit_test(test_hkdf_states_its_limit),
        cmocka_unit_test(test_parts_do_not_run_together),
        cmocka_unit_test(test_random_bytes_fail_loudly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
