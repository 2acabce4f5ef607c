/* Frames of the ctl socket, over a socket pair. */
#include "base/clock.h"
#include "main/ctl_frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static int pair[2];

static int up(void **state)
{
    (void)state;
    return socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
}

static int down(void **state)
{
    (void)state;
    close(pair[0]);
    close(pair[1]);
    return 0;
}

/* What the reader says to these bytes, after which the writer ends. */
static nx_err read_of(const void *bytes, size_t n)
{
    json_t *got = NULL;
    assert_int_equal(write(pair[0], bytes, n), n);
    shutdown(pair[0], SHUT_WR);
    nx_result r = nx_ctl_read(&got, pair[1], nx_mono_ms() + 1000);
    json_decref(got);
    return r.e;
}

static void test_a_message_comes_back_as_it_was(void **state)
{
    (void)state;
    NX_AUTO_JSON sent = json_pack("{s:s, s:i}", "do", "person.list", "limit", 5);
    NX_AUTO_JSON got = NULL;
    assert_true(nx_ok(nx_ctl_write(pair[0], sent, nx_mono_ms() + 1000)));
    assert_true(nx_ok(nx_ctl_read(&got, pair[1], nx_mono_ms() + 1000)));
    assert_true(json_equal(sent, got));
}

static void test_a_length_past_the_maximum(void **state)
{
    (void)state;
    assert_int_equal(read_of("\xff\xff\xff\xff{}", 6), NX_ERR_LIMIT);
}

static void test_a_frame_that_ends_early(void **state)
{
    (void)state;
    assert_int_equal(read_of("\0\0\0\x09{}", 6), NX_ERR_IO);
}

static void test_a_head_that_ends_early(void **state)
{
    (void)state;
    assert_int_equal(read_of("\0\0", 2), NX_ERR_IO);
}

static void test_no_object(void **state)
{
    (void)state;
    assert_int_equal(read_of("\0\0\0\x02[]", 6), NX_ERR_SYNTAX);
}

static void test_an_empty_frame(void **state)
{
    (void)state;
    assert_int_equal(read_of("\0\0\0\0", 4), NX_ERR_SYNTAX);
}

static void test_a_member_twice(void **state)
{
    (void)state;
    assert_int_equal(read_of("\0\0\0\x0d{\"a\":1,\"a\":2}", 17), NX_ERR_DUPLICATE);
}

static void test_a_silent_peer_costs_no_more_than_the_deadline(void **state)
{
    json_t *got = NULL;
    (void)state;
    int64_t began = nx_mono_ms();
    assert_int_equal(nx_ctl_read(&got, pair[1], began + 100).e, NX_ERR_IO);
    assert_true(nx_mono_ms() - began >= 100);
}

static void test_a_message_past_the_maximum_is_not_sent(void **state)
{
    char *longer = calloc(1, NX_CTL_FRAME_MAX + 2);
    char byte;
    (void)state;
    assert_non_null(longer);
    memset(longer, 'x', NX_CTL_FRAME_MAX);
    NX_AUTO_JSON sent = json_pack("{s:s}", "text", longer);
    assert_int_equal(nx_ctl_write(pair[0], sent, nx_mono_ms() + 1000).e, NX_ERR_LIMIT);
    assert_int_equal(recv(pair[1], &byte, 1, MSG_DONTWAIT), -1);
    free(longer);
}

#define T(f) cmocka_unit_test_setup_teardown(f, up, down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_a_message_comes_back_as_it_was),
        T(test_a_length_past_the_maximum),
        T(test_a_frame_that_ends_early),
        T(test_a_head_that_ends_early),
        T(test_no_object),
        T(test_an_empty_frame),
        T(test_a_member_twice),
        T(test_a_silent_peer_costs_no_more_than_the_deadline),
        T(test_a_message_past_the_maximum_is_not_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
