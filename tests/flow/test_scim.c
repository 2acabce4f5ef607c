/* SCIM through the whole server: what it creates can sign in, what it ends is over at once. */
#include "endpoints/bearer/bearer.h"
#include "registry/credential.h"
#include "registry/epoch.h"
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SCIM "application/scim+json"
#define USER "urn:ietf:params:scim:schemas:core:2.0:User"
#define IDENTITY "urn:ietf:params:scim:schemas:extension:nixa:2.0:Identity"
#define PATCH "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":["

struct desk {
    struct rig rig;
    struct rig_browser b;
};

static int set_up(void **state)
{
    struct desk *d = calloc(1, sizeof *d);
    *state = d;
    if (rig_up(&d->rig) != 0) return -1;
    rig_browser_open(&d->b, &d->rig);
    d->b.authorization = rig_operator(&d->rig, "scim");
    return 0;
}

static int tear_down(void **state)
{
    struct desk *d = *state;
    rig_browser_close(&d->b);
    rig_down(&d->rig);
    free(d);
    return 0;
}

static int start(void **state)
{
    (void)state;
    return nx_ok(nx_bearer_start()) ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    nx_bearer_stop();
    return 0;
}

static const char *user(struct desk *d, const char *id)
{
    return nx_arena_printf(d->rig.arena, "/scim/v2/Users/%s", id);
}

static nx_reply *send(struct desk *d, const char *method, const char *target, const char *json)
{
    return rig_send(&d->b, method, target, json ? SCIM : NULL, json);
}

static const char *create(struct desk *d, const char *json)
{
    nx_reply *rp = send(d, "POST", "/scim/v2/Users", json);
    if (rp->status != 201) fail_msg("create: %d %s", rp->status, rig_body(rp));
    NX_AUTO_JSON made = rig_json(rp);
    return nx_arena_strdup(d->rig.arena, nx_json_str(made, "id"));
}

#define MAI                                                                                                  \
    "{\"schemas\":[\"" USER "\",\"" IDENTITY                                                                 \
    "\"],\"userName\":\"mai\",\"name\":{\"formatted\":\"Đỗ Thị Mai\"},"                                 \
    "\"password\":\"correct horse\",\"" IDENTITY                                                             \
    "\":{\"kind\":\"citizen\",\"nationalId\":\"001190012345\",\"proofing\":\"m2\","                          \
    "\"identifiers\":[{\"type\":\"tax\",\"value\":\"0100047516\"}]}}"

static void test_create_get_find(void **state)
{
    struct desk *d = *state;
    nx_reply *rp = send(d, "POST", "/scim/v2/Users", MAI);
    assert_int_equal(rp->status, 201);
    assert_string_equal(nx_reply_header_get(rp, "Content-Type"), SCIM);
    assert_string_equal(nx_reply_header_get(rp, "ETag"), "W/\"1\"");
    NX_AUTO_JSON made = rig_json(rp);
    assert_null(json_object_get(made, "password"));
    const json_t *identity = nx_json_object(made, IDENTITY);
    assert_string_equal(nx_json_str(identity, "nationalId"), "001190012345");
    const char *location = nx_json_str(nx_json_object(made, "meta"), "location");
    assert_string_equal(location, nx_reply_header_get(rp, "Location"));
    NX_AUTO_JSON got = rig_json(rig_get(&d->b, location + strlen(RIG_ISSUER)));
    assert_true(json_equal(made, got));
    NX_AUTO_JSON found = rig_json(rig_get(&d->b, "/scim/v2/Users?filter=userName%20eq%20%22MAI%22"));
    assert_int_equal(nx_json_int(found, "totalResults", -1), 1);
    NX_AUTO_JSON none = rig_json(rig_get(&d->b, "/scim/v2/Users?filter=userName%20eq%20%22nobody%22"));
    assert_int_equal(nx_json_int(none, "totalResults", -1), 0);
}

/* Provisioned, she signs in at once with that password, at m1 (rule 25). */
static void test_rule_25_a_provisioned_password_serves_at_once(void **state)
{
    struct desk *d = *state;
    struct nx_credential c;
    struct rig_browser mai;
    const char *id = create(d, MAI);
    assert_true(nx_ok(
        nx_credential_get(rig_house(&d->rig)->registry, d->rig.arena, id, NULL, NX_CREDENTIAL_PASSWORD, &c)));
    assert_int_equal(c.bound_at, 1);
    rig_browser_open(&mai, &d->rig);
    char *csrf = rig_field(&d->rig, rig_get(&mai, "/login"), "csrf");
    const char *form = nx_arena_printf(d->rig.arena, "csrf=%s&username=mai&password=correct+horse", csrf);
    assert_int_equal(rig_post(&mai, "/login/password", form)->status, 303);
    assert_string_equal(rig_location(mai.reply), "/me");
    rig_browser_close(&mai);
}

static void test_what_is_refused(void **state)
{
    struct desk *d = *state;
    static const struct {
        const char *body;
        int status;
        const char *type;
    } rows[] = {
        {"{", 400, NULL},
        {"{\"schemas\":[\"" USER "\"]}", 400, "invalidValue"},
        {"{\"schemas\":[\"" USER "\"],\"userName\":\"lan\"}", 409, "uniqueness"},
        {"{\"schemas\":[\"" USER "\"],\"userName\":\"x\",\"nickNames\":1}", 400, "invalidValue"},
        {"{\"schemas\":[\"" USER "\"],\"userName\":\"x\",\"" IDENTITY "\":{\"nationalId\":\"12\"}}", 400,
         "invalidValue"},
        {"{\"schemas\":[\"" USER "\"],\"userName\":\"x\",\"" IDENTITY
         "\":{\"identifiers\":[{\"type\":\"tax\","
         "\"value\":\"0100047517\"}]}}",
         400, "invalidValue"},
        {"{\"schemas\":[\"" USER "\"],\"userName\":\"x\",\"password\":\"x\"}", 400, "invalidValue"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        nx_reply *rp = send(d, "POST", "/scim/v2/Users", rows[i].body);
        if (rp->status != rows[i].status) fail_msg("%s: %d", rows[i].body, rp->status);
        NX_AUTO_JSON error = rig_json(rp);
        if (rows[i].type) assert_string_equal(nx_json_str(error, "scimType"), rows[i].type);
        assert_non_null(nx_json_str(error, "detail"));
    }
    NX_AUTO_JSON x = rig_json(rig_get(&d->b, "/scim/v2/Users?filter=userName%20eq%20%22x%22"));
    assert_int_equal(nx_json_int(x, "totalResults", -1), 0); /* a refused one leaves nothing behind */
    assert_int_equal(rig_get(&d->b, "/scim/v2/Users?filter=userName%20equals%20%22x%22")->status, 400);
    assert_int_equal(rig_get(&d->b, user(d, "nobody"))->status, 404);
    d->b.authorization = NULL;
    assert_int_equal(rig_get(&d->b, "/scim/v2/Users")->status, 401);
}

static void test_versions(void **state)
{
    struct desk *d = *state;
    const char *id = create(d, MAI);
    const char *body = "{\"schemas\":[\"" USER "\"],\"userName\":\"mai\",\"name\":{\"formatted\":\"Mai\"}}";
    assert_int_equal(send(d, "PUT", user(d, id), body)->status, 200);
    assert_string_equal(nx_reply_header_get(d->b.reply, "ETag"), "W/\"2\"");
    nx_reply *rp = send(d, "PATCH", user(d, id),
                        PATCH "{\"op\":\"replace\",\"path\":\"name.formatted\",\"value\":\"M\"}]}");
    assert_int_equal(rp->status, 200);
    NX_AUTO_JSON now = rig_json(rp);
    assert_string_equal(nx_json_str(nx_json_object(now, "name"), "formatted"), "M");
}

/* Whether she is still signed in at the issuer. */
static bool signed_in(struct desk *d, struct rig_browser *b)
{
    nx_reply *rp = rig_get(b, rig_authorize_url(&d->rig, &d->rig.portal, "&prompt=none"));
    const char *error = rig_param(&d->rig, rp, "error");
    return !error || strcmp(error, "login_required") != 0;
}

static int64_t epoch(struct desk *d, const char *person)
{
    int64_t value;
    assert_true(nx_ok(nx_registry_epoch_get(rig_house(&d->rig)->registry, 'p', person, &value)));
    return value;
}

/* Rule 25 and CONTRACT.md: `active` false, another proofing, another password, deletion: sessions and tokens
 * end. */
static void test_rule_25_changes_that_end_sessions(void **state)
{
    struct desk *d = *state;
    static const char *const changes[] = {
        PATCH "{\"op\":\"replace\",\"path\":\"active\",\"value\":false}]}",
        PATCH "{\"op\":\"replace\",\"path\":\"active\",\"value\":true}]}",
        PATCH "{\"op\":\"replace\",\"path\":\"" IDENTITY ":proofing\",\"value\":\"m2\"}]}",
        PATCH "{\"op\":\"replace\",\"path\":\"password\",\"value\":\"another horse\"}]}",
    };
    static const bool ends[] = {true, false, true, true};
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        struct rig_browser b;
        int64_t before = epoch(d, d->rig.lan.id);
        rig_browser_open(&b, &d->rig);
        if (i != 1) rig_sign_in(&b, &d->rig.lan);
        nx_reply *rp = send(d, "PATCH", user(d, d->rig.lan.id), changes[i]);
        if (rp->status != 200) fail_msg("%s: %d %s", changes[i], rp->status, rig_body(rp));
        assert_int_equal(epoch(d, d->rig.lan.id) > before, ends[i]);
        assert_false(signed_in(d, &b));
        rig_browser_close(&b);
    }
}

static void test_deleting(void **state)
{
    struct desk *d = *state;
    struct rig_browser b;
    rig_browser_open(&b, &d->rig);
    rig_sign_in(&b, &d->rig.lan);
    NX_AUTO_JSON tokens = rig_tokens(&b, &d->rig.portal, "");
    const char *form = nx_arena_printf(d->rig.arena, "token=%s", nx_json_str(tokens, "access_token"));
    assert_int_equal(send(d, "DELETE", user(d, d->rig.lan.id), NULL)->status, 204);
    assert_int_equal(rig_get(&d->b, user(d, d->rig.lan.id))->status, 404);
    NX_AUTO_JSON state_now = rig_json(rig_call(&b, &d->rig.portal, "/oidc/introspect", form));
    assert_false(nx_json_bool(state_now, "active", true));
    assert_false(signed_in(d, &b));
    assert_int_equal(send(d, "DELETE", user(d, d->rig.lan.id), NULL)->status, 404);
    rig_browser_close(&b);
}

static void test_the_documents(void **state)
{
    struct desk *d = *state;
    NX_AUTO_JSON config = rig_json(rig_get(&d->b, "/scim/v2/ServiceProviderConfig"));
    assert_true(nx_json_bool(nx_json_object(config, "patch"), "supported", false));
    NX_AUTO_JSON types = rig_json(rig_get(&d->b, "/scim/v2/ResourceTypes"));
    assert_int_equal(nx_json_int(types, "totalResults", 0), 1);
    NX_AUTO_JSON schemas = rig_json(rig_get(&d->b, "/scim/v2/Schemas"));
    assert_int_equal(nx_json_int(schemas, "totalResults", 0), 2);
    assert_int_equal(rig_get(&d->b, "/scim/v2/Schemas/" IDENTITY)->status, 200);
    assert_int_equal(rig_get(&d->b, "/scim/v2/Groups")->status, 404);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_create_get_find),
        TEST(test_rule_25_a_provisioned_password_serves_at_once),
        TEST(test_what_is_refused),
        TEST(test_versions),
        TEST(test_rule_25_changes_that_end_sessions),
        TEST(test_deleting),
        TEST(test_the_documents),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
