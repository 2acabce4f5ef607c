#include "crypto/password.h"
#include "crypto/secret_digest.h"

#include "base/clock.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct nx_password_cost cheap = {.passes = 1, .memory_kib = 64};

static nx_secret secret(const char *s)
{
    nx_secret out = {.n = 0};
    assert_true(nx_ok(nx_secret_set(&out, nx_span_str(s))));
    return out;
}

static void test_the_password_and_no_other(void **state)
{
    (void)state;
    nx_secret right = secret("mật khẩu dài"), wrong = secret("mật khẩu dàI"), empty = secret("");
    nx_phc phc, again;
    assert_true(nx_ok(nx_password_hash(&phc, &cheap, &right, NX_SPAN_NONE)));
    assert_true(nx_ok(nx_password_hash(&again, &cheap, &right, NX_SPAN_NONE)));
    assert_string_not_equal(phc.s, again.s);
    assert_true(nx_ok(nx_password_verify(phc.s, &cheap, &right, NX_SPAN_NONE)));
    assert_int_equal(nx_password_verify(phc.s, &cheap, &wrong, NX_SPAN_NONE).e, NX_ERR_PASSWORD);
    assert_int_equal(nx_password_verify(phc.s, &cheap, &empty, NX_SPAN_NONE).e, NX_ERR_PASSWORD);
}

static void test_rule_8_a_pepper_is_needed_to_verify(void **state)
{
    (void)state;
    nx_secret pin = secret("493817");
    nx_phc phc;
    assert_true(nx_ok(nx_password_hash(&phc, &cheap, &pin, NX_LIT("pepper"))));
    assert_true(nx_ok(nx_password_verify(phc.s, &cheap, &pin, NX_LIT("pepper"))));
    assert_int_equal(nx_password_verify(phc.s, &cheap, &pin, NX_LIT("other")).e, NX_ERR_PASSWORD);
    assert_int_equal(nx_password_verify(phc.s, &cheap, &pin, NX_SPAN_NONE).e, NX_ERR_PASSWORD);
}

static void test_the_cost_is_in_the_hash(void **state)
{
    (void)state;
    nx_secret pw = secret("x");
    nx_phc phc;
    struct nx_password_cost more = {.passes = 2, .memory_kib = 64},
                            wild = {.passes = 2, .memory_kib = 1u << 30};
    assert_true(nx_ok(nx_password_hash(&phc, &cheap, &pw, NX_SPAN_NONE)));
    assert_false(nx_password_stale(phc.s, &cheap));
    assert_true(nx_password_stale(phc.s, &more));
    assert_true(nx_ok(nx_password_verify(phc.s, &more, &pw, NX_SPAN_NONE)));
    assert_int_equal(nx_password_hash(&phc, &wild, &pw, NX_SPAN_NONE).e, NX_ERR_RANGE);
}

static void test_a_damaged_row_is_told_from_a_wrong_password(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "x",
        "$argon2i$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
        "$argon2id$v=19$m=9999999,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
        "$argon2id$v=19$m=64,t=99,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
        "$argon2id$v=19$m=64,t=1,p=4$c2Fs$aGFz",
        "$argon2id$v=19$m=64,t=1,p=1$!!$??",
    };
    nx_secret pw = secret("x");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(nx_password_verify(rows[i], &cheap, &pw, NX_SPAN_NONE).e, NX_ERR_PASSWORD_HASH);
        assert_true(nx_password_stale(rows[i], &cheap) || i == 6);
    }
}

/* The best of three, so that a busy machine does not decide; the gap would be a factor of thousands. */
static int64_t best_of_three(const char *phc, const struct nx_password_cost *cost, const nx_secret *pw)
{
    int64_t best = INT64_MAX;
    for (int i = 0; i < 3; i++) {
        int64_t start = nx_mono_ns();
        assert_int_equal(nx_password_verify(phc, cost, pw, NX_SPAN_NONE).e, NX_ERR_PASSWORD);
        int64_t took = nx_mono_ns() - start;
        if (took < best) best = took;
    }
    return best;
}

static void test_an_unknown_user_costs_the_same(void **state)
{
    (void)state;
    const struct nx_password_cost cost = {.passes = 2, .memory_kib = 8192};
    nx_secret right = secret("right"), wrong = secret("wrong");
    nx_phc phc;
    assert_true(nx_ok(nx_password_hash(&phc, &cost, &right, NX_SPAN_NONE)));
    int64_t known = best_of_three(phc.s, &cost, &wrong), unknown = best_of_three(NULL, &cost, &wrong);
    assert_true(unknown > known / 3 && unknown < known * 3);
}

static void test_made_secrets(void **state)
{
    (void)state;
    NX_AUTO_SECRET(a);
    NX_AUTO_SECRET(b);
    uint8_t digest[NX_SHA256_LEN];
    assert_true(nx_ok(nx_secret_make(&a)));
    assert_true(nx_ok(nx_secret_make(&b)));
    assert_int_equal(a.n, NX_MADE_SECRET_LEN);
    assert_true(nx_ok(nx_secret_digest(digest, nx_secret_expose(&a))));
    nx_span d = nx_span_of(digest, sizeof digest);
    assert_true(nx_ok(nx_secret_check(d, nx_secret_expose(&a))));
    assert_int_equal(nx_secret_check(d, nx_secret_expose(&b)).e, NX_ERR_SECRET);
    assert_int_equal(nx_secret_check(d, NX_SPAN_NONE).e, NX_ERR_SECRET);
    assert_int_equal(nx_secret_check(NX_SPAN_NONE, nx_secret_expose(&a)).e, NX_ERR_SECRET);
}

static void *hash_in_turn(void *phc)
{
    size_t *right = calloc(1, sizeof *right);
    nx_secret yes = {.n = 1, .bytes = {'y'}}, no = {.n = 1, .bytes = {'n'}};
    for (int i = 0; right && i < 10; i++) {
        *right += nx_ok(nx_password_verify(phc, &cheap, &yes, NX_SPAN_NONE));
        *right += nx_password_verify(phc, &cheap, &no, NX_SPAN_NONE).e == NX_ERR_PASSWORD;
        *right += nx_password_verify("$argon2id$v=19$m=64,t=1,p=1$x$y", &cheap, &no, NX_SPAN_NONE).e ==
                  NX_ERR_PASSWORD_HASH;
        *right += nx_password_verify(NULL, &cheap, &no, NX_SPAN_NONE).e == NX_ERR_PASSWORD;
    }
    return right;
}

/* Whatever a hash comes to, its turn goes on to the next: one turn that were kept would stop all of them. */
static void test_turns_at_hashing_are_given_back(void **state)
{
    (void)state;
    pthread_t thread[4];
    nx_secret yes = secret("y");
    nx_phc phc;
    nx_password_at_once(1);
    assert_true(nx_ok(nx_password_hash(&phc, &cheap, &yes, NX_SPAN_NONE)));
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, hash_in_turn, phc.s), 0);
    for (int i = 0; i < 4; i++) {
        void *right = NULL;
        pthread_join(thread[i], &right);
        assert_non_null(right);
        assert_int_equal(*(size_t *)right, 40);
        free(right);
    }
    nx_password_at_once(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_password_and_no_other),
        cmocka_unit_test(test_rule_8_a_pepper_is_needed_to_verify),
        cmocka_unit_test(test_the_cost_is_in_the_hash),
        cmocka_unit_test(test_a_damaged_row_is_told_from_a_wrong_password),
        cmocka_unit_test(test_an_unknown_user_costs_the_same),
        cmocka_unit_test(test_made_secrets),
        cmocka_unit_test(test_turns_at_hashing_are_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
