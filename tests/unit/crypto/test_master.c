/* The key file: made once, kept, refused when damaged or open to others. */
#include "base/fault.h"
#include "crypto/master.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[64], file[128];

static int set_up(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/nixa-master-XXXXXX");
    if (!mkdtemp(dir)) return -1;
    snprintf(file, sizeof file, "%s/keys/master.key", dir);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char folder[128];
    snprintf(folder, sizeof folder, "%s/keys", dir);
    unlink(file);
    rmdir(folder);
    return rmdir(dir);
}

static void test_made_once_and_kept(void **state)
{
    (void)state;
    NX_AUTO(nx_master) first = NULL;
    NX_AUTO(nx_master) second = NULL;
    assert_true(nx_ok(nx_master_open(&first, dir)));
    assert_true(nx_ok(nx_master_open(&second, dir)));
    struct stat st;
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(st.st_size, NX_MASTER_LEN);
    for (int i = 0; i < NX_LABEL_COUNT; i++) {
        assert_true(nx_span_eq(nx_master_key(first, (nx_label)i), nx_master_key(second, (nx_label)i)));
        for (int j = 0; j < i; j++)
            assert_false(nx_span_eq(nx_master_key(first, (nx_label)i), nx_master_key(first, (nx_label)j)));
    }
}

static void test_refused_when_others_may_read_it(void **state)
{
    (void)state;
    NX_AUTO(nx_master) m = NULL;
    assert_true(nx_ok(nx_master_open(&m, dir)));
    assert_int_equal(chmod(file, 0640), 0);
    nx_master *again = NULL;
    assert_int_equal(nx_master_open(&again, dir).e, NX_ERR_MASTER_KEY);
    assert_null(again);
}

static void test_refused_when_cut(void **state)
{
    (void)state;
    NX_AUTO(nx_master) m = NULL;
    assert_true(nx_ok(nx_master_open(&m, dir)));
    assert_int_equal(truncate(file, NX_MASTER_LEN - 1), 0);
    nx_master *again = NULL;
    assert_int_equal(nx_master_open(&again, dir).e, NX_ERR_MASTER_KEY);
}

static void test_a_link_is_not_followed(void **state)
{
    (void)state;
    char target[128], folder[128];
    snprintf(folder, sizeof folder, "%s/keys", dir);
    snprintf(target, sizeof target, "%s/elsewhere", dir);
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(symlink(target, file), 0);
    nx_master *m = NULL;
    assert_int_equal(nx_master_open(&m, dir).e, NX_ERR_IO);
    assert_int_not_equal(access(target, F_OK), 0);
}

static void test_no_key_without_random_bytes(void **state)
{
    (void)state;
    nx_master *m = NULL;
    nx_fault_arm(NX_ACT_RANDOM, 1);
    assert_int_equal(nx_master_open(&m, dir).e, NX_ERR_RANDOM);
    assert_int_not_equal(access(file, F_OK), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_made_once_and_kept),     T(test_refused_when_others_may_read_it), T(test_refused_when_cut),
        T(test_a_link_is_not_followed), T(test_no_key_without_random_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
