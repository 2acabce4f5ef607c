/* Seals against the published vectors, and every byte of sealed things flipped. */
#include "base/fault.h"
#include "base/secret.h"
#include "base/text.h"
#include "crypto/handle.h"
#include "crypto/pairwise.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static nx_master *master_of(uint8_t fill)
{
    uint8_t bytes[NX_MASTER_LEN];
    memset(bytes, fill, sizeof bytes);
    nx_master *m = NULL;
    assert_true(nx_ok(nx_master_from(&m, nx_span_of(bytes, sizeof bytes))));
    return m;
}

/* Opens nonce | hex and expects the plain text of the vector. */
static void assert_vector(uint8_t fill, const char *aad, const char *hex)
{
    uint8_t key[32], sealed[128], out[64];
    size_t n = 0;
    memset(key, fill, sizeof key);
    memcpy(sealed, "ABCDEFGHIJKLMNOPQRSTUVWX", NX_SEAL_NONCE_LEN);
    assert_true(nx_ok(nx_hex_decode(sealed + NX_SEAL_NONCE_LEN, 64, &n, nx_span_str(hex))));
    nx_span in = nx_span_of(sealed, NX_SEAL_NONCE_LEN + n);
    assert_true(nx_ok(nx_seal_open(out, nx_span_of(key, 32), nx_span_str(aad), in)));
    assert_memory_equal(out, "XAES-256-GCM", 12);
}

/* C2SP XAES-256-GCM: one vector for each way the subkey's carry can fall. */
static void test_published_vectors(void **state)
{
    (void)state;
    assert_vector(1, "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271");
    assert_vector(3, "c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d");
}

static void test_what_was_sealed_opens(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    uint8_t key[32] = {7};
    nx_span k = nx_span_of(key, 32), sealed, again, plain;
    for (size_t n = 0; n < 70; n += 7) {
        uint8_t text[70];
        memset(text, (int)n, sizeof text);
        assert_true(nx_ok(nx_seal_dup(&sealed, a, k, NX_LIT("aad"), nx_span_of(text, n))));
        assert_true(nx_ok(nx_seal_dup(&again, a, k, NX_LIT("aad"), nx_span_of(text, n))));
        assert_int_equal(sealed.n, n + NX_SEAL_OVERHEAD);
        assert_false(nx_span_eq(sealed, again));
        assert_true(nx_ok(nx_seal_open_dup(&plain, a, k, NX_LIT("aad"), sealed)));
        assert_true(nx_span_eq(plain, nx_span_of(text, n)));
    }
}

static void test_every_flipped_bit_is_noticed(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    uint8_t key[32] = {7}, out[64], copy[128], zero[64] = {0};
    nx_span k = nx_span_of(key, 32), sealed;
    assert_true(nx_ok(nx_seal_dup(&sealed, a, k, NX_LIT("aad"), NX_LIT("a secret"))));
    for (size_t bit = 0; bit < sealed.n * 8; bit++) {
        memcpy(copy, sealed.p, sealed.n);
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        memset(out, 0xee, sizeof out);
        assert_int_equal(nx_seal_open(out, k, NX_LIT("aad"), nx_span_of(copy, sealed.n)).e, NX_ERR_SEAL);
        assert_memory_equal(out, zero, sealed.n - NX_SEAL_OVERHEAD);
    }
    for (size_t n = 0; n < sealed.n; n++)
        assert_int_equal(nx_seal_open(out, k, NX_LIT("aad"), nx_span_of(sealed.p, n)).e, NX_ERR_SEAL);
    assert_int_equal(nx_seal_open(out, k, NX_LIT("aaD"), sealed).e, NX_ERR_SEAL);
    assert_int_equal(nx_seal_open(out, k, NX_SPAN_NONE, sealed).e, NX_ERR_SEAL);
    key[31] ^= 1;
    assert_int_equal(nx_seal_open(out, k, NX_LIT("aad"), sealed).e, NX_ERR_SEAL);
}

static void test_no_random_bytes_no_seal(void **state)
{
    (void)state;
    uint8_t key[32] = {7}, out[64];
    nx_fault_arm(NX_ACT_RANDOM, 1);
    assert_int_equal(nx_seal(out, nx_span_of(key, 32), NX_SPAN_NONE, NX_LIT("x")).e, NX_ERR_RANDOM);
}

static void test_rule_13_a_handle_opens_as_what_it_was_made(void **state)
{
    (void)state;
    NX_AUTO(nx_master) m = master_of(1);
    NX_AUTO(nx_master) other = master_of(2);
    struct nx_handle h, got;
    nx_handle_text t, t2;
    assert_true(nx_ok(nx_handle_make(&h, 0xabcd)));
    assert_true(nx_ok(nx_handle_seal(&t, m, NX_HANDLE_CODE, NX_LIT("client-1"), &h)));
    assert_true(nx_ok(nx_handle_seal(&t2, m, NX_HANDLE_CODE, NX_LIT("client-1"), &h)));
    nx_span text = nx_span_str(t.s);
    assert_int_equal(text.n, NX_HANDLE_LEN);
    assert_string_not_equal(t.s, t2.s);
    assert_true(nx_ok(nx_handle_open(&got, m, NX_HANDLE_CODE, NX_LIT("client-1"), text)));
    assert_int_equal(got.shard, 0xabcd);
    assert_string_equal(got.id.s, h.id.s);
    assert_int_equal(nx_handle_open(&got, m, NX_HANDLE_REFRESH, NX_LIT("client-1"), text).e, NX_ERR_HANDLE);
    assert_int_equal(nx_handle_open(&got, m, NX_HANDLE_CODE, NX_LIT("client-2"), text).e, NX_ERR_HANDLE);
    assert_int_equal(nx_handle_open(&got, m, NX_HANDLE_CODE, NX_SPAN_NONE, text).e, NX_ERR_HANDLE);
    assert_int_equal(nx_handle_open(&got, other, NX_HANDLE_CODE, NX_LIT("client-1"), text).e, NX_ERR_HANDLE);
}

static void test_a_changed_handle_does_not_open(void **state)
{
    (void)state;
    NX_AUTO(nx_master) m = master_of(1);
    struct nx_handle h, got;
    nx_handle_text t, bad;
    assert_true(nx_ok(nx_handle_make(&h, 3)));
    assert_true(nx_ok(nx_handle_seal(&t, m, NX_HANDLE_SESSION, NX_SPAN_NONE, &h)));
    for (size_t i = 0; i < NX_HANDLE_LEN; i++)
        for (const char *c = "AB_-=+ "; *c; c++) {
            if (t.s[i] == *c) continue;
            bad = t;
            bad.s[i] = *c;
            assert_int_equal(nx_handle_open(&got, m, NX_HANDLE_SESSION, NX_SPAN_NONE, nx_span_str(bad.s)).e,
                             NX_ERR_HANDLE);
        }
    for (size_t n = 0; n < NX_HANDLE_LEN; n++)
        assert_int_equal(nx_handle_open(&got, m, NX_HANDLE_SESSION, NX_SPAN_NONE, nx_span_of(t.s, n)).e,
                         NX_ERR_HANDLE);
    assert_true(nx_ok(nx_handle_open(&got, m, NX_HANDLE_SESSION, NX_SPAN_NONE, nx_span_str(t.s))));
}

static void test_pairwise_names_are_stable_and_apart(void **state)
{
    (void)state;
    NX_AUTO(nx_master) m = master_of(1);
    nx_pairwise a, b, c, d;
    assert_true(nx_ok(nx_pairwise_sub(&a, m, NX_LIT("a.example"), NX_LIT("p1"))));
    assert_true(nx_ok(nx_pairwise_sub(&b, m, NX_LIT("a.example"), NX_LIT("p1"))));
    assert_string_equal(a.s, b.s);
    assert_int_equal(strlen(a.s), NX_PAIRWISE_LEN);
    assert_true(nx_ok(nx_pairwise_sub(&b, m, NX_LIT("b.example"), NX_LIT("p1"))));
    assert_true(nx_ok(nx_pairwise_sub(&c, m, NX_LIT("a.examplep"), NX_LIT("1"))));
    assert_true(nx_ok(nx_pairwise_qr_id(&d, m, NX_LIT("a.example"), NX_LIT("p1"))));
    assert_string_not_equal(a.s, b.s);
    assert_string_not_equal(a.s, c.s);
    assert_string_not_equal(a.s, d.s);
    assert_int_equal(nx_pairwise_sub(&a, m, NX_SPAN_NONE, NX_LIT("p1")).e, NX_ERR_MISSING);
    assert_int_equal(nx_pairwise_sub(&a, m, NX_LIT("s"), NX_SPAN_NONE).e, NX_ERR_MISSING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_vectors),
        cmocka_unit_test(test_what_was_sealed_opens),
        cmocka_unit_test(test_every_flipped_bit_is_noticed),
        cmocka_unit_test(test_no_random_bytes_no_seal),
        cmocka_unit_test(test_rule_13_a_handle_opens_as_what_it_was_made),
        cmocka_unit_test(test_a_changed_handle_does_not_open),
        cmocka_unit_test(test_pairwise_names_are_stable_and_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
