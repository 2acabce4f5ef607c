/* What is made of a provider's claims. */
#include "hub/oidc_claims.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static nx_time at_of(json_t *auth_time)
{
    NX_AUTO(nx_arena) a = nx_arena_open(1u << 16);
    NX_AUTO_JSON config = json_object();
    NX_AUTO_JSON claims = json_pack("{s:s, s:o*}", "sub", "s1", "auth_time", auth_time);
    const nx_upstream u = {.id = "op", .kind = NX_UPSTREAM_OIDC, .level_cap = 2, .config = config};
    const struct nx_oidc_row row = {.upstream = &u};
    struct nx_identity who = {.upstream = NULL};
    assert_string_equal(nx_err_name(nx_oidc_identity(&who, a, &row, claims).e), nx_err_name(NX_ERR_NONE));
    assert_string_equal(who.subject, "s1");
    return who.at;
}

/* How long ago she was really asked is what changes of credentials and portals hang on. */
static void test_when_she_signed_in_there_goes_along(void **state)
{
    (void)state;
    assert_int_equal(at_of(json_integer(1700000000)), 1700000000);
    assert_int_equal(at_of(json_real(1700000000.9)), 1700000000);
}

static void test_what_is_no_moment_is_not_said(void **state)
{
    (void)state;
    assert_int_equal(at_of(NULL), 0);
    assert_int_equal(at_of(json_string("1700000000")), 0);
    assert_int_equal(at_of(json_integer(-5)), 0);
    assert_int_equal(at_of(json_real(1e300)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_when_she_signed_in_there_goes_along),
        cmocka_unit_test(test_what_is_no_moment_is_not_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
