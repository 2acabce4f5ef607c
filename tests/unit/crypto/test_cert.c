/* Certificates of people: which are taken, which are refused and why (SECURITY.md 29). The files are made by
 * tests/data/pki/make.sh. */
#include "crypto/cert.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOW 1800000000 /* 2027: between the beginning of the files and their end */
#define POLICY "1.3.6.1.4.1.99999.1"

static char bytes[1 << 16];

static nx_span file(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/pki/%s", NX_TEST_DATA, name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    assert_in_range(n, 1, sizeof bytes - 1);
    return nx_span_of(bytes, n);
}

static nx_anchors *trust(const char *policies)
{
    nx_anchors *a;
    assert_true(nx_ok(nx_anchors_open(&a, file("anchors.pem"), policies)));
    return a;
}

static void a_persons_certificate_is_read(void **state)
{
    (void)state;
    NX_AUTO(nx_anchors) a = trust(POLICY);
    NX_AUTO(nx_cert) c = NULL;
    assert_true(nx_ok(nx_cert_open(&c, a, file("lan.der"), NOW)));
    const struct nx_cert_facts *f = nx_cert_facts(c);
    assert_string_equal(f->common_name, "Nguyễn Thị Lan");
    assert_string_equal(f->national_id, "001190012345");
    assert_string_equal(f->ocsp, "https://ocsp.ca.example/status");
    assert_string_equal(f->crl, "https://ca.example/people.crl");
    assert_non_null(strstr(f->subject, "CN=Nguyễn Thị Lan"));
    assert_non_null(strstr(f->issuer, "CN=People (test)"));
    assert_true(f->not_after > NOW);
    NX_AUTO(nx_cert) other = NULL;
    assert_true(nx_ok(nx_cert_open(&other, a, file("revoked.der"), NOW)));
    assert_string_equal(nx_cert_facts(other)->national_id, "001190012346");
    assert_memory_not_equal(nx_cert_facts(other)->name, f->name, NX_SHA256_LEN);
}

/* RFC 8705 section 2.1.2. */
static void a_certificate_is_asked_for_one_name(void **state)
{
    (void)state;
    static const struct {
        enum nx_cert_name kind;
        const char *name;
        bool is;
    } rows[] = {
        {NX_CERT_NAME_SUBJECT, "CN=api,O=Sở Tài chính,C=VN", true},
        {NX_CERT_NAME_SUBJECT, "CN=api", false},
        {NX_CERT_NAME_SUBJECT, "", false},
        {NX_CERT_NAME_DNS, "api.portal.example", true},
        {NX_CERT_NAME_DNS, "API.portal.EXAMPLE", true},
        {NX_CERT_NAME_DNS, "api.portal.example.", false},
        {NX_CERT_NAME_DNS, "portal.example", false},
        {NX_CERT_NAME_DNS, "a.wild.example", false},
        {NX_CERT_NAME_DNS, "urn:portal:1", false},
        {NX_CERT_NAME_DNS, "", false},
        {NX_CERT_NAME_URI, "urn:portal:1", true},
        {NX_CERT_NAME_URI, "urn:PORTAL:1", false},
        {NX_CERT_NAME_IP, "192.0.2.7", true},
        {NX_CERT_NAME_IP, "2001:DB8:0::7", true},
        {NX_CERT_NAME_IP, "192.0.2.8", false},
        {NX_CERT_NAME_IP, "::ffff:192.0.2.7", false},
        {NX_CERT_NAME_IP, "api.portal.example", false},
        {NX_CERT_NAME_EMAIL, "ops@portal.example", true},
        {NX_CERT_NAME_EMAIL, "OPS@portal.example", false},
    };
    NX_AUTO(nx_anchors) a = NULL;
    NX_AUTO(nx_cert) c = NULL;
    assert_true(nx_ok(nx_anchors_open(&a, file("clients.pem"), "")));
    assert_true(nx_ok(nx_cert_open(&c, a, file("portal.der"), NOW)));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (nx_cert_is_named(c, rows[i].kind, rows[i].name) != rows[i].is) fail_msg("%d %s", (int)rows[i].kind, rows[i].name);
    /* One without any such name. */
    NX_AUTO(nx_anchors) people = trust(POLICY);
    NX_AUTO(nx_cert) lan = NULL;
    assert_true(nx_ok(nx_cert_open(&lan, people, file("lan.der"), NOW)));
    assert_false(nx_cert_is_named(lan, NX_CERT_NAME_DNS, "api.portal.example"));
}

static void test_rule_29_each_certificate_is_refused_for_its_own_reason(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        nx_err e;
    } rows[] = {
        {"expired.der", NX_ERR_CERT_EXPIRED},   {"foreign.der", NX_ERR_CERT_UNTRUSTED},
        {"server.der", NX_ERR_CERT_USE},        {"useless.der", NX_ERR_CERT_USE},
        {"encipherer.der", NX_ERR_CERT_USE},    {"authority.der", NX_ERR_CERT_USE},
        {"no-policy.der", NX_ERR_CERT_UNTRUSTED}, {"weak.der", NX_ERR_CERT_UNTRUSTED},
        {"small.der", NX_ERR_CERT_UNTRUSTED},   {"two-numbers.der", NX_ERR_CERT},
        {"root.der", NX_ERR_CERT_USE},
    };
    NX_AUTO(nx_anchors) a = trust(POLICY);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        NX_AUTO(nx_cert) c = NULL;
        nx_result r = nx_cert_open(&c, a, file(rows[i].file), NOW);
        if (r.e != rows[i].e) fail_msg("%s: %s", rows[i].file, nx_err_name(r.e));
    }
    NX_AUTO(nx_anchors) any = trust("");
    NX_AUTO(nx_cert) c = NULL;
    assert_true(nx_ok(nx_cert_open(&c, any, file("no-policy.der"), NOW)));
    NX_AUTO(nx_cert) early = NULL;
    assert_int_equal(nx_cert_open(&early, a, file("lan.der"), 1700000000).e, NX_ERR_CERT_EXPIRED);
}

static void what_is_no_certificate_is_refused(void **state)
{
    (void)state;
    NX_AUTO(nx_anchors) a = trust("");
    nx_span good = file("lan.der");
    for (size_t n = 0; n < good.n; n++) {
        nx_cert *c = NULL;
        assert_int_equal(nx_cert_open(&c, a, nx_span_of(good.p, n), NOW).e, NX_ERR_CERT);
    }
    bytes[good.n] = 0;
    nx_cert *c = NULL;
    assert_int_equal(nx_cert_open(&c, a, nx_span_of(good.p, good.n + 1), NOW).e, NX_ERR_CERT);
}

/* No bit of it can be changed unseen. */
static void a_changed_certificate_is_refused(void **state)
{
    (void)state;
    NX_AUTO(nx_anchors) a = trust(POLICY);
    nx_span good = file("lan.der");
    for (size_t i = 0; i < good.n; i++) {
        bytes[i] ^= 1;
        nx_cert *c = NULL;
        assert_false(nx_ok(nx_cert_open(&c, a, good, NOW)));
        bytes[i] ^= 1;
    }
}

static void anchors_are_named_by_the_file_alone(void **state)
{
    (void)state;
    nx_anchors *a;
    assert_int_equal(nx_anchors_open(&a, NX_LIT(""), "").e, NX_ERR_CERT);
    assert_int_equal(nx_anchors_open(&a, NX_LIT("nothing"), "").e, NX_ERR_CERT);
    assert_int_equal(nx_anchors_open(&a, file("helpers-only.pem"), "").e, NX_ERR_CERT);
    assert_int_equal(nx_anchors_open(&a, file("anchors.pem"), "1.2.x").e, NX_ERR_SYNTAX);
    nx_span cut = file("anchors.pem");
    assert_int_equal(nx_anchors_open(&a, nx_span_of(cut.p, cut.n - 40), "").e, NX_ERR_CERT);
}

struct said {
    nx_err e;
    enum nx_cert_standing standing;
    nx_time until;
};

static struct said by_crl(const nx_cert *c, const char *name, nx_time now)
{
    struct said s = {NX_ERR_NONE, NX_CERT_UNKNOWN, 0};
    NX_AUTO(nx_crl) crl = NULL;
    assert_true(nx_ok(nx_crl_open(&crl, file(name))));
    s.e = nx_crl_ask(&s.standing, &s.until, crl, c, now).e;
    return s;
}

static struct said by_ocsp(const nx_cert *c, const char *name, nx_time now)
{
    struct said s = {NX_ERR_NONE, NX_CERT_UNKNOWN, 0};
    s.e = nx_ocsp_read(&s.standing, &s.until, c, file(name), now).e;
    return s;
}

static void test_rule_29_a_list_says_who_is_revoked(void **state)
{
    (void)state;
    NX_AUTO(nx_anchors) a = trust("");
    NX_AUTO(nx_cert) lan = NULL;
    NX_AUTO(nx_cert) old = NULL;
    assert_true(nx_ok(nx_cert_open(&lan, a, file("lan.der"), NOW)));
    assert_true(nx_ok(nx_cert_open(&old, a, file("revoked.der"), NOW)));
    struct said s = by_crl(lan, "people.crl", NOW);
    assert_int_equal(s.e, NX_ERR_NONE);
    assert_int_equal(s.standing, NX_CERT_GOOD);
    assert_true(s.until > NOW);
    assert_int_equal(by_crl(old, "people.crl", NOW).standing, NX_CERT_REVOKED);
    static const char *const bad[] = {"over.crl", "future.crl", "weak-crl.crl", "forged.crl", "partial.crl"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        s = by_crl(lan, bad[i], NOW);
        if (s.e != NX_ERR_CERT_STANDING) fail_msg("%s was believed", bad[i]);
        assert_int_equal(s.standing, NX_CERT_UNKNOWN);
    }
    nx_crl *none;
    assert_int_equal(nx_crl_open(&none, file("lan.der")).e, NX_ERR_CERT);
}

static void test_rule_29_a_responder_says_who_is_revoked(void **state)
{
    (void)state;
    NX_AUTO(nx_anchors) a = trust("");
    NX_AUTO(nx_cert) lan = NULL;
    NX_AUTO(nx_cert) old = NULL;
    assert_true(nx_ok(nx_cert_open(&lan, a, file("lan.der"), NOW)));
    assert_true(nx_ok(nx_cert_open(&old, a, file("revoked.der"), NOW)));
    struct said s = by_ocsp(lan, "good.ocsp", NOW);
    assert_int_equal(s.e, NX_ERR_NONE);
    assert_int_equal(s.standing, NX_CERT_GOOD);
    assert_true(s.until > NOW);
    assert_int_equal(by_ocsp(lan, "issuer.ocsp", NOW).standing, NX_CERT_GOOD);
    assert_int_equal(by_ocsp(old, "revoked-answer.ocsp", NOW).standing, NX_CERT_REVOKED);
    assert_int_equal(by_ocsp(lan, "good.ocsp", s.until).e, NX_ERR_CERT_STANDING);   /* over */
    assert_int_equal(by_ocsp(lan, "good.ocsp", 1700000000).e, NX_ERR_CERT_STANDING); /* of the future */
    static const char *const bad[] = {"about-another.ocsp", "impostor.ocsp", "foreign-responder.ocsp",
                                      "people.crl"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (by_ocsp(lan, bad[i], NOW).e != NX_ERR_CERT_STANDING) fail_msg("%s was believed", bad[i]);
}

static void test_rule_29_no_byte_of_an_answer_can_be_changed_unseen(void **state)
{
    (void)state;
    NX_AUTO(nx_anchors) a = trust("");
    NX_AUTO(nx_cert) old = NULL;
    assert_true(nx_ok(nx_cert_open(&old, a, file("revoked.der"), NOW)));
    nx_span answer = file("revoked-answer.ocsp");
    for (size_t i = 0; i < answer.n; i++) {
        enum nx_cert_standing standing;
        nx_time until;
        bytes[i] ^= 1;
        nx_result r = nx_ocsp_read(&standing, &until, old, answer, NOW);
        if (nx_ok(r)) assert_int_equal(standing, NX_CERT_REVOKED); /* what is not signed says nothing */
        bytes[i] ^= 1;
    }
}

static void a_request_names_the_certificate(void **state)
{
    (void)state;
    nx_arena *arena = nx_arena_open(1u << 16);
    NX_AUTO(nx_anchors) a = trust("");
    NX_AUTO(nx_cert) lan = NULL;
    assert_true(nx_ok(nx_cert_open(&lan, a, file("lan.der"), NOW)));
    nx_span der;
    assert_true(nx_ok(nx_ocsp_ask(&der, arena, lan)));
    assert_in_range(der.n, 60, 200);
    assert_int_equal(der.p[0], 0x30);
    nx_arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_persons_certificate_is_read),
        cmocka_unit_test(a_certificate_is_asked_for_one_name),
        cmocka_unit_test(test_rule_29_each_certificate_is_refused_for_its_own_reason),
        cmocka_unit_test(what_is_no_certificate_is_refused),
        cmocka_unit_test(a_changed_certificate_is_refused),
        cmocka_unit_test(anchors_are_named_by_the_file_alone),
        cmocka_unit_test(test_rule_29_a_list_says_who_is_revoked),
        cmocka_unit_test(test_rule_29_a_responder_says_who_is_revoked),
        cmocka_unit_test(test_rule_29_no_byte_of_an_answer_can_be_changed_unseen),
        cmocka_unit_test(a_request_names_the_certificate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
