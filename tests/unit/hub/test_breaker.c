/* Bulkheads and breakers, with threads where they wait. */
#include "hub/breaker.h"

#include "base/clock.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

static void fail_times(const char *upstream, int n)
{
    struct nx_fuse_pass pass;
    for (int i = 0; i < n; i++) {
        assert_int_equal(nx_fuse_enter(&pass, upstream).e, NX_ERR_NONE);
        nx_fuse_leave(&pass, false);
    }
}

static enum nx_fuse_state state_of(const char *upstream)
{
    struct nx_fuse_view v;
    nx_fuse_look(&v, upstream);
    return v.state;
}

static void test_it_rests_after_failures_in_a_row(void **state)
{
    struct nx_fuse_pass pass;
    struct nx_fuse_view v;
    (void)state;
    fail_times("rests", NX_FUSE_FAILURES - 1);
    assert_int_equal(nx_fuse_enter(&pass, "rests").e, NX_ERR_NONE);
    nx_fuse_leave(&pass, true); /* an answer: the count begins anew */
    fail_times("rests", NX_FUSE_FAILURES);
    assert_int_equal(nx_fuse_enter(&pass, "rests").e, NX_ERR_UPSTREAM_AWAY);
    nx_fuse_look(&v, "rests");
    assert_int_equal(v.state, NX_FUSE_OPEN);
    assert_true(v.rest_ms > 0 && v.rest_ms <= NX_FUSE_REST_MS);
    assert_int_equal(v.refused, 1);
    assert_true(nx_fuse_down() >= 1);
    assert_int_equal(state_of("another"), NX_FUSE_CLOSED);
}

static void wait_until_half_open(const char *upstream)
{
    for (int i = 0; i < 400 && state_of(upstream) == NX_FUSE_OPEN; i++)
        usleep(10000);
    assert_int_equal(state_of(upstream), NX_FUSE_HALF_OPEN);
}

/* One call tries; the others are kept out until it has come back. */
static void test_half_open_lets_one_through(void **state)
{
    struct nx_fuse_pass one, two;
    (void)state;
    fail_times("half", NX_FUSE_FAILURES);
    wait_until_half_open("half");
    assert_int_equal(nx_fuse_enter(&one, "half").e, NX_ERR_NONE);
    assert_int_equal(nx_fuse_enter(&two, "half").e, NX_ERR_UPSTREAM_AWAY);
    nx_fuse_leave(&one, true);
    assert_int_equal(state_of("half"), NX_FUSE_CLOSED);
    assert_int_equal(nx_fuse_enter(&two, "half").e, NX_ERR_NONE);
    nx_fuse_leave(&two, true);
}

static void *come_and_wait(void *arg)
{
    struct nx_fuse_pass pass;
    nx_err *e = arg;
    *e = nx_fuse_enter(&pass, "full").e;
    if (*e == NX_ERR_NONE) nx_fuse_leave(&pass, true);
    return NULL;
}

/* Four are served, four wait, and the ninth is told at once; who leaves lets the next one in. */
static void test_the_bulkhead(void **state)
{
    struct nx_fuse_pass pass[NX_BULKHEAD_MAX], more;
    pthread_t thread[NX_BULKHEAD_MAX];
    nx_err e[NX_BULKHEAD_MAX];
    (void)state;
    for (int i = 0; i < NX_BULKHEAD_MAX; i++)
        assert_int_equal(nx_fuse_enter(&pass[i], "full").e, NX_ERR_NONE);
    for (int i = 0; i < NX_BULKHEAD_MAX; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, come_and_wait, &e[i]), 0);
    usleep(200000);
    int64_t began = nx_mono_ms();
    assert_int_equal(nx_fuse_enter(&more, "full").e, NX_ERR_UPSTREAM_BUSY);
    assert_true(nx_mono_ms() - began < NX_BULKHEAD_WAIT_MS / 2);
    assert_int_equal(nx_fuse_enter(&more, "elsewhere").e, NX_ERR_NONE); /* nobody else is held up */
    nx_fuse_leave(&more, true);
    for (int i = 0; i < NX_BULKHEAD_MAX; i++)
        nx_fuse_leave(&pass[i], true);
    for (int i = 0; i < NX_BULKHEAD_MAX; i++) {
        pthread_join(thread[i], NULL);
        assert_int_equal(e[i], NX_ERR_NONE);
    }
}

static void test_who_waits_too_long_is_told(void **state)
{
    struct nx_fuse_pass pass[NX_BULKHEAD_MAX], more;
    (void)state;
    for (int i = 0; i < NX_BULKHEAD_MAX; i++)
        assert_int_equal(nx_fuse_enter(&pass[i], "slow").e, NX_ERR_NONE);
    assert_int_equal(nx_fuse_enter(&more, "slow").e, NX_ERR_UPSTREAM_BUSY);
    for (int i = 0; i < NX_BULKHEAD_MAX; i++)
        nx_fuse_leave(&pass[i], true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_rests_after_failures_in_a_row),
        cmocka_unit_test(test_half_open_lets_one_through),
        cmocka_unit_test(test_the_bulkhead),
        cmocka_unit_test(test_who_waits_too_long_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
