/* The data folder: entered only if it is ours alone, held by one, and asked about without disturbing.
 * Addresses. */
#include "main/layout.h"
#include "main/nixactl.h"
#include "main/nixactl_folder.h"
#include "main/nixactl_probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char base[64], folder[80];

static int up(void **state)
{
    (void)state;
    strcpy(base, "/tmp/nixa-folder-XXXXXX");
    if (!mkdtemp(base)) return -1;
    snprintf(folder, sizeof folder, "%s/a/var", base);
    return 0;
}

static int down(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", base);
    return chdir("/") == 0 ? system(command) : -1;
}

/* What a process that does this ends with; its locks end with it. */
static int in_child(nx_err (*act)(void))
{
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) _exit((int)act());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WEXITSTATUS(status);
}

static nx_err enter_and_lock(void)
{
    nx_result r = nx_folder_enter(folder);
    return nx_ok(r) ? nx_folder_lock().e : r.e;
}

static void test_it_is_made_narrow_with_its_parents(void **state)
{
    struct stat st;
    (void)state;
    assert_true(nx_ok(nx_folder_enter(folder)));
    assert_int_equal(stat(folder, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(stat(NX_RUN_DIR, &st), 0); /* it is the working directory */
    assert_int_equal(st.st_mode & 0777, 0700);
}

static void test_one_that_others_may_write_to_is_refused(void **state)
{
    (void)state;
    assert_true(nx_ok(nx_folder_enter(folder)));
    assert_int_equal(chmod(folder, 0770), 0);
    assert_int_equal(in_child(enter_and_lock), NX_ERR_CONFLICT);
}

static void test_one_holder_at_a_time(void **state)
{
    int ready[2], status;
    char byte;
    (void)state;
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(nx_folder_holder(folder), 0);
    pid_t holder = fork();
    if (holder == 0) {
        byte = enter_and_lock() == NX_ERR_NONE ? 'y' : 'n';
        if (write(ready[1], &byte, 1) == 1) pause();
        _exit(1);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');
    assert_int_equal(nx_folder_holder(folder), holder);
    assert_int_equal(in_child(enter_and_lock), NX_ERR_CONFLICT);
    assert_int_equal(nx_folder_holder(folder), holder);
    kill(holder, SIGKILL);
    assert_int_equal(waitpid(holder, &status, 0), holder);
    assert_int_equal(nx_folder_holder(folder), 0);
    assert_int_equal(in_child(enter_and_lock), NX_ERR_NONE);
}

static void test_addresses(void **state)
{
    static const struct {
        const char *address, *host, *port;
    } rows[] = {{"127.0.0.1:8443", "127.0.0.1", "8443"},
                {"[::1]:8443", "::1", "8443"},
                {"localhost:1", "localhost", "1"},
                {"localhost", NULL, NULL},
                {":8443", NULL, NULL},
                {"localhost:", NULL, NULL}};
    char host[32], port[32];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(nx_split_address(rows[i].address, host, port, sizeof host), rows[i].host != NULL);
        if (!rows[i].host) continue;
        assert_string_equal(host, rows[i].host);
        assert_string_equal(port, rows[i].port);
    }
    assert_false(nx_split_address("0123456789012345678901234567890123456789:1", host, port, sizeof host));
}

static void test_where_the_data_is(void **state)
{
    char here[4096], wanted[4200];
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 16);
    assert_int_equal(chdir(base), 0);
    assert_non_null(getcwd(here, sizeof here));
    setenv("NIXA_HOME", "/opt/x", 1);
    assert_string_equal(nx_data_folder(a, NULL), "/opt/x/var");
    assert_string_equal(nx_data_folder(a, "/d"), "/d");
    snprintf(wanted, sizeof wanted, "%s/d", here);
    assert_string_equal(nx_data_folder(a, "./d"), wanted);
    unsetenv("NIXA_HOME");
    snprintf(wanted, sizeof wanted, "%s/var", here);
    assert_string_equal(nx_data_folder(a, NULL), wanted);
}

#define T(f) cmocka_unit_test_setup_teardown(f, up, down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_it_is_made_narrow_with_its_parents),
        T(test_one_that_others_may_write_to_is_refused),
        T(test_one_holder_at_a_time),
        T(test_addresses),
        T(test_where_the_data_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
