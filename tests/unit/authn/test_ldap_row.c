/* LDAP rows: what an operator may write, and what a name becomes in a filter and in a DN. */
#include "authn/ldap.h"
#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static nx_arena *arena;

static int fresh(void **state)
{
    (void)state;
    arena = nx_arena_open(1u << 20);
    return 0;
}

static int gone(void **state)
{
    (void)state;
    nx_arena_close(arena);
    return 0;
}

#define BASE "\"base\":\"dc=x\",\"filter\":\"(uid={user})\""
#define SEARCHER "\"bind_dn\":\"cn=s\""

static json_t *parsed;

static nx_result parse(struct nx_ldap_row *row, const char **why, const char *text)
{
    json_decref(parsed);
    parsed = NULL;
    assert_true(nx_ok(nx_json_parse_object(&parsed, nx_span_str(text))));
    return nx_ldap_row_parse(row, parsed, why);
}

static void urls(void **state)
{
    (void)state;
    static const struct {
        const char *url, *host;
        int port;
        enum nx_ldap_tls tls;
    } good[] = {
        {"ldaps://dir.agency.vn", "dir.agency.vn", 636, NX_LDAP_TLS},
        {"LDAPS://dir.agency.vn:1636/", "dir.agency.vn", 1636, NX_LDAP_TLS},
        {"ldap://dir.agency.vn", "dir.agency.vn", 389, NX_LDAP_STARTTLS},
        {"ldaps://[2001:db8::1]:1636", "2001:db8::1", 1636, NX_LDAP_TLS},
    };
    static const char *const bad[] = {
        "",
        "dir.agency.vn",
        "http://x",
        "ldaps://",
        "ldaps://x:0",
        "ldaps://x:65536",
        "ldaps://x:1x",
        "ldaps://x/dc=y",
        "ldaps://x?y",
        "ldaps://u@x",
        "ldaps://[::1",
        "ldaps:// x",
        "ldaps://x:",
        "ldapi://%2Ftmp",
        "ldaps://x%00",
        "ldaps://localhost",
        "ldap://LOCALHOST:389",
    };
    struct nx_ldap_row row;
    const char *why;
    char text[512];
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        snprintf(text, sizeof text, "{\"url\":\"%s\"," BASE "," SEARCHER "}", good[i].url);
        assert_true(nx_ok(parse(&row, &why, text)));
        assert_string_equal(row.host, good[i].host);
        assert_int_equal(row.port, good[i].port);
        assert_int_equal(row.tls, good[i].tls);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(text, sizeof text, "{\"url\":\"%s\"," BASE "," SEARCHER "}", bad[i]);
        assert_int_equal(parse(&row, &why, text).e, NX_ERR_UPSTREAM_CONFIG);
        assert_non_null(strstr(why, "url"));
    }
}

static void rows(void **state)
{
    (void)state;
    static const struct {
        const char *more, *why; /* NULL: it is good */
    } cases[] = {
        {BASE "," SEARCHER, NULL},
        {BASE ",\"user_dn\":\"uid={user},dc=x\"", NULL},
        {BASE "," SEARCHER ",\"scope\":\"one\",\"subject\":\"objectGUID\"", NULL},
        {BASE "," SEARCHER ",\"attributes\":{\"name\":\"cn\"},\"groups\":{\"cn=g\":\"g\"}", NULL},
        {BASE "," SEARCHER ",\"group_base\":\"dc=x\",\"group_filter\":\"(member={dn})\"", NULL},
        {SEARCHER ",\"filter\":\"(uid={user})\"", "base"},
        {SEARCHER ",\"base\":\"dc=x\"", "filter"},
        {SEARCHER ",\"base\":\"dc=x\",\"filter\":\"(uid=lan)\"", "{user}"},
        {BASE, "bind_dn"},
        {BASE "," SEARCHER ",\"user_dn\":\"uid={user}\"", "bind_dn"},
        {BASE ",\"user_dn\":\"uid=lan\"", "{user}"},
        {BASE "," SEARCHER ",\"scope\":\"base\"", "scope"},
        {BASE "," SEARCHER ",\"subject\":\"a b\"", "subject"},
        {BASE "," SEARCHER ",\"subject\":\"cn;binary\"", "subject"},
        {BASE "," SEARCHER ",\"attributes\":{\"shoe\":\"cn\"}", "attributes"},
        {BASE "," SEARCHER ",\"attributes\":[\"cn\"]", "attributes"},
        {BASE "," SEARCHER ",\"groups\":{\"cn=g\":1}", "groups"},
        {BASE "," SEARCHER ",\"group_base\":\"dc=x\"", "group_"},
        {BASE "," SEARCHER ",\"group_base\":\"dc=x\",\"group_filter\":\"(a=b)\"", "{dn}"},
        {BASE "," SEARCHER ",\"ca\":\"/etc/ca.pem\"", "PEM"},
        {BASE "," SEARCHER ",\"tls\":\"none\"", "tls"},
    };
    struct nx_ldap_row row;
    char text[1024];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *why = NULL;
        snprintf(text, sizeof text, "{\"url\":\"ldaps://dir.agency.vn\",%s}", cases[i].more);
        nx_result r = parse(&row, &why, text);
        if (!cases[i].why) {
            assert_true(nx_ok(r) && !why);
            continue;
        }
        assert_int_equal(r.e, NX_ERR_UPSTREAM_CONFIG);
        if (!strstr(why, cases[i].why)) fail_msg("%s: %s", cases[i].more, why);
    }
}

/* Without TLS only on this machine. */
static void plain(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        bool good;
    } cases[] = {{"ldap://127.0.0.1", true},     {"ldap://[::1]", true},      {"ldap://localhost", true},
                 {"ldap://x.localhost", true},   {"ldap://10.0.0.1", false},  {"ldap://dir.agency.vn", false},
                 {"ldap://localhost.vn", false}, {"ldaps://127.0.0.1", false}};
    struct nx_ldap_row row;
    const char *why;
    char text[512];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(text, sizeof text, "{\"url\":\"%s\",\"tls\":\"none\"," BASE "," SEARCHER "}", cases[i].url);
        nx_result r = parse(&row, &why, text);
        assert_int_equal(nx_ok(r), cases[i].good);
        if (cases[i].good) assert_int_equal(row.tls, NX_LDAP_PLAIN);
    }
}

static void names_in_filters(void **state)
{
    (void)state;
    static const struct {
        const char *name, *filter;
    } cases[] = {
        {"lan", "(uid=lan)"},
        {"*)(uid=*", "(uid=\\2A\\29\\28uid=\\2A)"},
        {"a\\2a", "(uid=a\\5C2a)"},
        {"{user}", "(uid={user})"},
    };
    char *out;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(
            nx_ok(nx_ldap_filter_fill(&out, arena, "(uid={user})", "user", nx_span_str(cases[i].name))));
        assert_string_equal(out, cases[i].filter);
    }
    assert_true(nx_ok(nx_ldap_filter_fill(&out, arena, "(|(uid={user})(mail={user}))", "user", NX_LIT("x"))));
    assert_string_equal(out, "(|(uid=x)(mail=x))");
    assert_int_equal(nx_ldap_filter_fill(&out, arena, "(uid={user})", "user", NX_SPAN_NONE).e, NX_ERR_LIMIT);
}

static void names_in_dns(void **state)
{
    (void)state;
    char *out;
    assert_true(nx_ok(nx_ldap_dn_fill(&out, arena, "uid={user},dc=x", NX_LIT("nguyen.lan-2_a"))));
    assert_string_equal(out, "uid=nguyen.lan-2_a,dc=x");
    assert_true(nx_ok(nx_ldap_dn_fill(&out, arena, "uid={user},dc=x", NX_LIT("a,dc=y+b=\"#"))));
    assert_string_equal(out, "uid=a\\2cdc\\3dy\\2bb\\3d\\22\\23,dc=x");
    assert_true(nx_ok(nx_ldap_dn_fill(&out, arena, "{user}@agency.vn", NX_LIT("lan"))));
    assert_string_equal(out, "lan@agency.vn");
    assert_int_equal(nx_ldap_dn_fill(&out, arena, "{user}@agency.vn", NX_LIT("lan@elsewhere.vn")).e,
                     NX_ERR_PASSWORD);
    assert_int_equal(nx_ldap_dn_fill(&out, arena, "{user}@agency.vn", NX_LIT("A\\lan")).e, NX_ERR_PASSWORD);
}

static void subjects(void **state)
{
    (void)state;
    static const uint8_t guid[16] = {0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66,
                                     0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
    assert_string_equal(nx_ldap_subject_text(arena, "objectGUID", nx_span_of(guid, 16)),
                        "00112233-4455-6677-8899-aabbccddeeff");
    assert_null(nx_ldap_subject_text(arena, "objectguid", nx_span_of(guid, 15)));
    assert_string_equal(nx_ldap_subject_text(arena, "entryUUID", NX_LIT("7ca92d80-7a6b")), "7ca92d80-7a6b");
    assert_null(nx_ldap_subject_text(arena, "entryUUID", NX_SPAN_NONE));
    assert_null(nx_ldap_subject_text(arena, "entryUUID", nx_span_of("a\0b", 3)));
    assert_null(nx_ldap_subject_text(arena, "entryUUID", nx_span_of(guid, 16)));
}

static void fields_and_groups(void **state)
{
    (void)state;
    struct nx_agency_identity who = {.group_count = 0};
    assert_ptr_equal(nx_agency_field(&who.person, "family_name"), &who.person.family_name);
    assert_ptr_equal(nx_agency_field(&who.person, "national_id"), &who.person.national_id);
    assert_null(nx_agency_field(&who.person, "password"));
    nx_agency_add_group(&who, arena, "clerk");
    nx_agency_add_group(&who, arena, "clerk");
    assert_int_equal(who.group_count, 1);
    for (int i = 0; i < 2 * NX_AGENCY_GROUPS_MAX; i++)
        nx_agency_add_group(&who, arena, nx_arena_printf(arena, "g%d", i));
    assert_int_equal(who.group_count, NX_AGENCY_GROUPS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls),
        cmocka_unit_test(rows),
        cmocka_unit_test(plain),
        cmocka_unit_test_setup_teardown(names_in_filters, fresh, gone),
        cmocka_unit_test_setup_teardown(names_in_dns, fresh, gone),
        cmocka_unit_test_setup_teardown(subjects, fresh, gone),
        cmocka_unit_test_setup_teardown(fields_and_groups, fresh, gone),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    json_decref(parsed);
    return failed;
}
