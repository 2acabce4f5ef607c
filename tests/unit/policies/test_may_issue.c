/* The decision as a table: facts under which everything is allowed, one thing spoiled a row, and the reason
 * that must come out on every face where the rule counts. A reason without a row fails the last test. */
#include "policies/may_issue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define NOW 1767225600
#define F(face) (1u << NX_FACE_##face)
#define ALL ((1u << NX_FACES) - 1)
#define BROWSER (F(AUTHORIZE) | F(SELF))
#define ISSUED (F(CODE) | F(REFRESH) | F(USERINFO) | F(INTROSPECTION) | F(OPERATOR))
#define CLIENTS (ALL & ~(F(SELF) | F(OPERATOR)))

static struct nx_facts good(enum nx_face face)
{
    struct nx_facts f = {
        .now = NOW,
        .face = face,
        .store_clean = true,
        .handle = {.live = true, .holder = true, .audience = true, .expires = NOW + 60},
        .person = {.known = true, .active = true, .kind = NX_SUBJECT_CITIZEN, .proofing = NX_M4},
        .qr = {.state = NX_FACT_QR_ACTIVE},
        .session = {.live = true,
                    .auth_time = NOW - 100,
                    .how = {NX_MEANS_PASSWORD, NX_M4, NX_RUNG_NONE},
                    .attainable = NX_M2},
        .client = {.known = true, .active = true, .reachable = true, .grant = true, .refreshes = true},
        .ask = {.max_age = -1, .pkce = true},
        .consent = {.cover = NX_COVER_ALL},
        .scope = {.held = true},
    };
    for (int i = 0; i < NX_FACT_EPOCHS; i++)
        f.epoch[i] = (struct nx_epoch_fact){.bound = true, .known = true, .issued = 3, .now = 3};
    return f;
}

#define SPOIL(name, statement)                                                                               \
    static void spoil_##name(struct nx_facts *f)                                                             \
    {                                                                                                        \
        statement;                                                                                           \
    }
SPOIL(store, f->store_clean = false)
SPOIL(client_known, f->client.known = false)
SPOIL(client_active, f->client.active = false)
SPOIL(client_epoch, f->epoch[NX_FACT_EPOCH_CLIENT].now = 4)
SPOIL(system_epoch, f->epoch[NX_FACT_EPOCH_SYSTEM].now = 4)
SPOIL(system_epoch_unknown, f->epoch[NX_FACT_EPOCH_SYSTEM].known = false)
SPOIL(grant, f->client.grant = false)
SPOIL(is_public, f->client.is_public = true)
SPOIL(live, f->handle.live = false)
SPOIL(holder, f->handle.holder = false)
SPOIL(expires, f->handle.expires = NOW)
SPOIL(audience, f->handle.audience = false)
SPOIL(scope, f->scope.held = false)
SPOIL(person_known, f->person.known = false)
SPOIL(person_active, f->person.active = false)
SPOIL(person_epoch, f->epoch[NX_FACT_EPOCH_PERSON].now = 4)
SPOIL(qr_revoked, f->qr.state = NX_FACT_QR_REVOKED)
SPOIL(qr_epoch, f->epoch[NX_FACT_EPOCH_QR].now = 4)
SPOIL(qr_suspended, f->qr.state = NX_FACT_QR_SUSPENDED)
SPOIL(qr_pending, f->qr.state = NX_FACT_QR_PENDING)
SPOIL(qr_expired, f->qr.expires = NOW)
SPOIL(session_epoch, f->epoch[NX_FACT_EPOCH_SESSION].now = 4)
SPOIL(session_epoch_unknown, f->epoch[NX_FACT_EPOCH_SESSION].known = false)
SPOIL(upstream_epoch, f->epoch[NX_FACT_EPOCH_UPSTREAM].now = 4)
SPOIL(upstream_epoch_unknown, f->epoch[NX_FACT_EPOCH_UPSTREAM].known = false)
SPOIL(pkce_profile, (f->client.pkce_required = true, f->ask.pkce = false))
SPOIL(pkce_public, (f->client.is_public = true, f->ask.pkce = false))
SPOIL(session, f->session.live = false)
SPOIL(one_client, f->session.one_client = true)
SPOIL(login, f->ask.prompt = NX_PROMPT_LOGIN)
SPOIL(select, f->ask.prompt = NX_PROMPT_SELECT)
SPOIL(max_age, f->ask.max_age = 99)
SPOIL(max_age_zero, (f->ask.max_age = 0, f->session.auth_time = NOW))
SPOIL(hint, f->ask.hint = true)
SPOIL(hint_fresh, (f->ask.hint = true, f->session.fresh = true))
SPOIL(forbidden, f->forbidden = NX_MEANS_PASSWORD)
SPOIL(second, f->person.wants_second = true)
SPOIL(silent_forbidden, (f->forbidden = NX_MEANS_PASSWORD, f->ask.prompt = NX_PROMPT_NONE))
SPOIL(change_p0, (f->ask.change = true, f->session.how = (struct nx_sign_in){NX_MEANS_QR_PIN, NX_M2, NX_P0}))
SPOIL(change_p1, (f->ask.change = true, f->session.how = (struct nx_sign_in){NX_MEANS_QR_PIN, NX_M2, NX_P1}))
SPOIL(change_paper, (f->ask.change = true, f->session.how.means = NX_MEANS_PAPER_PIN))
SPOIL(change_assisted, (f->ask.change = true, f->session.how.means = NX_MEANS_ASSISTED))
SPOIL(essential_far, (f->ask.acr = NX_M3, f->ask.acr_essential = true))
SPOIL(essential_near, (f->ask.acr = NX_M2, f->ask.acr_essential = true, f->session.fresh = true))
SPOIL(wish, f->ask.acr = NX_M2)
SPOIL(no_consent, f->consent.cover = NX_COVER_NOTHING)
SPOIL(less_consent, f->consent.cover = NX_COVER_LESS)
SPOIL(prompt_consent, f->ask.prompt = NX_PROMPT_CONSENT)
SPOIL(offline, f->ask.offline = true)
SPOIL(native, f->client.native_unclaimed = true)
SPOIL(paper, f->session.how.means = NX_MEANS_PAPER_PIN)
SPOIL(silent_login, (f->session.live = false, f->ask.prompt = NX_PROMPT_NONE))
SPOIL(silent_step, (f->ask.acr = NX_M2, f->ask.prompt = NX_PROMPT_NONE))
SPOIL(silent_consent, (f->consent.cover = NX_COVER_NOTHING, f->ask.prompt = NX_PROMPT_NONE))

static const struct row {
    const char *name;
    void (*spoil)(struct nx_facts *f);
    unsigned faces;
    enum nx_verdict verdict;
    enum nx_reason reason;
} rows[] = {
#define ROW(name, faces, verdict, reason)                                                                    \
    {                                                                                                        \
#name, spoil_##name, (faces), NX_VERDICT_##verdict, NX_REASON_##reason                               \
    }
    ROW(store, ALL, DENY, STORE_UNCLEAN),
    ROW(client_known, CLIENTS, DENY, CLIENT_UNKNOWN),
    ROW(client_active, CLIENTS, DENY, CLIENT_INACTIVE),
    ROW(client_epoch, CLIENTS, DENY, CLIENT_REVOKED),
    ROW(system_epoch, ISSUED | F(CLIENT), DENY, SYSTEM_REVOKED),
    ROW(system_epoch_unknown, ISSUED | F(CLIENT), DENY, SYSTEM_REVOKED),
    ROW(system_epoch, BROWSER, SIGN_IN, SESSION_ENDED),
    ROW(grant, F(AUTHORIZE) | F(CODE) | F(REFRESH) | F(CLIENT), DENY, GRANT_NOT_REGISTERED),
    ROW(is_public, F(CLIENT), DENY, PUBLIC_CLIENT),
    ROW(live, ISSUED, DENY, HANDLE_DEAD),
    ROW(holder, F(CODE) | F(REFRESH) | F(INTROSPECTION), DENY, HOLDER_WRONG),
    ROW(expires, ISSUED, DENY, EXPIRED),
    ROW(audience, F(USERINFO) | F(OPERATOR), DENY, AUDIENCE_WRONG),
    ROW(scope, F(USERINFO) | F(OPERATOR), DENY, SCOPE_MISSING),
    ROW(person_known, ISSUED, DENY, PERSON_UNKNOWN),
    ROW(person_known, BROWSER, SIGN_IN, SESSION_ENDED),
    ROW(person_active, ISSUED, DENY, PERSON_INACTIVE),
    ROW(person_active, BROWSER, SIGN_IN, SESSION_ENDED),
    ROW(person_epoch, ISSUED, DENY, PERSON_REVOKED),
    ROW(person_epoch, BROWSER, SIGN_IN, SESSION_ENDED),
    ROW(qr_revoked, ISSUED, DENY, QR_REVOKED),
    ROW(qr_revoked, BROWSER, SIGN_IN, SESSION_ENDED),
    ROW(qr_epoch, ISSUED, DENY, QR_REVOKED),
    ROW(qr_epoch, BROWSER, SIGN_IN, SESSION_ENDED),
    ROW(qr_suspended, ISSUED, DENY, QR_SUSPENDED),
    ROW(qr_suspended, BROWSER, SIGN_IN, SESSION_ENDED),
    ROW(qr_pending, ISSUED, DENY, QR_PENDING),
    ROW(qr_pending, BROWSER, SIGN_IN, SESSION_ENDED),
    ROW(qr_expired, ISSUED, DENY, QR_EXPIRED),
    ROW(qr_expired, BROWSER, SIGN_IN, SESSION_ENDED),
    ROW(session_epoch, ISSUED, DENY, SESSION_REVOKED),
    ROW(session_epoch_unknown, ISSUED, DENY, SESSION_REVOKED),
    ROW(upstream_epoch, ISSUED, DENY, UPSTREAM_REVOKED),
    ROW(upstream_epoch_unknown, ISSUED, DENY, UPSTREAM_REVOKED),
    ROW(session_epoch, BROWSER, SIGN_IN, SESSION_ENDED),
    ROW(upstream_epoch, BROWSER, SIGN_IN, SESSION_ENDED),
    ROW(pkce_profile, F(AUTHORIZE), DENY, PKCE_MISSING),
    ROW(pkce_public, F(AUTHORIZE), DENY, PKCE_MISSING),
    ROW(session, BROWSER, SIGN_IN, NO_SESSION),
    ROW(one_client, BROWSER, SIGN_IN, SESSION_ELSEWHERE),
    ROW(login, BROWSER, SIGN_IN, PROMPT_LOGIN),
    ROW(select, F(AUTHORIZE), SIGN_IN, PROMPT_SELECT),
    ROW(max_age, BROWSER, SIGN_IN, MAX_AGE),
    ROW(max_age_zero, BROWSER, SIGN_IN, MAX_AGE),
    ROW(hint, F(AUTHORIZE), SIGN_IN, HINT_MISMATCH),
    ROW(hint_fresh, F(AUTHORIZE), DENY, OTHER_PERSON),
    ROW(forbidden, F(AUTHORIZE) | F(CODE) | F(REFRESH), SIGN_IN, MEANS_FORBIDDEN),
    ROW(silent_forbidden, F(AUTHORIZE), DENY, LOGIN_REQUIRED),
    ROW(second, BROWSER, STEP_UP, SECOND_FACTOR),
    ROW(change_p0, F(SELF), DENY, CHANGE_FORBIDDEN),
    ROW(change_p1, F(SELF), DENY, CHANGE_FORBIDDEN),
    ROW(change_paper, F(SELF), DENY, CHANGE_FORBIDDEN),
    ROW(change_assisted, F(SELF), DENY, CHANGE_FORBIDDEN),
    ROW(essential_far, BROWSER, DENY, UNMET_ACR),
    ROW(essential_near, BROWSER, STEP_UP, LEVEL_TOO_LOW),
    ROW(wish, BROWSER, STEP_UP, LEVEL_TOO_LOW),
    ROW(no_consent, F(AUTHORIZE), CONSENT, CONSENT_MISSING),
    ROW(less_consent, F(AUTHORIZE), CONSENT, CONSENT_GROWN),
    ROW(prompt_consent, F(AUTHORIZE), CONSENT, CONSENT_PROMPT),
    ROW(offline, F(AUTHORIZE), CONSENT, CONSENT_OFFLINE),
    ROW(native, F(AUTHORIZE), CONSENT, CONSENT_NATIVE),
    ROW(paper, F(AUTHORIZE), CONSENT, CONSENT_WEAK),
    ROW(silent_login, BROWSER, DENY, LOGIN_REQUIRED),
    ROW(silent_step, BROWSER, DENY, LOGIN_REQUIRED),
    ROW(silent_consent, F(AUTHORIZE), DENY, CONSENT_REQUIRED),
};
#define ROWS (sizeof rows / sizeof rows[0])

static void every_face_allows_the_good_facts(void **state)
{
    (void)state;
    for (int face = 0; face < NX_FACES; face++) {
        struct nx_facts f = good((enum nx_face)face);
        struct nx_decision d = nx_may_issue(&f);
        assert_int_equal(d.reason, NX_REASON_OK);
        assert_int_equal(d.verdict, NX_VERDICT_ALLOW);
        assert_int_equal(d.terms.access_s, 300);
    }
}

static void every_spoiled_fact_has_its_own_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++)
        for (int face = 0; face < NX_FACES; face++) {
            if (!(rows[i].faces & (1u << face))) continue;
            struct nx_facts f = good((enum nx_face)face);
            rows[i].spoil(&f);
            struct nx_decision d = nx_may_issue(&f);
            if (d.reason != rows[i].reason)
                fail_msg("%s on face %d: %s", rows[i].name, face, nx_reason_name(d.reason));
            assert_int_equal(d.verdict, rows[i].verdict);
            assert_int_equal(d.terms.access_s, 0);
            assert_true(nx_reason_error(d.reason) != NX_ERR_NONE);
        }
}

static void every_reason_has_a_row(void **state)
{
    (void)state;
    for (int reason = NX_REASON_OK + 1; reason < NX_REASONS; reason++) {
        bool found = false;
        for (size_t i = 0; i < ROWS; i++)
            found = found || rows[i].reason == (enum nx_reason)reason;
        if (!found) fail_msg("no row for %s", nx_reason_name((enum nx_reason)reason));
    }
}

static void nothing_known_is_refused_everywhere(void **state)
{
    (void)state;
    for (int face = 0; face < NX_FACES; face++) {
        struct nx_facts f = {.now = NOW, .face = (enum nx_face)face};
        assert_int_equal(nx_may_issue(&f).verdict, NX_VERDICT_DENY);
        f.store_clean = true;
        assert_int_not_equal(nx_may_issue(&f).verdict, NX_VERDICT_ALLOW);
    }
}

static enum nx_verdict authorize(struct nx_facts *f)
{
    f->face = NX_FACE_AUTHORIZE;
    return nx_may_issue(f).verdict;
}

static void what_was_done_for_this_request_counts(void **state)
{
    (void)state;
    struct nx_facts f = good(NX_FACE_AUTHORIZE);
    f.session.fresh = true;
    f.ask.prompt = NX_PROMPT_LOGIN | NX_PROMPT_SELECT;
    f.ask.max_age = 0;
    f.ask.acr = NX_M2; /* a wish, asked once */
    assert_int_equal(authorize(&f), NX_VERDICT_ALLOW);
    f.session.fresh = false;
    f.ask = (struct nx_ask_facts){.max_age = -1, .pkce = true, .prompt = NX_PROMPT_SELECT, .selected = true};
    assert_int_equal(authorize(&f), NX_VERDICT_ALLOW);
    f.ask = (struct nx_ask_facts){.max_age = 100, .pkce = true, .hint = true, .hint_matches = true};
    assert_int_equal(authorize(&f), NX_VERDICT_ALLOW);
    f.session.one_client = f.session.this_client = true;
    assert_int_equal(authorize(&f), NX_VERDICT_ALLOW);
    /* A wish beyond what the person has is granted as far as it goes. */
    f.ask = (struct nx_ask_facts){.max_age = -1, .pkce = true, .acr = NX_M4};
    assert_int_equal(authorize(&f), NX_VERDICT_ALLOW);
    assert_int_equal(nx_may_issue(&f).terms.level, NX_M1);
}

static void test_rule_16_consent_given_or_replaced(void **state)
{
    (void)state;
    for (int way = 0; way < 2; way++) {
        struct nx_facts f = good(NX_FACE_AUTHORIZE);
        f.consent.cover = NX_COVER_NOTHING;
        f.ask.prompt = NX_PROMPT_CONSENT;
        f.ask.offline = f.client.native_unclaimed = true;
        assert_int_equal(authorize(&f), NX_VERDICT_CONSENT);
        if (way == 0) f.consent.given = true;
        if (way == 1) f.client.legal_basis = true;
        assert_int_equal(authorize(&f), NX_VERDICT_ALLOW);
        assert_false(nx_may_issue(&f).terms.remember_consent); /* native */
    }
}

static void step_up_names_the_level(void **state)
{
    (void)state;
    struct nx_facts f = good(NX_FACE_AUTHORIZE);
    f.ask.acr = NX_M2;
    struct nx_decision d = nx_may_issue(&f);
    assert_int_equal(d.verdict, NX_VERDICT_STEP_UP);
    assert_int_equal(d.terms.level, NX_M2);
}

static void a_clients_own_token_concerns_no_person(void **state)
{
    (void)state;
    struct nx_facts f = good(NX_FACE_INTROSPECTION);
    f.person = (struct nx_person_facts){.none = true};
    f.qr.state = NX_FACT_QR_NONE;
    struct nx_decision d = nx_may_issue(&f);
    assert_int_equal(d.verdict, NX_VERDICT_ALLOW);
    assert_int_equal(d.terms.level, NX_LEVEL_NONE);
    f.face = NX_FACE_CLIENT;
    assert_int_equal(nx_may_issue(&f).terms.refresh_idle_s, 0);
}

static enum nx_level level(unsigned means, enum nx_rung rung)
{
    struct nx_facts f = good(NX_FACE_CODE);
    f.session.how = (struct nx_sign_in){means, NX_M4, rung};
    return nx_facts_level(&f);
}

/* CONTRACT.md section 3, the shipped mapping. */
static void the_mapping_of_the_contract(void **state)
{
    (void)state;
    assert_int_equal(level(NX_MEANS_PASSWORD, NX_RUNG_NONE), NX_M1);
    assert_int_equal(level(NX_MEANS_OTP, NX_RUNG_NONE), NX_LEVEL_NONE);
    assert_int_equal(level(NX_MEANS_PASSWORD | NX_MEANS_OTP, NX_RUNG_NONE), NX_M2);
    assert_int_equal(level(NX_MEANS_PASSKEY_UV, NX_RUNG_NONE), NX_M2);
    assert_int_equal(level(NX_MEANS_PASSKEY_BIOMETRIC, NX_RUNG_NONE), NX_M3);
    for (int rung = NX_P0; rung <= NX_P3; rung++) {
        assert_int_equal(level(NX_MEANS_QR_PIN, (enum nx_rung)rung), NX_M2);
        assert_int_equal(level(NX_MEANS_QR_UV, (enum nx_rung)rung), NX_M2);
        assert_int_equal(level(NX_MEANS_QR_BIOMETRIC, (enum nx_rung)rung), rung >= NX_P2 ? NX_M3 : NX_M2);
    }
    assert_int_equal(level(NX_MEANS_QR_PIN, NX_RUNG_NONE), NX_LEVEL_NONE);
    assert_int_equal(level(NX_MEANS_QR_POSSESSION, NX_P3), NX_M1);
    assert_int_equal(level(NX_MEANS_PAPER_PIN, NX_RUNG_NONE), NX_M1);
}

static void test_rule_3_and_18_and_23_caps(void **state)
{
    (void)state;
    struct nx_facts f = good(NX_FACE_CODE);
    f.session.how = (struct nx_sign_in){NX_MEANS_PASSKEY_BIOMETRIC, NX_M4, NX_RUNG_NONE};
    assert_int_equal(nx_facts_level(&f), NX_M3);
    f.session.how.bound_at = NX_M2;
    assert_int_equal(nx_facts_level(&f), NX_M2);
    f.session.how.bound_at = NX_M4;
    f.person.proofing = NX_M1;
    assert_int_equal(nx_facts_level(&f), NX_M1);
    f.person.proofing = NX_M4;
    f.client.reachable = false;
    assert_int_equal(nx_facts_level(&f), NX_M2);
    f.client.reachable = true;
    f.client.decoupled = true;
    assert_int_equal(nx_facts_level(&f), NX_M2);
    f.client.decoupled = false;
    f.client.cap = NX_M1;
    assert_int_equal(nx_facts_level(&f), NX_M1);
    f.client.cap = NX_LEVEL_NONE;
    f.qr.state = NX_FACT_QR_NONE;
    assert_int_equal(nx_facts_level(&f), NX_M1);
    f.person.kind = NX_SUBJECT_OFFICIAL; /* with a passkey: exempt */
    assert_int_equal(nx_facts_level(&f), NX_M3);
    f.session.how.means = NX_MEANS_PASSWORD | NX_MEANS_OTP;
    assert_int_equal(nx_facts_level(&f), NX_M1);
}

/* What is forbidden proves nothing, and what stood on it stands low; the rest of a sign-in counts. */
static void forbidden_means_prove_nothing(void **state)
{
    (void)state;
    struct nx_facts f = good(NX_FACE_AUTHORIZE);
    f.session.how = (struct nx_sign_in){NX_MEANS_PASSWORD | NX_MEANS_OTP_SENT, NX_M2, NX_RUNG_NONE};
    assert_int_equal(nx_facts_level(&f), NX_M2);
    f.forbidden = NX_MEANS_OTP_SENT;
    assert_int_equal(nx_facts_level(&f), NX_M1);
    assert_int_equal(authorize(&f), NX_VERDICT_ALLOW);
    f.ask.acr = NX_M2;
    assert_int_equal(authorize(&f), NX_VERDICT_STEP_UP);
    f.forbidden = NX_MEANS_PASSWORD; /* a code alone is no sign-in */
    assert_int_equal(nx_facts_level(&f), NX_LEVEL_NONE);
    assert_int_equal(authorize(&f), NX_VERDICT_SIGN_IN);
    /* An upstream of m1 that a code had lifted is not lifted by the code's absence. */
    f.session.how = (struct nx_sign_in){NX_MEANS_UPSTREAM | NX_MEANS_OTP, NX_M2, NX_RUNG_NONE};
    f.forbidden = NX_MEANS_OTP;
    assert_int_equal(nx_facts_level(&f), NX_M1);
    f.forbidden = NX_MEANS_KERBEROS;
    assert_int_equal(nx_facts_level(&f), NX_M2);
}

static void a_second_factor_is_another_kind(void **state)
{
    (void)state;
    static const struct {
        unsigned means;
        enum nx_level bound_at;
        bool enough;
    } rows_of[] = {
        {NX_MEANS_PASSWORD, NX_M1, false},
        {NX_MEANS_PASSWORD | NX_MEANS_DIRECTORY, NX_M1, false},
        {NX_MEANS_PASSWORD | NX_MEANS_OTP, NX_M1, true},
        {NX_MEANS_PASSWORD | NX_MEANS_OTP_SENT, NX_M2, true},
        {NX_MEANS_PASSWORD | NX_MEANS_RECOVERY, NX_M1, true},
        {NX_MEANS_PASSKEY_UV, NX_M1, true},
        {NX_MEANS_QR_PIN, NX_M1, true},
        {NX_MEANS_QR_POSSESSION, NX_M1, false},
        {NX_MEANS_PAPER_PIN, NX_M1, false},
        {NX_MEANS_UPSTREAM, NX_M1, false},
        {NX_MEANS_UPSTREAM, NX_M2, true},
        {NX_MEANS_KERBEROS, NX_M3, false},
    };
    for (size_t i = 0; i < sizeof rows_of / sizeof rows_of[0]; i++) {
        struct nx_facts f = good(NX_FACE_AUTHORIZE);
        f.person.wants_second = true;
        f.session.how = (struct nx_sign_in){rows_of[i].means, rows_of[i].bound_at, NX_RUNG_NONE};
        f.consent.given = true;
        enum nx_reason reason = nx_may_issue(&f).reason;
        if (reason != (rows_of[i].enough ? NX_REASON_OK : NX_REASON_SECOND_FACTOR))
            fail_msg("row %zu: %s", i, nx_reason_name(reason));
    }
}

static void test_rule_7_and_15_terms_of_refresh(void **state)
{
    (void)state;
    struct nx_facts f = good(NX_FACE_CODE);
    struct nx_terms t = nx_may_issue(&f).terms;
    assert_true(t.bind_session);
    assert_false(t.rotate);
    assert_int_equal(t.refresh_most_s, nx_policy()->life.session_most);
    f.ask.offline = true;
    f.client.is_public = true;
    t = nx_may_issue(&f).terms;
    assert_false(t.bind_session);
    assert_true(t.rotate);
    assert_int_equal(t.refresh_idle_s, nx_policy()->life.refresh_idle);
    f.session.one_client = f.session.this_client = true; /* somebody else's screen */
    t = nx_may_issue(&f).terms;
    assert_true(t.bind_session);
    assert_int_equal(t.refresh_idle_s, nx_policy()->life.foreign_idle);
    assert_false(t.remember_consent);
    f.client.refreshes = false;
    assert_int_equal(nx_may_issue(&f).terms.refresh_idle_s, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_face_allows_the_good_facts),
        cmocka_unit_test(every_spoiled_fact_has_its_own_reason),
        cmocka_unit_test(every_reason_has_a_row),
        cmocka_unit_test(nothing_known_is_refused_everywhere),
        cmocka_unit_test(what_was_done_for_this_request_counts),
        cmocka_unit_test(test_rule_16_consent_given_or_replaced),
        cmocka_unit_test(step_up_names_the_level),
        cmocka_unit_test(a_clients_own_token_concerns_no_person),
        cmocka_unit_test(the_mapping_of_the_contract),
        cmocka_unit_test(test_rule_3_and_18_and_23_caps),
        cmocka_unit_test(forbidden_means_prove_nothing),
        cmocka_unit_test(a_second_factor_is_another_kind),
        cmocka_unit_test(test_rule_7_and_15_terms_of_refresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
