/* The small parsers: URLs, word lists, scopes, the claims parameter, and the JSON writer. */
#include "flow/claims.h"
#include "oidc/json_out.h"
#include "flow/scope.h"
#include "flow/subject.h"
#include "flow/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static nx_arena *arena;

static int up(void **state)
{
    (void)state;
    arena = nx_arena_open(4u << 20);
    return arena ? 0 : -1;
}

static int down(void **state)
{
    (void)state;
    nx_arena_close(arena);
    return 0;
}

static nx_err split(struct nx_url *u, const char *text)
{
    return nx_url_split(u, nx_span_str(text)).e;
}

static void urls_are_taken_apart(void **state)
{
    (void)state;
    struct nx_url u;
    assert_int_equal(split(&u, "https://portal.example:8443/cb?x=1"), NX_ERR_NONE);
    assert_true(nx_url_is_https(&u) && !u.fragment);
    assert_true(nx_span_eq_str(u.host, "portal.example") && nx_span_eq_str(u.port, "8443"));
    assert_true(nx_span_eq_str(u.rest, "/cb?x=1"));
    assert_string_equal(nx_url_origin(arena, &u), "https://portal.example:8443");
    assert_int_equal(split(&u, "http://[::1]:1/"), NX_ERR_NONE);
    assert_true(nx_url_is_loopback(&u) && nx_url_is_http(&u));
    assert_int_equal(split(&u, "http://dvc.localhost/"), NX_ERR_NONE);
    assert_true(nx_url_is_loopback(&u));
    assert_int_equal(split(&u, "http://notlocalhost/"), NX_ERR_NONE);
    assert_false(nx_url_is_loopback(&u));
    assert_int_equal(split(&u, "vn.example.app:/cb"), NX_ERR_NONE);
    assert_false(u.authority);
    assert_string_equal(nx_url_origin(arena, &u), "vn.example.app:");
    assert_int_equal(split(&u, "https://a/#"), NX_ERR_NONE);
    assert_true(u.fragment);
}

static void crooked_urls_are_refused(void **state)
{
    (void)state;
    static const char *const crooked[] = {
        "",
        "portal.example",
        "//portal.example",
        "https://",
        "https:///cb",
        "https://u@h/",
        "https://h:port/",
        "https://h:123456/",
        "https://h\\@evil/",
        "https://h/%zz",
        "https://h/ä",
        "https://h/\x01",
        "https://h/ x",
        "https://[::1/",
        "1https://h/",
        "https://h:/",
        "https://h/%4",
        "ht tp://h/",
        "https://h/<",
        "https://h/\"",
    };
    struct nx_url u;
    for (size_t i = 0; i < sizeof crooked / sizeof crooked[0]; i++)
        if (split(&u, crooked[i]) != NX_ERR_SYNTAX) fail_msg("taken: %s", crooked[i]);
}

/* OIDCC: redirect-uri-query-OK, -mismatch, -added; RFC 8252 section 7.3. */
static void redirect_uris_match_exactly(void **state)
{
    (void)state;
    static const char *const list[] = {"https://a.example/cb", "https://a.example/q?x=1",
                                       "http://127.0.0.1/app", "http://localhost:3000/app"};
    struct nx_strings registered = {list, 4};
    assert_true(nx_redirect_uri_matches(registered, "https://a.example/cb", false));
    assert_true(nx_redirect_uri_matches(registered, "https://a.example/q?x=1", false));
    static const char *const others[] = {
        "https://a.example/cb/",    "https://a.example/CB",    "https://A.example/cb",
        "https://a.example:443/cb", "https://a.example/q?x=2", "https://a.example/q",
        "https://a.example/cb?x=1", "https://a.example/cb#f",  "https://a.example/../cb",
        "https://a.example/cb%20",  "http://a.example/cb",     "https://a.example.evil/cb"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_false(nx_redirect_uri_matches(registered, others[i], false));
        assert_false(nx_redirect_uri_matches(registered, others[i], true));
    }
    assert_true(nx_redirect_uri_matches(registered, "http://127.0.0.1:49152/app", true));
    assert_false(nx_redirect_uri_matches(registered, "http://127.0.0.1:49152/app", false));
    assert_false(nx_redirect_uri_matches(registered, "http://127.0.0.1:49152/other", true));
    assert_false(nx_redirect_uri_matches(registered, "htTp://127.0.0.1:49152/app", true));
    assert_false(nx_redirect_uri_matches(registered, "http://[::1]:49152/app", true));
    assert_false(nx_redirect_uri_matches(registered, "http://localhost:4000/app", true));
}

static void words_and_parameters(void **state)
{
    (void)state;
    struct nx_words w;
    assert_true(nx_ok(nx_words_split(&w, arena, " b  a b ", 4)));
    assert_int_equal(w.count, 2);
    assert_string_equal(nx_words_join(arena, &w), "b a");
    assert_true(nx_ok(nx_words_split(&w, arena, NULL, 4)));
    assert_int_equal(w.count, 0);
    assert_int_equal(nx_words_split(&w, arena, "a b c d e", 4).e, NX_ERR_LIMIT);
    struct nx_param rows[] = {{"a", "1"}, {"empty", ""}};
    struct nx_params p = {rows, 2};
    assert_string_equal(nx_param(&p, "a"), "1");
    assert_null(nx_param(&p, "empty"));
    assert_null(nx_param(&p, "b"));
}

static void test_rule_12_operators_scopes_are_never_granted(void **state)
{
    (void)state;
    static const char *const everything[] = {"scim", "clients", "revoke", "audit",
                                             "keys", "openid",  "reports"};
    static const char *const codes[] = {"authorization_code"};
    nx_client c = {.scopes = {everything, 7}, .grant_types = {codes, 1}};
    struct nx_words w;
    assert_true(nx_ok(nx_scope_allowed(&w, arena, &c, "scim openid clients revoke audit keys reports")));
    assert_string_equal(nx_words_join(arena, &w), "openid reports");
    assert_true(nx_ok(nx_scope_own(&w, arena, &c, NULL)));
    assert_string_equal(nx_words_join(arena, &w), "reports");
    assert_int_equal(nx_scope_own(&w, arena, &c, "scim").e, NX_ERR_SCOPE);
    assert_int_equal(nx_scope_own(&w, arena, &c, "openid").e, NX_ERR_SCOPE);
}

static void scopes_that_a_client_may_have(void **state)
{
    (void)state;
    static const char *const grants[] = {"authorization_code", "refresh_token"};
    nx_client c = {.grant_types = {grants, 1}};
    struct nx_words w;
    assert_true(nx_ok(nx_scope_allowed(&w, arena, &c, "openid profile offline_access identifiers other")));
    assert_string_equal(nx_words_join(arena, &w), "openid profile");
    c.grant_types.n = 2;
    assert_true(nx_ok(nx_scope_allowed(&w, arena, &c, "openid offline_access")));
    assert_string_equal(nx_words_join(arena, &w), "openid offline_access");
    assert_int_equal(nx_scope_allowed(&w, arena, &c, "open\"id").e, NX_ERR_SCOPE);
}

static nx_err claims_of(struct nx_claims *c, struct nx_claims_ask *ask, const char *json)
{
    *c = (struct nx_claims){0};
    *ask = (struct nx_claims_ask){.acr = NX_LEVEL_NONE};
    return nx_claims_parameter(c, ask, arena, json).e;
}

static void the_claims_parameter(void **state)
{
    (void)state;
    struct nx_claims c, again;
    struct nx_claims_ask ask;
    const char *packed;
    assert_int_equal(
        claims_of(&c, &ask,
                  "{\"userinfo\":{\"name\":{\"essential\":true},\"unknown\":null},"
                  "\"id_token\":{\"email\":null,\"auth_time\":{\"essential\":true},"
                  "\"acr\":{\"essential\":true,\"values\":[\"urn:nixa:acr:m3\",\"urn:nixa:acr:m2\"]},"
                  "\"sub\":{\"value\":\"abc\"}}}"),
        NX_ERR_NONE);
    assert_int_equal(c.userinfo, nx_claim_bit("name"));
    assert_int_equal(c.id_token, nx_claim_bit("email"));
    assert_int_equal(c.essential, nx_claim_bit("name"));
    assert_int_equal(ask.acr, NX_M2);
    assert_true(ask.acr_essential);
    assert_string_equal(ask.sub, "abc");
    assert_true(nx_ok(nx_claims_pack(&packed, arena, &c)));
    assert_true(nx_ok(nx_claims_unpack(&again, packed)));
    assert_memory_equal(&again, &c, sizeof c);
    assert_int_equal(claims_of(&c, &ask, "{\"id_token\":{\"acr\":{\"essential\":true,\"value\":\"gold\"}}}"),
                     NX_ERR_NONE);
    assert_true(ask.acr_unknown);
    static const char *const crooked[] = {"",
                                          "[]",
                                          "{\"userinfo\":[]}",
                                          "{\"id_token\":{\"name\":1}}",
                                          "{\"userinfo\":{\"name\":true}}",
                                          "{\"a\":1,\"a\":2}"};
    for (size_t i = 0; i < sizeof crooked / sizeof crooked[0]; i++)
        assert_int_equal(claims_of(&c, &ask, crooked[i]), NX_ERR_REQUEST);
}

/* Refresh families keep sets of claims by position for weeks: a row that moved would give away another claim.
 */
static void claims_keep_their_places(void **state)
{
    (void)state;
    static const char *const places[] = {"name",
                                         "family_name",
                                         "given_name",
                                         "middle_name",
                                         "preferred_username",
                                         "gender",
                                         "birthdate",
                                         "locale",
                                         "updated_at",
                                         "email",
                                         "email_verified",
                                         "address",
                                         "phone_number",
                                         "phone_number_verified",
                                         "national_id",
                                         "tax_code",
                                         "social_insurance",
                                         "health_insurance"};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        assert_int_equal(nx_claim_bit(places[i]), 1u << i);
}

static void crooked_packs_of_claims(void **state)
{
    (void)state;
    struct nx_claims c;
    static const char *const crooked[] = {"",     "1",     "1.2",           "1.2.3.", "1.2.3.4",
                                          "1..3", "g.0.0", "1.2.123456789", "{}"};
    for (size_t i = 0; i < sizeof crooked / sizeof crooked[0]; i++)
        assert_int_equal(nx_claims_unpack(&c, crooked[i]).e, NX_ERR_SYNTAX);
    assert_true(nx_ok(nx_claims_unpack(&c, "ffffffff.1.0")));
    assert_int_equal(c.id_token, (1u << NX_CLAIMS) - 1);
}

static void json_is_escaped(void **state)
{
    (void)state;
    struct nx_jo o;
    nx_span out;
    static const char *const list[] = {"a", "b\"c"};
    nx_jo_open(&o, arena, 1024);
    nx_jo_text(&o, "t", "q\" b\\ n\n Đ");
    nx_jo_text(&o, "none", NULL);
    nx_jo_number(&o, "n", -5);
    nx_jo_bool(&o, "f", false);
    nx_jo_list(&o, "l", list, 2);
    nx_jo_audience(&o, "one", "x");
    nx_jo_audience(&o, "two", "x y");
    assert_true(nx_ok(nx_jo_done(&out, &o)));
    NX_AUTO_JSON j = NULL;
    assert_true(nx_ok(nx_json_parse_object(&j, out)));
    assert_string_equal(nx_json_str(j, "t"), "q\" b\\ n\n Đ");
    assert_null(json_object_get(j, "none"));
    assert_int_equal(nx_json_int(j, "n", 0), -5);
    assert_true(json_is_false(json_object_get(j, "f")));
    assert_string_equal(json_string_value(json_array_get(nx_json_array(j, "l"), 1)), "b\"c");
    assert_string_equal(nx_json_str(j, "one"), "x");
    assert_int_equal(json_array_size(nx_json_array(j, "two")), 2);
    nx_jo_open(&o, arena, 8);
    nx_jo_text(&o, "too", "long for eight");
    assert_int_equal(nx_jo_done(&out, &o).e, NX_ERR_LIMIT);
}

static void sectors_of_resources(void **state)
{
    (void)state;
    const char *sector;
    assert_true(nx_ok(nx_sector_of_resource(&sector, arena, "https://api.example:8443/v1")));
    assert_string_equal(sector, "api.example");
    assert_true(nx_ok(nx_sector_of_resource(&sector, arena, "urn:example:api")));
    assert_string_equal(sector, "urn:example:api");
    assert_int_equal(nx_sector_of_resource(&sector, arena, "https://api.example/#x").e, NX_ERR_TARGET);
    assert_int_equal(nx_sector_of_resource(&sector, arena, "api").e, NX_ERR_TARGET);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_are_taken_apart),
        cmocka_unit_test(crooked_urls_are_refused),
        cmocka_unit_test(redirect_uris_match_exactly),
        cmocka_unit_test(words_and_parameters),
        cmocka_unit_test(test_rule_12_operators_scopes_are_never_granted),
        cmocka_unit_test(scopes_that_a_client_may_have),
        cmocka_unit_test(the_claims_parameter),
        cmocka_unit_test(claims_keep_their_places),
        cmocka_unit_test(crooked_packs_of_claims),
        cmocka_unit_test(json_is_escaped),
        cmocka_unit_test(sectors_of_resources),
    };
    return cmocka_run_group_tests(tests, up, down);
}
