/* Calls over real sockets: a small server in a thread that answers by what the path asks for, and one with
 * TLS by the openssl command. */
#include "base/clock.h"
#include "egress/breaker.h"
#include "egress/egress.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static int listener;
static unsigned port;
static pthread_t server;
static atomic_uint connections, requests;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char last_request[4096];

static void reply(int fd, const char *head, size_t body)
{
    char text[512];
    int n = snprintf(text, sizeof text, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n", head, body);
    if (write(fd, text, (size_t)n) != n) return;
    char page[1024];
    memset(page, 'x', sizeof page);
    while (body > 0) {
        ssize_t w = write(fd, page, body < sizeof page ? body : sizeof page);
        if (w <= 0) return;
        body -= (size_t)w;
    }
}

static void answer(int fd, const char *request)
{
    if (strstr(request, " /ok"))
        reply(fd, "200 OK\r\nContent-Type: Application/JSON; charset=utf-8", 5);
    else if (strstr(request, " /redirect"))
        reply(fd, "302 Found\r\nLocation: /ok", 0);
    else if (strstr(request, " /exact"))
        reply(fd, "200 OK", 65536);
    else if (strstr(request, " /large"))
        reply(fd, "200 OK", 65537);
    else if (strstr(request, " /endless")) {
        const char *head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        ssize_t w = write(fd, head, strlen(head));
        while (w > 0)
            w = write(fd, "4\r\nabcd\r\n", 9);
    } else if (strstr(request, " /close"))
        shutdown(fd, SHUT_RDWR);
    else if (strstr(request, " /old")) {
        ssize_t w = write(fd, "an answer without a head\n", 25);
        (void)w;
        shutdown(fd, SHUT_RDWR);
    }
    /* " /slow" never answers */
}

static void *serve_one(void *arg)
{
    int fd = (int)(intptr_t)arg;
    char buf[4096];
    size_t n = 0;
    for (;;) {
        ssize_t r = read(fd, buf + n, sizeof buf - 1 - n);
        if (r <= 0) break;
        n += (size_t)r;
        buf[n] = 0;
        char *end = strstr(buf, "\r\n\r\n"), *length = strstr(buf, "Content-Length: ");
        size_t body = length ? strtoul(length + 16, NULL, 10) : 0;
        if (!end || n < (size_t)(end - buf) + 4 + body) continue;
        pthread_mutex_lock(&lock);
        memcpy(last_request, buf, n + 1);
        pthread_mutex_unlock(&lock);
        atomic_fetch_add(&requests, 1);
        answer(fd, buf);
        n = 0;
    }
    close(fd);
    return NULL;
}

static void *serve(void *arg)
{
    (void)arg;
    for (int fd; (fd = accept(listener, NULL, NULL)) >= 0;) {
        pthread_t t;
        atomic_fetch_add(&connections, 1);
        if (pthread_create(&t, NULL, serve_one, (void *)(intptr_t)fd) == 0) pthread_detach(t);
    }
    return NULL;
}

static int start_server(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof at;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&at, n) || listen(listener, 64)) return -1;
    if (getsockname(listener, (struct sockaddr *)&at, &n)) return -1;
    port = ntohs(at.sin_port);
    /* what a proxy of the environment would do: it must not be asked */
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("https_proxy", "http://127.0.0.1:1", 1);
    setenv("all_proxy", "http://127.0.0.1:1", 1);
    return pthread_create(&server, NULL, serve, NULL);
}

static int stop_server(void **state)
{
    (void)state;
    shutdown(listener, SHUT_RDWR);
    pthread_join(server, NULL);
    return close(listener);
}

static nx_egress *open_egress(const char *allow, const char *ca)
{
    nx_egress *e = NULL;
    const struct nx_egress_settings s = {
        .ca_file = ca, .allow = allow, .http_hosts = "localhost,127.0.0.1,dvc.localhost"};
    assert_true(nx_ok(nx_egress_open(&e, &s)));
    return e;
}

/* body NULL: GET. */
static nx_err call(nx_egress *e, nx_arena *a, struct nx_egress_reply *out, const char *host, const char *path,
                   const char *body)
{
    char url[256];
    snprintf(url, sizeof url, "http://%s:%u%s", host, port, path);
    const struct nx_egress_request request = {
        .purpose = body ? NX_PURPOSE_LOGOUT : NX_PURPOSE_CLIENT_JWKS,
        .url = url,
        .content_type = body ? "application/x-www-form-urlencoded" : NULL,
        .body = nx_span_str(body),
    };
    return nx_egress_call(out, a, e, &request).e;
}

static void test_an_answer_comes_back(void **state)
{
    (void)state;
    NX_AUTO(nx_egress) e = open_egress("127.0.0.0/8", NULL);
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    struct nx_egress_reply r;
    assert_int_equal(call(e, a, &r, "127.0.0.1", "/ok", NULL), NX_ERR_NONE);
    assert_int_equal(r.status, 200);
    assert_string_equal(r.content_type, "application/json");
    assert_true(nx_span_eq_str(r.body, "xxxxx"));
    assert_int_equal(call(e, a, &r, "localhost", "/ok?logout", "logout_token=a.b.c"), NX_ERR_NONE);
    assert_non_null(strstr(last_request, "POST /ok?logout HTTP/1.1"));
    assert_non_null(strstr(last_request, "Content-Type: application/x-www-form-urlencoded\r\n"));
    assert_non_null(strstr(last_request, "\r\n\r\nlogout_token=a.b.c"));
    assert_null(strstr(last_request, "Expect"));
}

static void test_names_under_localhost_are_loopback(void **state)
{
    (void)state;
    NX_AUTO(nx_egress) e = open_egress("127.0.0.0/8,::1", NULL);
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    struct nx_egress_reply r;
    assert_int_equal(call(e, a, &r, "dvc.localhost", "/ok", NULL), NX_ERR_NONE);
    assert_int_equal(r.status, 200);
}

static void test_connections_are_reused_within_a_purpose(void **state)
{
    (void)state;
    NX_AUTO(nx_egress) e = open_egress("127.0.0.0/8", NULL);
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    struct nx_egress_reply r;
    unsigned before = atomic_load(&connections);
    for (int i = 0; i < 5; i++)
        assert_int_equal(call(e, a, &r, "127.0.0.1", "/ok", NULL), NX_ERR_NONE);
    assert_int_equal(atomic_load(&connections), before + 1);
    for (int i = 0; i < 3; i++)
        assert_int_equal(call(e, a, &r, "127.0.0.1", "/ok", "x=y"), NX_ERR_NONE);
    assert_int_equal(atomic_load(&connections), before + 2);
}

static void test_rule_30_nothing_is_connected_that_is_not_listed(void **state)
{
    (void)state;
    NX_AUTO(nx_egress) e = open_egress("10.0.0.0/8", NULL);
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    struct nx_egress_reply r;
    unsigned before = atomic_load(&connections);
    assert_int_equal(call(e, a, &r, "127.0.0.1", "/ok", NULL), NX_ERR_EGRESS_ADDRESS);
    assert_int_equal(call(e, a, &r, "dvc.localhost", "/ok", NULL), NX_ERR_EGRESS_ADDRESS);
    /* ::1 is listed, so the name passes as text; the address that it resolves to as IPv4 still does not */
    NX_AUTO(nx_egress) six = open_egress("::1", NULL);
    nx_err e6 = call(six, a, &r, "localhost", "/ok", NULL);
    assert_true(e6 == NX_ERR_EGRESS_ADDRESS || e6 == NX_ERR_EGRESS_AWAY);
    assert_int_equal(atomic_load(&connections), before);
}

static void test_rule_30_redirects_are_answers(void **state)
{
    (void)state;
    NX_AUTO(nx_egress) e = open_egress("127.0.0.0/8", NULL);
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    struct nx_egress_reply r;
    unsigned before = atomic_load(&requests);
    assert_int_equal(call(e, a, &r, "127.0.0.1", "/redirect", NULL), NX_ERR_NONE);
    assert_int_equal(r.status, 302);
    assert_int_equal(atomic_load(&requests), before + 1);
}

static void test_rule_30_sizes_are_capped(void **state)
{
    (void)state;
    NX_AUTO(nx_egress) e = open_egress("127.0.0.0/8", NULL);
    NX_AUTO(nx_arena) a = nx_arena_open(4 << 20);
    struct nx_egress_reply r;
    assert_int_equal(call(e, a, &r, "127.0.0.1", "/exact", NULL), NX_ERR_NONE);
    assert_int_equal(r.body.n, 65536);
    assert_int_equal(call(e, a, &r, "127.0.0.1", "/large", NULL), NX_ERR_EGRESS_SIZE);
    assert_int_equal(call(e, a, &r, "127.0.0.1", "/endless", NULL), NX_ERR_EGRESS_SIZE);
    assert_int_equal(call(e, a, &r, "127.0.0.1", "/ok", NULL), NX_ERR_NONE);
}

static void test_rule_30_time_is_capped(void **state)
{
    (void)state;
    NX_AUTO(nx_egress) e = open_egress("127.0.0.0/8", NULL);
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    struct nx_egress_reply r;
    int64_t start = nx_mono_ms();
    assert_int_equal(call(e, a, &r, "127.0.0.1", "/slow", NULL), NX_ERR_EGRESS_AWAY);
    int64_t took = nx_mono_ms() - start;
    assert_true(took >= 1900 && took < 10000);
}

static void test_hosts_that_break_off_rest_after_a_while(void **state)
{
    (void)state;
    NX_AUTO(nx_egress) e = open_egress("127.0.0.0/8", NULL);
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    struct nx_egress_reply r;
    assert_int_equal(call(e, a, &r, "127.0.0.1", "/old", NULL), NX_ERR_EGRESS_AWAY);
    for (int i = 1; i < NX_BREAKER_FAILURES; i++)
        assert_int_equal(call(e, a, &r, "127.0.0.1", "/close", NULL), NX_ERR_EGRESS_AWAY);
    unsigned before = atomic_load(&connections);
    assert_int_equal(call(e, a, &r, "127.0.0.1", "/ok", NULL), NX_ERR_EGRESS_REST);
    assert_int_equal(atomic_load(&connections), before);
}

static void test_settings_that_do_not_hold(void **state)
{
    (void)state;
    static const struct nx_egress_settings bad[] = {
        {.allow = "10.0.0.0/99"}, {.http_hosts = "portal.example"}, {.ca_file = "/nonexistent/ca.pem"},
        {.ca_file = "/dev/null"}, {.own_ca_file = "/etc/passwd"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        nx_egress *e = NULL;
        assert_int_equal(nx_egress_open(&e, &bad[i]).e, NX_ERR_EGRESS_SETTING);
        assert_null(e);
    }
}

static void test_url_check_for_registration(void **state)
{
    (void)state;
    NX_AUTO(nx_egress) e = open_egress("127.0.0.0/8", NULL);
    assert_true(
        nx_ok(nx_egress_url_allowed(e, NX_PURPOSE_LOGOUT, NX_LIT("https://dvc.localhost:8443/logout"))));
    assert_true(nx_ok(nx_egress_url_allowed(e, NX_PURPOSE_LOGOUT, NX_LIT("https://portal.example/logout"))));
    assert_int_equal(nx_egress_url_allowed(e, NX_PURPOSE_LOGOUT, NX_LIT("https://10.0.0.1/")).e,
                     NX_ERR_EGRESS_ADDRESS);
    assert_int_equal(nx_egress_url_allowed(e, NX_PURPOSE_LOGOUT, NX_LIT("http://portal.example/")).e,
                     NX_ERR_EGRESS_URL);
}

/* A TLS server by the openssl command, with a certificate of its own for "localhost". */
static char folder[64], certificate[128], key[128];
static pid_t tls;
static unsigned tls_port;

static pid_t spawn(const char *const argv[])
{
    pid_t pid = fork();
    if (pid != 0) return pid;
    int null = open("/dev/null", O_RDWR);
    dup2(null, 0);
    dup2(null, 1);
    dup2(null, 2);
    execvp(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
}

static unsigned free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    unsigned got = 0;
    if (bind(fd, (struct sockaddr *)&at, n) == 0 && getsockname(fd, (struct sockaddr *)&at, &n) == 0)
        got = ntohs(at.sin_port);
    close(fd);
    return got;
}

static bool listening(unsigned at)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)at), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    for (int i = 0; i < 100; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        bool up = connect(fd, (struct sockaddr *)&to, sizeof to) == 0;
        close(fd);
        if (up) return true;
        usleep(20000);
    }
    return false;
}

static int start_tls(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/nixa-egress-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    snprintf(certificate, sizeof certificate, "%s/cert.pem", folder);
    snprintf(key, sizeof key, "%s/key.pem", folder);
    const char *const make[] = {"openssl",
                                "req",
                                "-x509",
                                "-newkey",
                                "ec",
                                "-pkeyopt",
                                "ec_paramgen_curve:P-256",
                                "-nodes",
                                "-keyout",
                                key,
                                "-out",
                                certificate,
                                "-days",
                                "1",
                                "-subj",
                                "/CN=x",
                                "-addext",
                                "subjectAltName=DNS:localhost",
                                NULL};
    int status = -1;
    if (waitpid(spawn(make), &status, 0) < 0 || status != 0) return -1;
    char accept[32];
    tls_port = free_port();
    snprintf(accept, sizeof accept, "127.0.0.1:%u", tls_port);
    const char *const run[] = {"openssl",   "s_server", "-quiet", "-accept", accept, "-cert",
                               certificate, "-key",     key,      "-www",    NULL};
    tls = spawn(run);
    return listening(tls_port) ? 0 : -1;
}

static int stop_tls(void **state)
{
    (void)state;
    kill(tls, SIGKILL);
    waitpid(tls, NULL, 0);
    unlink(certificate);
    unlink(key);
    return rmdir(folder);
}

static nx_err call_tls(const char *host, const char *ca)
{
    NX_AUTO(nx_egress) e = open_egress("127.0.0.0/8,::1", ca);
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    struct nx_egress_reply r;
    char url[128];
    snprintf(url, sizeof url, "https://%s:%u/", host, tls_port);
    const struct nx_egress_request request = {.purpose = NX_PURPOSE_CLIENT_JWKS, .url = url};
    nx_err err = nx_egress_call(&r, a, e, &request).e;
    if (err == NX_ERR_NONE) assert_int_equal(r.status, 200);
    return err;
}

static void test_certificates_are_checked(void **state)
{
    (void)state;
    assert_int_equal(call_tls("localhost", NULL), NX_ERR_EGRESS_AWAY);
    assert_int_equal(call_tls("localhost", certificate), NX_ERR_NONE);
    assert_int_equal(call_tls("dvc.localhost", certificate), NX_ERR_EGRESS_AWAY);
    assert_int_equal(call_tls("127.0.0.1", certificate), NX_ERR_EGRESS_AWAY);
}

/* Threads report, the main thread asserts. */
static atomic_uint good;

static void *call_often(void *arg)
{
    for (int i = 0; i < 20; i++) {
        NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
        struct nx_egress_reply r;
        if (call(arg, a, &r, "127.0.0.1", i % 2 ? "/ok" : "/exact", i % 3 ? NULL : "a=b") == NX_ERR_NONE)
            atomic_fetch_add(&good, 1);
    }
    return NULL;
}

static void test_threads_call_side_by_side(void **state)
{
    (void)state;
    NX_AUTO(nx_egress) e = open_egress("127.0.0.0/8", NULL);
    pthread_t thread[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, call_often, e), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(thread[i], NULL);
    assert_int_equal(atomic_load(&good), 80);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_answer_comes_back),
        cmocka_unit_test(test_names_under_localhost_are_loopback),
        cmocka_unit_test(test_connections_are_reused_within_a_purpose),
        cmocka_unit_test(test_rule_30_nothing_is_connected_that_is_not_listed),
        cmocka_unit_test(test_rule_30_redirects_are_answers),
        cmocka_unit_test(test_rule_30_sizes_are_capped),
        cmocka_unit_test(test_rule_30_time_is_capped),
        cmocka_unit_test(test_hosts_that_break_off_rest_after_a_while),
        cmocka_unit_test(test_settings_that_do_not_hold),
        cmocka_unit_test(test_url_check_for_registration),
        cmocka_unit_test_setup_teardown(test_certificates_are_checked, start_tls, stop_tls),
        cmocka_unit_test(test_threads_call_side_by_side),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
