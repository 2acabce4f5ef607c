/* Children: started, ended with their whole group, restarted later and later, gone when their parent is. */
#include "base/clock.h"
#include "main/nixactl_child.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];

static int up(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/nixa-child-XXXXXX");
    return mkdtemp(folder) && chdir(folder) == 0 && mkdir("log", 0700) == 0 ? 0 : -1;
}

static int down(void **state)
{
    (void)state;
    unlink("log/t.log");
    rmdir("log");
    return chdir("/") == 0 ? rmdir(folder) : -1;
}

static struct nx_child shell(const char *script)
{
    return (struct nx_child){.name = "t",
                             .argv = {"/bin/sh", "-c", script},
                             .death_signal = SIGKILL,
                             .stop_signal = SIGTERM,
                             .stop_ms = 300,
                             .keep_fd = -1,
                             .wanted = true};
}

static bool gone(pid_t pid)
{
    for (int i = 0; i < 200; i++) {
        if (kill(pid, 0) != 0) return true;
        waitpid(pid, NULL, WNOHANG);
        usleep(10000);
    }
    return false;
}

/* The number that the script writes to a file, once it has. */
static pid_t number_in(const char *path)
{
    long n = 0;
    for (int i = 0; i < 200 && n == 0; i++) {
        FILE *f = fopen(path, "r");
        if (f && fscanf(f, "%ld", &n) != 1) n = 0;
        if (f) fclose(f);
        if (n == 0) usleep(10000);
    }
    unlink(path);
    return (pid_t)n;
}

static void test_it_starts_only_when_wanted_and_due(void **state)
{
    struct nx_child c = shell("sleep 30");
    (void)state;
    c.wanted = false;
    nx_child_start(&c, 1000);
    assert_int_equal(c.pid, 0);
    c.wanted = true;
    c.due_ms = 2000;
    nx_child_start(&c, 1999);
    assert_int_equal(c.pid, 0);
    nx_child_start(&c, 2000);
    assert_true(c.pid > 0);
    assert_int_equal(getpgid(c.pid), c.pid);
    nx_child_stop(&c);
    assert_int_equal(c.pid, 0);
    assert_false(c.wanted);
}

static void test_back_off(void **state)
{
    static const int64_t delays[] = {0, 100, 200, 400, 800, 1600, 3200, 5000, 5000};
    struct nx_child c = shell("exit 1");
    (void)state;
    for (size_t i = 0; i < sizeof delays / sizeof delays[0]; i++) {
        c.began_ms = 10000;
        nx_child_ended(&c, 1 << 8, 10100);
        assert_int_equal(c.due_ms - 10100, delays[i]);
    }
    c.began_ms = 10000;
    nx_child_ended(&c, SIGKILL, 12000); /* it lived: the count begins anew */
    assert_int_equal(c.due_ms, 12000);
    assert_int_equal(c.quick, 0);
}

static void test_one_that_does_not_stop_is_killed(void **state)
{
    struct nx_child c = shell("trap '' TERM; echo $$ >ready; while :; do sleep 1; done");
    (void)state;
    nx_child_start(&c, nx_mono_ms());
    assert_int_equal(number_in("ready"), c.pid);
    nx_child_stop(&c);
    assert_int_equal(c.pid, 0);
    assert_true(WIFSIGNALED(c.last_status) && WTERMSIG(c.last_status) == SIGKILL);
}

static void test_what_it_leaves_behind_is_killed_with_it(void **state)
{
    int status;
    struct nx_child c = shell("sleep 60 & echo $! >left; wait");
    (void)state;
    nx_child_start(&c, nx_mono_ms());
    pid_t left = number_in("left");
    assert_true(left > 0 && kill(left, 0) == 0);
    kill(c.pid, SIGKILL);
    assert_int_equal(waitpid(c.pid, &status, 0), c.pid);
    nx_child_ended(&c, status, nx_mono_ms());
    assert_true(gone(left));
}

static void test_it_dies_with_its_parent(void **state)
{
    (void)state;
    pid_t parent = fork();
    if (parent == 0) {
        struct nx_child c = shell("echo $$ >orphan; sleep 60");
        nx_child_start(&c, nx_mono_ms());
        pause();
        _exit(0);
    }
    pid_t child = number_in("orphan");
    assert_true(child > 0);
    kill(parent, SIGKILL);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    assert_true(gone(child));
}

static void test_its_environment_is_clean(void **state)
{
    struct nx_child c = shell("env >seen; echo $$ >ready");
    char text[4096];
    (void)state;
    setenv("https_proxy", "http://127.0.0.1:9", 1);
    setenv("NX_KEPT", "yes", 1);
    nx_child_start(&c, nx_mono_ms());
    number_in("ready");
    FILE *f = fopen("seen", "r");
    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    unlink("seen");
    nx_child_stop(&c);
    assert_null(strstr(text, "https_proxy"));
    assert_non_null(strstr(text, "NX_KEPT=yes"));
}

#define T(f) cmocka_unit_test_setup_teardown(f, up, down)
int main(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* as the supervisor is */
    const struct CMUnitTest tests[] = {
        T(test_it_starts_only_when_wanted_and_due),
        T(test_back_off),
        T(test_one_that_does_not_stop_is_killed),
        T(test_what_it_leaves_behind_is_killed_with_it),
        T(test_it_dies_with_its_parent),
        T(test_its_environment_is_clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
