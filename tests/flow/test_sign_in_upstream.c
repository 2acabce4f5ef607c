/* Sessions that came through an upstream provider: switched off, it ends them; its own logout finds them, and one that
 * overtakes a sign-in is seen by it. */
#include "rig.h"

#include "gate/gate.h"
#include "registry/epoch.h"
#include "registry/upstream.h"
#include "revoke/revoke.h"
#include "sessions/upstream.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define OK(call) assert_string_equal(nx_err_name((call).e), "NONE")
#define IDP "tinh"

static struct rig rig;
static struct rig_browser browser;

static int up(void **state)
{
    (void)state;
    if (rig_up(&rig)) return -1;
    rig_browser_open(&browser, &rig);
    NX_AUTO_JSON config = json_object();
    struct nx_upstream_record row = {.id = IDP,
                                     .kind = NX_UPSTREAM_SAML,
                                     .name = "Tỉnh",
                                     .issuer = "https://idp.tinh.example/metadata",
                                     .level_cap = 2,
                                     .proofing = 1,
                                     .config = config};
    OK(nx_upstream_create(rig_house(&rig)->registry, rig_house(&rig)->master, &row));
    OK(nx_upstream_set_state(rig_house(&rig)->registry, IDP, true));
    return 0;
}

static int down(void **state)
{
    (void)state;
    rig_browser_close(&browser);
    rig_down(&rig);
    return 0;
}

static int64_t epoch(void)
{
    int64_t value;
    OK(nx_registry_epoch_load(rig_house(&rig)->registry, NX_EPOCH_UPSTREAM, IDP, &value));
    return value;
}

static struct nx_proof proof_by(const char *session)
{
    return (struct nx_proof){.person = rig.lan.id,
                             .means = NX_MEANS_UPSTREAM,
                             .bound_at = NX_M1,
                             .rung = NX_RUNG_NONE,
                             .upstream = IDP,
                             .upstream_epoch = epoch(),
                             .upstream_subject = "lan@tinh",
                             .upstream_session = session};
}

/* The browser's session, "" for none. */
static nx_result sign_in(struct nx_signon *out, nx_handle_text *cookie, const char *present, struct nx_proof proof)
{
    struct nx_sign_in_ask ask = {.proof = proof, .present = nx_span_str(present), .agent = "test", .source = "local"};
    return nx_sign_in(cookie, out, rig_house(&rig), rig.arena, &ask);
}

static size_t sessions(void)
{
    struct nx_signon_list list;
    OK(nx_signon_list(rig_house(&rig)->store, rig.arena, rig.lan.id, &list));
    return list.n;
}

static nx_result switch_off(int64_t *seq)
{
    struct nx_revoke_order order = {
        .act = NX_REVOKE, .scope = NX_REVOKE_UPSTREAM, .target = IDP, .reason = "compromised", .actor = "uid:0"};
    return nx_revoke(rig_house(&rig), rig.arena, &order, seq);
}

static void a_switched_off_upstream_ends_everything_that_came_through_it(void **state)
{
    (void)state;
    int64_t seq, again;
    struct nx_signon late;
    nx_handle_text cookie;
    NX_AUTO_UPSTREAM row = NULL;
    rig_prove(&browser, &rig.lan, proof_by("s1"), NULL);
    assert_int_equal(rig_get(&browser, "/me")->status, 200);
    NX_AUTO_JSON t = rig_tokens(&browser, &rig.portal, "");
    struct nx_proof before = proof_by("s2"); /* on its way when the upstream is switched off */
    OK(switch_off(&seq));
    OK(nx_upstream_get(rig_house(&rig)->registry, NX_LIT(IDP), &row));
    assert_false(row->on);
    assert_int_equal(rig_get(&browser, "/me")->status, 303);
    const char *form = nx_arena_printf(rig.arena, "grant_type=refresh_token&refresh_token=%s", nx_json_str(t, "refresh_token"));
    assert_oauth_error(rig_call(&browser, &rig.portal, "/oidc/token", form), 400, "invalid_grant");
    form = nx_arena_printf(rig.arena, "token=%s", nx_json_str(t, "access_token"));
    NX_AUTO_JSON state_of = rig_json(rig_call(&browser, &rig.portal, "/oidc/introspect", form));
    assert_false(nx_json_bool(state_of, "active", true));
    assert_int_equal(sign_in(&late, &cookie, "", before).e, NX_ERR_GRANT_REVOKED);
    OK(switch_off(&again)); /* twice is once … */
    assert_int_equal(again, seq);
    OK(nx_upstream_set_state(rig_house(&rig)->registry, IDP, true));
    assert_int_equal(rig_get(&browser, "/me")->status, 303); /* … and what ended does not come back */
    OK(switch_off(&again));
    assert_true(again > seq);
}

/* Between the registry's commit and the store's act the gate knows already. */
static void the_gate_asks_the_registry(void **state)
{
    (void)state;
    int64_t value;
    rig_prove(&browser, &rig.lan, proof_by("s1"), NULL);
    assert_int_equal(rig_get(&browser, "/me")->status, 200);
    OK(nx_registry_epoch_raise(rig_house(&rig)->registry, NX_EPOCH_UPSTREAM, IDP, &value));
    assert_int_equal(rig_get(&browser, "/me")->status, 303);
}

static void rule_21_its_logout_overtakes_a_sign_in(void **state)
{
    (void)state;
    const struct nx_upstream_names ended = {IDP, NULL, "s7"};
    struct nx_signon_list list;
    struct nx_signon s;
    nx_handle_text cookie;
    OK(nx_upstream_sessions(&list, rig_house(&rig)->store, rig.arena, &ended));
    assert_int_equal(sign_in(&s, &cookie, "", proof_by("s7")).e, NX_ERR_GRANT_REVOKED);
    assert_int_equal(sessions(), 0);
    OK(sign_in(&s, &cookie, "", proof_by("s8")));
    assert_int_equal(sessions(), 1);
    assert_string_equal(s.upstream, IDP);
}

static void its_logout_finds_the_session(void **state)
{
    (void)state;
    const struct nx_upstream_names one = {IDP, "lan@tinh", "s1"};
    struct nx_signon s1, s2;
    struct nx_signon_list list;
    nx_handle_text c1, c2;
    OK(sign_in(&s1, &c1, "", proof_by("s1")));
    OK(sign_in(&s2, &c2, "", proof_by("s2")));
    OK(nx_upstream_sessions(&list, rig_house(&rig)->store, rig.arena, &one));
    assert_int_equal(list.n, 1);
    assert_string_equal(list.v[0].id.s, s1.id.s);
    struct nx_revoke_order order = {.act = NX_REVOKE,
                                    .scope = NX_REVOKE_SESSION,
                                    .target = list.v[0].id.s,
                                    .reason = "signed out at its provider",
                                    .actor = "upstream:" IDP};
    OK(nx_revoke(rig_house(&rig), rig.arena, &order, NULL));
    assert_int_equal(sessions(), 1);
}

static void a_session_keeps_to_one_session_of_its_upstream(void **state)
{
    (void)state;
    struct nx_signon first, again, other, local;
    nx_handle_text c1, c2, c3, c4;
    OK(sign_in(&first, &c1, "", proof_by("s1")));
    OK(sign_in(&again, &c2, c1.s, proof_by("s1")));
    assert_string_equal(again.id.s, first.id.s);
    OK(sign_in(&other, &c3, c2.s, proof_by("s2")));
    assert_string_not_equal(other.id.s, first.id.s);
    struct nx_proof password = {.person = rig.lan.id, .means = NX_MEANS_PASSWORD, .bound_at = NX_M1, .rung = NX_RUNG_NONE};
    OK(sign_in(&local, &c4, c3.s, password)); /* a factor of our own stays in it, and under its epoch */
    assert_string_equal(local.id.s, other.id.s);
    assert_string_equal(local.upstream, IDP);
}

#define T(f) cmocka_unit_test_setup_teardown(f, up, down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_switched_off_upstream_ends_everything_that_came_through_it),
        T(the_gate_asks_the_registry),
        T(rule_21_its_logout_overtakes_a_sign_in),
        T(its_logout_finds_the_session),
        T(a_session_keeps_to_one_session_of_its_upstream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
