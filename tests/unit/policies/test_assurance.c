/* Assurance as data: no row claims more than its kinds of factors allow, no credential lifts itself by
 * another, and a step-up offers the smallest addition that reaches the level. */
#include "policies/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define OURS (NX_KIND_KNOWLEDGE | NX_KIND_POSSESSION | NX_KIND_BIOMETRIC)

/* Decree 69/2024 Art. 20 over the kinds of a set. */
static enum nx_level allowed(unsigned kinds)
{
    if ((kinds & OURS) == OURS) return NX_M4;
    if (__builtin_popcount(kinds & OURS) < 2) return kinds & OURS ? NX_M1 : NX_LEVEL_NONE;
    return kinds & NX_KIND_BIOMETRIC ? NX_M3 : NX_M2;
}

/* What somebody else proves counts by its own level: alone as far as the proof says (bound_at), with a factor
 * of ours as the knowledge that opened the sign-in there. An officer's eyes are m2 by their row. */
static enum nx_level allowed_of(const struct nx_acr_row *row)
{
    unsigned kinds = nx_kinds_of_means(row->means);
    if (row->means == NX_MEANS_UPSTREAM) return NX_M4;
    if (row->means == NX_MEANS_ASSISTED) return NX_M2;
    if (kinds & NX_KIND_ELSEWHERE) kinds |= NX_KIND_KNOWLEDGE;
    return allowed(kinds);
}

static void no_row_claims_more_than_article_20_allows(void **state)
{
    (void)state;
    const struct nx_policy *p = nx_policy();
    for (size_t i = 0; i < p->acr_count; i++) {
        const struct nx_acr_row *row = &p->acr[i];
        if (row->level > allowed_of(row)) fail_msg("row %zu claims %s", i, nx_level_text(row->level));
        assert_true(row->level >= NX_M1 && row->means);
        assert_int_equal(row->first & ~row->means, 0);
        assert_true(row->means & ~row->first); /* something lifts */
        bool phone =
            row->means & (NX_MEANS_QR_POSSESSION | NX_MEANS_QR_PIN | NX_MEANS_QR_UV | NX_MEANS_QR_BIOMETRIC);
        assert_int_equal(phone, row->rung != NX_RUNG_NONE);
    }
}

/* What opens a sign-in reaches a lower level by itself: so a row is never the way in for a code alone. */
static void what_opens_a_sign_in_stands_by_itself(void **state)
{
    (void)state;
    const struct nx_policy *p = nx_policy();
    for (size_t i = 0; i < p->acr_count; i++)
        if (p->acr[i].first) assert_non_null(nx_policy_best_row(p, p->acr[i].first, NX_RUNG_NONE));
    assert_null(nx_policy_best_row(p, NX_MEANS_OTP, NX_P3));
    assert_null(nx_policy_best_row(p, NX_MEANS_OTP_SENT, NX_P3));
    assert_null(nx_policy_best_row(p, NX_MEANS_RECOVERY, NX_P3));
    assert_null(nx_policy_best_row(p, NX_MEANS_OTP | NX_MEANS_OTP_SENT | NX_MEANS_RECOVERY, NX_P3));
}

static void two_of_one_kind_are_one(void **state)
{
    (void)state;
    static const struct {
        unsigned means;
        enum nx_level level;
    } rows[] = {
        {NX_MEANS_PASSWORD | NX_MEANS_DIRECTORY, NX_M1},
        {NX_MEANS_PASSWORD | NX_MEANS_KERBEROS, NX_M1},
        {NX_MEANS_PASSWORD | NX_MEANS_RECOVERY, NX_M1},
        {NX_MEANS_PASSWORD | NX_MEANS_OTP_SENT, NX_M2},
        {NX_MEANS_PASSWORD | NX_MEANS_OTP | NX_MEANS_OTP_SENT | NX_MEANS_CERTIFICATE, NX_M2},
        {NX_MEANS_DIRECTORY, NX_M1},
        {NX_MEANS_DIRECTORY | NX_MEANS_OTP, NX_M2},
        {NX_MEANS_DIRECTORY | NX_MEANS_CERTIFICATE, NX_M2},
        {NX_MEANS_KERBEROS, NX_M1},
        {NX_MEANS_KERBEROS | NX_MEANS_OTP, NX_M2},
        {NX_MEANS_CERTIFICATE, NX_M2},
        {NX_MEANS_ASSISTED, NX_M2},
        {NX_MEANS_UPSTREAM, NX_M4},
        {NX_MEANS_PASSKEY_BIOMETRIC | NX_MEANS_PASSWORD, NX_M4},
        {NX_MEANS_PASSKEY_UV | NX_MEANS_PASSWORD, NX_M2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(nx_policy_level_of_means(nx_policy(), rows[i].means, NX_RUNG_NONE), rows[i].level);
}

static enum nx_level together(unsigned a, enum nx_level bound_a, unsigned b, enum nx_level bound_b)
{
    const struct nx_sign_in before = {a, bound_a, NX_RUNG_NONE}, added = {b, bound_b, NX_RUNG_NONE};
    enum nx_level level = nx_policy_bound_together(nx_policy(), &before, &added);
    assert_int_equal(level, nx_policy_bound_together(nx_policy(), &added, &before)); /* in either order */
    return level;
}

/* Rule 3: the password is bound at m1 and still the first factor of m2; a code that was enrolled from a
 * session of m1 lifts nothing, whatever stands beside it. */
static void test_rule_03_no_credential_lifts_itself_by_another(void **state)
{
    (void)state;
    assert_int_equal(together(NX_MEANS_PASSWORD, NX_M1, NX_MEANS_OTP, NX_M3), NX_M2);
    assert_int_equal(together(NX_MEANS_PASSWORD, NX_M1, NX_MEANS_OTP, NX_M1), NX_M1);
    assert_int_equal(together(NX_MEANS_DIRECTORY, NX_M3, NX_MEANS_OTP, NX_M1), NX_M1);
    assert_int_equal(together(NX_MEANS_UPSTREAM, NX_M1, NX_MEANS_OTP, NX_M1), NX_M1);
    assert_int_equal(together(NX_MEANS_UPSTREAM, NX_M1, NX_MEANS_OTP, NX_M2), NX_M2);
    assert_int_equal(together(NX_MEANS_UPSTREAM, NX_M3, NX_MEANS_OTP, NX_M1), NX_M3);
    assert_int_equal(together(NX_MEANS_PASSKEY_BIOMETRIC, NX_M1, NX_MEANS_PASSWORD, NX_M1), NX_M1);
    assert_int_equal(together(NX_MEANS_PASSKEY_BIOMETRIC, NX_M4, NX_MEANS_PASSWORD, NX_M1), NX_M4);
    /* A passkey of m1 beside a true second factor stays what it is. */
    const struct nx_sign_in first = {NX_MEANS_PASSKEY_BIOMETRIC | NX_MEANS_PASSWORD, NX_M1, NX_RUNG_NONE};
    const struct nx_sign_in code = {NX_MEANS_OTP, NX_M4, NX_RUNG_NONE};
    assert_int_equal(nx_policy_bound_together(nx_policy(), &first, &code), NX_M2);
    /* Means that prove nothing together hold each other down. */
    assert_int_equal(together(NX_MEANS_OTP, NX_M3, NX_MEANS_RECOVERY, NX_M1), NX_M1);
}

/* Over every pair of sets: together never more than the rows give, and never more than the best that either
 * was bound at unless a row's own first factor is lifted. */
static void what_is_bound_together_is_never_more_than_the_rows_give(void **state)
{
    (void)state;
    for (unsigned means = 1; means < 1u << NX_MEANS_COUNT; means++) {
        unsigned half = means & 0x5a5a;
        if (!half || half == means) continue;
        enum nx_level level = together(half, NX_M1, means & ~half, NX_M4);
        enum nx_level most = nx_policy_level_of_means(nx_policy(), means, NX_P3);
        assert_true(most == NX_LEVEL_NONE ? level == NX_M1 : level <= most);
        assert_true(together(half, NX_M1, means & ~half, NX_M1) <= NX_M1);
    }
}

static unsigned held_ways(unsigned out[NX_WAYS_MAX], unsigned have, enum nx_level asked, unsigned enrolled,
                          enum nx_level bound_at, unsigned forbidden)
{
    struct nx_held held = {.means = 0};
    nx_held_add(&held, enrolled, bound_at);
    const struct nx_sign_in shown = {.means = have, .rung = NX_RUNG_NONE};
    return (unsigned)nx_policy_ways(out, nx_policy(), &shown, asked, &held, forbidden);
}

static void a_step_up_offers_the_smallest_addition(void **state)
{
    (void)state;
    unsigned out[NX_WAYS_MAX];
    const unsigned mine = NX_MEANS_PASSWORD | NX_MEANS_OTP | NX_MEANS_OTP_SENT | NX_MEANS_QR_PIN;
    assert_int_equal(held_ways(out, NX_MEANS_PASSWORD, NX_M2, mine, NX_M3, 0), 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(__builtin_popcount(out[i]), 1);
    assert_int_equal(held_ways(out, NX_MEANS_PASSWORD, NX_M2, mine, NX_M3, NX_MEANS_OTP | NX_MEANS_OTP_SENT),
                     1);
    assert_int_equal(out[0], NX_MEANS_QR_PIN);
    assert_int_equal(held_ways(out, NX_MEANS_PASSWORD, NX_M2, mine, NX_M1, 0), 0); /* enrolled too low */
    assert_int_equal(held_ways(out, NX_MEANS_PASSWORD, NX_M3, mine, NX_M3, 0), 0);
    /* Without a session: the phone alone, or both factors of the other sets. */
    assert_int_equal(held_ways(out, 0, NX_M2, mine, NX_M3, 0), 3);
    assert_int_equal(out[0], NX_MEANS_QR_PIN);
    assert_int_equal(__builtin_popcount(out[1]), 2);
    assert_int_equal(held_ways(out, NX_MEANS_PASSWORD, NX_M3, mine | NX_MEANS_PASSKEY_BIOMETRIC, NX_M4, 0),
                     1);
    assert_int_equal(out[0], NX_MEANS_PASSKEY_BIOMETRIC);
}

/* SECURITY.md 6 and QR.md 2.5: by QR m3 takes nearness, and an answer in the tab itself is it. */
static void a_step_up_brings_the_phone_near(void **state)
{
    (void)state;
    unsigned out[NX_WAYS_MAX];
    struct nx_held held = {.means = 0};
    struct nx_sign_in shown = {.means = NX_MEANS_QR_BIOMETRIC, .rung = NX_P0};
    const unsigned mine = NX_MEANS_QR_BIOMETRIC | NX_MEANS_PASSKEY_UV;
    nx_held_add(&held, mine, NX_M3);
    assert_int_equal(nx_policy_ways(out, nx_policy(), &shown, NX_M3, &held, 0), 1);
    assert_int_equal(out[0], NX_MEANS_PASSKEY_UV);
    assert_int_equal(nx_policy_ways(out, nx_policy(), &shown, NX_M3, &held, NX_MEANS_PASSKEY_UV), 0);
    shown.rung = NX_P2;
    assert_int_equal(nx_policy_ways(out, nx_policy(), &shown, NX_M3, &held, 0), 0);
    shown = (struct nx_sign_in){.means = NX_MEANS_QR_PIN, .rung = NX_P0}; /* m2 however near */
    held = (struct nx_held){.means = 0};
    nx_held_add(&held, NX_MEANS_QR_PIN | NX_MEANS_PASSKEY_UV, NX_M3);
    assert_int_equal(nx_policy_ways(out, nx_policy(), &shown, NX_M3, &held, 0), 0);
    shown = (struct nx_sign_in){.means = NX_MEANS_QR_BIOMETRIC, .rung = NX_P0};
    held = (struct nx_held){.means = 0};
    nx_held_add(&held, mine, NX_M2); /* enrolled too low */
    assert_int_equal(nx_policy_ways(out, nx_policy(), &shown, NX_M3, &held, 0), 0);
}

static void how_near_two_proofs_are_together(void **state)
{
    (void)state;
    static const struct {
        struct nx_sign_in before, added;
        enum nx_level level;
        enum nx_rung together;
    } rows[] = {
        {{NX_MEANS_QR_BIOMETRIC, NX_M3, NX_P0}, {NX_MEANS_PASSKEY_UV, NX_M3, NX_RUNG_NONE}, NX_M3, NX_P3},
        {{NX_MEANS_QR_BIOMETRIC, NX_M3, NX_P1}, {NX_MEANS_PASSKEY_BIOMETRIC, NX_M3, NX_RUNG_NONE}, NX_M3, NX_P3},
        /* Rule 3: whoever knows a password may have added it. */
        {{NX_MEANS_QR_BIOMETRIC, NX_M3, NX_P0}, {NX_MEANS_PASSKEY_UV, NX_M2, NX_RUNG_NONE}, NX_M3, NX_P0},
        /* A passkey of before says nothing of the tab's new phone. */
        {{NX_MEANS_PASSKEY_UV, NX_M3, NX_RUNG_NONE}, {NX_MEANS_QR_BIOMETRIC, NX_M3, NX_P0}, NX_M3, NX_P0},
        {{NX_MEANS_QR_PIN, NX_M2, NX_P0}, {NX_MEANS_OTP, NX_M2, NX_RUNG_NONE}, NX_M2, NX_P0},
        {{NX_MEANS_QR_PIN, NX_M2, NX_P0}, {NX_MEANS_CERTIFICATE, NX_M3, NX_RUNG_NONE}, NX_M2, NX_P0},
        {{NX_MEANS_QR_PIN, NX_M2, NX_P3}, {NX_MEANS_QR_UV, NX_M2, NX_P0}, NX_M2, NX_P0},
        {{NX_MEANS_QR_PIN, NX_M2, NX_P0}, {NX_MEANS_QR_UV, NX_M2, NX_P3}, NX_M2, NX_P0},
        {{NX_MEANS_PASSWORD, NX_M1, NX_RUNG_NONE}, {NX_MEANS_PASSKEY_UV, NX_M3, NX_RUNG_NONE}, NX_M2, NX_RUNG_NONE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(nx_policy_rung_together(&rows[i].before, &rows[i].added, rows[i].level), rows[i].together);
}

static void words_of_operators(void **state)
{
    (void)state;
    unsigned means;
    assert_true(nx_ok(nx_means_of_words(&means, NX_LIT("password,otp-sent"))));
    assert_int_equal(means, NX_MEANS_PASSWORD | NX_MEANS_OTP_SENT);
    assert_int_equal(nx_means_of_words(&means, NX_LIT("password,magic")).e, NX_ERR_UNKNOWN);
    assert_int_equal(nx_means_of_words(&means, NX_LIT("password,")).e, NX_ERR_UNKNOWN);
    assert_int_equal(nx_means_of_words(&means, NX_LIT("")).e, NX_ERR_MISSING);
    for (int i = 0; i < NX_MEANS_COUNT; i++) {
        enum nx_means_index one = (enum nx_means_index)i;
        assert_true(nx_ok(nx_means_of_words(&means, nx_span_str(nx_means_word(one)))));
        assert_int_equal(means, nx_means_bit(one));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_row_claims_more_than_article_20_allows),
        cmocka_unit_test(what_opens_a_sign_in_stands_by_itself),
        cmocka_unit_test(two_of_one_kind_are_one),
        cmocka_unit_test(test_rule_03_no_credential_lifts_itself_by_another),
        cmocka_unit_test(what_is_bound_together_is_never_more_than_the_rows_give),
        cmocka_unit_test(a_step_up_offers_the_smallest_addition),
        cmocka_unit_test(a_step_up_brings_the_phone_near),
        cmocka_unit_test(how_near_two_proofs_are_together),
        cmocka_unit_test(words_of_operators),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
