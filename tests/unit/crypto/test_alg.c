/* The contract of the algorithm table: every row signs, verifies, notices every flipped byte, and takes no
 * key of another row. A new row is tested the day it is added. */
#include "base/fault.h"
#include "crypto/alg.h"

#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static EVP_PKEY *keys[NX_ALG_COUNT];

static int make_keys(void **state)
{
    (void)state;
    for (int i = 1; i < NX_ALG_COUNT; i++)
        if (!nx_ok(nx_alg_generate(&keys[i], (nx_alg)i))) return -1;
    return 0;
}

static int free_keys(void **state)
{
    (void)state;
    for (int i = 1; i < NX_ALG_COUNT; i++)
        EVP_PKEY_free(keys[i]);
    return 0;
}

static void test_names_find_their_rows(void **state)
{
    (void)state;
    for (int i = 1; i < NX_ALG_COUNT; i++) {
        assert_int_equal(nx_alg_of(nx_span_str(nx_alg_name((nx_alg)i))), i);
        assert_int_not_equal(nx_alg_kty((nx_alg)i), NX_KTY_NONE);
        assert_true(NX_ALGS_ALL & NX_ALG_BIT(i));
    }
    static const char *const others[] = {"",      "none",   "None",    "HS256", "ES512",
                                         "es256", "ES256 ", "RS256\n", "EdDSA"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(nx_alg_of(nx_span_str(others[i])), NX_ALG_NONE);
}

static void test_every_row_signs_and_notices_tampering(void **state)
{
    (void)state;
    for (int i = 1; i < NX_ALG_COUNT; i++) {
        uint8_t sig[NX_SIGNATURE_MAX], message[] = "what is signed";
        nx_span m = nx_span_of(message, sizeof message);
        size_t n = 0;
        assert_true(nx_ok(nx_alg_sign(sig, &n, (nx_alg)i, keys[i], m)));
        assert_int_equal(n, nx_alg_signature_len((nx_alg)i, keys[i]));
        assert_true(nx_ok(nx_alg_verify((nx_alg)i, keys[i], m, nx_span_of(sig, n))));
        for (size_t at = 0; at < n; at++) {
            sig[at] ^= 0x10;
            assert_int_equal(nx_alg_verify((nx_alg)i, keys[i], m, nx_span_of(sig, n)).e, NX_ERR_SIGNATURE);
            sig[at] ^= 0x10;
        }
        for (size_t at = 0; at < sizeof message; at++) {
            message[at] ^= 1;
            assert_int_equal(nx_alg_verify((nx_alg)i, keys[i], m, nx_span_of(sig, n)).e, NX_ERR_SIGNATURE);
            message[at] ^= 1;
        }
        assert_int_equal(nx_alg_verify((nx_alg)i, keys[i], m, nx_span_of(sig, n - 1)).e, NX_ERR_SIGNATURE);
        assert_int_equal(nx_alg_verify((nx_alg)i, keys[i], m, NX_SPAN_NONE).e, NX_ERR_SIGNATURE);
    }
}

static void test_a_signature_belongs_to_one_row(void **state)
{
    (void)state;
    uint8_t sig[NX_SIGNATURE_MAX];
    size_t n;
    nx_span m = NX_LIT("m");
    for (int i = 1; i < NX_ALG_COUNT; i++)
        for (int j = 1; j < NX_ALG_COUNT; j++) {
            if (i == j) continue;
            bool same_type = nx_alg_kty((nx_alg)i) == nx_alg_kty((nx_alg)j);
            assert_int_equal(nx_alg_fits((nx_alg)j, keys[i]), same_type);
            assert_true(nx_ok(nx_alg_sign(sig, &n, (nx_alg)i, keys[i], m)));
            assert_int_equal(nx_alg_verify((nx_alg)j, keys[i], m, nx_span_of(sig, n)).e,
                             same_type ? NX_ERR_SIGNATURE : NX_ERR_JOSE_ALG);
            if (!same_type) assert_int_equal(nx_alg_sign(sig, &n, (nx_alg)j, keys[i], m).e, NX_ERR_JOSE_ALG);
        }
    assert_int_equal(nx_alg_sign(sig, &n, NX_ALG_NONE, keys[1], m).e, NX_ERR_JOSE_ALG);
    assert_int_equal(nx_alg_verify(NX_ALG_NONE, keys[1], m, m).e, NX_ERR_JOSE_ALG);
}

static void test_other_curves_and_short_keys_do_not_fit(void **state)
{
    (void)state;
    static const char *const curves[] = {"secp256k1", "brainpoolP256r1", "P-384", "P-521"};
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++) {
        EVP_PKEY *k = EVP_EC_gen(curves[i]);
        assert_non_null(k);
        assert_false(nx_alg_fits(NX_ALG_ES256, k));
        EVP_PKEY_free(k);
    }
    EVP_PKEY *k = EVP_RSA_gen(1024);
    assert_non_null(k);
    assert_false(nx_alg_fits(NX_ALG_RS256, k));
    assert_false(nx_alg_fits(NX_ALG_PS256, k));
    EVP_PKEY_free(k);
}

/* The library signs with the old key when a used context is initialised with a new one and succeeds at it.
 * Two keys in turn, on one thread, must each sign as themselves: that is what a rotation looks like from
 * here. */
static void test_a_new_key_never_signs_as_the_old_one(void **state)
{
    (void)state;
    EVP_PKEY *pair[2] = {NULL, NULL};
    assert_true(nx_ok(nx_alg_generate(&pair[0], NX_ALG_ES256)));
    assert_true(nx_ok(nx_alg_generate(&pair[1], NX_ALG_ES256)));
    for (int round = 0; round < 6; round++) {
        uint8_t sig[NX_SIGNATURE_MAX];
        size_t n;
        nx_span m = NX_LIT("m");
        EVP_PKEY *mine = pair[round % 2], *other = pair[1 - round % 2];
        assert_true(nx_ok(nx_alg_sign(sig, &n, NX_ALG_ES256, mine, m)));
        assert_true(nx_ok(nx_alg_verify(NX_ALG_ES256, mine, m, nx_span_of(sig, n))));
        assert_int_equal(nx_alg_verify(NX_ALG_ES256, other, m, nx_span_of(sig, n)).e, NX_ERR_SIGNATURE);
    }
    EVP_PKEY_free(pair[0]);
    EVP_PKEY_free(pair[1]);
}

/* r or s of zero, of the group order and beyond, and all ones. */
static void test_impossible_numbers_are_no_signature(void **state)
{
    (void)state;
    static const uint8_t fills[] = {0, 0xff};
    for (size_t i = 0; i < sizeof fills; i++) {
        uint8_t sig[64];
        memset(sig, fills[i], sizeof sig);
        assert_int_equal(nx_alg_verify(NX_ALG_ES256, keys[NX_ALG_ES256], NX_LIT("m"), nx_span_of(sig, 64)).e,
                         NX_ERR_SIGNATURE);
        sig[63] = 1;
        assert_int_equal(nx_alg_verify(NX_ALG_ES256, keys[NX_ALG_ES256], NX_LIT("m"), nx_span_of(sig, 64)).e,
                         NX_ERR_SIGNATURE);
    }
}

static void test_no_key_without_random_bytes(void **state)
{
    (void)state;
    EVP_PKEY *k = NULL;
    nx_fault_arm(NX_ACT_RANDOM, 1);
    assert_int_equal(nx_alg_generate(&k, NX_ALG_ES256).e, NX_ERR_RANDOM);
    assert_null(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_find_their_rows),
        cmocka_unit_test(test_every_row_signs_and_notices_tampering),
        cmocka_unit_test(test_a_signature_belongs_to_one_row),
        cmocka_unit_test(test_other_curves_and_short_keys_do_not_fit),
        cmocka_unit_test(test_a_new_key_never_signs_as_the_old_one),
        cmocka_unit_test(test_impossible_numbers_are_no_signature),
        cmocka_unit_test(test_no_key_without_random_bytes),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
