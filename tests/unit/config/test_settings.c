#include "config/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static nx_arena *arena;
static struct nx_settings s;
static char complaint[NX_COMPLAINT_MAX];

static int up(void **state)
{
    (void)state;
    arena = nx_arena_open(4u << 20);
    complaint[0] = '\0';
    nx_settings_default(&s);
    return arena ? 0 : -1;
}

static int down(void **state)
{
    (void)state;
    nx_arena_close(arena);
    return 0;
}

static nx_err yaml(const char *text)
{
    return nx_settings_yaml(&s, arena, nx_span_str(text), complaint).e;
}

static nx_err args(int *rest, int argc, const char *const *words)
{
    char *argv[16];
    for (int i = 0; i < argc; i++)
        argv[i] = nx_arena_strdup(arena, words[i]);
    return nx_settings_read(&s, arena, argc, argv, rest, complaint).e;
}
#define ARGS(rest, ...)                                                                                      \
    args((rest), sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), (const char *[]){__VA_ARGS__})

static void test_defaults_and_derivation(void **state)
{
    int rest;
    (void)state;
    assert_int_equal(nx_settings_read(&s, arena, 0, NULL, &rest, complaint).e, NX_ERR_NONE);
    assert_string_equal(s.issuer, "https://localhost:8443");
    assert_string_equal(s.mtls_listen, "127.0.0.1:8444");
    assert_string_equal(s.egress_allow, "127.0.0.0/8,::1/128");
    assert_true(s.demo && nx_settings_loopback(&s));
}

static void test_command_line(void **state)
{
    int rest;
    (void)state;
    assert_int_equal(ARGS(&rest, "--listen", "0.0.0.0:443", "--no-demo", "--access-ttl-s=60", "left", "over"),
                     NX_ERR_NONE);
    assert_int_equal(rest, 4);
    assert_string_equal(s.issuer, "https://localhost");
    assert_false(s.demo);
    assert_int_equal(s.access_ttl_s, 60);
    assert_int_equal(ARGS(&rest, "--issuer", "https://id.example.vn"), NX_ERR_NONE);
    assert_false(nx_settings_loopback(&s));
    assert_string_equal(s.egress_allow, "");
}

static void test_command_line_refused(void **state)
{
    int rest;
    (void)state;
    assert_int_equal(ARGS(&rest, "--nonsense", "x"), NX_ERR_SETTING_VALUE);
    assert_non_null(strstr(complaint, "--nonsense"));
    assert_int_equal(ARGS(&rest, "--listen"), NX_ERR_SETTING_VALUE);
    assert_int_equal(ARGS(&rest, "--access-ttl-s", "29"), NX_ERR_SETTING_VALUE);
    assert_non_null(strstr(complaint, "30 to 900"));
    assert_int_equal(ARGS(&rest, "--workers", "1", "--workers", "2"), NX_ERR_SETTING_VALUE);
    assert_int_equal(ARGS(&rest, "--listen", "nowhere"), NX_ERR_SETTING_VALUE);
    assert_int_equal(ARGS(&rest, "--issuer", "http://localhost:1"), NX_ERR_SETTING_VALUE);
    assert_int_equal(ARGS(&rest, "--issuer", "https://a/b"), NX_ERR_SETTING_VALUE);
    assert_int_equal(ARGS(&rest, "--redis", "redis+sentinel://h"), NX_ERR_SETTING_VALUE);
    assert_non_null(strstr(complaint, "not in this edition"));
    assert_int_equal(ARGS(&rest, "--database", "postgresql://h/d"), NX_ERR_SETTING_VALUE);
    assert_int_equal(ARGS(&rest, "--session-idle-s", "50000"),
                     NX_ERR_SETTING_VALUE); /* longer than the session */
}

static void test_yaml(void **state)
{
    (void)state;
    assert_int_equal(
        yaml("# c\nlisten: 127.0.0.1:9000\ndemo: false\negress_allow:\n  - 10.0.0.0/8\n  - 192.168.0.0/16\n"),
        NX_ERR_NONE);
    assert_string_equal(s.listen, "127.0.0.1:9000");
    assert_false(s.demo);
    assert_string_equal(s.egress_allow, "10.0.0.0/8,192.168.0.0/16");
    assert_int_equal(yaml(""), NX_ERR_NONE);
}

static void test_yaml_refused_with_its_line(void **state)
{
    static const struct {
        const char *text, *says;
        nx_err e;
    } bad[] = {{"demo: true\nnonsense: 1\n", "line 2: nonsense", NX_ERR_SETTING_UNKNOWN},
               {"access_ttl_s: 1\n", "line 1: access_ttl_s", NX_ERR_SETTING_VALUE},
               {"demo: true\ndemo: false\n", "line 2: ", NX_ERR_DUPLICATE},
               {"demo: [true\n", "line ", NX_ERR_SYNTAX},
               {"- a\n", "line 1: ", NX_ERR_SYNTAX},
               {"demo: {a: b}\n", "line 1: ", NX_ERR_SYNTAX},
               {"listen: &x 127.0.0.1:1\n", "line 1: ", NX_ERR_SYNTAX},
               {"listen: !!str 127.0.0.1:1\n", "line 1: ", NX_ERR_SYNTAX},
               {"demo: true\n---\ndemo: false\n", "line 2: ", NX_ERR_SYNTAX}};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(yaml(bad[i].text), bad[i].e);
        if (!strstr(complaint, bad[i].says)) fail_msg("%s lacks %s", complaint, bad[i].says);
    }
}

static void test_file_under_the_command_line(void **state)
{
    char path[] = "/tmp/nx-settings-XXXXXX";
    int fd = mkstemp(path), rest;
    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "access_ttl_s: 120\npassword_min: 12\n", 35), 35);
    close(fd);
    assert_int_equal(ARGS(&rest, "--access-ttl-s", "60", "--config", path), NX_ERR_NONE);
    unlink(path);
    assert_int_equal(s.access_ttl_s, 60);
    assert_int_equal(s.password_min, 12);
    assert_int_equal(ARGS(&rest, "--config", "/nowhere/at/all"), NX_ERR_SETTING_VALUE);
}

static void test_dump_reads_back_and_explains(void **state)
{
    struct nx_settings first;
    nx_buf text, again;
    int rest;
    (void)state;
    assert_int_equal(ARGS(&rest, "--listen", "127.0.0.1:9000", "--data", "it's here", "--no-demo"),
                     NX_ERR_NONE);
    first = s;
    nx_buf_init(&text, arena, 1u << 16);
    nx_settings_dump(&first, &text);
    nx_settings_default(&s);
    assert_int_equal(yaml(nx_buf_str(&text)), NX_ERR_NONE);
    nx_buf_init(&again, arena, 1u << 16);
    nx_settings_dump(&s, &again);
    assert_string_equal(nx_buf_str(&again), nx_buf_str(&text));
    nx_buf_init(&text, arena, 1u << 16);
    nx_settings_explain(&text);
    assert_non_null(strstr(nx_buf_str(&text), "access_ttl_s: 30 to 900, default 300: "));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, up, down)
    const struct CMUnitTest tests[] = {
        T(test_defaults_and_derivation),      T(test_command_line),
        T(test_command_line_refused),         T(test_yaml),
        T(test_yaml_refused_with_its_line),   T(test_file_under_the_command_line),
        T(test_dump_reads_back_and_explains),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
