/* The n-th round trip to the store fails, for every n of a whole sign-in: nothing half done is left. A
 * failure hits before the act is sent; what was done earlier in the flow stands, what comes later never
 * happened, and no code can be used after its tokens were refused. */
#include "rig.h"

struct flow {
    struct portal p;
    nx_handle_text next;
    nx_result result;
    int done; /* steps that were acknowledged */
};

static nx_result begin(struct rig *g, struct flow *f)
{
    enum nx_found found;
    f->p.session = a_person(g);
    return nx_signon_begin(&f->p.cookie, g->st, g->a, &f->p.session,
                           &(struct nx_note){.type = "session.started"}, &found);
}

static nx_result ask(struct rig *g, struct flow *f)
{
    enum nx_found found;
    f->p.grant = a_grant(g, "app");
    f->p.grant.rotates = true;
    return nx_code_issue(&f->p.code, g->st, g->a, &f->p.session, &f->p.grant, &NX_NOTE_NONE, &found);
}

static nx_result give(struct rig *g, struct flow *f)
{
    enum nx_found found;
    NX_TRY(nx_code_find(g->st, g->a, "app", nx_span_str(f->p.code.s), &f->p.read, &found));
    NX_TRY(nx_token_new(&f->p.token, g->st, f->p.read.ref.shard, "app", 300));
    struct nx_redeem r = {&f->p.read, &f->p.grant, &f->p.token, true};
    return nx_code_redeem(g->st, g->a, &r, &NX_NOTE_NONE, &f->p.given, &found);
}

static nx_result turn(struct rig *g, struct flow *f)
{
    enum nx_found found;
    struct nx_family family;
    struct nx_token_new t;
    NX_TRY(nx_family_find(g->st, g->a, "app", nx_span_str(f->p.given.refresh.s), &family, &found));
    NX_TRY(nx_family_next(&f->next, g->st, &family));
    NX_TRY(nx_token_new(&t, g->st, family.ref.shard, "app", 300));
    return nx_family_rotate(g->st, g->a, &family, &t, NX_LIT("answer"), &NX_NOTE_NONE, &found);
}

static void run_flow(struct rig *g, struct flow *f)
{
    static nx_result (*const steps[])(struct rig *, struct flow *) = {begin, ask, give, turn};
    for (f->done = 0; f->done < 4; f->done++) {
        f->result = steps[f->done](g, f);
        if (!nx_ok(f->result)) return;
    }
}

static size_t sessions_of_person(struct rig *g)
{
    struct nx_signon_list list;
    OK(nx_signon_list(g->st, g->a, PERSON, &list));
    return list.n;
}

/* The state of the world is that of the last acknowledged step: the one that failed left nothing. */
static void check(struct rig *g, struct flow *f, size_t sessions_before)
{
    struct nx_code code;
    enum nx_found found;
    assert_int_equal(sessions_of_person(g) - sessions_before, f->done >= 1 ? 1 : 0);
    if (f->done == 2) { /* the code was not used up: the client may try again */
        OK(nx_code_find(g->st, g->a, "app", nx_span_str(f->p.code.s), &code, &found));
        assert_int_equal(found, NX_FOUND);
        if (*f->p.token.jti.s) assert_int_equal(token_state(g, &f->p), NX_GONE);
    }
    if (f->done == 3) { /* the family did not turn: the same refresh token still works */
        assert_int_equal(family_state(g, &f->p), NX_FOUND);
        assert_int_equal(token_state(g, &f->p), NX_FOUND);
    }
}

static void test_every_round_trip_may_fail(void **state)
{
    RIG(state);
    unsigned n = 1;
    for (bool fired = true; fired; n++) {
        struct flow f = {.done = 0};
        size_t before = sessions_of_person(g);
        nx_fault_arm(NX_ACT_STORE, n);
        run_flow(g, &f);
        fired = nx_fault_fired(NX_ACT_STORE);
        nx_fault_arm(NX_ACT_STORE, 0);
        if (fired)
            assert_int_equal(f.result.e, NX_ERR_AWAY);
        else
            assert_int_equal(f.done, 4);
        check(g, &f, before);
    }
    assert_true(n >= 7); /* begin, issue, find, redeem, find, rotate, and the epochs that were loaded */
}

/* Randomness ends: the flow stops with an error, never with weak bytes. */
static void test_random_bytes_may_fail(void **state)
{
    RIG(state);
    unsigned n = 1;
    for (bool fired = true; fired; n++) {
        struct flow f = {.done = 0};
        size_t before = sessions_of_person(g);
        nx_fault_arm(NX_ACT_RANDOM, n);
        run_flow(g, &f);
        fired = nx_fault_fired(NX_ACT_RANDOM);
        nx_fault_arm(NX_ACT_RANDOM, 0);
        if (fired && f.done == 0)
            assert_in_range(sessions_of_person(g) - before, 0, 1); /* made, its cookie not */
        if (fired)
            assert_false(nx_ok(f.result));
        else
            assert_int_equal(f.done, 4);
    }
    assert_true(n > 10);
}

static void test_memory_may_fail(void **state)
{
    RIG(state);
    unsigned n = 1;
    for (bool fired = true; fired; n++) {
        struct flow f = {.done = 0};
        nx_arena_reset(g->a);
        nx_fault_arm(NX_ACT_ALLOC, n);
        run_flow(g, &f);
        fired = nx_fault_fired(NX_ACT_ALLOC);
        nx_fault_arm(NX_ACT_ALLOC, 0);
        if (!fired)
            assert_int_equal(f.done, 4);
        else if (f.done < 4)
            assert_int_equal(f.result.e, NX_ERR_MEMORY);
        nx_arena_close(g->a); /* an arena that failed once stays failed */
        g->a = nx_arena_open(16 << 20);
        assert_non_null(g->a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NX_ALL(test_every_round_trip_may_fail),
        NX_BOTH(test_random_bytes_may_fail),
        NX_BOTH(test_memory_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
