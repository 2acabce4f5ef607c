/* The claims of an ID token, one fault at a time, each refused for its own reason. */
#include "hub/id_token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define CODE "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk"
#define C_HASH "LDktKdoQak3Pk0cnXxCltA" /* OpenID Connect Core, appendix A.4 */
#define ACCESS "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"
#define AT_HASH "77QmUPtjPfzWtF2AnpK9RQ" /* appendix A.3 */

static const struct nx_id_token_rules rules = {
    .issuer = "https://op.example", .client_id = "nixa", .nonce = "n", .code = CODE, .access_token = ACCESS};

static json_t *good(void)
{
    nx_time now = nx_now();
    return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:s}", "iss", "https://op.example", "aud", "nixa", "sub",
                     "an", "nonce", "n", "iat", (json_int_t)now, "exp", (json_int_t)(now + 300), "auth_time",
                     (json_int_t)now, "at_hash", AT_HASH, "c_hash", C_HASH);
}

static void assert_refused(const char *member, json_t *value, nx_err why)
{
    NX_AUTO_JSON claims = good();
    if (value)
        json_object_set_new(claims, member, value);
    else
        json_object_del(claims, member);
    assert_string_equal(nx_err_name(nx_id_token_check(claims, &rules).e), nx_err_name(why));
}

static void test_a_good_one_passes(void **state)
{
    (void)state;
    NX_AUTO_JSON claims = good();
    assert_string_equal(nx_err_name(nx_id_token_check(claims, &rules).e), nx_err_name(NX_ERR_NONE));
}

static void test_issuer(void **state)
{
    (void)state;
    assert_refused("iss", NULL, NX_ERR_UPSTREAM_ISSUER);
    assert_refused("iss", json_string("https://op.example/"), NX_ERR_UPSTREAM_ISSUER);
    assert_refused("iss", json_string("https://evil.example"), NX_ERR_UPSTREAM_ISSUER);
}

static void test_audience(void **state)
{
    (void)state;
    assert_refused("aud", NULL, NX_ERR_UPSTREAM_AUDIENCE);
    assert_refused("aud", json_string("nixa2"), NX_ERR_UPSTREAM_AUDIENCE);
    assert_refused("aud", json_pack("[]"), NX_ERR_UPSTREAM_AUDIENCE);
    assert_refused("aud", json_pack("[s]", "other"), NX_ERR_UPSTREAM_AUDIENCE);
    assert_refused("aud", json_pack("[s]", "nixa"), NX_ERR_NONE);
    assert_refused("aud", json_pack("[s, s]", "nixa", "other"), NX_ERR_UPSTREAM_AUDIENCE);
    assert_refused("azp", json_string("other"), NX_ERR_UPSTREAM_AUDIENCE);
    assert_refused("azp", json_string("nixa"), NX_ERR_NONE);
}

static void test_times(void **state)
{
    (void)state;
    nx_time now = nx_now();
    assert_refused("exp", NULL, NX_ERR_UPSTREAM_TIME);
    assert_refused("exp", json_string("9999999999"), NX_ERR_UPSTREAM_TIME);
    assert_refused("exp", json_integer(now - 60), NX_ERR_UPSTREAM_TIME);
    assert_refused("iat", NULL, NX_ERR_UPSTREAM_TIME);
    assert_refused("iat", json_integer(now + 60), NX_ERR_UPSTREAM_TIME);
    assert_refused("iat", json_integer(now - 3600), NX_ERR_UPSTREAM_TIME);
    assert_refused("nbf", json_integer(now + 60), NX_ERR_UPSTREAM_TIME);
    assert_refused("exp", json_real(1e300), NX_ERR_UPSTREAM_TIME);
}

static void test_nonce(void **state)
{
    (void)state;
    assert_refused("nonce", NULL, NX_ERR_UPSTREAM_NONCE);
    assert_refused("nonce", json_string("m"), NX_ERR_UPSTREAM_NONCE);
    assert_refused("nonce", json_integer(7), NX_ERR_UPSTREAM_NONCE);
}

static void test_hashes(void **state)
{
    (void)state;
    assert_refused("at_hash", json_string(C_HASH), NX_ERR_UPSTREAM_HASH);
    assert_refused("c_hash", json_string(AT_HASH), NX_ERR_UPSTREAM_HASH);
    assert_refused("at_hash", json_integer(1), NX_ERR_UPSTREAM_HASH);
    assert_refused("at_hash", NULL, NX_ERR_NONE); /* optional in the code flow (Core 3.1.3.6) */
}

static void test_subject(void **state)
{
    (void)state;
    char longest[NX_ID_TOKEN_SUB_MAX + 2];
    memset(longest, 'a', sizeof longest);
    longest[sizeof longest - 1] = 0;
    assert_refused("sub", NULL, NX_ERR_UPSTREAM_SUBJECT);
    assert_refused("sub", json_string(""), NX_ERR_UPSTREAM_SUBJECT);
    assert_refused("sub", json_integer(1), NX_ERR_UPSTREAM_SUBJECT);
    assert_refused("sub", json_string("a\nb"), NX_ERR_UPSTREAM_SUBJECT);
    assert_refused("sub", json_string(longest), NX_ERR_UPSTREAM_SUBJECT);
}

static nx_err fresh(json_t *auth_time, nx_time since)
{
    NX_AUTO_JSON claims = good();
    struct nx_id_token_rules strict = rules;
    strict.fresh_since = since;
    if (auth_time)
        json_object_set_new(claims, "auth_time", auth_time);
    else
        json_object_del(claims, "auth_time");
    return nx_id_token_check(claims, &strict).e;
}

/* Core 3.1.2.1: with max_age the token says when she signed in, and it is compared. */
static void test_a_sign_in_that_must_be_fresh(void **state)
{
    (void)state;
    nx_time now = nx_now();
    assert_int_equal(fresh(json_integer(now), now), NX_ERR_NONE);
    assert_int_equal(fresh(json_integer(now - 600), now), NX_ERR_UPSTREAM_ACR);
    assert_int_equal(fresh(NULL, now), NX_ERR_UPSTREAM_ACR);
    assert_int_equal(fresh(json_integer(now + 600), now), NX_ERR_UPSTREAM_ACR);
    assert_int_equal(fresh(NULL, 0), NX_ERR_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_good_one_passes), cmocka_unit_test(test_issuer),
        cmocka_unit_test(test_audience),          cmocka_unit_test(test_times),
        cmocka_unit_test(test_nonce),             cmocka_unit_test(test_hashes),
        cmocka_unit_test(test_subject),           cmocka_unit_test(test_a_sign_in_that_must_be_fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
