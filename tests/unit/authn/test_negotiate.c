/* Tokens of SPNEGO and principals of Kerberos, before and after the library. */
#include "authn/kerberos.h"
#include "base/text.h"

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

#define KRB5 "06092a864886f712010202"
#define WINDOWS "06092a864882f712010202"
#define NTLM "060a2b06010401823702020a"
#define SPNEGO "06062b0601050502"

static nx_result check(const char *hex)
{
    uint8_t bytes[256];
    size_t n;
    assert_true(nx_ok(nx_hex_decode(bytes, sizeof bytes, &n, nx_span_str(hex))));
    return nx_negotiate_check(nx_span_of(bytes, n));
}

static void tokens(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        nx_err e;
    } cases[] = {
        {"600d" KRB5 "0100", NX_ERR_NONE},
        {"600d" WINDOWS "0100", NX_ERR_NONE},
        {"601d" SPNEGO "a0133011a00d300b" KRB5 "a200", NX_ERR_NONE},
        {"6019" SPNEGO "a00f300da00b3009"
         "06072a864886f71201",
         NX_ERR_NEGOTIATE_MECH},
        {"6026" SPNEGO "a01c301aa0183016" NTLM KRB5, NX_ERR_NEGOTIATE}, /* lengths do not fit */
        {"6027" SPNEGO "a01d301ba0193017" NTLM KRB5, NX_ERR_NEGOTIATE_MECH},
        {"6027" SPNEGO "a01d301ba0193017" KRB5 NTLM, NX_ERR_NONE},
        {"600c" NTLM, NX_ERR_NEGOTIATE_MECH},
        {"4e544c4d5353500001000000", NX_ERR_NEGOTIATE_MECH},
        {"a1073005a0030a0100", NX_ERR_NEGOTIATE}, /* NegTokenResp: an answer to nothing */
        {"6080" KRB5 "0000", NX_ERR_NEGOTIATE},   /* indefinite */
        {"60850000000d" KRB5, NX_ERR_NEGOTIATE},
        {"600e" KRB5 "0100", NX_ERR_NEGOTIATE},
        {"600c" KRB5 "0100", NX_ERR_NEGOTIATE}, /* something behind it */
        {"60", NX_ERR_NEGOTIATE},
        {"6000", NX_ERR_NEGOTIATE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        nx_result r = check(cases[i].hex);
        if (r.e != cases[i].e) fail_msg("%zu: %s", i, nx_err_name(r.e));
    }
    assert_int_equal(nx_negotiate_check(NX_SPAN_NONE).e, NX_ERR_NEGOTIATE);
}

static void every_cut(void **state)
{
    (void)state;
    static const char whole[] = "601d" SPNEGO "a0133011a00d300b" KRB5 "a200";
    char part[sizeof whole];
    assert_true(nx_ok(check(whole)));
    for (size_t n = 2; n + 1 < sizeof whole; n += 2) {
        memcpy(part, whole, n);
        part[n] = 0;
        assert_int_equal(check(part).e, NX_ERR_NEGOTIATE);
    }
}

static void fields(void **state)
{
    (void)state;
    nx_span out;
    static const struct {
        const char *field;
        nx_err e;
    } cases[] = {
        {NULL, NX_ERR_TOKEN_ABSENT},
        {"Basic eDp5", NX_ERR_TOKEN_ABSENT},
        {"Bearer x", NX_ERR_TOKEN_ABSENT},
        {"Negotiate", NX_ERR_TOKEN_ABSENT},
        {"Negotiate ", NX_ERR_NEGOTIATE},
        {"Negotiate !", NX_ERR_NEGOTIATE},
        {"Negotiate YA0GCSqGSIb3EgECAgEA", NX_ERR_NONE},
        {"negotiate YA0GCSqGSIb3EgECAgEA", NX_ERR_NONE},
        {"Negotiate  YA0GCSqGSIb3EgECAgEA", NX_ERR_NEGOTIATE},
        {"NTLM TlRMTVNTUAABAAAA", NX_ERR_NEGOTIATE_MECH},
        {"Negotiate TlRMTVNTUAABAAAA", NX_ERR_NEGOTIATE_MECH},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        nx_result r = nx_negotiate_token(&out, arena, cases[i].field);
        if (r.e != cases[i].e) fail_msg("%s: %s", cases[i].field ? cases[i].field : "none", nx_err_name(r.e));
    }
    char *large = nx_arena_alloc(arena, NX_NEGOTIATE_MAX * 2);
    memset(large, 'A', NX_NEGOTIATE_MAX * 2 - 1);
    memcpy(large, "Negotiate ", 10);
    assert_int_equal(nx_negotiate_token(&out, arena, large).e, NX_ERR_NEGOTIATE);
}

static void principals(void **state)
{
    (void)state;
    const struct nx_kerberos_row row = {.realm = "AGENCY.VN"},
                                 open = {.realm = "AGENCY.VN", .instances = true};
    nx_span name;
    assert_true(nx_ok(nx_kerberos_principal(&name, NX_LIT("lan@AGENCY.VN"), &row)));
    assert_true(nx_span_eq_str(name, "lan"));
    static const char *const bad[] = {"lan",
                                      "@AGENCY.VN",
                                      "lan@",
                                      "lan@agency.vn",
                                      "lan@ELSEWHERE",
                                      "lan/admin@AGENCY.VN",
                                      "lan\\@X@AGENCY.VN",
                                      "lan\n@AGENCY.VN",
                                      "lan@AGENCY.VN@X",
                                      "host/x@AGENCY.VN"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(nx_kerberos_principal(&name, nx_span_str(bad[i]), &row).e, NX_ERR_NEGOTIATE_REALM);
    assert_true(nx_ok(nx_kerberos_principal(&name, NX_LIT("lan/admin@AGENCY.VN"), &open)));
    assert_true(nx_span_eq_str(name, "lan/admin"));
}

static void rows(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        bool good;
    } cases[] = {
        {"{\"keytab\":\"/k\",\"realm\":\"A\"}", true},
        {"{\"keytab\":\"/k\",\"realm\":\"A\",\"service\":\"HTTP/id.vn\"}", true},
        {"{\"keytab\":\"k\",\"realm\":\"A\"}", false},
        {"{\"realm\":\"A\"}", false},
        {"{\"keytab\":\"/k\"}", false},
        {"{\"keytab\":\"/k\",\"realm\":\"A@B\"}", false},
        {"{\"keytab\":\"/k\",\"realm\":\"A\",\"service\":\"x\"}", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        NX_AUTO_JSON j = NULL;
        const char *why;
        assert_true(nx_ok(nx_json_parse_object(&j, nx_span_str(cases[i].json))));
        assert_int_equal(nx_ok(nx_agency_config_check(NX_UPSTREAM_KERBEROS, j, &why)), cases[i].good);
        assert_int_equal(why == NULL, cases[i].good);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens),
        cmocka_unit_test(every_cut),
        cmocka_unit_test_setup_teardown(fields, fresh, gone),
        cmocka_unit_test(principals),
        cmocka_unit_test(rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
