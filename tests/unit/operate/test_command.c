/* The commands of nixactl over a house in memory. */
#include "operate/command.h"

#include "crypto/jws.h"
#include "house/house.h"
#include "operate/demo.h"
#include "operate/scope.h"
#include "operate/token.h"
#include "registry/audit.h"
#include "registry/client.h"
#include "registry/credential.h"
#include "registry/epoch.h"
#include "registry/operator_token.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define assert_ok(call) assert_string_equal(nx_err_name((call).e), nx_err_name(NX_ERR_NONE))

struct rig {
    char folder[64];
    nx_arena *arena;
    struct nx_settings settings;
    struct nx_house *house;
    json_t *reply;
};

/* Stands for idp/oidc: gives back what it was handed. */
static nx_result register_client(nx_span *json, const char **why, struct nx_house *house, nx_arena *a,
                                 const char *actor, nx_span metadata)
{
    (void)house;
    (void)actor;
    NX_AUTO_JSON sent = NULL;
    NX_TRY(nx_json_parse_object(&sent, metadata));
    if (!json_object_get(sent, "redirect_uris")) {
        *why = "redirect_uris: is missing";
        NX_FAIL(NX_ERR_CLIENT_METADATA);
    }
    json_object_set_new(sent, "client_id", json_string("made"));
    *json = nx_span_str(nx_json_dump(a, sent));
    return NX_OK;
}

static const struct nx_operate_host host = {.register_client = register_client};

static int open_with(void **state, const char *issuer)
{
    struct rig *rig = calloc(1, sizeof *rig);
    *state = rig;
    snprintf(rig->folder, sizeof rig->folder, "/tmp/nixa-operate-XXXXXX");
    rig->arena = nx_arena_open(8u << 20);
    nx_settings_default(&rig->settings);
    rig->settings.issuer = issuer;
    rig->settings.password_ops = 1;
    rig->settings.password_memory_kib = 64;
    if (!mkdtemp(rig->folder)) return -1;
    const struct nx_house_parts parts = {.settings = &rig->settings, .data = rig->folder, .store = "memory:"};
    return nx_ok(nx_house_open(&rig->house, &parts)) ? 0 : -1;
}

static int set_up(void **state)
{
    return open_with(state, "https://localhost:8443");
}

static int set_up_public(void **state)
{
    return open_with(state, "https://id.example.gov.vn");
}

static void remove_folder(const char *path)
{
    DIR *d = opendir(path);
    struct dirent *e;
    char child[512];
    while (d && (e = readdir(d))) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        snprintf(child, sizeof child, "%s/%s", path, e->d_name);
        if (unlink(child) != 0) remove_folder(child);
    }
    if (d) closedir(d);
    rmdir(path);
}

static int tear_down(void **state)
{
    struct rig *rig = *state;
    json_decref(rig->reply);
    nx_house_close(rig->house);
    nx_arena_close(rig->arena);
    remove_folder(rig->folder);
    free(rig);
    return 0;
}

/* Takes the request's reference; the reply lives until the next command. */
static const json_t *run(struct rig *rig, const char *name, json_t *request)
{
    NX_AUTO_JSON owned = request ? request : json_object();
    json_object_set_new(owned, "do", json_string(name));
    json_decref(rig->reply);
    rig->reply = NULL;
    assert_ok(nx_operate_command(&rig->reply, rig->house, &host, 1000, owned));
    assert_non_null(json_object_get(rig->reply, "ok"));
    return rig->reply;
}

static const json_t *good(struct rig *rig, const char *name, json_t *request)
{
    const json_t *reply = run(rig, name, request);
    if (!nx_json_bool(reply, "ok", false)) fail_msg("%s: %s", name, nx_json_str(reply, "text"));
    return reply;
}

static void refused(struct rig *rig, const char *name, json_t *request, const char *error)
{
    const json_t *reply = run(rig, name, request);
    assert_false(nx_json_bool(reply, "ok", true));
    assert_string_equal(nx_json_str(reply, "error"), error);
    assert_non_null(nx_json_str(reply, "text"));
}

static const json_t *item(const json_t *list, size_t i)
{
    return json_array_get(nx_json_array(list, "items"), i);
}

static void test_what_is_no_command(void **state)
{
    struct rig *rig = *state;
    good(rig, "ping", NULL);
    refused(rig, "shutdown", NULL, "COMMAND");
    NX_AUTO_JSON none = json_object();
    json_t *reply = NULL;
    assert_ok(nx_operate_command(&reply, rig->house, &host, 0, none));
    assert_string_equal(nx_json_str(reply, "error"), "COMMAND");
    json_decref(reply);
}

static void test_people(void **state)
{
    struct rig *rig = *state;
    const json_t *made =
        good(rig, "person.add",
             json_pack("{s:s,s:s,s:s,s:s,s:s}", "user_name", "lan", "name", "Lan", "national_id",
                       "001190012345", "proofing", "m2", "password", "correct horse"));
    char *id = nx_arena_strdup(rig->arena, nx_json_str(made, "id"));
    refused(rig, "person.add", json_pack("{s:s}", "user_name", "LAN"), "CONFLICT");
    refused(rig, "person.add", NULL, "MISSING");
    refused(rig, "person.add", json_pack("{s:s,s:s}", "user_name", "x", "kind", "robot"), "UNKNOWN");
    refused(rig, "person.add", json_pack("{s:s,s:s}", "user_name", "x", "proofing", "m9"), "UNKNOWN");
    refused(rig, "person.add", json_pack("{s:s,s:s}", "user_name", "x", "national_id", "1"),
            "IDENTIFIER_LENGTH");
    refused(rig, "person.add", json_pack("{s:s,s:s}", "user_name", "x", "password", "x"), "PASSWORD_WEAK");
    const json_t *shown = good(rig, "person.show", json_pack("{s:s}", "person", "Lan"));
    assert_string_equal(nx_json_str(shown, "id"), id);
    assert_string_equal(nx_json_str(shown, "national-id"), "001190012345");
    assert_string_equal(nx_json_str(shown, "proofing"), "m2");
    assert_null(json_object_get(shown, "password"));
    const json_t *list = good(rig, "person.list", json_pack("{s:s}", "filter", "la"));
    assert_string_equal(nx_json_str(item(list, 0), "id"), id);
    refused(rig, "person.show", json_pack("{s:s}", "person", "nobody"), "NOT_FOUND");
}

/* Rule 25: somebody's password is set: audited, her epoch is raised, and the password is m1. */
static void test_rule_25_setting_a_password(void **state)
{
    struct rig *rig = *state;
    struct nx_credential c;
    int64_t before, after;
    const json_t *made = good(rig, "person.add", json_pack("{s:s}", "user_name", "lan"));
    char *id = nx_arena_strdup(rig->arena, nx_json_str(made, "id"));
    assert_ok(nx_registry_epoch_get(rig->house->registry, 'p', id, &before));
    good(rig, "person.password", json_pack("{s:s,s:s}", "person", "lan", "password", "correct horse"));
    assert_ok(nx_registry_epoch_get(rig->house->registry, 'p', id, &after));
    assert_int_equal(after, before + 1);
    assert_ok(nx_credential_get(rig->house->registry, rig->arena, id, NULL, NX_CREDENTIAL_PASSWORD, &c));
    assert_int_equal(c.bound_at, 1);
    const json_t *audit =
        good(rig, "audit.list", json_pack("{s:s,s:s}", "subject", id, "type", "person.password-set"));
    assert_string_equal(nx_json_str(item(audit, 0), "actor"), "uid:1000");
    refused(rig, "person.password", json_pack("{s:s,s:s}", "person", "lan", "password", "lan"),
            "PASSWORD_WEAK");
    refused(rig, "person.password", json_pack("{s:s}", "person", "lan"), "MISSING");
}

/* Rules 12, 24: signed for the admin audience, bounded, listed, audited, revocable. */
static void test_rule_24_tokens(void **state)
{
    struct rig *rig = *state;
    struct nx_jws jws;
    const json_t *reply = good(rig, "token.issue", json_pack("{s:s}", "scope", "revoke scim"));
    const char *token = nx_arena_strdup(rig->arena, nx_json_str(reply, "token"));
    char *jti = nx_arena_strdup(rig->arena, nx_json_str(reply, "jti"));
    assert_ok(nx_jws_verify_own(&jws, rig->arena, rig->house->keyring, NX_USE_BIT(NX_USE_TOKEN), "at+jwt",
                                nx_span_str(token)));
    NX_AUTO_JSON claims = NULL;
    assert_ok(nx_json_parse_object(&claims, jws.payload));
    assert_string_equal(nx_json_str(claims, "aud"), "https://localhost:8443/admin");
    assert_string_equal(nx_json_str(claims, "scope"), "scim revoke");
    assert_string_equal(nx_json_str(claims, "sub"), "uid:1000");
    assert_int_equal(nx_json_int(claims, "exp", 0) - nx_json_int(claims, "iat", 0), 600);
    refused(rig, "token.issue", json_pack("{s:s,s:i}", "scope", "scim", "ttl", 3601), "RANGE");
    refused(rig, "token.issue", json_pack("{s:s,s:i}", "scope", "scim", "ttl", -1), "RANGE");
    refused(rig, "token.issue", json_pack("{s:s}", "scope", "openid"), "SCOPE");
    refused(rig, "token.issue", json_pack("{s:s}", "scope", "scim scim"), "SCOPE");
    refused(rig, "token.issue", json_pack("{s:s}", "scope", ""), "SCOPE");
    refused(rig, "token.issue", NULL, "MISSING");
    const json_t *list = good(rig, "token.list", NULL);
    assert_string_equal(nx_json_str(item(list, 0), "jti"), jti);
    good(rig, "token.revoke", json_pack("{s:s}", "jti", jti));
    refused(rig, "token.revoke", json_pack("{s:s}", "jti", jti), "NOT_FOUND");
    list = good(rig, "audit.list", json_pack("{s:s}", "type", "operator.*"));
    assert_int_equal(json_array_size(nx_json_array(list, "items")), 2);
}

static void test_rule_24_console_links(void **state)
{
    struct rig *rig = *state;
    struct nx_console who;
    NX_AUTO_SECRET(cookie);
    const json_t *reply = good(rig, "console.link", json_pack("{s:s}", "role", "auditor"));
    const char *url = nx_arena_strdup(rig->arena, nx_json_str(reply, "url"));
    nx_span secret = nx_span_str(strchr(url, '#') + 1);
    assert_ok(nx_console_enter(&cookie, &who, rig->house, rig->arena, secret));
    assert_string_equal(who.scopes, "audit");
    assert_int_equal(nx_console_enter(&cookie, &who, rig->house, rig->arena, secret).e, NX_ERR_NOT_FOUND);
    assert_ok(nx_console_find(&who, rig->house, rig->arena, nx_secret_expose(&cookie)));
    assert_string_equal(who.actor, "uid:1000");
    assert_ok(nx_console_leave(rig->house, &who));
    assert_int_equal(nx_console_find(&who, rig->house, rig->arena, nx_secret_expose(&cookie)).e,
                     NX_ERR_NOT_FOUND);
    refused(rig, "console.link", json_pack("{s:s}", "role", "king"), "UNKNOWN");
    refused(rig, "console.link", NULL, "UNKNOWN");
}

static void test_clients(void **state)
{
    struct rig *rig = *state;
    const json_t *reply = good(rig, "client.add",
                               json_pack("{s:s,s:[s],s:s}", "name", "Portal", "redirect_uri",
                                         "https://p.example/cb", "auth_method", "none"));
    assert_string_equal(nx_json_str(reply, "client_id"), "made");
    assert_string_equal(nx_json_str(reply, "client_name"), "Portal");
    assert_string_equal(nx_json_str(reply, "token_endpoint_auth_method"), "none");
    assert_string_equal(nx_json_str(reply, "scope"), "openid profile");
    assert_string_equal(nx_json_str(reply, "issuer"), "https://localhost:8443");
    refused(rig, "client.add", json_pack("{s:s}", "name", "Portal"), "CLIENT_METADATA");
    assert_string_equal(nx_json_str(rig->reply, "text"), "redirect_uris: is missing");
    refused(rig, "client.show", json_pack("{s:s}", "client", "nothing"), "NOT_FOUND");
}

static json_t *portal(const char *port)
{
    char origin[64], callback[96];
    snprintf(origin, sizeof origin, "https://dvc.localhost:%s", port);
    snprintf(callback, sizeof callback, "%s/cb", origin);
    return json_pack("{s:[{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s}]}", "portals", "client_id", "dvc",
                     "client_secret", "s", "name", "Portal", "name_vi", "Cổng", "scope", "openid", "origin",
                     origin, "redirect_uri", callback, "post_logout_redirect_uri", origin,
                     "backchannel_logout_uri", callback);
}

/* Loading twice changes nothing, another port mends the portal. */
static void test_the_demo(void **state)
{
    struct rig *rig = *state;
    NX_AUTO(nx_client) first = NULL;
    NX_AUTO(nx_client) same = NULL;
    NX_AUTO(nx_client) moved = NULL;
    good(rig, "demo.load", portal("8443"));
    assert_ok(nx_client_get(rig->house->registry, NX_LIT("dvc"), &first));
    assert_string_equal(first->sector, "dvc.localhost");
    assert_string_equal(first->id_token_alg, "ES256");
    good(rig, "demo.load", portal("8443"));
    assert_ok(nx_client_get(rig->house->registry, NX_LIT("dvc"), &same));
    assert_int_equal(same->version, first->version);
    good(rig, "demo.load", portal("9443"));
    assert_ok(nx_client_get(rig->house->registry, NX_LIT("dvc"), &moved));
    assert_string_equal(moved->redirect_uris.v[0], "https://dvc.localhost:9443/cb");
    const json_t *people = good(rig, "person.list", NULL);
    assert_int_equal(json_array_size(nx_json_array(people, "items")), nx_demo_people_count);
    refused(rig, "demo.load", json_pack("{s:[{}]}", "portals"), "MISSING");
}

static void test_rule_27_no_demo_with_another_issuer(void **state)
{
    struct rig *rig = *state;
    refused(rig, "demo.load", portal("8443"), "DEMO");
    const json_t *people = good(rig, "person.list", NULL);
    assert_int_equal(json_array_size(nx_json_array(people, "items")), 0);
}

static void test_revoking_by_command(void **state)
{
    struct rig *rig = *state;
    const json_t *made = good(rig, "person.add", json_pack("{s:s}", "user_name", "lan"));
    char *qid = nx_arena_strdup(rig->arena, nx_json_str(made, "qid"));
    json_t *order = json_pack("{s:s,s:s,s:s}", "what", "qr", "id", qid, "reason", "lost");
    good(rig, "suspend", json_deep_copy(order));
    good(rig, "resume", json_deep_copy(order));
    const json_t *receipt = good(rig, "revoke", json_deep_copy(order));
    int64_t seq = nx_json_int(receipt, "seq", 0);
    assert_string_equal(nx_json_str(receipt, "state"), "applied");
    good(rig, "receipt", json_pack("{s:I}", "revocation", (json_int_t)seq));
    refused(rig, "resume", order, "CONFLICT");
    refused(rig, "revoke", json_pack("{s:s,s:s,s:s}", "what", "house", "id", "x", "reason", "x"), "UNKNOWN");
    refused(rig, "revoke", json_pack("{s:s,s:s}", "what", "qr", "id", qid), "RANGE");
    refused(rig, "revoke", json_pack("{s:s,s:s}", "what", "qr", "reason", "x"), "MISSING");
    refused(rig, "receipt", json_pack("{s:s}", "revocation", "x"), "SYNTAX");
    const json_t *list = good(rig, "qr.list", json_pack("{s:s}", "person", "lan"));
    assert_string_equal(nx_json_str(item(list, 0), "status"), "revoked");
    good(rig, "session.list", NULL);
    good(rig, "session.list", json_pack("{s:s}", "person", "lan"));
    refused(rig, "session.list", json_pack("{s:s}", "person", "nobody"), "NOT_FOUND");
    good(rig, "revoke", json_pack("{s:s,s:s,s:s}", "what", "system", "id", "system", "reason", "drill"));
}

static void test_doctor_and_verify(void **state)
{
    struct rig *rig = *state;
    const json_t *verdict = good(rig, "audit.verify", NULL);
    assert_true(nx_json_bool(verdict, "whole", false));
    const json_t *list = good(rig, "doctor", NULL);
    size_t n = json_array_size(nx_json_array(list, "items"));
    assert_true(n >= 10);
    for (size_t i = 0; i < n; i++)
        if (strcmp(nx_json_str(item(list, i), "check"), "keys") == 0)
            assert_string_equal(nx_json_str(item(list, i), "state"), "good");
    good(rig, "key.list", NULL);
    refused(rig, "key.rotate", json_pack("{s:s}", "use", "hats"), "UNKNOWN");
    refused(rig, "audit.list", json_pack("{s:i}", "limit", 100000), "RANGE");
}

static void test_roles(void **state)
{
    (void)state;
    assert_string_equal(nx_operator_role_scopes("auditor"), "audit");
    assert_null(nx_operator_role_scopes("nobody"));
    assert_string_equal(nx_operator_role_of("audit"), "auditor");
    assert_true(nx_operator_scope_held("revoke audit", "audit"));
    assert_false(nx_operator_scope_held("revoke audit", "aud"));
    assert_false(nx_operator_scope_held("", "audit"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_no_command),
        TEST(test_people),
        TEST(test_rule_25_setting_a_password),
        TEST(test_rule_24_tokens),
        TEST(test_rule_24_console_links),
        TEST(test_clients),
        TEST(test_the_demo),
        cmocka_unit_test_setup_teardown(test_rule_27_no_demo_with_another_issuer, set_up_public, tear_down),
        TEST(test_revoking_by_command),
        TEST(test_doctor_and_verify),
        cmocka_unit_test(test_roles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
