/* Rule 24: a console link first allows enrolling a passkey, which enters the console afterwards. */
#include "authn/administrator.h"
#include "endpoints/console/console.h"
#include "operate/scope.h"
#include "operate/token.h"
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

static char *encoded(const char *text)
{
    nx_buf out;
    nx_buf_init(&out, rig.arena, 64u << 10);
    nx_percent_encode(&out, nx_span_str(text));
    return nx_buf_str(&out);
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
                                    encoded(name), encoded(soft_registration(&key))));
}

static nx_reply *enter(struct rig_browser *who)
{
    rig_get(who, "/console/link");
    char *challenge, *ticket = asked(who, "/console/login/options", &challenge);
    soft_get(&key, challenge);
    return rig_post(who, "/console/login",
                    nx_arena_printf(rig.arena, "csrf=%s&ticket=%s&response=%s",
                                    token_of(who, "/console/link", "/console/login"), ticket,
                                    encoded(soft_assertion(&key))));
}

static bool says(const nx_reply *rp, const char *text)
{
    return strstr(rig_body(rp), text) != NULL;
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
    assert_true(says(rp, nx_arena_printf(rig.arena, "admin:%s · operator", first().key.id.s)));
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
    assert_true(says(rig_get(&other, "/console"), "data-fragment=\"secret\""));
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
                                            encoded(soft_assertion(&key))));
    assert_int_equal(rp->status, 403);
    ticket = asked(&other, "/login/passkey/options", &challenge); /* a challenge of the sign-in page */
    soft_get(&key, challenge);
    rp = rig_post(&other, "/console/login",
                  nx_arena_printf(rig.arena, "csrf=%s&ticket=%s&response=%s",
                                  token_of(&other, "/console/link", "/console/login"), ticket,
                                  encoded(soft_assertion(&key))));
    assert_int_equal(rp->status, 403);
}

static void nobody_enrols_without_a_session(void **state)
{
    (void)state;
    assert_int_equal(rig_post(&b, "/console/passkeys/options", "t=")->status, 404);
    assert_true(says(rig_get(&b, "/console/passkeys"), "data-fragment=\"secret\""));
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

static void removing_ends_her_sessions(void **state)
{
    (void)state;
    enter_by_link(&b, "administrator");
    enrol(&b, "Trần Văn Quản");
    assert_string_equal(rig_location(enter(&other)), "/console");
    struct rig_browser low;
    rig_browser_open(&low, &rig);
    enter_by_link(&low, "operator");
    assert_int_equal(remove_first(&low)->status, 403); /* not hers, and without the scope for it */
    rig_browser_close(&low);
    assert_string_equal(rig_location(remove_first(&b)), "/console/passkeys");
    assert_true(says(rig_get(&other, "/console"), "data-fragment=\"secret\""));
    assert_int_equal(enter(&other)->status, 403);
    assert_false(says(rig_get(&b, "/console"), "data-fragment=\"secret\"")); /* it came by the link */
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, up, down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_administrator_enrols_and_enters),  TEST(what_does_not_enter),
        TEST(people_and_administrators_are_apart), TEST(nobody_enrols_without_a_session),
        TEST(removing_ends_her_sessions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
