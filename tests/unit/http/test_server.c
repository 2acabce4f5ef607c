/* The server over a real unix socket: lanes, deadlines, fences, streams, drain. */
#include "http/server.h"

#include "base/clock.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64], path[128];
static nx_router *router;
static nx_http_server *server;
static _Atomic int steps, closed, in_hash;
static _Atomic bool hold;

static nx_result say_hello(nx_request *rq, nx_reply *rp)
{
    nx_reply_text(rp, 200, rq->client);
    return NX_OK;
}

static nx_result echo(nx_request *rq, nx_reply *rp)
{
    nx_reply_body(rp, 200, "text/plain", rq->body);
    return NX_OK;
}

static nx_result mover(nx_request *rq, nx_reply *rp)
{
    if (rq->lane != NX_LANE_HASH) return nx_reply_move(rp, NX_LANE_HASH);
    atomic_fetch_add(&in_hash, 1);
    for (int i = 0; atomic_load(&hold) && i < 200; i++)
        usleep(10000);
    nx_reply_text(rp, 200, "hashed");
    return NX_OK;
}

static nx_result count_step(void *ctx, nx_buf *out, int *wait_ms, bool *end)
{
    int n = atomic_fetch_add(&steps, 1);
    char text[32];
    (void)ctx, (void)end;
    snprintf(text, sizeof text, "%d", n);
    nx_stream_event(out, "count", text);
    *wait_ms = n == 0 ? 15000 : 50; /* the second comes only because it is woken */
    return NX_OK;
}

static void count_close(void *ctx)
{
    (void)ctx;
    atomic_fetch_add(&closed, 1);
}

static nx_result streaming(nx_request *rq, nx_reply *rp)
{
    (void)rq;
    nx_reply_stream(rp, &(struct nx_stream){.step = count_step, .close = count_close, .key = "k"});
    return NX_OK;
}

static const struct nx_route rows[] = {
    {NX_GET, "/pure", 0, 0, NX_RATE_NONE, NX_LANE_PURE, say_hello},
    {NX_GET, "/fast", 0, 0, NX_RATE_NONE, NX_LANE_FAST, say_hello},
    {NX_POST, "/echo", 1000, 0, NX_RATE_NONE, NX_LANE_FAST, echo},
    {NX_GET, "/hash", 0, 0, NX_RATE_NONE, NX_LANE_FAST, mover},
    {NX_GET, "/events", 0, 0, NX_RATE_NONE, NX_LANE_FAST, streaming},
};
static const struct nx_route_table table = NX_ROUTE_TABLE("test", rows);

static void answer(nx_request *rq, nx_reply *rp, nx_err e)
{
    int status = e == NX_ERR_HTTP_TOO_LARGE ? 413
                 : e == NX_ERR_BUSY         ? 503
                 : e == NX_ERR_HTTP_ROUTE   ? 404
                                            : 400;
    (void)rq;
    nx_reply_text(rp, status, nx_err_name(e));
}

static int up(void **state)
{
    static const struct nx_route_table *const tables[] = {&table};
    struct nx_router_plan plan = {
        .tables = tables, .table_count = 1, .origin = "https://localhost:8443", .host = {.answer = answer}};
    struct nx_server_plan sp;
    (void)state;
    strcpy(folder, "/tmp/nx-http-XXXXXX");
    if (!mkdtemp(folder) || !nx_ok(nx_router_open(&router, &plan))) return -1;
    snprintf(path, sizeof path, "%s/http.sock", folder);
    nx_server_plan_default(&sp, 2);
    sp.router = router;
    sp.socket_path = path;
    sp.workers[NX_LANE_HASH] = 1;
    sp.queue[NX_LANE_HASH] = 1;
    sp.header_ms = 500;
    sp.body_ms = 500;
    atomic_store(&steps, 0);
    atomic_store(&closed, 0);
    atomic_store(&in_hash, 0);
    atomic_store(&hold, false);
    return nx_ok(nx_http_server_open(&server, &sp)) ? 0 : -1;
}

static int down(void **state)
{
    (void)state;
    nx_http_server_close(server, 2000);
    nx_router_close(router);
    server = NULL;
    rmdir(folder);
    return 0;
}

/* ---- a client as crude as the attacks
 * ---------------------------------------------------------------------- */

static int dial(void)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(at.sun_path, sizeof at.sun_path, "%.107s", path);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){.tv_sec = 10}, sizeof(struct timeval));
    if (connect(fd, (struct sockaddr *)&at, sizeof at) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static void put(int fd, const char *text, size_t n)
{
    if (send(fd, text, n, MSG_NOSIGNAL) < 0)
        return; /* the other side may refuse early: the reply is what counts */
}

/* Reads until `wanted` stands in what came, or the end; true when it was seen. */
static bool hear(int fd, char *room, size_t size, const char *wanted)
{
    size_t n = strlen(room);
    while (n + 1 < size) {
        if (wanted && strstr(room, wanted)) return true;
        ssize_t got = recv(fd, room + n, size - 1 - n, 0);
        if (got <= 0) break;
        n += (size_t)got;
        room[n] = '\0';
    }
    return wanted && strstr(room, wanted) != NULL;
}

static int ask(const char *request, size_t n, char *reply, size_t size)
{
    int fd = dial(), status = 0;
    reply[0] = '\0';
    if (fd < 0) return -1;
    put(fd, request, n);
    shutdown(fd, SHUT_WR);
    hear(fd, reply, size, NULL);
    close(fd);
    if (sscanf(reply, "HTTP/1.1 %d", &status) != 1) return 0;
    return status;
}

#define ASK(text, reply) ask("" text, sizeof(text) - 1, (reply), sizeof(reply))
#define HEAD "Host: localhost:8443\r\n"

static void test_lanes_answer(void **state)
{
    char r[4096];
    (void)state;
    assert_int_equal(ASK("GET /pure HTTP/1.1\r\n" HEAD "Connection: close\r\n\r\n", r), 200);
    assert_non_null(strstr(r, "local\n"));
    assert_non_null(strstr(r, "X-Content-Type-Options: nosniff"));
    assert_int_equal(
        ASK("GET /fast HTTP/1.1\r\n" HEAD "X-Forwarded-For: 203.0.113.9\r\nConnection: close\r\n\r\n", r),
        200);
    assert_non_null(strstr(r, "203.0.113.9\n"));
    assert_int_equal(ASK("GET /hash HTTP/1.1\r\n" HEAD "Connection: close\r\n\r\n", r), 200);
    assert_int_equal(atomic_load(&in_hash), 1);
    assert_int_equal(ASK("GET /none HTTP/1.1\r\n" HEAD "Connection: close\r\n\r\n", r), 404);
}

static void test_bodies(void **state)
{
    char r[4096];
    (void)state;
    assert_int_equal(
        ASK("POST /echo HTTP/1.1\r\n" HEAD "Content-Length: 5\r\nConnection: close\r\n\r\nhello", r), 200);
    assert_non_null(strstr(r, "\r\n\r\nhello"));
    assert_int_equal(
        ASK("POST /echo HTTP/1.1\r\n" HEAD
            "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
            r),
        200);
    assert_non_null(strstr(r, "\r\n\r\nabcde"));
    assert_int_equal(ASK("POST /echo HTTP/1.1\r\n" HEAD "Content-Length: 2000000\r\n\r\n", r), 413);
    assert_non_null(strstr(r, "Connection: close"));
    assert_int_equal(
        ASK("POST /echo HTTP/1.1\r\n" HEAD "Content-Length: 5000\r\nExpect: 100-continue\r\n\r\n", r), 413);
    assert_null(strstr(r, "100 Continue"));
}

/* A directory's ticket is large; no other field needs to be. */
static void test_field_sizes(void **state)
{
    static const struct {
        const char *field;
        int n, status;
    } cases[] = {
        {"Authorization: Negotiate ", 16384, 200},
        {"Authorization: Negotiate ", NX_AUTHORIZATION_MAX, 400},
        {"X-Other: ", 8192, 200},
        {"X-Other: ", 8193, 400},
    };
    static char request[32 << 10], filler[NX_AUTHORIZATION_MAX];
    char r[4096];
    (void)state;
    memset(filler, 'A', sizeof filler);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int n = snprintf(request, sizeof request, "GET /pure HTTP/1.1\r\n" HEAD "Connection: close\r\nCookie: a=%.4000s\r\n%s%.*s\r\n\r\n",
                         filler, cases[i].field, cases[i].n, filler);
        assert_int_equal(ask(request, (size_t)n, r, sizeof r), cases[i].status);
    }
}

/* Who still writes when the connection ends loses the answer to the reset that follows: a refusal comes when
 * the body is read, and the connection serves on. */
static void test_refusal_waits_for_the_body(void **state)
{
    static const struct {
        const char *line, *head, *tail, *status;
    } refused[] = {
        {"POST /none", "Content-Length: 70000\r\n\r\n", "", "404"},
        {"POST /pure", "Content-Length: 70000\r\n\r\n", "", "400"}, /* it has no POST */
        {"POST /echo", "Content-Length: 70000\r\n\r\n", "", "413"},
        {"POST /none", "Transfer-Encoding: chunked\r\n\r\n11170\r\n", "\r\n0\r\n\r\n", "404"},
    };
    static const char next[] = "GET /pure HTTP/1.1\r\n" HEAD "\r\n";
    static char body[70000];
    (void)state;
    memset(body, 'x', sizeof body);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        char head[256], r[4096] = "", wanted[32];
        int fd = dial();
        int n = snprintf(head, sizeof head, "%s HTTP/1.1\r\n" HEAD "%s", refused[i].line, refused[i].head);
        put(fd, head, (size_t)n);
        usleep(50000);
        assert_int_equal(recv(fd, r, 1, MSG_DONTWAIT), -1);
        put(fd, body, sizeof body);
        put(fd, refused[i].tail, strlen(refused[i].tail));
        snprintf(wanted, sizeof wanted, "HTTP/1.1 %s", refused[i].status);
        assert_true(hear(fd, r, sizeof r, wanted));
        put(fd, next, sizeof next - 1);
        assert_true(hear(fd, r, sizeof r, "local\n"));
        close(fd);
    }
}

static void test_chunked_past_the_cap_is_413(void **state)
{
    char request[4096], r[4096], piece[1024];
    (void)state;
    memset(piece, 'x', sizeof piece);
    int n = snprintf(request, sizeof request,
                     "POST /echo HTTP/1.1\r\n" HEAD "Transfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 2; i++)
        n += snprintf(request + n, sizeof request - (size_t)n, "400\r\n%.*s\r\n", 1024, piece);
    n += snprintf(request + n, sizeof request - (size_t)n, "0\r\n\r\n");
    assert_int_equal(ask(request, (size_t)n, r, sizeof r), 413);
}

static void test_rule_28_framing_errors_close(void **state)
{
    static const struct {
        const char *text;
        size_t n;
    } bad[] = {
#define BAD(s) {s, sizeof(s) - 1}
        BAD("POST /echo HTTP/1.1\r\n" HEAD "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhelloX"),
        BAD("POST /echo HTTP/1.1\r\n" HEAD
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        BAD("POST /echo HTTP/1.1\r\n" HEAD "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
        BAD("GET /pure HTTP/1.1\r\n" HEAD "Host: evil.example\r\n\r\n"),
        BAD("GET /pure HTTP/1.1\r\nHost: evil.example\r\n\r\n"),
        BAD("GET /pure HTTP/1.1\r\n\r\n"),
        BAD("GET /pure HTTP/1.1\r\n" HEAD "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 5.6.7.8\r\n\r\n"),
        BAD("GET /pure HTTP/1.1\r\n" HEAD "X-Forwarded-For: 1.2.3.4, 5.6.7.8\r\n\r\n"),
        BAD("GET /a/../pure HTTP/1.1\r\n" HEAD "\r\n"),
        BAD("GET /%2e%2e/pure HTTP/1.1\r\n" HEAD "\r\n"),
        BAD("GET http://localhost:8443/pure HTTP/1.1\r\n" HEAD "\r\n"),
        BAD("BREW /pure HTTP/1.1\r\n" HEAD "\r\n"),
#undef BAD
    };
    char r[4096];
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int status = ask(bad[i].text, bad[i].n, r, sizeof r);
        if (status != 400) print_message("# case %zu: %d %s\n", i, status, r);
        assert_int_equal(status, 400);
        assert_null(strstr(r, "\nlocal")); /* and no second answer to what followed */
    }
}

static void test_full_lane_is_503(void **state)
{
    char r[4096] = "", r1[4096] = "", r2[4096] = "";
    static const char request[] = "GET /hash HTTP/1.1\r\n" HEAD "Connection: close\r\n\r\n";
    (void)state;
    atomic_store(&hold, true);
    int first = dial(), second = dial();
    put(first, request, sizeof request - 1);
    for (int i = 0; i < 100 && atomic_load(&in_hash) == 0; i++)
        usleep(10000);
    assert_int_equal(atomic_load(&in_hash), 1);
    put(second, request, sizeof request - 1);
    usleep(100000);
    assert_int_equal(ask(request, sizeof request - 1, r, sizeof r), 503);
    assert_int_equal(ASK("GET /fast HTTP/1.1\r\n" HEAD "Connection: close\r\n\r\n", r),
                     200); /* others do not feel it */
    atomic_store(&hold, false);
    assert_true(hear(first, r1, sizeof r1, "hashed"));
    assert_true(hear(second, r2, sizeof r2, "hashed"));
    close(first);
    close(second);
}

static void test_stream_wakes_and_ends(void **state)
{
    char r[8192] = "";
    (void)state;
    int fd = dial();
    put(fd, "GET /events HTTP/1.1\r\n" HEAD "\r\n", sizeof("GET /events HTTP/1.1\r\n" HEAD "\r\n") - 1);
    assert_true(hear(fd, r, sizeof r, "data: 0\n\n"));
    nx_http_server_wake(server, "other");
    usleep(100000);
    assert_int_equal(atomic_load(&steps), 1);
    nx_http_server_wake(server, "k");
    assert_true(hear(fd, r, sizeof r, "data: 1\n\n"));
    assert_true(hear(fd, r, sizeof r, "data: 3\n\n"));
    close(fd);
    for (int i = 0; i < 1000 && atomic_load(&closed) == 0; i++)
        usleep(10000);
    assert_int_equal(atomic_load(&closed), 1);
}

static void *close_server(void *arg)
{
    (void)arg;
    nx_http_server_close(server, 3000);
    return NULL;
}

static void test_drain_finishes_what_runs(void **state)
{
    char r[4096] = "", r2[4096] = "";
    pthread_t closer;
    (void)state;
    atomic_store(&hold, true);
    int fd = dial(), stream = dial(), idle = dial();
    put(stream, "GET /events HTTP/1.1\r\n" HEAD "\r\n", sizeof("GET /events HTTP/1.1\r\n" HEAD "\r\n") - 1);
    assert_true(hear(stream, r2, sizeof r2, "data: 0\n\n"));
    put(idle, "GET /pure HTTP/1.1\r\n" HEAD "\r\n", sizeof("GET /pure HTTP/1.1\r\n" HEAD "\r\n") - 1);
    put(fd, "GET /hash HTTP/1.1\r\n" HEAD "\r\n", sizeof("GET /hash HTTP/1.1\r\n" HEAD "\r\n") - 1);
    for (int i = 0; i < 100 && atomic_load(&in_hash) == 0; i++)
        usleep(10000);
    assert_int_equal(pthread_create(&closer, NULL, close_server, NULL), 0);
    usleep(200000);
    assert_int_equal(dial(), -1);
    atomic_store(&hold, false);
    bool answered = hear(fd, r, sizeof r, "hashed");
    hear(stream, r2, sizeof r2, NULL);
    int64_t t = nx_mono_ms();
    pthread_join(closer, NULL);
    server = NULL;
    assert_true(answered);
    assert_non_null(strstr(r, "Connection: close"));
    assert_true(nx_mono_ms() - t < 2000);
    assert_int_equal(atomic_load(&closed), 1);
    assert_non_null(strstr(r2, "0\r\n\r\n")); /* the stream ended whole */
    close(fd);
    close(stream);
    close(idle);
}

/* One byte each 50 ms: libmicrohttpd's own timeout would never fire. */
static bool trickles_on(int fd, const char *text, int limit_ms)
{
    int64_t until = nx_mono_ms() + limit_ms;
    size_t i = 0;
    while (nx_mono_ms() < until) {
        if (send(fd, text[i] ? &text[i] : "x", 1, MSG_NOSIGNAL) != 1) return false;
        if (text[i]) i++;
        usleep(50000);
    }
    return true;
}

static void test_slow_headers_and_bodies_are_cut_off(void **state)
{
    static const char slow_body[] = "POST /echo HTTP/1.1\r\n" HEAD "Content-Length: 900\r\n\r\n";
    char r[4096] = "";
    (void)state;
    static const char refused_body[] = "POST /none HTTP/1.1\r\n" HEAD "Content-Length: 900\r\n\r\n";
    int header = dial(), body = dial(), silent = dial(), good = dial();
    put(body, slow_body, sizeof slow_body - 1);
    assert_false(trickles_on(header, "GET /pure HTTP/1.1\r\nX: ", 1800));
    assert_false(trickles_on(body, "", 1000));
    int refused = dial();
    put(refused, refused_body, sizeof refused_body - 1);
    assert_false(trickles_on(refused, "", 1000));
    assert_int_equal(recv(silent, r, 1, 0), 0);
    close(good);
    good = dial();
    put(good, "GET /pure HTTP/1.1\r\n" HEAD "\r\n", sizeof("GET /pure HTTP/1.1\r\n" HEAD "\r\n") - 1);
    assert_true(hear(good, r, sizeof r, "local\n"));
    close(header);
    close(body);
    close(refused);
    close(silent);
    close(good);
}

static void test_socket_is_private(void **state)
{
    struct stat st;
    (void)state;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lanes_answer, up, down),
        cmocka_unit_test_setup_teardown(test_bodies, up, down),
        cmocka_unit_test_setup_teardown(test_field_sizes, up, down),
        cmocka_unit_test_setup_teardown(test_refusal_waits_for_the_body, up, down),
        cmocka_unit_test_setup_teardown(test_chunked_past_the_cap_is_413, up, down),
        cmocka_unit_test_setup_teardown(test_rule_28_framing_errors_close, up, down),
        cmocka_unit_test_setup_teardown(test_full_lane_is_503, up, down),
        cmocka_unit_test_setup_teardown(test_stream_wakes_and_ends, up, down),
        cmocka_unit_test_setup_teardown(test_drain_finishes_what_runs, up, down),
        cmocka_unit_test_setup_teardown(test_slow_headers_and_bodies_are_cut_off, up, down),
        cmocka_unit_test_setup_teardown(test_socket_is_private, up, down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
