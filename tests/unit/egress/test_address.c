/* Which addresses and URLs pass, as text: no socket is opened here. */
#include "egress/breaker.h"
#include "egress/egress.h"
#include "egress/target.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static bool allowed(const char *text, const char *list)
{
    struct nx_address a;
    struct nx_ranges r;
    assert_true(nx_address_parse(&a, text));
    assert_true(nx_ok(nx_ranges_parse(&r, list)));
    return nx_address_allowed(&a, &r);
}

static void test_rule_30_special_addresses_are_refused(void **state)
{
    (void)state;
    static const char *const special[] = {
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.0.2.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.9",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "168.63.129.16",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::ffff:0:8.8.8.8",
        "64:ff9b::8.8.8.8",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:a00:1::",
        "2002:808:808::",
        "3fff::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    };
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        if (allowed(special[i], "")) fail_msg("%s passed", special[i]);
    static const char *const public[] = {
        "1.1.1.1",     "8.8.8.8",         "9.255.255.255",   "11.0.0.0",        "100.63.255.255",
        "100.128.0.0", "172.15.255.255",  "172.32.0.0",      "192.167.255.255", "198.17.255.255",
        "198.20.0.0",  "223.255.255.255", "2606:4700::1111", "2a00:1450::1",    "2400:cb00::1",
    };
    for (size_t i = 0; i < sizeof public / sizeof *public; i++)
        if (!allowed(public[i], "")) fail_msg("%s was refused", public[i]);
}

static void test_rule_30_what_is_listed_passes_and_nothing_beside_it(void **state)
{
    (void)state;
    assert_true(allowed("127.0.0.1", "127.0.0.0/8"));
    assert_true(allowed("127.0.0.1", "10.0.0.0/8, 127.0.0.1"));
    assert_false(allowed("127.0.0.2", "127.0.0.1"));
    assert_false(allowed("128.0.0.1", "127.0.0.0/8") && !allowed("128.0.0.1", ""));
    assert_false(allowed("10.1.0.1", "10.0.0.0/16"));
    assert_true(allowed("10.0.255.1", "10.0.0.0/16"));
    assert_false(allowed("10.0.16.1", "10.0.0.0/20"));
    assert_true(allowed("::1", "::1"));
    assert_false(allowed("::1", "127.0.0.0/8"));
    assert_true(allowed("fd00::5", "fd00::/8"));
    assert_true(allowed("10.1.1.1", "0.0.0.0/0"));
}

/* An address inside an address: both must be listed. */
static void test_rule_30_hidden_addresses(void **state)
{
    (void)state;
    assert_false(allowed("::ffff:127.0.0.1", "127.0.0.0/8"));
    assert_false(allowed("::ffff:127.0.0.1", "::ffff:0:0/96"));
    assert_true(allowed("::ffff:127.0.0.1", "::ffff:0:0/96,127.0.0.0/8"));
    assert_true(allowed("64:ff9b::8.8.8.8", "64:ff9b::/96"));
    assert_false(allowed("64:ff9b::169.254.169.254", "64:ff9b::/96"));
    assert_false(allowed("2002:7f00:1::", "2002::/16"));
}

static void test_lists_that_do_not_parse(void **state)
{
    (void)state;
    static const char *const bad[] = {",",           "10.0.0.0/33", "10.0.0.0/",   "10.0.0/8",
                                      "x",           "::/129",      "10.0.0.0/8,", "10.0.0.0/-1",
                                      "10.0.0.0/8x", "10.0.0.0 /8", "localhost"};
    struct nx_ranges r;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(nx_ranges_parse(&r, bad[i]).e, NX_ERR_EGRESS_SETTING);
    assert_true(nx_ok(nx_ranges_parse(&r, NULL)));
    assert_int_equal(r.n, 0);
}

static nx_err parse(const char *url, const char *http, const char *list)
{
    struct nx_target t;
    struct nx_http_hosts hosts;
    struct nx_ranges ranges;
    assert_true(nx_ok(nx_http_hosts_parse(&hosts, http)));
    assert_true(nx_ok(nx_ranges_parse(&ranges, list)));
    return nx_target_parse(&t, nx_span_str(url), &hosts, &ranges).e;
}

static void test_urls_that_are_called(void **state)
{
    (void)state;
    static const char *const good[] = {
        "https://portal.example/jwks",
        "https://portal.example",
        "https://a.b-c.example:8443/x?y=z&q=%20",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]:444/",
        "HTTPS://Portal.Example/",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(parse(good[i], "", ""), NX_ERR_NONE);
    assert_int_equal(parse("http://localhost:9000/x", "localhost", "127.0.0.0/8"), NX_ERR_NONE);
    assert_int_equal(parse("http://thue.localhost/x", "thue.localhost", "::1"), NX_ERR_NONE);
    assert_int_equal(parse("http://[::1]:9000/x", "::1", "::1"), NX_ERR_NONE);
    assert_int_equal(parse("https://thue.localhost:8443/x", "", "127.0.0.0/8"), NX_ERR_NONE);
}

static void test_urls_that_are_not(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "portal.example",
        "/jwks",
        "//portal.example/",
        "ftp://portal.example/",
        "file:///etc/passwd",
        "gopher://portal.example/",
        "javascript:alert(1)",
        "http://portal.example/",
        "http://localhost/",
        "https://",
        "https:///x",
        "https:/portal.example/",
        "https:portal.example",
        "https://?x",
        "https://:443/",
        "https://user@portal.example/",
        "https://user:pw@portal.example/",
        "https://portal.example/#f",
        "https://portal.example:0/",
        "https://portal.example:99999/",
        "https://portal.example:x/",
        "https://portal.example /",
        "https://portal.example/a b",
        "https://portal.example\\@evil.example/",
        "https://portal.example\n/",
        "https://[::1%25lo]/",
        "https://portal.example./",
        "https://[::1/",
        "https://\xc3\xa9.example/",
        "https://a%2fb.example/",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (parse(bad[i], "", "") != NX_ERR_EGRESS_URL) fail_msg("'%s' is %d", bad[i], parse(bad[i], "", ""));
    char *longer = malloc(3000);
    assert_non_null(longer);
    memset(longer, 'a', 2999);
    memcpy(longer, "https://a.example/", 18);
    longer[2999] = 0;
    assert_int_equal(parse(longer, "", ""), NX_ERR_EGRESS_URL);
    free(longer);
}

/* Every spelling of a loopback or metadata address. */
static void test_rule_30_spellings_of_addresses(void **state)
{
    (void)state;
    static const char *const hidden[] = {
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[0:0:0:0:0:0:0:1]/",
        "https://169.254.169.254/latest",
        "https://localhost/",
        "https://LOCALHOST/",
        "https://x.localhost/",
        "https://0/",
        "https://[64:ff9b::7f00:1]/",
        "https://[fe80::1]/",
    };
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        if (parse(hidden[i], "", "") != NX_ERR_EGRESS_ADDRESS)
            fail_msg("%s is %d", hidden[i], parse(hidden[i], "", ""));
}

static void test_only_loopback_hosts_can_be_listed_for_http(void **state)
{
    (void)state;
    struct nx_http_hosts h;
    assert_int_equal(nx_http_hosts_parse(&h, "portal.example").e, NX_ERR_EGRESS_SETTING);
    assert_int_equal(nx_http_hosts_parse(&h, "localhost,10.0.0.1").e, NX_ERR_EGRESS_SETTING);
    assert_int_equal(nx_http_hosts_parse(&h, "localhost.example").e, NX_ERR_EGRESS_SETTING);
    assert_true(nx_ok(nx_http_hosts_parse(&h, "localhost, 127.0.0.1,::1,a.localhost")));
    assert_int_equal(h.n, 4);
}

static void fail_times(struct nx_breaker *b, const char *key, int64_t at, int times)
{
    for (int i = 0; i < times; i++)
        nx_breaker_tell(b, key, at, false);
}

static void test_a_failing_host_rests_longer_and_longer(void **state)
{
    (void)state;
    static struct nx_breaker b;
    nx_breaker_init(&b);
    fail_times(&b, "a:443", 1000, NX_BREAKER_FAILURES - 1);
    assert_true(nx_ok(nx_breaker_ask(&b, "a:443", 1000, 2000)));
    int64_t now = 1000, rest = NX_BREAKER_REST_MS;
    fail_times(&b, "a:443", now, 1);
    for (int round = 0; round < 8; round++) {
        assert_int_equal(nx_breaker_ask(&b, "a:443", now + rest - 1, 2000).e, NX_ERR_EGRESS_REST);
        assert_true(nx_ok(nx_breaker_ask(&b, "b:443", now, 2000)));
        now += rest;
        assert_true(nx_ok(nx_breaker_ask(&b, "a:443", now, 2000)));
        assert_int_equal(nx_breaker_ask(&b, "a:443", now + 1999, 2000).e, NX_ERR_EGRESS_REST);
        fail_times(&b, "a:443", now, 1);
        rest = 2 * rest < NX_BREAKER_REST_MAX_MS ? 2 * rest : NX_BREAKER_REST_MAX_MS;
    }
    now += rest;
    assert_true(nx_ok(nx_breaker_ask(&b, "a:443", now, 2000)));
    nx_breaker_tell(&b, "a:443", now, true);
    for (int i = 0; i < 10; i++)
        assert_true(nx_ok(nx_breaker_ask(&b, "a:443", now, 2000)));
    nx_breaker_end(&b);
}

static void test_a_full_table_forgets_the_oldest(void **state)
{
    (void)state;
    static struct nx_breaker b;
    char key[32];
    nx_breaker_init(&b);
    for (int i = 0; i <= NX_BREAKER_HOSTS; i++) {
        snprintf(key, sizeof key, "h%d:443", i);
        fail_times(&b, key, 1000 + i, NX_BREAKER_FAILURES);
    }
    assert_true(nx_ok(nx_breaker_ask(&b, "h0:443", 1300, 2000)));
    assert_int_equal(nx_breaker_ask(&b, "h1:443", 1300, 2000).e, NX_ERR_EGRESS_REST);
    assert_int_equal(nx_breaker_ask(&b, key, 1300, 2000).e, NX_ERR_EGRESS_REST);
    nx_breaker_end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rule_30_special_addresses_are_refused),
        cmocka_unit_test(test_rule_30_what_is_listed_passes_and_nothing_beside_it),
        cmocka_unit_test(test_rule_30_hidden_addresses),
        cmocka_unit_test(test_lists_that_do_not_parse),
        cmocka_unit_test(test_urls_that_are_called),
        cmocka_unit_test(test_urls_that_are_not),
        cmocka_unit_test(test_rule_30_spellings_of_addresses),
        cmocka_unit_test(test_only_loopback_hosts_can_be_listed_for_http),
        cmocka_unit_test(test_a_failing_host_rests_longer_and_longer),
        cmocka_unit_test(test_a_full_table_forgets_the_oldest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
