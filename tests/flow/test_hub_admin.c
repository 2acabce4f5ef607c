/* Upstreams by the admin API, and the choosing page with hundreds of them. */
#include "base/clock.h"
#include "endpoints/bearer/bearer.h"
#include "hub/hub.h"
#include "registry/audit.h"
#include "registry/epoch.h"
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define MANY 300

static struct rig rig;
static struct rig_browser desk, person;

static int up(void **state)
{
    (void)state;
    if (rig_up(&rig) != 0) return -1;
    rig_browser_open(&desk, &rig);
    rig_browser_open(&person, &rig);
    desk.authorization = rig_operator(&rig, "clients");
    return 0;
}

static int down(void **state)
{
    (void)state;
    rig_browser_close(&desk);
    rig_browser_close(&person);
    rig_down(&rig);
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

static const char *row(const char *id, const char *more)
{
    return nx_arena_printf(rig.arena,
                           "{\"id\":\"%s\",\"kind\":\"oidc\",\"name\":\"Bank\",\"issuer\":\"https://op.example\","
                           "\"level_cap\":\"m2\",\"jit\":[\"citizen\"],\"config\":{\"client_id\":\"nixa\"%s}}",
                           id, more);
}

static int send(const char *method, const char *target, const char *body)
{
    return rig_send(&desk, method, target, body ? "application/json" : NULL, body ? body : "")->status;
}

static json_t *shown(const char *id)
{
    nx_reply *rp = rig_get(&desk, nx_arena_printf(rig.arena, "/admin/v1/upstreams/%s", id));
    assert_int_equal(rp->status, 200);
    return rig_json(rp);
}

static void test_a_row_from_its_beginning_to_its_end(void **state)
{
    (void)state;
    assert_int_equal(send("POST", "/admin/v1/upstreams", row("bank", ",\"client_secret\":\"hush-hush\"")), 201);
    assert_null(strstr(rig_body(desk.reply), "hush-hush"));
    {
        NX_AUTO_JSON j = shown("bank");
        assert_string_equal(nx_json_str(j, "state"), "off");
        assert_true(nx_json_has(nx_json_array(j, "secrets"), "client_secret"));
        assert_null(json_object_get(nx_json_object(j, "config"), "client_secret"));
        assert_string_equal(nx_json_str(nx_json_object(j, "health"), "state"), "up");
    }
    assert_int_equal(send("POST", "/admin/v1/upstreams", row("bank", "")), 409);
    assert_int_equal(send("POST", "/admin/v1/upstreams/bank/on", NULL), 204);
    assert_int_equal(send("PUT", "/admin/v1/upstreams/bank", row("bank", ",\"scope\":\"openid\"")), 200);
    {
        NX_AUTO_JSON j = shown("bank");
        assert_string_equal(nx_json_str(j, "state"), "on");
        assert_true(nx_json_has(nx_json_array(j, "secrets"), "client_secret"));
        assert_int_equal(nx_json_int(j, "version", 0), 3);
    }
    assert_int_equal(send("POST", "/admin/v1/upstreams/bank/off", "{\"reason\":\"test\"}"), 204);
    int64_t epoch = 0;
    assert_true(nx_ok(nx_registry_epoch_get(rig_house(&rig)->registry, NX_EPOCH_UPSTREAM, "bank", &epoch)));
    assert_int_equal(epoch, 1);
    assert_int_equal(send("DELETE", "/admin/v1/upstreams/bank", NULL), 204);
    assert_int_equal(rig_get(&desk, "/admin/v1/upstreams/bank")->status, 404);
    struct nx_audit_query q = {.type = "upstream.*"};
    struct nx_audit_page page;
    assert_true(nx_ok(nx_audit_list(rig_house(&rig)->registry, rig.arena, &q, &page)));
    assert_true(page.n >= 4); /* added, on, changed, removed */
}

static void test_rows_that_are_refused(void **state)
{
    (void)state;
    static const char *const more[] = {
        ",\"unheard_of\":1", ",\"pkce\":\"no\"", ",\"scope\":\"profile\"", ",\"id_token_algs\":[\"none\"]",
        ",\"levels\":{\"a\":\"m9\"}", ",\"response_mode\":\"fragment\"", ",\"token_auth\":\"client_secret_jwt\"",
    };
    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        assert_int_equal(send("POST", "/admin/v1/upstreams", row("bank", more[i])), 400);
    assert_int_equal(send("POST", "/admin/v1/upstreams", row("Bank", "")), 400);
    static const char *const rows[] = {
        "\"kind\":\"oidc\",\"leve_cap\":\"m1\",\"config\":{\"client_id\":\"nixa\"}",
        "\"kind\":\"oidc\",\"trusts_national_id\":\"yes\",\"config\":{\"client_id\":\"nixa\"}",
        "\"kind\":\"oidc\",\"level_cap\":\"m1\",\"proofing\":\"m2\",\"config\":{\"client_id\":\"nixa\"}",
        "\"kind\":\"oidc\",\"config\":{\"client_id\":\"nixa\",\"realm\":\"A\"}",
        "\"kind\":\"radius\",\"config\":{\"host\":\"127.0.0.1\",\"realm\":\"a\",\"exact_cases\":true}",
        "\"kind\":\"radius\",\"config\":{\"host\":\"127.0.0.1\",\"realm\":\"a\",\"exact_case\":\"yes\"}",
        "\"kind\":\"kerberos\",\"config\":{\"keytab\":\"/x\",\"realm\":\"A\",\"hints\":[1]}",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(send("POST", "/admin/v1/upstreams",
                              nx_arena_printf(rig.arena, "{\"id\":\"x\",\"name\":\"X\",\"issuer\":\"x\",%s}", rows[i])),
                         400);
    nx_reply *told = rig_send(&desk, "POST", "/admin/v1/upstreams", "application/json", row("bank", ",\"unheard_of\":1"));
    NX_AUTO_JSON why = rig_json(told);
    assert_non_null(strstr(nx_json_dump(rig.arena, why), "config.unheard_of"));
    assert_int_equal(send("POST", "/admin/v1/upstreams", "{\"id\":\"x\",\"kind\":\"gopher\"}"), 400);
}

/* SECURITY.md 12: nobody without the scope. */
static void test_only_with_the_scope(void **state)
{
    (void)state;
    desk.authorization = rig_operator(&rig, "scim revoke audit keys");
    assert_int_equal(send("POST", "/admin/v1/upstreams", row("bank", "")), 403);
    assert_int_equal(rig_get(&desk, "/admin/v1/upstreams")->status, 403);
    desk.authorization = NULL;
    assert_int_equal(rig_get(&desk, "/admin/v1/upstreams")->status, 401);
}

static void test_links_of_a_person(void **state)
{
    (void)state;
    assert_int_equal(send("POST", "/admin/v1/upstreams", row("bank", "")), 201);
    assert_true(nx_ok(nx_link_add(rig_house(&rig)->registry, "bank", NX_LIT("s1"), rig.lan.id, NX_LINK_ADMIN)));
    const char *list = nx_arena_printf(rig.arena, "/admin/v1/people/%s/links", rig.lan.id);
    {
        NX_AUTO_JSON j = rig_json(rig_get(&desk, list));
        assert_int_equal(json_array_size(nx_json_array(j, "items")), 1);
    }
    assert_int_equal(send("DELETE", nx_arena_printf(rig.arena, "%s?upstream=bank&subject=s1", list), NULL), 204);
    assert_int_equal(send("DELETE", nx_arena_printf(rig.arena, "%s?upstream=bank&subject=s1", list), NULL), 404);
}

static size_t count(const char *text, const char *part)
{
    size_t n = 0;
    for (const char *p = text; (p = strstr(p, part)) != NULL; p += strlen(part))
        n++;
    return n;
}

static void add_many(void)
{
    NX_AUTO_JSON config = json_pack("{s:s}", "client_id", "nixa");
    NX_AUTO_CHANGE(change);
    assert_true(nx_ok(nx_registry_begin(&change, rig_house(&rig)->registry, NX_RELAXED)));
    for (int i = 0; i < MANY; i++) {
        char id[32], name[64];
        snprintf(id, sizeof id, "province-%03d", i);
        snprintf(name, sizeof name, "Sở Tư pháp tỉnh thứ %d", i);
        const struct nx_upstream_record u = {.id = id,
                                             .kind = NX_UPSTREAM_OIDC,
                                             .name = name,
                                             .issuer = "https://op.example",
                                             .level_cap = 1,
                                             .proofing = 1,
                                             .config = config};
        assert_true(nx_ok(nx_upstream_create(rig_house(&rig)->registry, rig_house(&rig)->master, &u)));
        assert_true(nx_ok(nx_upstream_set_state(rig_house(&rig)->registry, id, true)));
    }
    assert_true(nx_ok(nx_registry_commit(&change)));
}

/* The rows are read once; a page costs no statement for them. */
static void test_hundreds_of_ways(void **state)
{
    (void)state;
    add_many();
    nx_reply *rp = rig_get(&person, "/login/ways");
    assert_int_equal(rp->status, 200);
    assert_int_equal(count(rig_body(rp), "href=\"/upstream/province-"), MANY);
    int64_t began = nx_mono_ms();
    for (int i = 0; i < 5; i++)
        rp = rig_get(&person, "/login/ways");
    assert_true(nx_mono_ms() - began < 5 * 400); /* sanitizers and a busy machine; 5 ms each without */
    rp = rig_get(&person, "/login/ways?q=tu+phap+17");
    assert_int_equal(count(rig_body(rp), "href=\"/upstream/province-"), 11); /* 17, 170 … 179 */
    rp = rig_get(&person, "/login/ways?q=khong+co");
    assert_int_equal(count(rig_body(rp), "href=\"/upstream/province-"), 0);
}

#define test(f) cmocka_unit_test_setup_teardown(f, up, down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(test_a_row_from_its_beginning_to_its_end), test(test_rows_that_are_refused),
        test(test_only_with_the_scope),                 test(test_links_of_a_person),
        test(test_hundreds_of_ways),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
