/* What every row of the route tables must say, whoever adds one. */
#include "http/router.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define F(face) extern const struct nx_route_table nx_routes_##face;
#include "endpoints/faces.def"
#undef F

static const struct nx_route_table *const tables[] = {
#define F(face) &nx_routes_##face,
#include "endpoints/faces.def"
#undef F
};

#define AS_CALL (NX_AS_OAUTH | NX_AS_PROBLEM | NX_AS_SCIM | NX_AS_WALLET | NX_AS_TEXT)
#define LARGEST (1u << 20)

typedef void (*check)(const char *face, const struct nx_route *row);

static void each(check function)
{
    size_t seen = 0;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        for (size_t k = 0; k < tables[i]->count; k++, seen++)
            function(tables[i]->face, &tables[i]->rows[k]);
    assert_true(seen > 80);
}

/* Portals and providers send people here by forms of their own, which know no token of ours: what such a form says is
 * proven by what is in it (a request of a registered portal, a signed message, a state that this browser was given), and
 * what ends a session there needs its hint, or a form of ours, whose token the handler checks. */
static bool from_outside(const char *path)
{
    static const char *const paths[] = {"/oidc/authorize",   "/oidc/logout", "/saml/sso/post",
                                        "/saml/logout/post", "/saml/acs",    "/upstream/{id}/callback"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (strcmp(path, paths[i]) == 0) return true;
    return false;
}

static void forms_are_guarded(const char *face, const struct nx_route *row)
{
    if (row->method == NX_GET || row->method == NX_OPTIONS || row->guards & AS_CALL ||
        from_outside(row->path))
        return;
    if (!(row->guards & NX_GUARD_CSRF))
        fail_msg("%s: %s changes something without a CSRF token", face, row->path);
    if (!(row->guards & NX_GUARD_FORM)) fail_msg("%s: %s takes no form", face, row->path);
    if (!(row->guards & NX_GUARD_NO_STORE)) fail_msg("%s: %s may be stored", face, row->path);
}

static void test_every_form_has_its_token(void **state)
{
    (void)state;
    each(forms_are_guarded);
}

static void bodies_are_bounded(const char *face, const struct nx_route *row)
{
    if (row->body_max > LARGEST) fail_msg("%s: %s takes too much", face, row->path);
    if (row->method == NX_GET && row->body_max) fail_msg("%s: %s is a GET with a body", face, row->path);
}

static void test_every_body_is_bounded(void **state)
{
    (void)state;
    each(bodies_are_bounded);
}

/* What scripts of any origin may read answers no cookie: pages and people's own rows are never public. */
static void public_rows_are_calls(const char *face, const struct nx_route *row)
{
    if (!(row->guards & NX_GUARD_PUBLIC)) return;
    static const char *const own[] = {"pages", "me", "console", "scim"};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (strcmp(face, own[i]) == 0) fail_msg("%s: %s is public", face, row->path);
    if (row->guards & NX_GUARD_CSRF || from_outside(row->path)) fail_msg("%s: %s is public", face, row->path);
}

static void test_rule_11_nothing_with_cookies_is_public(void **state)
{
    (void)state;
    each(public_rows_are_calls);
}

/* Where a password, a PIN, digits or a code are tried, the source is limited. */
static void guesses_are_limited(const char *face, const struct nx_route *row)
{
    if (row->lane == NX_LANE_HASH && row->rate == NX_RATE_NONE)
        fail_msg("%s: %s has no rate", face, row->path);
}

static void test_every_hash_has_a_rate(void **state)
{
    (void)state;
    each(guesses_are_limited);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_form_has_its_token),
        cmocka_unit_test(test_every_body_is_bounded),
        cmocka_unit_test(test_rule_11_nothing_with_cookies_is_public),
        cmocka_unit_test(test_every_hash_has_a_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
