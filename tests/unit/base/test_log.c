#include "base/json.h"
#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

static char captured[8192];

/* Runs fn with standard error in a pipe and keeps what it wrote. */
static void capture(void (*fn)(void))
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    int saved = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    fn();
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[1]);
    ssize_t n = read(ends[0], captured, sizeof captured - 1);
    close(ends[0]);
    captured[n > 0 ? n : 0] = 0;
}

static void write_one(void)
{
    nx_log_request("abc");
    nx_log(NX_WARN, "store_away", NX_TEXT("host", "a\"b\n\xff"), NX_NUM("ms", -5));
    nx_log_request(NULL);
}

static void test_a_line_is_one_json_object(void **state)
{
    (void)state;
    capture(write_one);
    assert_int_equal(captured[strlen(captured) - 1], '\n');
    NX_AUTO_JSON j = NULL;
    assert_true(nx_ok(nx_json_parse_object(&j, nx_span_of(captured, strlen(captured) - 1))));
    assert_string_equal(nx_json_str(j, "lvl"), "warn");
    assert_string_equal(nx_json_str(j, "rid"), "abc");
    assert_string_equal(nx_json_str(j, "ev"), "store_away");
    assert_int_equal(nx_json_int(j, "ms", 0), -5);
}

static void write_long(void)
{
    static char text[5000];
    memset(text, 'x', sizeof text - 1);
    struct nx_field many[20];
    for (int i = 0; i < 20; i++)
        many[i] = NX_TEXT("field", text);
    nx_log_write(NX_ERROR, "long", many, 20);
}

static void test_a_long_line_is_cut_not_overrun(void **state)
{
    (void)state;
    capture(write_long);
    assert_true(strlen(captured) <= 2048);
    assert_string_equal(captured + strlen(captured) - 2, "}\n");
}

static void write_debug(void)
{
    nx_log(NX_DEBUG, "quiet", NX_NUM("n", 1));
}

static void test_levels(void **state)
{
    (void)state;
    capture(write_debug);
    assert_string_equal(captured, "");
    nx_log_level(NX_DEBUG);
    capture(write_debug);
    assert_non_null(strstr(captured, "quiet"));
    nx_log_level(NX_INFO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line_is_one_json_object),
        cmocka_unit_test(test_a_long_line_is_cut_not_overrun),
        cmocka_unit_test(test_levels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
