/* Templates: every blank filled, nothing let through that would add a line or leave a quote. */
#include "main/nixactl_render.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const struct nx_blank blanks[] = {{"HOST", "a.example"}, {"PORT_2", ":8443"}, {"EMPTY", ""}};

static nx_err fill(char out[256], const char *text, const struct nx_blank *with, size_t count)
{
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 16);
    nx_buf b;
    nx_buf_init(&b, a, 200);
    nx_result r = nx_render(&b, nx_span_str(text), with, count);
    if (nx_ok(r)) strcpy(out, nx_buf_str(&b));
    return r.e;
}

static void test_blanks_are_filled(void **state)
{
    char out[256];
    (void)state;
    assert_int_equal(fill(out, "https://@HOST@@PORT_2@/@EMPTY@.", blanks, 3), NX_ERR_NONE);
    assert_string_equal(out, "https://a.example:8443/.");
}

static void test_other_at_signs_stay(void **state)
{
    char out[256];
    (void)state;
    assert_int_equal(fill(out, "unix@run/x @ @host@ @HOST", blanks, 3), NX_ERR_NONE);
    assert_string_equal(out, "unix@run/x @ @host@ @HOST");
}

static void test_an_unknown_blank_is_an_error(void **state)
{
    char out[256];
    (void)state;
    assert_int_equal(fill(out, "@NOBODY@", blanks, 3), NX_ERR_UNKNOWN);
}

static void test_values_cannot_break_out(void **state)
{
    static const char *const bad[] = {"a\nb", "a\rb", "a\"b", "a\\b", "a\tb", "a\x7f"};
    char out[256];
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct nx_blank one = {"HOST", bad[i]};
        assert_int_equal(fill(out, "x @HOST@", &one, 1), NX_ERR_SYNTAX);
    }
}

static void test_the_result_has_a_maximum(void **state)
{
    char out[256], longer[300];
    (void)state;
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    struct nx_blank one = {"HOST", longer};
    assert_int_equal(fill(out, "@HOST@", &one, 1), NX_ERR_LIMIT);
}

static void test_files_are_written_whole_and_narrow(void **state)
{
    char folder[] = "/tmp/nixa-render-XXXXXX", path[64], beside[80];
    struct stat st;
    nx_span back;
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 16);
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/f", folder);
    snprintf(beside, sizeof beside, "%s.new", path);
    assert_true(nx_ok(nx_write_file(path, 0600, NX_LIT("one"))));
    assert_true(nx_ok(nx_write_file(path, 0600, NX_LIT("two!"))));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(access(beside, F_OK), -1);
    assert_true(nx_ok(nx_read_file(&back, a, path, 4)));
    assert_true(nx_span_eq_str(back, "two!"));
    assert_int_equal(nx_read_file(&back, a, path, 3).e, NX_ERR_LIMIT);
    assert_int_equal(nx_read_file(&back, a, folder, 100).e, NX_ERR_IO);
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blanks_are_filled),
        cmocka_unit_test(test_other_at_signs_stay),
        cmocka_unit_test(test_an_unknown_blank_is_an_error),
        cmocka_unit_test(test_values_cannot_break_out),
        cmocka_unit_test(test_the_result_has_a_maximum),
        cmocka_unit_test(test_files_are_written_whole_and_narrow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
