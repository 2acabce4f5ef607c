/* Rows and their guards. */
#include "http/limiter.h"
#include "http/router.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static nx_arena *arena;
static nx_router *router;
static int calls;

static nx_result ok(nx_request *rq, nx_reply *rp)
{
    calls++;
    nx_reply_text(rp, 200, nx_path(rq, "id") ? nx_path(rq, "id") : "ok");
    return NX_OK;
}

static nx_result rest(nx_request *rq, nx_reply *rp)
{
    nx_reply_text(rp, 200, nx_path(rq, "file"));
    return NX_OK;
}

static nx_result fails(nx_request *rq, nx_reply *rp)
{
    (void)rq;
    nx_reply_header(rp, "X-Half", "done");
    nx_reply_cookie(rp, &(struct nx_cookie_out){.name = "__Host-nxs", .value = "v"});
    NX_FAIL(NX_ERR_CONFLICT);
}

static nx_result splits(nx_request *rq, nx_reply *rp)
{
    nx_reply_header(rp, "X", "a\r\nSet-Cookie: b=c");
    return ok(rq, rp);
}

static nx_result moves(nx_request *rq, nx_reply *rp)
{
    if (rq->lane != NX_LANE_HASH) return nx_reply_move(rp, NX_LANE_HASH);
    return ok(rq, rp);
}

static nx_result circles(nx_request *rq, nx_reply *rp)
{
    return nx_reply_move(rp, rq->lane == NX_LANE_FAST ? NX_LANE_HASH : NX_LANE_FAST);
}

static const struct nx_route rows[] = {
    {NX_GET, "/a", 0, 0, NX_RATE_NONE, NX_LANE_FAST, ok},
    {NX_GET, "/things/{id}", 0, 0, NX_RATE_NONE, NX_LANE_FAST, ok},
    {NX_DELETE, "/things/{id}", 0, 0, NX_RATE_NONE, NX_LANE_FAST, ok},
    {NX_GET, "/things/.search", 0, 0, NX_RATE_NONE, NX_LANE_FAST, fails},
    {NX_GET, "/files/{file*}", 0, 0, NX_RATE_NONE, NX_LANE_FAST, rest},
    {NX_POST, "/form", 64, NX_GUARD_FORM, NX_RATE_NONE, NX_LANE_FAST, ok},
    {NX_POST, "/json", 64, NX_GUARD_JSON, NX_RATE_NONE, NX_LANE_FAST, ok},
    {NX_POST, "/csrf", 64, NX_GUARD_FORM | NX_GUARD_CSRF, NX_RATE_NONE, NX_LANE_FAST, ok},
    {NX_GET, "/health", 0, NX_GUARD_ANY_HOST, NX_RATE_NONE, NX_LANE_PURE, ok},
    {NX_GET, "/public", 0, NX_GUARD_PUBLIC, NX_RATE_NONE, NX_LANE_PURE, ok},
    {NX_GET, "/limited", 0, 0, NX_RATE_LOGIN, NX_LANE_PURE, ok},
    {NX_GET, "/splits", 0, 0, NX_RATE_NONE, NX_LANE_PURE, splits},
    {NX_GET, "/moves", 0, 0, NX_RATE_NONE, NX_LANE_FAST, moves},
    {NX_GET, "/circles", 0, 0, NX_RATE_NONE, NX_LANE_FAST, circles},
};
static const struct nx_route_table table = NX_ROUTE_TABLE("test", rows);
static const struct nx_route_table *const tables[] = {&table};

static nx_result csrf(nx_request *rq, const char *form_name, const char *token)
{
    (void)rq;
    NX_REQUIRE(strcmp(form_name, "/csrf") == 0 && strcmp(token, "right") == 0, NX_ERR_HTTP_CSRF);
    return NX_OK;
}

/* The error's number as status 400 + e would be no status: tests read the text instead. */
static void answer(nx_request *rq, nx_reply *rp, nx_err e)
{
    (void)rq;
    nx_reply_text(rp, 499, nx_err_name(e));
}

static int up(void **state)
{
    struct nx_router_plan plan = {.tables = tables,
                                  .table_count = 1,
                                  .origin = "https://localhost:8443",
                                  .host = {.csrf = csrf, .answer = answer},
                                  .per_minute = {[NX_RATE_LOGIN] = 3}};
    (void)state;
    arena = nx_arena_open(4u << 20);
    calls = 0;
    return arena && nx_ok(nx_router_open(&router, &plan)) ? 0 : -1;
}

static int down(void **state)
{
    (void)state;
    nx_router_close(router);
    nx_arena_close(arena);
    return 0;
}

#define HEADERS_MAX 8
struct ask {
    const char *method, *target, *type, *body, *origin, *host, *site;
};

static nx_reply *run(struct ask x)
{
    struct nx_header h[HEADERS_MAX];
    size_t n = 0;
    h[n++] = (struct nx_header){"Host", x.host ? x.host : "localhost:8443"};
    if (x.type) h[n++] = (struct nx_header){"Content-Type", x.type};
    if (x.origin) h[n++] = (struct nx_header){"Origin", x.origin};
    if (x.site) h[n++] = (struct nx_header){"Sec-Fetch-Site", x.site};
    struct nx_wire wire = {
        .method = x.method ? x.method : "GET", .target = x.target, .headers = h, .header_count = n};
    nx_reply *rp = nx_http_serve(router, arena, &wire, nx_span_str(x.body ? x.body : ""));
    assert_non_null(rp);
    nx_request_close(rp->rq);
    rp->rq->json = NULL;
    return rp;
}
#define RUN(...) run((struct ask){__VA_ARGS__})

static void says(const nx_reply *rp, const char *text)
{
    nx_span line = nx_span_str(nx_arena_printf(arena, "%s\n", text));
    if (!nx_span_eq(rp->body, line))
        fail_msg("%.*s instead of %s", (int)rp->body.n, (const char *)rp->body.p, text);
}

static void test_paths(void **state)
{
    (void)state;
    says(RUN(.target = "/a"), "ok");
    says(RUN(.target = "/a?x=1"), "ok");
    says(RUN(.target = "/b"), "HTTP_ROUTE");
    says(RUN(.target = "/a/"), "HTTP_ROUTE");
    says(RUN(.target = "/things/42"), "42");
    says(RUN(.target = "/things/a%20b+c"), "a b+c");
    says(RUN(.target = "/things/"), "HTTP_ROUTE");
    says(RUN(.target = "/things/a/b"), "HTTP_ROUTE");
    says(RUN(.target = "/things/%ff"), "HTTP_ROUTE");
    says(RUN(.target = "/things/.search"), "CONFLICT"); /* the literal wins */
    says(RUN(.target = "/files/a/b.js"), "a/b.js");
}

static void test_methods(void **state)
{
    (void)state;
    nx_reply *rp = RUN(.method = "POST", .target = "/things/1");
    says(rp, "HTTP_METHOD");
    assert_string_equal(nx_reply_header_get(rp, "Allow"), "GET, HEAD, DELETE");
    says(RUN(.method = "HEAD", .target = "/a"), "ok");
    says(RUN(.method = "TRACE", .target = "/a"), "HTTP_METHOD");
    says(RUN(.method = "get", .target = "/a"), "HTTP_METHOD");
}

static void test_hosts(void **state)
{
    (void)state;
    says(RUN(.target = "/a", .host = "LOCALHOST:8443"), "ok");
    says(RUN(.target = "/a", .host = "evil.example"), "HTTP_HOST");
    says(RUN(.target = "/a", .host = "localhost"), "HTTP_HOST");
    says(RUN(.target = "/a", .host = "localhost:8443.evil.example"), "HTTP_HOST");
    says(RUN(.target = "/health", .host = "10.0.0.1"), "ok");
}

static void test_bodies(void **state)
{
    static const char form[] = "application/x-www-form-urlencoded";
    (void)state;
    says(RUN(.method = "POST", .target = "/form", .type = form, .body = "a=b"), "ok");
    says(RUN(.method = "POST", .target = "/form", .type = "application/x-www-form-urlencoded; charset=UTF-8",
             .body = "a=b"),
         "ok");
    says(RUN(.method = "POST", .target = "/form", .type = "application/json", .body = "{}"),
         "HTTP_MEDIA_TYPE");
    says(
        RUN(.method = "POST", .target = "/form", .type = "application/x-www-form-urlencodedx", .body = "a=b"),
        "HTTP_MEDIA_TYPE");
    says(RUN(.method = "POST", .target = "/form", .body = "a=b"), "HTTP_MEDIA_TYPE");
    says(RUN(.method = "POST", .target = "/form", .type = form, .body = "a=b&a=c"), "DUPLICATE");
    says(RUN(.method = "POST", .target = "/form?x=1&x=2", .type = form, .body = "a=b"), "DUPLICATE");
    says(RUN(.method = "POST", .target = "/json", .type = "application/scim+json", .body = "{\"a\":1}"),
         "ok");
    says(RUN(.method = "POST", .target = "/json", .type = "application/json", .body = "[1]"), "SYNTAX");
    says(RUN(.method = "POST", .target = "/json", .type = "application/json", .body = "{\"a\":1,\"a\":2}"),
         "DUPLICATE");
    char large[80];
    memset(large, 'a', sizeof large);
    large[sizeof large - 1] = '\0';
    says(RUN(.method = "POST", .target = "/form", .type = form, .body = large), "HTTP_TOO_LARGE");
    says(RUN(.method = "DELETE", .target = "/things/1", .body = "x"), "HTTP_TOO_LARGE");
}

static void test_csrf(void **state)
{
    static const char form[] = "application/x-www-form-urlencoded";
    (void)state;
#define CSRF(...) RUN(.method = "POST", .target = "/csrf", .type = form, __VA_ARGS__)
    says(CSRF(.body = "csrf=right"), "ok");
    says(CSRF(.body = "csrf=right", .origin = "https://localhost:8443", .site = "same-origin"), "ok");
    says(CSRF(.body = "csrf=wrong", .origin = "https://localhost:8443"), "HTTP_CSRF");
    says(CSRF(.body = "a=b"), "HTTP_CSRF");
    says(CSRF(.body = "csrf=right", .origin = "https://evil.example"), "HTTP_CSRF");
    says(CSRF(.body = "csrf=right", .origin = "null"), "HTTP_CSRF");
    says(CSRF(.body = "csrf=right", .origin = "http://localhost:8443"), "HTTP_CSRF");
    says(CSRF(.body = "csrf=right", .site = "cross-site"), "HTTP_CSRF");
    says(CSRF(.body = "csrf=right", .site = "same-site"), "HTTP_CSRF");
#undef CSRF
    assert_int_equal(calls, 2);
}

static void test_an_error_starts_from_nothing(void **state)
{
    (void)state;
    nx_reply *rp = RUN(.target = "/things/.search");
    assert_null(nx_reply_header_get(rp, "X-Half"));
    assert_null(nx_reply_header_get(rp, "Set-Cookie"));
}

static void test_no_second_header_by_a_line_break(void **state)
{
    (void)state;
    nx_reply *rp = RUN(.target = "/splits");
    says(rp, "INTERNAL");
    assert_null(nx_reply_header_get(rp, "Set-Cookie"));
}

static void test_lanes(void **state)
{
    (void)state;
    says(RUN(.target = "/moves"), "ok");
    says(RUN(.target = "/circles"), "INTERNAL");
}

static void test_public_is_readable_by_all_and_nothing_else(void **state)
{
    (void)state;
    assert_string_equal(nx_reply_header_get(RUN(.target = "/public"), "Access-Control-Allow-Origin"), "*");
    assert_null(nx_reply_header_get(RUN(.target = "/a"), "Access-Control-Allow-Origin"));
    assert_string_equal(nx_reply_header_get(RUN(.target = "/a"), "Cross-Origin-Resource-Policy"),
                        "same-origin");
}

static void test_rate(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        says(RUN(.target = "/limited"), "ok");
    says(RUN(.target = "/limited"), "HTTP_RATE");
    says(RUN(.target = "/a"), "ok");
}

static void test_limiter_refills_and_forgets(void **state)
{
    const unsigned per_minute[NX_RATE_COUNT] = {[NX_RATE_LOGIN] = 60};
    nx_limiter *l;
    (void)state;
    assert_true(nx_ok(nx_limiter_open(&l, per_minute)));
    for (int i = 0; i < 60; i++)
        assert_true(nx_limiter_take(l, NX_RATE_LOGIN, "a", 1000));
    assert_false(nx_limiter_take(l, NX_RATE_LOGIN, "a", 1000));
    assert_true(nx_limiter_take(l, NX_RATE_LOGIN, "b", 1000));
    for (int i = 0; i < 100; i++) {
        char address[64];
        snprintf(address, sizeof address, "2001:db8::%x", i);
        (void)nx_limiter_take(l, NX_RATE_LOGIN, address, 1000);
    }
    assert_false(nx_limiter_take(l, NX_RATE_LOGIN, "2001:db8::ffff", 1000)); /* one network is one source */
    assert_true(nx_limiter_take(l, NX_RATE_TOKEN, "a", 1000)); /* no limit for this class */
    assert_true(nx_limiter_take(l, NX_RATE_LOGIN, "a", 2001));
    assert_false(nx_limiter_take(l, NX_RATE_LOGIN, "a", 2001));
    char source[16];
    for (int i = 0; i < 100000; i++) { /* a flood of sources costs no memory */
        snprintf(source, sizeof source, "s%d", i);
        assert_true(nx_limiter_take(l, NX_RATE_LOGIN, source, 3000));
    }
    nx_limiter_close(l);
}

static void test_malformed_tables(void **state)
{
    static const struct nx_route bad[][2] = {
        {{NX_GET, "/x", 0, 0, 0, 0, ok}, {NX_GET, "/x", 0, 0, 0, 0, ok}},
        {{NX_GET, "x", 0, 0, 0, 0, ok}, {NX_GET, "/y", 0, 0, 0, 0, ok}},
        {{NX_GET, "/a{b}", 0, 0, 0, 0, ok}, {NX_GET, "/y", 0, 0, 0, 0, ok}},
        {{NX_GET, "/{b*}/c", 0, 0, 0, 0, ok}, {NX_GET, "/y", 0, 0, 0, 0, ok}},
        {{NX_POST, "/f", 0, NX_GUARD_FORM, 0, 0, ok}, {NX_GET, "/y", 0, 0, 0, 0, ok}},
        {{NX_POST, "/f", 9, NX_GUARD_CSRF, 0, 0, ok}, {NX_GET, "/y", 0, 0, 0, 0, ok}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct nx_route_table t = {"bad", bad[i], 2}, *list[] = {&t};
        struct nx_router_plan plan = {
            .tables = list, .table_count = 1, .origin = "https://h", .host = {.answer = answer}};
        nx_router *r = NULL;
        assert_false(nx_ok(nx_router_open(&r, &plan)));
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, up, down)
    const struct CMUnitTest tests[] = {
        T(test_paths),
        T(test_methods),
        T(test_hosts),
        T(test_bodies),
        T(test_csrf),
        T(test_an_error_starts_from_nothing),
        T(test_no_second_header_by_a_line_break),
        T(test_lanes),
        T(test_public_is_readable_by_all_and_nothing_else),
        T(test_rate),
        T(test_limiter_refills_and_forgets),
        T(test_malformed_tables),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
