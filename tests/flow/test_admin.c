/* The admin API through the whole server: scopes, effects, lists, its own description. */
#include "endpoints/admin/admin.h"
#include "endpoints/bearer/bearer.h"
#include "registry/audit.h"
#include "registry/operator_token.h"
#include "registry/qr_identity.h"
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define EVERYTHING "scim clients revoke audit keys"

struct desk {
    struct rig rig;
    struct rig_browser b; /* whoever calls the API */
};

static int set_up(void **state)
{
    struct desk *d = calloc(1, sizeof *d);
    *state = d;
    if (rig_up(&d->rig) != 0) return -1;
    rig_browser_open(&d->b, &d->rig);
    d->b.authorization = rig_operator(&d->rig, EVERYTHING);
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

static const char *path(struct desk *d, const char *before, const char *id, const char *after)
{
    return nx_arena_printf(d->rig.arena, "/admin/v1/%s/%s%s", before, id, after);
}

static json_t *get(struct desk *d, const char *target)
{
    nx_reply *rp = rig_get(&d->b, target);
    if (rp->status != 200) fail_msg("%s: %d %s", target, rp->status, rig_body(rp));
    return rig_json(rp);
}

static nx_reply *post(struct desk *d, const char *target, const char *json)
{
    return rig_send(&d->b, "POST", target, json ? "application/json" : NULL, json);
}

static const json_t *item(const json_t *list, size_t i)
{
    return json_array_get(nx_json_array(list, "items"), i);
}

static size_t items(const json_t *list)
{
    return json_array_size(nx_json_array(list, "items"));
}

static void test_a_persons_qr_identities(void **state)
{
    struct desk *d = *state;
    NX_AUTO_JSON list = get(d, path(d, "people", d->rig.lan.id, "/qr-identities"));
    assert_int_equal(items(list), 1);
    assert_string_equal(nx_json_str(item(list, 0), "id"), d->rig.lan.qid);
    assert_string_equal(nx_json_str(item(list, 0), "status"), "active");
    assert_string_equal(nx_json_str(item(list, 0), "kind"), "paper");
    assert_non_null(nx_json_str(item(list, 0), "issued_at"));
    assert_non_null(nx_json_str(item(list, 0), "expires_at"));
    assert_true(json_is_null(json_object_get(list, "next")));
    assert_int_equal(rig_get(&d->b, path(d, "people", "nobody", "/qr-identities"))->status, 404);
}

static void test_paper_comes_with_its_pin_once(void **state)
{
    struct desk *d = *state;
    const char *target = path(d, "people", d->rig.lan.id, "/qr-identities");
    nx_reply *rp = post(d, target, "{\"kind\":\"paper\"}");
    assert_int_equal(rp->status, 201);
    NX_AUTO_JSON made = rig_json(rp);
    assert_int_equal(strlen(nx_json_str(made, "pin")), 6);
    assert_non_null(nx_json_str(made, "handle"));
    assert_non_null(nx_json_str(made, "card"));
    NX_AUTO_JSON list = get(d, target);
    assert_int_equal(items(list), 2);
    for (size_t i = 0; i < 2; i++)
        assert_null(json_object_get(item(list, i), "pin"));
}

#define KEY                                                                                                  \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","               \
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}"

/* Rule 25: a device that an administrator makes serves only after its holder has used it. */
static void test_rule_25_a_device_made_by_an_administrator_is_pending(void **state)
{
    struct desk *d = *state;
    const char *target = path(d, "people", d->rig.lan.id, "/qr-identities");
    nx_reply *rp = post(d, target, "{\"kind\":\"device\",\"jwk\":" KEY "}");
    assert_int_equal(rp->status, 201);
    NX_AUTO_JSON made = rig_json(rp);
    assert_non_null(nx_json_str(made, "handle"));
    NX_AUTO_JSON list = get(d, target);
    const json_t *device = item(list, 0);
    if (strcmp(nx_json_str(device, "kind"), "device") != 0) device = item(list, 1);
    assert_string_equal(nx_json_str(device, "status"), "pending");
    assert_int_equal(strlen(nx_json_str(device, "key_thumbprint")), 43);
    assert_int_equal(post(d, target, "{\"kind\":\"device\",\"jwk\":" KEY "}")->status, 409);
    rp = post(d, target, "{\"kind\":\"device\"}");
    assert_int_equal(rp->status, 201);
    NX_AUTO_JSON linked = rig_json(rp);
    assert_non_null(strstr(nx_json_str(linked, "enrolment"), "/Q/E/"));
}

static void test_what_is_refused_says_why(void **state)
{
    struct desk *d = *state;
    const char *target = path(d, "people", d->rig.lan.id, "/qr-identities");
    static const struct {
        const char *body;
        int status;
    } rows[] = {
        {"{\"kind\":\"tattoo\"}", 400},
        {"{}", 400},
        {"[]", 400},
        {"{\"kind\":\"paper\",\"jwk\":" KEY "}", 400},
        {"{\"kind\":\"device\",\"jwk\":{\"kty\":\"EC\"}}", 400},
        {"{\"kind\":\"device\",\"jwk\":{\"kty\":\"oct\",\"k\":\"AA\"}}", 400},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        nx_reply *rp = post(d, target, rows[i].body);
        assert_int_equal(rp->status, rows[i].status);
        assert_string_equal(nx_reply_header_get(rp, "Content-Type"), "application/problem+json");
        NX_AUTO_JSON problem = rig_json(rp);
        assert_int_equal(nx_json_int(problem, "status", 0), rows[i].status);
    }
    assert_int_equal(rig_send(&d->b, "POST", target, "text/plain", "{}")->status, 415);
    NX_AUTO_JSON list = get(d, target);
    assert_int_equal(items(list), 1); /* nothing stayed behind */
}

/* Sessions are listed, ended one by one and together; whoever was signed in is asked again. */
static void test_sessions_end(void **state)
{
    struct desk *d = *state;
    struct rig_browser one, two;
    rig_browser_open(&one, &d->rig);
    rig_browser_open(&two, &d->rig);
    rig_sign_in(&one, &d->rig.lan);
    rig_sign_in(&two, &d->rig.lan);
    const char *target = nx_arena_printf(d->rig.arena, "/admin/v1/sessions?subject=%s", d->rig.lan.id);
    NX_AUTO_JSON list = get(d, target);
    assert_int_equal(items(list), 2);
    assert_string_equal(nx_json_str(item(list, 0), "subject"), d->rig.lan.id);
    assert_string_equal(nx_json_str(item(list, 0), "acr"), "urn:nixa:acr:m1");
    assert_true(nx_json_has(nx_json_array(item(list, 0), "amr"), "pwd"));
    assert_non_null(nx_json_str(item(list, 0), "last_seen"));
    const char *id = nx_json_str(item(list, 0), "id");
    assert_int_equal(post(d, path(d, "sessions", id, "/revoke"), NULL)->status, 204);
    assert_int_equal(post(d, path(d, "sessions", id, "/revoke"), NULL)->status, 404);
    NX_AUTO_JSON left = get(d, target);
    assert_int_equal(items(left), 1);
    nx_reply *rp =
        post(d, path(d, "people", d->rig.lan.id, "/revoke-sessions"), "{\"reason\":\"lost laptop\"}");
    assert_int_equal(rp->status, 204);
    NX_AUTO_JSON none = get(d, target);
    assert_int_equal(items(none), 0);
    rp = rig_get(&one, rig_authorize_url(&d->rig, &d->rig.portal, "&prompt=none"));
    assert_string_equal(rig_param(&d->rig, rp, "error"), "login_required");
    rig_browser_close(&one);
    rig_browser_close(&two);
}

/* Rule 26: unknown and without a session answer alike; a missing subject is a mistake. */
static void test_rule_26_subjects(void **state)
{
    struct desk *d = *state;
    NX_AUTO_JSON unknown = get(d, "/admin/v1/sessions?subject=nobody");
    NX_AUTO_JSON without =
        get(d, nx_arena_printf(d->rig.arena, "/admin/v1/sessions?subject=%s", d->rig.minh.id));
    assert_true(json_equal(unknown, without));
    assert_int_equal(rig_get(&d->b, "/admin/v1/sessions")->status, 400);
}

/* The scene: the QR identity dies, and with it every token bound to it; the receipt names them. */
static void test_revoking_a_qr_identity(void **state)
{
    struct desk *d = *state;
    struct rig_browser phone;
    rig_browser_open(&phone, &d->rig);
    rig_sign_in(&phone, &d->rig.lan);
    NX_AUTO_JSON tokens = rig_tokens(&phone, &d->rig.portal, "");
    const char *form = nx_arena_printf(d->rig.arena, "token=%s", nx_json_str(tokens, "access_token"));
    NX_AUTO_JSON before = rig_json(rig_call(&phone, &d->rig.portal, "/oidc/introspect", form));
    assert_true(nx_json_bool(before, "active", false));
    nx_reply *rp = post(d, path(d, "qr-identities", d->rig.lan.qid, "/revoke"), "{\"reason\":\"lost\"}");
    assert_int_equal(rp->status, 204);
    const char *receipt_url = nx_arena_strdup(d->rig.arena, nx_reply_header_get(rp, "Location"));
    NX_AUTO_JSON after = rig_json(rig_call(&phone, &d->rig.portal, "/oidc/introspect", form));
    assert_false(nx_json_bool(after, "active", true));
    NX_AUTO_JSON receipt = get(d, receipt_url);
    assert_string_equal(nx_json_str(receipt, "target"), d->rig.lan.qid);
    assert_string_equal(nx_json_str(receipt, "reason"), "lost");
    assert_string_equal(nx_json_str(receipt, "actor"), "uid:0");
    assert_true(json_array_size(nx_json_array(receipt, "killed")) > 0);
    assert_true(json_array_size(nx_json_array(receipt, "portals")) > 0);
    assert_int_equal(post(d, path(d, "qr-identities", d->rig.lan.qid, "/revoke"), NULL)->status, 204);
    assert_int_equal(post(d, path(d, "qr-identities", d->rig.lan.qid, "/resume"), NULL)->status, 409);
    assert_int_equal(post(d, path(d, "qr-identities", "nothing", "/revoke"), NULL)->status, 404);
    assert_int_equal(rig_get(&d->b, "/admin/v1/revocations/99999")->status, 404);
    assert_int_equal(rig_get(&d->b, "/admin/v1/revocations/x")->status, 404);
    rig_browser_close(&phone);
}

static void test_suspend_and_resume(void **state)
{
    struct desk *d = *state;
    struct nx_qr_identity q;
    assert_int_equal(post(d, path(d, "qr-identities", d->rig.lan.qid, "/suspend"), NULL)->status, 204);
    assert_true(nx_ok(nx_qr_identity_get(rig_house(&d->rig)->registry, d->rig.arena, d->rig.lan.qid, &q)));
    assert_int_equal(q.status, NX_QR_SUSPENDED);
    assert_int_equal(post(d, path(d, "qr-identities", d->rig.lan.qid, "/resume"), NULL)->status, 204);
    assert_int_equal(post(d, path(d, "people", d->rig.lan.id, "/suspend"), NULL)->status, 204);
    assert_int_equal(post(d, path(d, "people", d->rig.lan.id, "/suspend"), NULL)->status, 409);
    assert_int_equal(post(d, path(d, "people", d->rig.lan.id, "/resume"), NULL)->status, 204);
    assert_int_equal(post(d, path(d, "clients", d->rig.machine.id, "/suspend"), NULL)->status, 204);
    nx_reply *rp = rig_call(&d->b, &d->rig.machine, "/oidc/token", "grant_type=client_credentials");
    assert_int_equal(rp->status, 401);
    d->b.authorization = rig_operator(&d->rig, EVERYTHING);
    assert_int_equal(post(d, path(d, "clients", d->rig.machine.id, "/resume"), NULL)->status, 204);
    rp = rig_call(&d->b, &d->rig.machine, "/oidc/token", "grant_type=client_credentials");
    assert_int_equal(rp->status, 200);
}

static void test_reasons(void **state)
{
    struct desk *d = *state;
    const char *target = path(d, "qr-identities", d->rig.lan.qid, "/suspend");
    char longest[300];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(post(d, target, "{\"reason\":1}")->status, 400);
    assert_int_equal(post(d, target, "{\"reason\":\"\"}")->status, 400);
    assert_int_equal(post(d, target, "{\"reason\":\"a\\u001b[2J\"}")->status, 400);
    assert_int_equal(post(d, target, nx_arena_printf(d->rig.arena, "{\"reason\":\"%s\"}", longest))->status,
                     400);
    assert_int_equal(post(d, target, "{")->status, 400);
    NX_AUTO_JSON list = get(d, path(d, "people", d->rig.lan.id, "/qr-identities"));
    assert_string_equal(nx_json_str(item(list, 0), "status"), "active");
}

static void test_clients(void **state)
{
    struct desk *d = *state;
    NX_AUTO_JSON first = get(d, "/admin/v1/clients?limit=3");
    assert_int_equal(items(first), 3);
    NX_AUTO_JSON rest =
        get(d, nx_arena_printf(d->rig.arena, "/admin/v1/clients?cursor=%s", nx_json_str(first, "next")));
    assert_int_equal(items(rest), 1);
    NX_AUTO_JSON portal = get(d, path(d, "clients", d->rig.portal.id, ""));
    assert_string_equal(nx_json_str(portal, "client_name"), "Cổng dịch vụ công");
    assert_null(json_object_get(portal, "client_secret"));
    assert_false(nx_json_bool(portal, "unreachable", true));
    assert_int_equal(rig_get(&d->b, "/admin/v1/clients?limit=100000")->status, 400);
    assert_int_equal(rig_get(&d->b, "/admin/v1/clients/nothing")->status, 404);
}

static void test_audit(void **state)
{
    struct desk *d = *state;
    assert_int_equal(post(d, path(d, "qr-identities", d->rig.lan.qid, "/suspend"), NULL)->status, 204);
    NX_AUTO_JSON all = get(d, "/admin/v1/audit?limit=1");
    assert_int_equal(items(all), 1);
    assert_string_equal(nx_json_str(item(all, 0), "type"), "qr.suspend");
    assert_string_equal(nx_json_str(item(all, 0), "actor"), "uid:0");
    assert_non_null(nx_json_str(all, "next"));
    NX_AUTO_JSON of_lan = get(
        d, nx_arena_printf(d->rig.arena, "/admin/v1/audit?subject=%s&type=qr.*&since=2020-01-01T00:00:00Z",
                           d->rig.lan.id));
    assert_int_equal(items(of_lan), 1);
    NX_AUTO_JSON later = get(d, "/admin/v1/audit?since=2999-01-01");
    assert_int_equal(items(later), 0);
    assert_int_equal(rig_get(&d->b, "/admin/v1/audit?since=yesterday")->status, 400);
    assert_int_equal(rig_get(&d->b, "/admin/v1/audit?since=2026-13-01")->status, 400);
    assert_int_equal(rig_get(&d->b, "/admin/v1/audit?cursor=x")->status, 400);
    NX_AUTO_JSON verdict = get(d, "/admin/v1/audit/verification");
    assert_true(nx_json_bool(verdict, "whole", false));
}

static void test_keys(void **state)
{
    struct desk *d = *state;
    NX_AUTO_JSON list = get(d, "/admin/v1/keys");
    assert_true(items(list) >= 6);
    assert_int_equal(post(d, "/admin/v1/keys/rotation", "{\"use\":\"hats\"}")->status, 400);
    assert_int_equal(post(d, "/admin/v1/keys/rotation", "{\"use\":\"receipt\"}")->status, 409); /* too new */
    assert_int_equal(post(d, "/admin/v1/keys/rotation", "{\"use\":\"receipt\",\"now\":true}")->status, 200);
}

/* Every call with every single scope: exactly the one of its row opens it. */
static void test_rule_12_each_call_needs_its_scope(void **state)
{
    struct desk *d = *state;
    static const char *const scopes[] = {"scim", "clients", "revoke", "audit", "keys"};
    static const char *const methods[NX_METHOD_COUNT] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    for (size_t s = 0; s < 5; s++) {
        d->b.authorization = rig_operator(&d->rig, scopes[s]);
        for (size_t i = 0; i < nx_admin_call_count; i++) {
            const struct nx_admin_call *call = &nx_admin_calls[i];
            char target[256] = NX_ADMIN_ROOT;
            for (const char *p = call->path; *p; p = *p == '{' ? strchr(p, '}') + 1 : p + 1)
                snprintf(target + strlen(target), sizeof target - strlen(target), "%.1s",
                         *p == '{' ? "0" : p);
            bool sends = call->method != NX_GET && call->method != NX_DELETE;
            nx_reply *rp = rig_send(&d->b, methods[call->method], target, sends ? "application/json" : NULL,
                                    sends ? "{}" : NULL);
            if ((rp->status == 403) != (strcmp(call->scope, scopes[s]) != 0))
                fail_msg("%s with %s: %d", target, scopes[s], rp->status);
        }
    }
}

/* Rules 11, 12: a cookie is nothing here, nor is a token of a client, nor one that was revoked or has ended.
 */
static void test_rule_12_what_opens_nothing(void **state)
{
    struct desk *d = *state;
    const char *target = "/admin/v1/keys", *good = d->b.authorization;
    struct nx_operator_token_list list;
    rig_sign_in(&d->b, &d->rig.lan);
    d->b.authorization = NULL;
    nx_reply *rp = rig_get(&d->b, target);
    assert_int_equal(rp->status, 401);
    assert_non_null(nx_reply_header_get(rp, "WWW-Authenticate"));
    assert_int_equal(
        rig_get(&d->b, nx_arena_printf(d->rig.arena, "%s?access_token=%s", target, good + 7))->status, 401);
    NX_AUTO_JSON token =
        rig_json(rig_call(&d->b, &d->rig.machine, "/oidc/token", "grant_type=client_credentials"));
    d->b.authorization = nx_arena_printf(d->rig.arena, "Bearer %s", nx_json_str(token, "access_token"));
    assert_int_equal(rig_get(&d->b, target)->status, 401);
    d->b.authorization = good;
    assert_int_equal(rig_get(&d->b, target)->status, 200);
    nx_clock_shift(601);
    int expired = rig_get(&d->b, target)->status;
    nx_clock_shift(0);
    assert_int_equal(expired, 401);
    nx_registry *r = rig_house(&d->rig)->registry;
    assert_true(nx_ok(nx_operator_token_list(r, d->rig.arena, nx_now(), &list)));
    for (size_t i = 0; i < list.n; i++)
        assert_true(nx_ok(nx_operator_token_revoke(r, list.v[i].jti, nx_now())));
    assert_int_equal(rig_get(&d->b, target)->status, 401);
}

/* The description is public, and names each call with its scope, its schemas, and nothing else. */
static void test_openapi_describes_exactly_the_calls(void **state)
{
    struct desk *d = *state;
    d->b.authorization = NULL;
    NX_AUTO_JSON doc = get(d, "/admin/v1/openapi.json");
    const json_t *paths = nx_json_object(doc, "paths");
    const json_t *schemas = nx_json_object(nx_json_object(doc, "components"), "schemas");
    static const char *const methods[] = {"get", "post", "put", "patch", "delete"};
    size_t described = 0;
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)paths, name, value) described += json_object_size(value);
    assert_int_equal(described, nx_admin_call_count);
    for (size_t i = 0; i < nx_admin_call_count; i++) {
        const struct nx_admin_call *call = &nx_admin_calls[i];
        const json_t *op = nx_json_object(nx_json_object(paths, call->path), methods[call->method]);
        assert_non_null(op);
        assert_non_null(nx_json_array(op, "parameters"));
        assert_non_null(nx_json_object(op, "responses"));
        if (*call->response) assert_non_null(nx_json_object(schemas, call->response));
        if (!*call->request) continue;
        const char *schema = nx_arena_printf(d->rig.arena, "%.*s", (int)strcspn(call->request, "|"), call->request);
        const char *type = strchr(call->request, '|');
        const json_t *sent = nx_json_object(nx_json_object(op, "requestBody"), "content");
        if (*schema) assert_non_null(nx_json_object(schemas, schema));
        assert_int_equal(nx_json_object(sent, "application/json") != NULL, *schema != 0);
        if (type) assert_non_null(nx_json_object(sent, type + 1));
    }
    assert_non_null(nx_json_object(schemas, "Problem"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_persons_qr_identities),
        TEST(test_paper_comes_with_its_pin_once),
        TEST(test_rule_25_a_device_made_by_an_administrator_is_pending),
        TEST(test_what_is_refused_says_why),
        TEST(test_sessions_end),
        TEST(test_rule_26_subjects),
        TEST(test_revoking_a_qr_identity),
        TEST(test_suspend_and_resume),
        TEST(test_reasons),
        TEST(test_clients),
        TEST(test_audit),
        TEST(test_keys),
        TEST(test_rule_12_each_call_needs_its_scope),
        TEST(test_rule_12_what_opens_nothing),
        TEST(test_openapi_describes_exactly_the_calls),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
