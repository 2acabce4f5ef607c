/* What an enemy tries where somebody else's word counts here: providers, agencies, phones and portals. */
#include "rig.h"

#include "base/clock.h"
#include "hub/linking.h"
#include "policies/policy.h"
#include "registry/epoch.h"
#include "registry/policy_rule.h"
#include "revoke/revoke.h"
#include "sessions/signon.h"
#include "sessions/throttle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define assert_ok(call) assert_string_equal(nx_err_name((call).e), nx_err_name(NX_ERR_NONE))
#define HOUR 3600

static struct rig rig;
static struct rig_browser b;

static int up(void **state)
{
    (void)state;
    if (rig_up(&rig) != 0) return -1;
    rig_browser_open(&b, &rig);
    return 0;
}

static int down(void **state)
{
    (void)state;
    nx_clock_shift(0);
    rig_browser_close(&b);
    rig_down(&rig);
    return 0;
}

static nx_registry *registry(void)
{
    return rig_house(&rig)->registry;
}

static const char *cookie_of(const struct rig_browser *who)
{
    for (size_t i = 0; i < RIG_COOKIES; i++)
        if (strcmp(who->name[i], "__Host-nxs") == 0) return who->value[i];
    return "";
}

/* The browser's session as the store has it; false: none. */
static bool session_of(struct nx_signon *s, const struct rig_browser *who)
{
    enum nx_found found;
    assert_ok(nx_signon_find(rig_house(&rig)->store, rig.arena, nx_span_str(cookie_of(who)), s, &found));
    return found == NX_FOUND;
}

/* ---- an upstream ---- */

static struct nx_upstream_record record_of(const char *id, int level_cap, const json_t *config)
{
    return (struct nx_upstream_record){.id = id,
                                       .kind = NX_UPSTREAM_OIDC,
                                       .name = "Provider",
                                       .issuer = "https://op.example",
                                       .level_cap = level_cap,
                                       .proofing = 1,
                                       .config = config};
}

static void add_upstream(const char *id)
{
    NX_AUTO_JSON config = json_object();
    const struct nx_upstream_record u = record_of(id, 3, config);
    assert_ok(nx_upstream_create(registry(), rig_house(&rig)->master, &u));
    assert_ok(nx_upstream_set_state(registry(), id, true));
    assert_ok(nx_link_add(registry(), id, NX_LIT("s1"), rig.lan.id, NX_LINK_PROVEN));
}

/* Comes by the upstream, at which she signed in so long ago; 0: it does not say. */
static void arrive_at(struct rig_browser *who, const char *upstream, int64_t ago, enum nx_level level)
{
    NX_AUTO_UPSTREAM u = NULL;
    struct nx_hub_outcome out;
    assert_ok(nx_upstream_get(registry(), nx_span_str(upstream), &u));
    const struct nx_identity identity = {.upstream = u,
                                         .subject = "s1",
                                         .level = level,
                                         .means = NX_MEANS_UPSTREAM,
                                         .at = ago ? nx_now() - ago : 0};
    assert_ok(nx_hub_sign_in(&out, rig_house(&rig), rig.arena, &identity));
    assert_int_equal(out.end, NX_HUB_PROVEN);
    rig_prove(who, &rig.lan, out.proof, NULL);
}

static void arrive(struct rig_browser *who, const char *upstream, int64_t ago)
{
    arrive_at(who, upstream, ago, NX_M1);
}

/* ---- somebody else's session is no fresh proof ---- */

/* At an unattended screen the provider lets anybody in who sits there: nothing that stays may be made of it. */
static void test_rule_03_a_providers_old_session_changes_no_credential(void **state)
{
    (void)state;
    struct nx_signon s;
    add_upstream("op");
    arrive(&b, "op", 2 * HOUR);
    assert_true(session_of(&s, &b));
    assert_int_equal(nx_sign_in_recent(rig_house(&rig), &s).e, NX_ERR_LOGIN_REQUIRED);
    assert_string_equal(rig_location(rig_get(&b, "/me/links/go?upstream=op")), "/me/confirm?next=/me/links");
    nx_reply *rp = rig_get(&b, "/me/codes");
    const char *form = nx_arena_printf(rig.arena, "csrf=%s&act=add", rig_field(&rig, rp, "csrf"));
    assert_string_equal(rig_location(rig_post(&b, "/me/codes", form)), "/me/confirm?next=/me/codes");
    arrive(&b, "op", 0); /* asked a moment ago */
    assert_true(session_of(&s, &b));
    assert_ok(nx_sign_in_recent(rig_house(&rig), &s));
}

static nx_reply *waits(const char *more)
{
    return rig_follow(&b, rig_get(&b, rig_authorize_url(&rig, &rig.portal, more)));
}

/* A portal wants her asked anew; coming by a provider that does not ask is not that, by whichever way she went. */
static void test_a_providers_old_session_is_not_asked_anew(void **state)
{
    (void)state;
    static const char *const wishes[] = {"&prompt=login", "&max_age=60", "&max_age=0"};
    add_upstream("op");
    for (size_t i = 0; i < sizeof wishes / sizeof wishes[0]; i++) {
        char *t = rig_field(&rig, waits(wishes[i]), "t");
        arrive(&b, "op", 2 * HOUR);
        nx_reply *rp = rig_follow(&b, rig_get(&b, nx_arena_printf(rig.arena, "/login?t=%s", t)));
        assert_int_equal(rp->status, 200);
        assert_true(rig_says(rp, "action=\"/login/password\""));
        arrive(&b, "op", 1);
        rp = rig_follow(&b, rig_get(&b, nx_arena_printf(rig.arena, "/login?t=%s", t)));
        assert_false(rig_says(rp, "action=\"/login/password\""));
    }
}

static void test_portals_are_told_when_she_was_really_there(void **state)
{
    (void)state;
    add_upstream("op");
    nx_time before = nx_now() - 2 * HOUR;
    arrive(&b, "op", 2 * HOUR);
    NX_AUTO_JSON answer = rig_tokens(&b, &rig.portal, "&max_age=86400");
    NX_AUTO_JSON claims = rig_claims(&rig, nx_json_str(answer, "id_token"), NULL);
    int64_t at = nx_json_int(claims, "auth_time", 0);
    assert_true(at >= before && at <= before + 60);
}

/* A provider's clock that is ahead makes nobody come later than now. */
static void test_nobody_was_there_in_the_future(void **state)
{
    (void)state;
    struct nx_signon s;
    add_upstream("op");
    arrive(&b, "op", -2 * HOUR);
    assert_true(session_of(&s, &b));
    assert_true(s.auth_time <= nx_now());
    nx_clock_shift(rig_house(&rig)->settings->recent_auth_s + 5);
    assert_int_equal(nx_sign_in_recent(rig_house(&rig), &s).e, NX_ERR_LOGIN_REQUIRED);
}

/* The second factor is shown now, beside what came a moment ago. */
static void test_a_code_still_joins_what_came_a_moment_ago(void **state)
{
    (void)state;
    struct nx_signon s;
    add_upstream("op");
    arrive(&b, "op", 2 * HOUR);
    rig_prove(&b, &rig.lan, (struct nx_proof){.means = NX_MEANS_OTP, .bound_at = NX_M2, .rung = NX_RUNG_NONE}, NULL);
    assert_true(session_of(&s, &b));
    assert_int_equal(s.means, NX_MEANS_UPSTREAM | NX_MEANS_OTP);
    assert_int_equal(s.level, NX_M2);
}

/* ---- links ---- */

static void test_removing_a_link_ends_what_it_opened(void **state)
{
    (void)state;
    struct rig_browser thief;
    struct nx_signon s;
    add_upstream("op");
    rig_browser_open(&thief, &rig);
    arrive(&thief, "op", 0);
    rig_sign_in(&b, &rig.lan);
    assert_ok(nx_linking_remove(rig_house(&rig), rig.arena, rig.lan.id, "op", "s1", "person:x"));
    assert_false(session_of(&s, &thief));
    assert_true(session_of(&s, &b)); /* came otherwise */
    rig_browser_close(&thief);
}

static void test_a_link_that_is_removed_meanwhile_opens_nothing(void **state)
{
    (void)state;
    NX_AUTO_UPSTREAM u = NULL;
    struct nx_signon s;
    add_upstream("op");
    assert_ok(nx_upstream_get(registry(), NX_LIT("op"), &u));
    const struct nx_identity who = {.upstream = u, .subject = "s1", .level = NX_M1, .means = NX_MEANS_UPSTREAM};
    arrive(&b, "op", 0);
    assert_ok(nx_linking_settle(rig_house(&rig), rig.arena, &who, rig.lan.id));
    assert_true(session_of(&s, &b));
    assert_ok(nx_link_remove(registry(), "op", NX_LIT("s1"), rig.lan.id));
    assert_ok(nx_linking_settle(rig_house(&rig), rig.arena, &who, rig.lan.id));
    assert_false(session_of(&s, &b));
}

/* Names are compared as they are written: no case, no blanks, no look-alikes. */
static void test_a_subject_is_its_bytes(void **state)
{
    (void)state;
    NX_AUTO_UPSTREAM u = NULL;
    static const char *const others[] = {"S1", "s1 ", " s1", "ｓ1", "s1\xcc\x81", "s"};
    struct nx_hub_outcome out;
    add_upstream("op");
    assert_ok(nx_upstream_get(registry(), NX_LIT("op"), &u));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        const struct nx_identity who = {
            .upstream = u, .subject = others[i], .level = NX_M1, .means = NX_MEANS_UPSTREAM};
        nx_result r = nx_hub_sign_in(&out, rig_house(&rig), rig.arena, &who);
        assert_false(nx_ok(r) && out.end == NX_HUB_PROVEN);
    }
    char *longest = nx_arena_alloc(rig.arena, NX_LINK_SUBJECT_MAX + 2);
    memset(longest, 'a', NX_LINK_SUBJECT_MAX + 1);
    longest[NX_LINK_SUBJECT_MAX + 1] = '\0';
    assert_ok(nx_link_add(registry(), "op", nx_span_of(longest, NX_LINK_SUBJECT_MAX), rig.minh.id, NX_LINK_ADMIN));
    const struct nx_identity who = {.upstream = u, .subject = longest, .level = NX_M1, .means = NX_MEANS_UPSTREAM};
    assert_int_equal(nx_hub_sign_in(&out, rig_house(&rig), rig.arena, &who).e, NX_ERR_UPSTREAM_SUBJECT);
}

/* ---- what is forbidden ---- */

static void forbid(unsigned means)
{
    struct nx_policy_rule rule = {NX_POLICY_CLIENT, rig.portal.id, means, "test", "uid:0", 0};
    assert_ok(nx_policy_rule_set(registry(), &rule));
}

/* A code that waits and a family that lives for months stand on the means too. */
static void test_what_is_forbidden_ends_what_stands_on_it(void **state)
{
    (void)state;
    rig_sign_in(&b, &rig.lan);
    NX_AUTO_JSON answer = rig_tokens(&b, &rig.portal, "");
    char *code = rig_code(&b, rig_authorize_url(&rig, &rig.portal, ""));
    const char *refresh = nx_arena_printf(rig.arena, "grant_type=refresh_token&refresh_token=%s",
                                          nx_json_str(answer, "refresh_token"));
    assert_int_equal(rig_call(&b, &rig.portal, "/oidc/token", refresh)->status, 200);
    forbid(NX_MEANS_PASSWORD);
    assert_int_not_equal(rig_call(&b, &rig.portal, "/oidc/token", refresh)->status, 200);
    assert_int_not_equal(rig_redeem(&b, &rig.portal, code)->status, 200);
    forbid(0);
    assert_int_equal(rig_call(&b, &rig.portal, "/oidc/token", refresh)->status, 200);
}

/* ---- a provider that is worth less than it was ---- */

static const char *acr_of(nx_reply *rp)
{
    NX_AUTO_JSON answer = rig_json(rp);
    NX_AUTO_JSON claims = rig_claims(&rig, nx_json_str(answer, "access_token"), "at+jwt");
    return nx_arena_strdup(rig.arena, nx_json_str(claims, "acr"));
}

static void test_a_cap_that_is_lowered_lowers_what_stands(void **state)
{
    (void)state;
    struct nx_signon s;
    add_upstream("op");
    arrive_at(&b, "op", 0, NX_M2);
    assert_true(session_of(&s, &b));
    NX_AUTO_JSON answer = rig_tokens(&b, &rig.portal, "");
    const char *refresh = nx_arena_printf(rig.arena, "grant_type=refresh_token&refresh_token=%s",
                                          nx_json_str(answer, "refresh_token"));
    const char *again = rig_code(&b, rig_authorize_url(&rig, &rig.portal, ""));
    assert_string_equal(acr_of(rig_redeem(&b, &rig.portal, again)), "urn:nixa:acr:m2");
    NX_AUTO_JSON config = json_object();
    const struct nx_upstream_record lower = record_of("op", 1, config);
    assert_ok(nx_upstream_replace(registry(), rig_house(&rig)->master, &lower, 0));
    assert_string_equal(acr_of(rig_call(&b, &rig.portal, "/oidc/token", refresh)), "urn:nixa:acr:m1");
    again = rig_code(&b, rig_authorize_url(&rig, &rig.portal, ""));
    assert_string_equal(acr_of(rig_redeem(&b, &rig.portal, again)), "urn:nixa:acr:m1");
    /* beside a factor of ours it is one of two, as before */
    rig_prove(&b, &rig.lan, (struct nx_proof){.means = NX_MEANS_OTP, .bound_at = NX_M2, .rung = NX_RUNG_NONE}, NULL);
    again = rig_code(&b, rig_authorize_url(&rig, &rig.portal, ""));
    assert_string_equal(acr_of(rig_redeem(&b, &rig.portal, again)), "urn:nixa:acr:m2");
}

/* ---- two phones' worth ---- */

/* A biometric approval from afar and a nearer one without: neither is m3, and together they are not either. */
static void test_rule_06_two_rungs_do_not_add_up(void **state)
{
    (void)state;
    static const struct {
        unsigned means;
        int bound_at;
        enum nx_rung rung;
    } far = {NX_MEANS_QR_BIOMETRIC, NX_M3, NX_P0}, near = {NX_MEANS_QR_UV, NX_M1, NX_P2};
    for (int turn = 0; turn < 2; turn++) {
        struct nx_signon s;
        struct rig_browser who;
        rig_browser_open(&who, &rig);
        for (int i = 0; i < 2; i++) {
            bool first = i == turn;
            rig_prove(&who, &rig.lan,
                      (struct nx_proof){.means = first ? far.means : near.means,
                                        .bound_at = first ? far.bound_at : near.bound_at,
                                        .rung = first ? far.rung : near.rung,
                                        .qid = rig.lan.qid},
                      NULL);
        }
        assert_true(session_of(&s, &who));
        enum nx_level level = nx_policy_level_of_means(nx_policy(), s.means, (enum nx_rung)s.rung);
        if ((int)level > s.level) level = (enum nx_level)s.level;
        assert_true(level < NX_M3);
        rig_browser_close(&who);
    }
}

/* ---- as many addresses as one likes ---- */

/* Of a hundred attempts, each from before, a number, behind. */
static int allowed(enum nx_throttle_row row, const char *account, const char *before, const char *behind)
{
    int n = 0;
    for (int i = 0; i < 100; i++) {
        struct nx_throttled t;
        const struct nx_attempt attempt = {
            .row = row, .account = account, .source = nx_arena_printf(rig.arena, "%s%d%s", before, i, behind)};
        assert_ok(nx_throttle_take(rig_house(&rig)->store, rig.arena, &attempt, &t));
        n += t.allowed;
    }
    return n;
}

/* One line has 2^64 addresses, and one customer may have 2^16 networks: neither is a hundred people. */
static void test_addresses_of_one_network_are_one_source(void **state)
{
    (void)state;
    assert_in_range(allowed(NX_THROTTLE_VOUCHER, "voucher", "2001:db8:1:1::", ""), 1, 8);
    assert_in_range(allowed(NX_THROTTLE_PASSKEY, NULL, "2001:db8:5:1::", ""), 1, 40);
    assert_in_range(allowed(NX_THROTTLE_LOGIN, "lan", "2001:db8:2:1:", "::1"), 1, 8);
    assert_in_range(allowed(NX_THROTTLE_LOGIN, "minh", "2001:db8:3:", "::1"), 1, 8);
    assert_in_range(allowed(NX_THROTTLE_VOUCHER, "voucher", "2001:db8:4:", "::1"), 50, 100); /* handsets of one carrier */
    assert_in_range(allowed(NX_THROTTLE_LOGIN, "binh", "203.0.113.", ""), 50, 100);
    assert_int_equal(allowed(NX_THROTTLE_LOGIN, "binh", "::ffff:203.0.113.", ""), 0); /* the same, written otherwise */
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, up, down)
    const struct CMUnitTest tests[] = {
        T(test_rule_03_a_providers_old_session_changes_no_credential),
        T(test_a_providers_old_session_is_not_asked_anew),
        T(test_portals_are_told_when_she_was_really_there),
        T(test_nobody_was_there_in_the_future),
        T(test_a_code_still_joins_what_came_a_moment_ago),
        T(test_removing_a_link_ends_what_it_opened),
        T(test_a_link_that_is_removed_meanwhile_opens_nothing),
        T(test_a_subject_is_its_bytes),
        T(test_what_is_forbidden_ends_what_stands_on_it),
        T(test_a_cap_that_is_lowered_lowers_what_stands),
        T(test_rule_06_two_rungs_do_not_add_up),
        T(test_addresses_of_one_network_are_one_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
