#include "directory/attribute.h"
#include "directory/filter.h"
#include "directory/patch.h"
#include "directory/user.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define USER "urn:ietf:params:scim:schemas:core:2.0:User"
#define IDENTITY "urn:ietf:params:scim:schemas:extension:nixa:2.0:Identity"

static nx_arena *arena;

static int up(void **state)
{
    (void)state;
    arena = nx_arena_open(4 << 20);
    return arena ? 0 : -1;
}

static int down(void **state)
{
    (void)state;
    nx_arena_close(arena);
    return 0;
}

static json_t *parse(const char *text)
{
    json_t *j = NULL;
    assert_true(nx_ok(nx_json_parse(&j, nx_span_str(text))));
    return j;
}

static const char lan[] = "{\"userName\":\"lan\",\"active\":true,\"name\":{\"familyName\":\"Trần\",\"givenName\":\"Lan\"},"
                          "\"emails\":[{\"value\":\"lan@example.vn\",\"type\":\"work\"},{\"value\":\"l@home.vn\",\"type\":"
                          "\"home\"}],\"" IDENTITY "\":{\"kind\":\"citizen\"}}";

static bool matches(const char *filter)
{
    NX_AUTO_JSON resource = parse(lan);
    const nx_filter *f;
    assert_true(nx_ok(nx_filter_parse(&f, arena, nx_span_str(filter))));
    return nx_filter_matches(f, resource);
}

static void test_filter_operators(void **state)
{
    (void)state;
    static const struct {
        const char *filter;
        bool holds;
    } rows[] = {
        {"userName eq \"lan\"", true},
        {"USERNAME EQ \"LAN\"", true},
        {"userName eq \"la\"", false},
        {"userName ne \"la\"", true},
        {"userName sw \"l\"", true},
        {"userName ew \"n\"", true},
        {"userName co \"a\"", true},
        {"userName gt \"k\" and userName lt \"m\"", true},
        {"userName ge \"lan\" and userName le \"lan\"", true},
        {"active eq true", true},
        {"active eq false", false},
        {"active ne false", true},
        {"title pr", false},
        {"name.familyName pr", true},
        {"name.familyName eq \"Trần\"", true},
        {"emails co \"home\"", true},
        {"emails.type eq \"work\"", true},
        {"emails[type eq \"work\" and value co \"home\"]", false},
        {"emails[type eq \"home\" and value co \"home\"]", true},
        {"not (userName eq \"lan\")", false},
        {"userName eq \"x\" or active eq true and name.givenName eq \"Lan\"", true},
        {"(userName eq \"x\" or active eq true) and name.givenName eq \"x\"", false},
        {USER ":userName eq \"lan\"", true},
        {IDENTITY ":kind eq \"citizen\"", true},
        {"title eq null", false},
        {"userName eq 5", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (matches(rows[i].filter) != rows[i].holds) fail_msg("%s", rows[i].filter);
}

static nx_err filter_error(const char *text)
{
    const nx_filter *f;
    return nx_filter_parse(&f, arena, nx_span_str(text)).e;
}

static void test_filter_refuses(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "userName", "userName eq", "userName eq lan", "userName eq \"lan", "userName xx \"lan\"", "eq \"lan\"",
        "(userName pr", "userName pr)", "userName pr and", "not userName pr", "userName eq {\"a\":1}", "a.b.c pr",
        "a. pr", "urn:other:userName pr", "emails[type pr", "userName eq \"a\" \"b\"", "userName eq \"\\u0000\"",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (filter_error(bad[i]) != NX_ERR_SCIM_FILTER) fail_msg("%s", bad[i]);
    assert_int_equal(filter_error("((((((((((a pr))))))))))"), NX_ERR_LIMIT);
    char many[1200] = "a pr";
    while (strlen(many) + 9 < sizeof many)
        strcat(many, " or a pr");
    assert_int_equal(filter_error(many), NX_ERR_LIMIT);
    many[1000] = 0;
    assert_int_equal(filter_error(many), NX_ERR_LIMIT); /* nodes */
}

static const char *demanded(const char *filter, const char *attribute)
{
    const nx_filter *f;
    assert_true(nx_ok(nx_filter_parse(&f, arena, nx_span_str(filter))));
    return nx_filter_demands(f, attribute);
}

static void test_filter_demands(void **state)
{
    (void)state;
    assert_string_equal(demanded("userName eq \"lan\"", "userName"), "lan");
    assert_string_equal(demanded("active eq true and username eq \"lan\"", "userName"), "lan");
    assert_null(demanded("userName eq \"lan\" or active eq true", "userName"));
    assert_null(demanded("not (userName eq \"lan\")", "userName"));
    assert_null(demanded("userName sw \"lan\"", "userName"));
}

static nx_err patched(json_t **out, const char *operations)
{
    json_t *resource = parse(lan);
    NX_AUTO_JSON request =
        parse(nx_arena_printf(arena, "{\"schemas\":[\"" NX_SCIM_PATCH "\"],\"Operations\":%s}", operations));
    nx_result r = nx_patch_apply(resource, arena, request);
    if (out) *out = resource;
    else json_decref(resource);
    return r.e;
}

static void assert_patched(const char *operations, const char *filter)
{
    NX_AUTO_JSON resource = NULL;
    const nx_filter *f;
    if (patched(&resource, operations) != NX_ERR_NONE) fail_msg("%s", operations);
    assert_true(nx_ok(nx_filter_parse(&f, arena, nx_span_str(filter))));
    if (!nx_filter_matches(f, resource)) fail_msg("%s does not hold after %s", filter, operations);
}

static void test_patch(void **state)
{
    (void)state;
    assert_patched("[{\"op\":\"replace\",\"path\":\"active\",\"value\":false}]", "active eq false");
    assert_patched("[{\"op\":\"Replace\",\"value\":{\"active\":false}}]", "active eq false");
    assert_patched("[{\"op\":\"add\",\"path\":\"name.middleName\",\"value\":\"Thị\"}]",
                   "name.middleName eq \"Thị\" and name.familyName eq \"Trần\"");
    assert_patched("[{\"op\":\"replace\",\"path\":\"name\",\"value\":{\"givenName\":\"Mai\"}}]",
                   "name.givenName eq \"Mai\" and name.familyName eq \"Trần\"");
    assert_patched("[{\"op\":\"add\",\"path\":\"emails\",\"value\":[{\"value\":\"c@d.vn\",\"type\":\"other\"}]}]",
                   "emails[type eq \"other\"] and emails[type eq \"work\"]");
    assert_patched("[{\"op\":\"replace\",\"path\":\"emails\",\"value\":{\"value\":\"c@d.vn\"}}]",
                   "emails.value eq \"c@d.vn\" and not (emails[type eq \"work\"])");
    assert_patched("[{\"op\":\"replace\",\"path\":\"emails[type eq \\\"work\\\"].value\",\"value\":\"n@x.vn\"}]",
                   "emails[type eq \"work\" and value eq \"n@x.vn\"]");
    assert_patched("[{\"op\":\"remove\",\"path\":\"emails[type eq \\\"work\\\"]\"}]",
                   "not (emails[type eq \"work\"]) and emails[type eq \"home\"]");
    assert_patched("[{\"op\":\"remove\",\"path\":\"name\"}]", "not (name pr)");
    assert_patched("[{\"op\":\"add\",\"path\":\"" IDENTITY ":kind\",\"value\":\"official\"}]",
                   IDENTITY ":kind eq \"official\"");
    assert_patched("[{\"op\":\"add\",\"value\":{\"" IDENTITY "\":{\"kind\":\"official\"}}}]",
                   IDENTITY ":kind eq \"official\"");
}

static void test_patch_refuses(void **state)
{
    (void)state;
    static const struct {
        const char *operations;
        nx_err error;
    } rows[] = {
        {"[]", NX_ERR_SCIM_SYNTAX},
        {"[{\"op\":\"move\",\"path\":\"active\"}]", NX_ERR_SCIM_SYNTAX},
        {"[{\"op\":\"remove\"}]", NX_ERR_SCIM_TARGET},
        {"[{\"op\":\"remove\",\"path\":\"userName\"}]", NX_ERR_SCIM_MUTABILITY},
        {"[{\"op\":\"replace\",\"path\":\"id\",\"value\":\"x\"}]", NX_ERR_SCIM_MUTABILITY},
        {"[{\"op\":\"replace\",\"path\":\"meta.version\",\"value\":\"x\"}]", NX_ERR_SCIM_MUTABILITY},
        {"[{\"op\":\"replace\",\"path\":\"shoeSize\",\"value\":\"x\"}]", NX_ERR_SCIM_PATH},
        {"[{\"op\":\"replace\",\"path\":\"name..x\",\"value\":\"x\"}]", NX_ERR_SCIM_PATH},
        {"[{\"op\":\"replace\",\"path\":\"emails[\",\"value\":\"x\"}]", NX_ERR_SCIM_PATH},
        {"[{\"op\":\"replace\",\"path\":\"emails[type eq \\\"none\\\"].value\",\"value\":\"x\"}]", NX_ERR_SCIM_TARGET},
        {"[{\"op\":\"add\",\"path\":\"active\"}]", NX_ERR_SCIM_VALUE},
        {"[{\"op\":\"add\",\"value\":5}]", NX_ERR_SCIM_VALUE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (patched(NULL, rows[i].operations) != rows[i].error) fail_msg("%s", rows[i].operations);
    NX_AUTO_JSON resource = parse(lan);
    NX_AUTO_JSON bare = parse("{\"Operations\":[{\"op\":\"add\",\"path\":\"active\",\"value\":true}]}");
    assert_int_equal(nx_patch_apply(resource, arena, bare).e, NX_ERR_SCIM_SYNTAX);
}

static nx_err read_user(struct nx_user *out, const char **why, const char *text)
{
    NX_AUTO_JSON j = parse(text);
    return nx_user_read(out, why, arena, j).e;
}

static void test_user_round_trip(void **state)
{
    (void)state;
    struct nx_user u, again;
    const char *why;
    assert_int_equal(read_user(&u, &why,
                               "{\"schemas\":[\"" USER "\"],\"USERNAME\":\"lan\",\"password\":\"s3cret-long\","
                               "\"name\":{\"familyName\":\"Trần\",\"middleName\":\"Thị\",\"givenName\":\"Lan\"},"
                               "\"emails\":[{\"value\":\"a@b.vn\"},{\"value\":\"c@d.vn\",\"primary\":\"True\"}],"
                               "\"nickName\":\"L\",\"roles\":[],\"urn:other\":{\"x\":1},\"" IDENTITY
                               "\":{\"kind\":\"citizen\",\"proofing\":\"m2\",\"birthdate\":\"1985-04-18\",\"identifiers\":"
                               "[{\"type\":\"tax\",\"value\":\"0100047516\"}]}}"),
                     NX_ERR_NONE);
    assert_string_equal(u.person.user_name, "lan");
    assert_string_equal(u.person.name, "Trần Thị Lan");
    assert_string_equal(u.person.email, "c@d.vn");
    assert_string_equal(u.password, "s3cret-long");
    assert_true(u.person.active);
    assert_int_equal(u.person.proofing, 2);
    assert_int_equal(u.identifier_count, 1);
    u.person.version = 7;
    NX_AUTO_JSON rendered = nx_user_render(&u, "https://localhost:8443/scim/v2");
    assert_null(json_object_get(rendered, "password"));
    assert_string_equal(nx_json_str(json_object_get(rendered, "meta"), "version"), "W/\"7\"");
    assert_true(nx_ok(nx_user_read(&again, &why, arena, rendered)));
    assert_string_equal(again.person.name, u.person.name);
    assert_string_equal(again.person.email, u.person.email);
    assert_string_equal(again.identifier[0].value, "0100047516");
    assert_null(again.password);
}

static void test_user_refuses_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        nx_err error;
        const char *names;
    } rows[] = {
        {"{}", NX_ERR_MISSING, "userName"},
        {"{\"userName\":\"a\",\"USERNAME\":\"b\"}", NX_ERR_DUPLICATE, "userName"},
        {"{\"userName\":5}", NX_ERR_SCIM_VALUE, "userName"},
        {"{\"userName\":\"a\",\"shoeSize\":5}", NX_ERR_SCIM_VALUE, "shoeSize"},
        {"{\"userName\":\"a\",\"active\":\"maybe\"}", NX_ERR_SCIM_VALUE, "active"},
        {"{\"userName\":\"a\",\"emails\":{\"value\":\"x\"}}", NX_ERR_SCIM_VALUE, "emails"},
        {"{\"userName\":\"a\",\"" IDENTITY "\":{\"kind\":\"robot\"}}", NX_ERR_SCIM_VALUE, "kind"},
        {"{\"userName\":\"a\",\"" IDENTITY "\":{\"proofing\":\"m9\"}}", NX_ERR_SCIM_VALUE, "proofing"},
        {"{\"userName\":\"a\",\"" IDENTITY "\":5}", NX_ERR_SCIM_VALUE, "Identity"},
        {"{\"userName\":\"a\",\"" IDENTITY "\":{\"identifiers\":[{\"type\":\"tax\",\"value\":\"0100047517\"}]}}",
         NX_ERR_IDENTIFIER_CHECK, "tax"},
        {"{\"userName\":\"a\",\"" IDENTITY "\":{\"nationalId\":\"12345\"}}", NX_ERR_IDENTIFIER_LENGTH, "national-id"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct nx_user u;
        const char *why;
        nx_err e = read_user(&u, &why, rows[i].text);
        if (e != rows[i].error) fail_msg("%s: %s", rows[i].text, nx_err_name(e));
        assert_non_null(why);
        if (!strstr(why, rows[i].names)) fail_msg("%s does not name %s", why, rows[i].names);
    }
}

static void test_schemas_describe_the_rows(void **state)
{
    (void)state;
    NX_AUTO_JSON identity = nx_attribute_schema(1, "https://localhost/scim/v2");
    assert_string_equal(nx_json_str(identity, "id"), IDENTITY);
    NX_AUTO_JSON user = nx_attribute_schema(0, "https://localhost/scim/v2");
    const json_t *rows = nx_json_array(user, "attributes");
    bool password = false;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        if (strcmp(nx_json_str(row, "name"), "password") != 0) continue;
        password = true;
        assert_string_equal(nx_json_str(row, "mutability"), "writeOnly");
        assert_string_equal(nx_json_str(row, "returned"), "never");
    }
    assert_true(password);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filter_operators), cmocka_unit_test(test_filter_refuses),
        cmocka_unit_test(test_filter_demands), cmocka_unit_test(test_patch), cmocka_unit_test(test_patch_refuses),
        cmocka_unit_test(test_user_round_trip), cmocka_unit_test(test_user_refuses_by_name),
        cmocka_unit_test(test_schemas_describe_the_rows),
    };
    return cmocka_run_group_tests(tests, up, down);
}
