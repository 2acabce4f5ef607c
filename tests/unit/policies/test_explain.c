/* The explanation and the decision are one: over thousands of random facts they agree, the rule that is told
 * last is the reason, and the caps that are told end at the level that is granted. */
#include "policies/may_issue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define ROUNDS 50000

static uint64_t seed = 0x9e3779b97f4a7c15u;

static uint64_t draw(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static bool mostly(void)
{
    return draw() % 16 != 0;
}

static bool rarely(void)
{
    return draw() % 16 == 0;
}

/* Mostly such as let things through, so that every rule has its turn. */
static struct nx_facts random_facts(void)
{
    struct nx_facts f = {
        .now = 1000,
        .face = (enum nx_face)(draw() % NX_FACES),
        .store_clean = mostly(),
        .handle = {.live = mostly(),
                   .holder = mostly(),
                   .audience = mostly(),
                   .expires = mostly() ? 2000 : 500},
        .person = {.none = rarely(),
                   .known = mostly(),
                   .active = mostly(),
                   .kind = (enum nx_subject_kind)(draw() % NX_SUBJECT_KINDS),
                   .proofing = (enum nx_level)(draw() % 5),
                   .wants_second = rarely()},
        .qr = {.state = mostly() ? NX_FACT_QR_ACTIVE : (enum nx_fact_qr)(draw() % 5),
               .expires = rarely() ? 1 : 0},
        .session = {.live = mostly(),
                    .fresh = draw() % 2,
                    .one_client = rarely(),
                    .this_client = draw() % 2,
                    .auth_time = (nx_time)(draw() % 1000),
                    .how = {(unsigned)(draw() & draw() & 0xffff), (enum nx_level)(draw() % 5),
                            (enum nx_rung)((int)(draw() % 5) - 1)},
                    .attainable = (enum nx_level)(draw() % 5)},
        .client = {.known = mostly(),
                   .active = mostly(),
                   .is_public = rarely(),
                   .pkce_required = rarely(),
                   .native_unclaimed = rarely(),
                   .reachable = mostly(),
                   .legal_basis = rarely(),
                   .grant = mostly(),
                   .refreshes = draw() % 2,
                   .decoupled = rarely(),
                   .cap = rarely() ? (enum nx_level)(draw() % 5) : NX_LEVEL_NONE},
        .ask = {.prompt = rarely() ? (unsigned)(draw() % 16) : 0,
                .max_age = rarely() ? (int64_t)(draw() % 1000) : -1,
                .acr = (enum nx_level)(draw() % 5),
                .acr_essential = draw() % 2,
                .hint = rarely(),
                .hint_matches = draw() % 2,
                .offline = rarely(),
                .pkce = mostly(),
                .selected = draw() % 2,
                .change = rarely()},
        .consent = {.cover = mostly() ? NX_COVER_ALL : (enum nx_cover)(draw() % 3), .given = rarely()},
        .scope = {.held = mostly()},
        .forbidden = rarely() ? (unsigned)(draw() & draw() & 0xffff) : 0,
    };
    for (int i = 0; i < NX_FACT_EPOCHS; i++)
        f.epoch[i] =
            (struct nx_epoch_fact){.bound = true, .known = true, .issued = 3, .now = rarely() ? 4 : 3};
    return f;
}

struct told {
    const char *last_hit;
    unsigned rules, hits, caps, rows;
    enum nx_level level;
};

static void keep(void *ctx, const struct nx_trace_line *line)
{
    struct told *t = ctx;
    assert_non_null(line->name);
    assert_non_null(line->text);
    if (line->kind == NX_TRACE_RULE) {
        assert_int_equal(t->hits, 0); /* nothing is asked after the rule that decides */
        t->rules++;
        if (line->hit) t->hits++, t->last_hit = line->name;
        return;
    }
    if (line->kind == NX_TRACE_ROW) {
        t->rows++;
        assert_int_equal(line->hit, line->row != NULL);
        t->level = line->level;
        return;
    }
    t->caps++;
    assert_int_equal(line->hit, line->level < t->level);
    t->level = line->level;
}

static bool same(const struct nx_decision *a, const struct nx_decision *b)
{
    return a->verdict == b->verdict && a->reason == b->reason && a->terms.level == b->terms.level &&
           a->terms.access_s == b->terms.access_s && a->terms.refresh_most_s == b->terms.refresh_most_s &&
           a->terms.remember_consent == b->terms.remember_consent;
}

static void explanation_and_decision_agree(void **state)
{
    (void)state;
    unsigned seen[NX_REASONS] = {0};
    for (int i = 0; i < ROUNDS; i++) {
        struct nx_facts f = random_facts();
        struct told told = {.last_hit = NULL};
        const struct nx_tracer tracer = {keep, &told};
        struct nx_decision d = nx_may_issue(&f), explained = nx_may_issue_traced(&f, &tracer);
        assert_true(same(&d, &explained));
        seen[d.reason]++;
        bool silent = d.reason == NX_REASON_LOGIN_REQUIRED || d.reason == NX_REASON_CONSENT_REQUIRED;
        if (d.reason == NX_REASON_OK)
            assert_null(told.last_hit);
        else if (!silent)
            assert_string_equal(told.last_hit, nx_reason_name(d.reason));
        if (f.person.none) continue;
        assert_int_equal(told.rows, 1);
        assert_int_equal(told.level, nx_facts_level(&f));
        if (d.verdict == NX_VERDICT_ALLOW) assert_int_equal(d.terms.level, told.level);
    }
    for (int reason = 0; reason < NX_REASONS; reason++)
        if (!seen[reason]) fail_msg("no facts led to %s", nx_reason_name((enum nx_reason)reason));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(explanation_and_decision_agree)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
