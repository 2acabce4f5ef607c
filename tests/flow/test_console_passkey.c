/* Rule 24: a console link first allows enrolling a passkey, which enters the console afterwards. */
#include "authn/administrator.h"
#include "base/clock.h"
#include "endpoints/console/console.h"
#include "operate/approval.h"
#include "operate/scope.h"
#include "operate/token.h"
#include "registry/approval.h"
#include "rig.h"
#include "soft_passkey.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct rig rig;
static struct rig_browser b, other;
static struct soft_passkey key;

static int up(void **state)
{
    (void)state;
    int r = rig_up(&rig);
    rig_browser_open(&b, &rig);
    rig_browser_open(&other, &rig);
    key = soft_open(rig.arena, -7, 1);
    return r;
}

static int down(void **state)
{
    (void)state;
    soft_close(&key);
    rig_browser_close(&b);
    rig_browser_close(&other);
    rig_down(&rig);
    return 0;
}

static char *token_of(struct rig_browser *who, const char *page, const char *action)
{
    const char *body = rig_body(rig_get(who, page));
    const char *form = strstr(body, nx_arena_printf(rig.arena, "action=\"%s\"", action));
    const char *name = "name=\"csrf\" value=\"", *at = form ? strstr(form, name) : NULL;
    assert_non_null(at);
    at += strlen(name);
    return nx_arena_dup(rig.arena, nx_span_of(at, strcspn(at, "\"")));
}

static void enter_by_link(struct rig_browser *who, const char *role)
{
    NX_AUTO_JSON j = NULL;
    struct nx_operate_call c = {.house = rig_house(&rig), .arena = rig.arena, .actor = "uid:0"};
    assert_true(nx_ok(nx_operate_link_issue(&j, &c, role)));
    const char *secret = strchr(nx_json_str(j, "url"), '#') + 1;
    char *form = nx_arena_printf(rig.arena, "csrf=%s&secret=%s",
                                 token_of(who, "/console/link", "/console/link"), secret);
    assert_string_equal(rig_location(rig_post(who, "/console/link", form)), "/console");
}

static char *asked(struct rig_browser *who, const char *path, char **challenge)
{
    nx_reply *rp = rig_post(who, path, "t=");
    assert_int_equal(rp->status, 200);
    NX_AUTO_JSON j = rig_json(rp);
    *challenge = nx_arena_strdup(rig.arena, nx_json_str(nx_json_object(j, "publicKey"), "challenge"));
    return nx_arena_strdup(rig.arena, nx_json_str(j, "ticket"));
}

static nx_reply *enrol(struct rig_browser *who, const char *name)
{
    char *challenge, *ticket = asked(who, "/console/passkeys/options", &challenge);
    soft_create(&key, challenge);
    return rig_post(who, "/console/passkeys",
                    nx_arena_printf(rig.arena, "csrf=%s&ticket=%s&name=%s&response=%s",
                                    token_of(who, "/console/passkeys", "/console/passkeys"), ticket,
                                    rig_encoded(&rig, name), rig_encoded(&rig, soft_registration(&key))));
}

static nx_reply *enter(struct rig_browser *who)
{
    rig_get(who, "/console/link");
    char *challenge, *ticket = asked(who, "/console/login/options", &challenge);
    soft_get(&key, challenge);
    return rig_post(who, "/console/login",
                    nx_arena_printf(rig.arena, "csrf=%s&ticket=%s&response=%s",
                                    token_of(who, "/console/link", "/console/login"), ticket,
                                    rig_encoded(&rig, soft_assertion(&key))));
}

static struct nx_administrator first(void)
{
    struct nx_administrator *list;
    size_t n;
    assert_true(nx_ok(nx_administrator_list(rig_house(&rig)->registry, rig.arena, &list, &n)));
    assert_int_equal(n, 1);
    return list[0];
}

static void an_administrator_enrols_and_enters(void **state)
{
    (void)state;
    enter_by_link(&b, "operator");
    assert_string_equal(rig_location(enrol(&b, "Trần Văn Quản")), "/console/passkeys");
    assert_string_equal(first().made_by, "uid:0");
    assert_string_equal(rig_location(enter(&other)), "/console");
    nx_reply *rp = rig_get(&other, "/console");
    assert_true(rig_says(rp, nx_arena_printf(rig.arena, "admin:%s · operator", first().key.id.s)));
    assert_string_equal(first().scopes, nx_operator_role_scopes("operator")); /* no more than its link held */
}

static void what_does_not_enter(void **state)
{
    (void)state;
    enter_by_link(&b, "administrator");
    enrol(&b, "Trần Văn Quản");
    struct soft_passkey good = key;
    key.flags = 0x01;
    assert_int_equal(enter(&other)->status, 403);
    key = good;
    key.origin = "https://evil.example";
    assert_int_equal(enter(&other)->status, 403);
    key = good;
    key.id[0] ^= 1;
    assert_int_equal(enter(&other)->status, 403);
    key = good;
    assert_true(rig_says(rig_get(&other, "/console"), "data-fragment=\"secret\""));
    assert_string_equal(rig_location(enter(&other)), "/console");
    key.counter = 0;
    assert_int_equal(enter(&other)->status, 403);
    assert_int_equal(first().key.state, NX_PASSKEY_FLAGGED);
}

/* A passkey of a person is none of an administrator, nor the other way round. */
static void people_and_administrators_are_apart(void **state)
{
    (void)state;
    enter_by_link(&b, "administrator");
    enrol(&b, "Trần Văn Quản");
    rig_get(&other, "/login/passkey");
    char *challenge, *ticket = asked(&other, "/login/passkey/options", &challenge);
    soft_get(&key, challenge);
    nx_reply *rp = rig_post(&other, "/login/passkey",
                            nx_arena_printf(rig.arena, "csrf=%s&ticket=%s&response=%s",
                                            token_of(&other, "/login/passkey", "/login/passkey"), ticket,
                                            rig_encoded(&rig, soft_assertion(&key))));
    assert_int_equal(rp->status, 403);
    ticket = asked(&other, "/login/passkey/options", &challenge); /* a challenge of the sign-in page */
    soft_get(&key, challenge);
    rp = rig_post(&other, "/console/login",
                  nx_arena_printf(rig.arena, "csrf=%s&ticket=%s&response=%s",
                                  token_of(&other, "/console/link", "/console/login"), ticket,
                                  rig_encoded(&rig, soft_assertion(&key))));
    assert_int_equal(rp->status, 403);
}

static void nobody_enrols_without_a_session(void **state)
{
    (void)state;
    assert_int_equal(rig_post(&b, "/console/passkeys/options", "t=")->status, 404);
    assert_true(rig_says(rig_get(&b, "/console/passkeys"), "data-fragment=\"secret\""));
    enter_by_link(&b, "operator");
    assert_int_equal(enrol(&b, "")->status, 400);
}

static nx_reply *remove_first(struct rig_browser *who)
{
    return rig_post(who, "/console/passkeys/remove",
                    nx_arena_printf(rig.arena, "csrf=%s&id=%s",
                                    token_of(who, "/console/passkeys", "/console/passkeys/remove"),
                                    first().key.id.s));
}

static const char *waiting(void)
{
    struct nx_approval *list;
    size_t n;
    assert_true(nx_ok(nx_approval_list(rig_house(&rig)->registry, rig.arena, nx_now(), &list, &n)));
    for (size_t i = 0; i < n; i++)
        if (!list[i].approved_by) return list[i].id.s;
    return NULL;
}

static void removing_ends_her_sessions(void **state)
{
    (void)state;
    struct nx_operate_call second = {.house = rig_house(&rig), .arena = rig.arena, .actor = "uid:7"};
    enter_by_link(&b, "administrator");
    enrol(&b, "Trần Văn Quản");
    assert_string_equal(rig_location(enter(&other)), "/console");
    struct rig_browser low;
    rig_browser_open(&low, &rig);
    enter_by_link(&low, "operator");
    assert_int_equal(remove_first(&low)->status, 403); /* not hers, and without the scope for it */
    rig_browser_close(&low);
    assert_int_equal(remove_first(&b)->status, 403); /* the last who holds keys: two take her away */
    assert_true(nx_ok(nx_operate_approve(&second, waiting())));
    assert_string_equal(rig_location(remove_first(&b)), "/console/passkeys");
    assert_true(rig_says(rig_get(&other, "/console"), "data-fragment=\"secret\""));
    assert_int_equal(enter(&other)->status, 403);
    assert_false(rig_says(rig_get(&b, "/console"), "data-fragment=\"secret\"")); /* it came by the link */
}

/* Rights over keys: one asks, another approves, once; the asker cannot approve herself. */
static nx_result token_for_keys(const char *actor)
{
    NX_AUTO_JSON j = NULL;
    struct nx_operate_call c = {.house = rig_house(&rig), .arena = rig.arena, .actor = actor};
    return nx_operate_token_issue(&j, &c, "audit keys", 0);
}

static void rights_over_keys_take_two_from_then_on(void **state)
{
    (void)state;
    struct nx_operate_call root = {.house = rig_house(&rig), .arena = rig.arena, .actor = "uid:0"};
    assert_true(nx_ok(token_for_keys("uid:0"))); /* nobody is enrolled */
    enter_by_link(&b, "administrator");
    enrol(&b, "Trần Văn Quản");
    assert_int_equal(token_for_keys("uid:0").e, NX_ERR_ACCESS_DENIED);
    assert_int_equal(token_for_keys("uid:0").e, NX_ERR_ACCESS_DENIED); /* asked twice, waiting once */
    const char *id = waiting();
    assert_non_null(id);
    assert_int_equal(nx_operate_approve(&root, id).e, NX_ERR_NOT_FOUND); /* the asker */
    assert_string_equal(rig_location(enter(&other)), "/console");
    assert_true(rig_says(rig_get(&other, "/console/approvals"), id));
    nx_reply *rp =
        rig_post(&other, "/console/approvals",
                 nx_arena_printf(rig.arena, "csrf=%s&id=%s",
                                 token_of(&other, "/console/approvals", "/console/approvals"), id));
    assert_string_equal(rig_location(rp), "/console/approvals");
    assert_int_equal(token_for_keys("uid:1").e, NX_ERR_ACCESS_DENIED); /* of another asker */
    assert_true(nx_ok(token_for_keys("uid:0")));
    assert_int_equal(token_for_keys("uid:0").e, NX_ERR_ACCESS_DENIED); /* once */
    NX_AUTO_JSON link = NULL;
    assert_int_equal(nx_operate_link_issue(&link, &root, "administrator").e, NX_ERR_ACCESS_DENIED);
    assert_true(nx_ok(nx_operate_link_issue(&link, &root, "operator"))); /* without keys, one is enough */
}

static void an_approval_is_over_after_its_time(void **state)
{
    (void)state;
    struct nx_operate_call second = {.house = rig_house(&rig), .arena = rig.arena, .actor = "uid:7"};
    enter_by_link(&b, "administrator");
    enrol(&b, "Trần Văn Quản");
    assert_int_equal(token_for_keys("uid:0").e, NX_ERR_ACCESS_DENIED);
    const char *id = waiting();
    nx_clock_shift(NX_APPROVAL_S + 1);
    assert_int_equal(nx_operate_approve(&second, id).e, NX_ERR_NOT_FOUND);
    assert_int_equal(token_for_keys("uid:0").e, NX_ERR_ACCESS_DENIED);
    assert_true(nx_ok(nx_operate_approve(&second, waiting())));
    nx_clock_shift(2 * (NX_APPROVAL_S + 1));
    assert_int_equal(token_for_keys("uid:0").e, NX_ERR_ACCESS_DENIED);
    nx_clock_shift(0);
}

/* She alone makes no second administrator with whom she would be two. */
static void an_administrator_does_not_multiply(void **state)
{
    (void)state;
    struct nx_operate_call root = {.house = rig_house(&rig), .arena = rig.arena, .actor = "uid:0"};
    enter_by_link(&b, "administrator");
    enrol(&b, "Trần Văn Quản");
    assert_string_equal(rig_location(enter(&other)), "/console");
    struct soft_passkey good = key;
    key.id[0] ^= 1;
    assert_int_equal(enrol(&other, "Cũng là tôi")->status, 403);
    (void)first(); /* still one */
    assert_true(nx_ok(nx_operate_approve(&root, waiting())));
    assert_string_equal(rig_location(enrol(&other, "Người thứ hai")), "/console/passkeys");
    key = good;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, up, down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_administrator_enrols_and_enters),  TEST(what_does_not_enter),
        TEST(people_and_administrators_are_apart), TEST(nobody_enrols_without_a_session),
        TEST(removing_ends_her_sessions),          TEST(rights_over_keys_take_two_from_then_on),
        TEST(an_approval_is_over_after_its_time),  TEST(an_administrator_does_not_multiply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
