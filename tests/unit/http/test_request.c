/* What a request must be before any handler sees it. */
#include "http/cookie.h"
#include "http/framing.h"
#include "http/language.h"
#include "http/pairs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static nx_arena *arena;

static int up(void **state)
{
    (void)state;
    arena = nx_arena_open(1u << 20);
    return arena ? 0 : -1;
}

static int down(void **state)
{
    (void)state;
    nx_arena_close(arena);
    return 0;
}

static nx_err parse(nx_pairs *p, const char *text)
{
    return nx_pairs_parse(p, arena, nx_span_str(text)).e;
}

static void test_pairs(void **state)
{
    nx_pairs p;
    (void)state;
    assert_int_equal(parse(&p, "a=1&b=x%20y+z&c=&d"), NX_ERR_NONE);
    assert_int_equal(p.n, 4);
    assert_string_equal(nx_pairs_get(&p, "b"), "x y z");
    assert_null(nx_pairs_get(&p, "c")); /* without a value: as if omitted */
    assert_null(nx_pairs_get(&p, "d"));
    assert_null(nx_pairs_get(&p, "e"));
    assert_int_equal(parse(&p, ""), NX_ERR_NONE);
    assert_int_equal(p.n, 0);
}

static void test_pairs_refused(void **state)
{
    static const struct {
        const char *text;
        nx_err e;
    } bad[] = {{"a=1&a=2", NX_ERR_DUPLICATE}, {"a=1&%61=2", NX_ERR_DUPLICATE}, {"a=1&&b=2", NX_ERR_SYNTAX},
               {"a=1&", NX_ERR_SYNTAX},       {"=1", NX_ERR_SYNTAX},           {"a=%0", NX_ERR_ENCODING},
               {"a=%zz", NX_ERR_ENCODING},    {"a=%00", NX_ERR_ENCODING},      {"a=%c3%28", NX_ERR_ENCODING},
               {"a=\xff", NX_ERR_ENCODING}};
    nx_pairs p;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(parse(&p, bad[i].text), bad[i].e);
}

static void test_pairs_limits(void **state)
{
    char text[8 * (NX_PAIRS_MAX + 2)] = "";
    nx_pairs p;
    (void)state;
    for (int i = 0; i < NX_PAIRS_MAX; i++)
        sprintf(text + strlen(text), "%sp%d=1", i ? "&" : "", i);
    assert_int_equal(parse(&p, text), NX_ERR_NONE);
    strcat(text, "&q=1");
    assert_int_equal(parse(&p, text), NX_ERR_LIMIT);
    char name[NX_PAIR_NAME_MAX + 3];
    memset(name, 'n', sizeof name);
    name[sizeof name - 2] = '=';
    name[sizeof name - 1] = '\0';
    assert_int_equal(parse(&p, name), NX_ERR_LIMIT);
    assert_int_equal(parse(&p, name + 1), NX_ERR_NONE);
}

static void test_resource_repeats(void **state)
{
    nx_pairs p;
    size_t cursor = 0;
    (void)state;
    assert_int_equal(parse(&p, "resource=a&resource=b"), NX_ERR_NONE);
    assert_string_equal(nx_pairs_next(&p, "resource", &cursor), "a");
    assert_string_equal(nx_pairs_next(&p, "resource", &cursor), "b");
    assert_null(nx_pairs_next(&p, "resource", &cursor));
}

static void test_cookies(void **state)
{
    (void)state;
    assert_string_equal(nx_cookie_find("a=b; __Host-nxs=value; c=d", "__Host-nxs", arena), "value");
    assert_string_equal(nx_cookie_find("other=\"q, x\"; bare; __Host-nxs=value", "__Host-nxs", arena),
                        "value");
    assert_null(nx_cookie_find("__Host-nxs=a; __Host-nxs=b", "__Host-nxs", arena)); /* whose is it? */
    assert_null(nx_cookie_find("__Host-nxs=a\\b", "__Host-nxs", arena));
    assert_null(nx_cookie_find("__Host-nxs=\"a\"", "__Host-nxs", arena));
    assert_null(nx_cookie_find("__Host-nxs", "__Host-nxs", arena));
    assert_null(nx_cookie_find("x__Host-nxs=a", "__Host-nxs", arena));
    assert_null(nx_cookie_find(NULL, "__Host-nxs", arena));
    assert_string_equal(nx_cookie_find("__Host-nxs=", "__Host-nxs", arena), "");
}

static void test_languages(void **state)
{
    (void)state;
    assert_string_equal(nx_language_accept("en-GB,en;q=0.8,vi;q=0.9", "vi"), "en");
    assert_string_equal(nx_language_accept("en;q=0.5, vi-VN;q=0.9", "en"), "vi");
    assert_string_equal(nx_language_accept("fr, de;q=0.5", "vi"), "vi");
    assert_string_equal(nx_language_accept("en;q=0", "vi"), "vi");
    assert_string_equal(nx_language_accept("en;q=x", "vi"), "vi");
    assert_string_equal(nx_language_accept(NULL, "vi"), "vi");
    assert_string_equal(nx_language_pick("fr en-US vi", "vi"), "en");
    assert_string_equal(nx_language_pick("english", "vi"), "vi");
    assert_null(nx_language_exact("en-GB"));
}

static void test_targets(void **state)
{
    static const char *const good[] = {"/", "/a/b", "/a/", "/a?x=//../y", "/me/%C3%A1", "/Q/ABC/1/DEF"};
    static const char *const bad[] = {
        "",    "a",    "//host/x", "/a//b", "/a/./b", "/..",    "/a/..",     "/%2e%2e/x",  "/a%2fb", "/a%00",
        "/a%", "/a%4", "/a b",     "/a#b",  "/a\\b",  "/a\x01", "/\xc3\xa1", "http://h/x", "*"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(nx_ok(nx_framing_target(nx_span_str(good[i]))));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(nx_framing_target(nx_span_str(bad[i])).e, NX_ERR_SYNTAX);
}

#define H(...)                                                                                               \
    fields((struct nx_header[]){__VA_ARGS__},                                                                \
           sizeof((struct nx_header[]){__VA_ARGS__}) / sizeof(struct nx_header))
static nx_err fields(const struct nx_header *h, size_t n)
{
    int64_t length;
    return nx_framing_fields(h, n, &length).e;
}

static void test_rule_28_fields(void **state)
{
    (void)state;
    assert_int_equal(H({"Host", "h"}, {"accept", "a"}, {"Accept", "b"}), NX_ERR_NONE);
    assert_int_equal(H({"Host", "h"}, {"Content-Length", "3"}), NX_ERR_NONE);
    assert_int_equal(H({"Host", "h"}, {"Transfer-Encoding", "chunked"}), NX_ERR_NONE);
    assert_int_equal(H({"Accept", "a"}), NX_ERR_HTTP_FRAMING);
    assert_int_equal(H({"Host", "h"}, {"host", "h"}), NX_ERR_HTTP_FRAMING);
    assert_int_equal(H({"Host", "h"}, {"Content-Length", "3"}, {"content-length", "3"}), NX_ERR_HTTP_FRAMING);
    assert_int_equal(H({"Host", "h"}, {"Content-Length", "3"}, {"Transfer-Encoding", "chunked"}),
                     NX_ERR_HTTP_FRAMING);
    assert_int_equal(H({"Host", "h"}, {"Transfer-Encoding", "gzip, chunked"}), NX_ERR_HTTP_FRAMING);
    assert_int_equal(H({"Host", "h"}, {"Content-Length", "+3"}), NX_ERR_HTTP_FRAMING);
    assert_int_equal(H({"Host", "h"}, {"Content-Length", "0x3"}), NX_ERR_HTTP_FRAMING);
    assert_int_equal(H({"Host", "h"}, {"Content-Length", "99999999999999999999"}), NX_ERR_HTTP_FRAMING);
    assert_int_equal(H({"Host", "h"}, {"Authorization", "a"}, {"authorization", "b"}), NX_ERR_HTTP_FRAMING);
    assert_int_equal(H({"Host", "h"}, {"DPoP", "a"}, {"DPoP", "b"}), NX_ERR_HTTP_FRAMING);
    assert_int_equal(H({"Host", "h"}, {"X Y", "a"}), NX_ERR_HTTP_FRAMING);
    assert_int_equal(H({"Host", "h"}, {"X:", "a"}), NX_ERR_HTTP_FRAMING);
    assert_int_equal(H({"Host", "h"}, {"X", "a\rb"}), NX_ERR_HTTP_FRAMING);
    assert_int_equal(H({"Host", "h"}, {"X", "a\nb"}), NX_ERR_HTTP_FRAMING);
    assert_int_equal(H({"Host", "h"}, {"X", "a\x7f"}), NX_ERR_HTTP_FRAMING);
}

static nx_err open_with(const struct nx_wire *wire, nx_request **rq)
{
    return nx_request_open(rq, arena, NULL, wire).e;
}

static void test_rule_28_client_address(void **state)
{
    static const struct nx_header told[] = {{"Host", "h"}, {"X-Forwarded-For", "203.0.113.9"}};
    static const struct nx_header bad[] = {{"Host", "h"}, {"X-Forwarded-For", "evil"}};
    struct nx_wire wire = {.method = "GET", .target = "/", .headers = told, .header_count = 2};
    nx_request *rq;
    (void)state;
    assert_int_equal(open_with(&wire, &rq), NX_ERR_NONE);
    assert_string_equal(rq->client, "203.0.113.9");
    wire.peer = "198.51.100.1"; /* a TCP peer says nothing about anybody else */
    assert_int_equal(open_with(&wire, &rq), NX_ERR_NONE);
    assert_string_equal(rq->client, "198.51.100.1");
    wire = (struct nx_wire){.method = "GET", .target = "/", .headers = bad, .header_count = 2};
    assert_int_equal(open_with(&wire, &rq), NX_ERR_HTTP_FRAMING);
    assert_non_null(rq); /* still good for an error reply */
}

static void test_nul_in_a_value(void **state)
{
    static const struct nx_header h[] = {{"Host", "h"}, {"X", "a"}};
    static const size_t sizes[] = {1, 3}; /* the transport saw three bytes, the string ends after one */
    struct nx_wire wire = {
        .method = "GET", .target = "/", .headers = h, .value_sizes = sizes, .header_count = 2};
    nx_request *rq;
    (void)state;
    assert_int_equal(open_with(&wire, &rq), NX_ERR_HTTP_FRAMING);
}

static void test_form_secret_is_wiped(void **state)
{
    nx_request rq = {.arena = arena};
    NX_AUTO_SECRET(s);
    (void)state;
    assert_int_equal(parse(&rq.form, "password=hunter2&x=y"), NX_ERR_NONE);
    const char *copy = nx_form(&rq, "password");
    assert_true(nx_ok(nx_form_secret(&s, &rq, "password")));
    assert_memory_equal(nx_secret_expose(&s).p, "hunter2", 7);
    assert_memory_equal(copy, "\0\0\0\0\0\0\0", 7);
    assert_null(nx_form(&rq, "password"));
    assert_int_equal(nx_form_secret(&s, &rq, "password").e, NX_ERR_MISSING);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, up, down)
    const struct CMUnitTest tests[] = {
        T(test_pairs),
        T(test_pairs_refused),
        T(test_pairs_limits),
        T(test_resource_repeats),
        T(test_cookies),
        T(test_languages),
        T(test_targets),
        T(test_rule_28_fields),
        T(test_rule_28_client_address),
        T(test_nul_in_a_value),
        T(test_form_secret_is_wiped),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
