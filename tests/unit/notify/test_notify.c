/* Delivery against a small server in the test: at once after a wake-up, again after failures and each time
 * anew, never dropped, recorded with its time, given up past the horizon, and side by side. */
#include "notify/attempt.h"
#include "notify/notify.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static int listener;
static unsigned port;
static pthread_t server;
static atomic_int refuse; /* how many of the next requests are answered with 503 */
static atomic_uint served, slow_ones;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char seen[8][64]; /* the bodies of the last requests */

static void answer(int fd, const char *request, const char *body)
{
    unsigned at = atomic_fetch_add(&served, 1);
    pthread_mutex_lock(&lock);
    snprintf(seen[at % 8], sizeof seen[0], "%s", body);
    pthread_mutex_unlock(&lock);
    if (strstr(request, " /slow")) {
        atomic_fetch_add(&slow_ones, 1);
        usleep(300000);
    }
    bool no = atomic_load(&refuse) > 0 && atomic_fetch_sub(&refuse, 1) > 0;
    const char *text = no ? "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
                          : "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    ssize_t w = write(fd, text, strlen(text));
    (void)w;
}

static void *serve_one(void *arg)
{
    int fd = (int)(intptr_t)arg;
    char buf[2048];
    size_t n = 0;
    for (;;) {
        ssize_t r = read(fd, buf + n, sizeof buf - 1 - n);
        if (r <= 0) break;
        n += (size_t)r;
        buf[n] = 0;
        char *end = strstr(buf, "\r\n\r\n"), *length = strstr(buf, "Content-Length: ");
        if (!end || !length || n < (size_t)(end - buf) + 4 + strtoul(length + 16, NULL, 10)) continue;
        answer(fd, buf, end + 4);
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
        if (pthread_create(&t, NULL, serve_one, (void *)(intptr_t)fd) == 0) pthread_detach(t);
    }
    return NULL;
}

static struct nx_house house;
static char file[64];
static int64_t shifted;
static atomic_uint built;

static int set_up(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof at;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&at, n) || listen(listener, 64)) return -1;
    if (getsockname(listener, (struct sockaddr *)&at, &n)) return -1;
    port = ntohs(at.sin_port);
    strcpy(file, "/tmp/nixa-notify-XXXXXX");
    int fd = mkstemp(file);
    char url[128];
    snprintf(url, sizeof url, "sqlite:%s", file);
    close(fd);
    unlink(file);
    const struct nx_egress_settings s = {.allow = "127.0.0.0/8", .http_hosts = "127.0.0.1"};
    atomic_store(&refuse, 0);
    atomic_store(&served, 0);
    atomic_store(&slow_ones, 0);
    atomic_store(&built, 0);
    bool up = nx_ok(nx_registry_open(&house.registry, url, 4)) && nx_ok(nx_egress_open(&house.egress, &s));
    return up && pthread_create(&server, NULL, serve, NULL) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    nx_egress_close(house.egress);
    nx_registry_close(house.registry);
    shutdown(listener, SHUT_RDWR);
    pthread_join(server, NULL);
    close(listener);
    char more[96];
    unlink(file);
    for (const char *const *end = (const char *const[]){"-wal", "-shm", NULL}; *end; end++) {
        snprintf(more, sizeof more, "%s%s", file, *end);
        unlink(more);
    }
    nx_clock_shift(0);
    shifted = 0;
    return 0;
}

static nx_result build(struct nx_egress_request *out, struct nx_house *h, nx_arena *a,
                       const struct nx_notice *n)
{
    (void)h;
    if (strcmp(n->target, "gone") == 0) NX_FAIL(NX_ERR_NOT_FOUND);
    *out = (struct nx_egress_request){
        .purpose = NX_PURPOSE_LOGOUT,
        .url = nx_arena_printf(a, "http://127.0.0.1:%u/%s", port, n->target),
        .content_type = "application/x-www-form-urlencoded",
        .body = nx_span_str(nx_arena_printf(a, "token=%u", atomic_fetch_add(&built, 1))),
    };
    return NX_OK;
}

static bool confirmed(struct nx_house *h, nx_arena *a, const struct nx_notice *notice,
                      const struct nx_egress_reply *reply)
{
    (void)h, (void)a, (void)notice;
    return reply->status == 200;
}

static const struct nx_notice_kind logout = {.name = "logout", .build = build, .confirmed = confirmed};
static const struct nx_notice_kind *const kinds[] = {&logout};
static const struct nx_notify_plan plan = {.kinds = kinds, .kind_count = 1, .threads = 3, .horizon_s = 3600};

static void put(const char *kind, const char *target)
{
    struct nx_notice n = {.kind = kind, .target = target, .payload = "{}", .revocation = 7};
    assert_true(nx_ok(nx_outbox_put(house.registry, &n)));
}

/* The only notice there is. */
static struct nx_notice row(nx_arena *a)
{
    struct nx_notice_list l;
    assert_true(nx_ok(nx_outbox_of_revocation(house.registry, a, 7, &l)));
    assert_int_equal(l.n, 1);
    return l.v[0];
}

static bool reached(nx_notify *n, uint64_t delivered, uint64_t failed, uint64_t given_up)
{
    for (int i = 0; i < 400; i++) {
        struct nx_notify_counts c = nx_notify_counts(n);
        if (c.delivered >= delivered && c.failed >= failed && c.given_up >= given_up) return true;
        usleep(10000);
    }
    return false;
}

static void pass(nx_notify *n, int64_t seconds)
{
    shifted += seconds;
    nx_clock_shift(shifted);
    nx_notify_wake(n);
}

static void test_a_wake_up_delivers_at_once(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    NX_AUTO(nx_notify) n = NULL;
    assert_true(nx_ok(nx_notify_open(&n, &house, &plan)));
    put("logout", "a");
    nx_notify_wake(n);
    assert_true(reached(n, 1, 0, 0));
    struct nx_notice got = row(a);
    assert_int_equal(got.tries, 1);
    assert_true(got.delivered >= got.created && got.delivered <= nx_now());
    assert_int_equal(got.given_up, 0);
}

static void test_without_a_wake_up_it_is_found(void **state)
{
    (void)state;
    NX_AUTO(nx_notify) n = NULL;
    put("logout", "a");
    assert_true(nx_ok(nx_notify_open(&n, &house, &plan)));
    put("logout", "b");
    assert_true(reached(n, 2, 0, 0));
}

static void test_rule_18_each_retry_is_made_anew(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    NX_AUTO(nx_notify) n = NULL;
    atomic_store(&refuse, 2);
    put("logout", "a");
    assert_true(nx_ok(nx_notify_open(&n, &house, &plan)));
    assert_true(reached(n, 0, 1, 0));
    assert_string_equal(row(a).last_error, "http_503");
    assert_int_equal(row(a).delivered, 0);
    pass(n, 4);
    assert_true(reached(n, 0, 2, 0));
    pass(n, 8);
    assert_true(reached(n, 1, 2, 0));
    assert_int_equal(row(a).tries, 3);
    assert_true(row(a).delivered > 0);
    assert_string_equal(seen[0], "token=0");
    assert_string_equal(seen[1], "token=1");
    assert_string_equal(seen[2], "token=2");
}

static void test_rule_20_a_crash_between_lease_and_answer_loses_nothing(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    struct nx_notice_list taken;
    put("logout", "a");
    assert_true(nx_ok(nx_outbox_lease(house.registry, a, nx_now(), 30, 1, &taken)));
    assert_int_equal(taken.n, 1);
    NX_AUTO(nx_notify) n = NULL;
    assert_true(nx_ok(nx_notify_open(&n, &house, &plan)));
    pass(n, 31);
    assert_true(reached(n, 1, 0, 0));
    assert_int_equal(row(a).tries, 2);
}

static void test_past_the_horizon_it_is_given_up_and_kept(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    NX_AUTO(nx_notify) n = NULL;
    atomic_store(&refuse, 100);
    put("logout", "a");
    assert_true(nx_ok(nx_notify_open(&n, &house, &plan)));
    assert_true(reached(n, 0, 1, 0));
    pass(n, plan.horizon_s);
    assert_true(reached(n, 0, 1, 1));
    struct nx_notice got = row(a);
    assert_true(got.given_up > 0);
    assert_int_equal(got.delivered, 0);
    assert_string_equal(got.last_error, "http_503");
}

static void test_nobody_left_ends_it(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    NX_AUTO(nx_notify) n = NULL;
    put("logout", "gone");
    assert_true(nx_ok(nx_notify_open(&n, &house, &plan)));
    assert_true(reached(n, 0, 0, 1));
    assert_string_equal(row(a).last_error, "nobody_left");
    assert_int_equal(atomic_load(&served), 0);
}

static void test_a_kind_that_is_not_known_waits(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    NX_AUTO(nx_notify) n = NULL;
    put("of-a-newer-node", "a");
    assert_true(nx_ok(nx_notify_open(&n, &house, &plan)));
    assert_true(reached(n, 0, 1, 0));
    assert_int_equal(row(a).given_up, 0);
    assert_true(row(a).due > nx_now());
}

/* Six notices of 300 ms each by three threads: two rounds, where one thread would need six. */
static void test_a_slow_portal_holds_up_nobody(void **state)
{
    (void)state;
    NX_AUTO(nx_notify) n = NULL;
    assert_true(nx_ok(nx_notify_open(&n, &house, &plan)));
    int64_t start = nx_mono_ms();
    for (int i = 0; i < 6; i++)
        put("logout", "slow");
    nx_notify_wake(n);
    assert_true(reached(n, 6, 0, 0));
    assert_true(nx_mono_ms() - start < 1500);
    assert_int_equal(atomic_load(&slow_ones), 6);
}

static void test_backoff_doubles_up_to_its_limit(void **state)
{
    (void)state;
    assert_int_equal(nx_backoff_s(1, 0), 1);
    assert_int_equal(nx_backoff_s(2, 0), 2);
    assert_int_equal(nx_backoff_s(5, 0), 16);
    assert_int_equal(nx_backoff_s(5, 8), 24);
    assert_int_equal(nx_backoff_s(5, 9), 16);
    for (int64_t tries = 0; tries < 100; tries++)
        for (uint32_t draw = 0; draw < 2000; draw += 7) {
            int64_t s = nx_backoff_s(tries, draw);
            assert_true(s >= 1 && s <= NX_BACKOFF_MAX_S * 3 / 2);
        }
    assert_int_equal(nx_backoff_s(INT64_MAX, 0), NX_BACKOFF_MAX_S);
}

static void test_plans_that_do_not_hold(void **state)
{
    (void)state;
    struct nx_notify_plan p = plan;
    nx_notify *n = NULL;
    p.threads = 0;
    assert_int_equal(nx_notify_open(&n, &house, &p).e, NX_ERR_RANGE);
    p.threads = 17;
    assert_int_equal(nx_notify_open(&n, &house, &p).e, NX_ERR_RANGE);
    p = plan;
    p.horizon_s = 0;
    assert_int_equal(nx_notify_open(&n, &house, &p).e, NX_ERR_RANGE);
    assert_null(n);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_a_wake_up_delivers_at_once),
        T(test_without_a_wake_up_it_is_found),
        T(test_rule_18_each_retry_is_made_anew),
        T(test_rule_20_a_crash_between_lease_and_answer_loses_nothing),
        T(test_past_the_horizon_it_is_given_up_and_kept),
        T(test_nobody_left_ends_it),
        T(test_a_kind_that_is_not_known_waits),
        T(test_a_slow_portal_holds_up_nobody),
        T(test_backoff_doubles_up_to_its_limit),
        T(test_plans_that_do_not_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
