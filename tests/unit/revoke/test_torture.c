/* The durable act is torn apart between any two of its steps, in every way this test knows: a statement or a
 * round trip fails, the process is killed, the store restarts, falls back, or is lost. Afterwards the next
 * start has either the whole act or nothing of it: rule 19 and rule 20. */
#include "rig.h"

static nx_result revoke_qr(struct rig *g, nx_arena *a, int64_t *seq)
{
    const struct nx_revoke_order o = {NX_REVOKE, NX_REVOKE_QR, g->qid.s, NULL, "lost phone", "uid:0", NULL, NULL};
    return nx_revoke(g->h, a, &o, seq);
}

static bool recorded(struct rig *g, struct nx_revocation *v)
{
    struct nx_revocation_list rows;
    OK(nx_revocation_page(g->h->registry, g->a, 0, 10, &rows));
    if (rows.n > 0) *v = rows.v[0];
    assert_true(rows.n <= 1); /* however often it was tried */
    return rows.n == 1;
}

static size_t audited(struct rig *g)
{
    const struct nx_audit_query q = {.type = "qr.revoke"};
    struct nx_audit_page page;
    OK(nx_audit_list(g->h->registry, g->a, &q, &page));
    return page.n;
}

/* Everything of the act, once. */
static void assert_whole(struct rig *g, const struct signed_in *s)
{
    struct nx_revocation v;
    struct nx_notice_list notices;
    struct nx_qr_identity q;
    NX_AUTO_JSON receipt = NULL;
    assert_true(recorded(g, &v));
    assert_true(v.applied > 0);
    assert_true(dead(g, s));
    assert_int_equal(audited(g), 1);
    assert_int_equal(notices_of(g, v.seq, &notices), 1);
    assert_string_equal(notices.v[0].target, DVC);
    OK(nx_qr_identity_get(g->h->registry, g->a, g->qid.s, &q));
    assert_int_equal(q.status, NX_QR_REVOKED);
    OK(nx_revoke_receipt(&receipt, g->h, g->a, v.seq));
    assert_int_equal(json_array_size(nx_json_array(receipt, "killed")), 3);
    assert_int_equal(json_array_size(nx_json_array(receipt, "portals")), 1);
}

static void assert_nothing(struct rig *g, const struct signed_in *s)
{
    struct nx_revocation v;
    assert_false(recorded(g, &v));
    assert_true(alive(g, s));
    assert_int_equal(audited(g), 0);
    assert_int_equal(epoch(g, 'q', g->qid.s), 0);
}

static void assert_whole_or_nothing(struct rig *g, const struct signed_in *s)
{
    struct nx_revocation v;
    if (recorded(g, &v))
        assert_whole(g, s);
    else
        assert_nothing(g, s);
}

/* A node starts: meets the store, applies what is pending. */
static void next_start(struct rig *g)
{
    nx_house_close(g->h);
    g->h = NULL;
    house_open(g);
    OK(nx_revoke_tick(g->h));
}

/* --- the n-th act of a kind fails
 * --------------------------------------------------------------------------------- */

/* Returns whether the fault happened. */
static bool one_failure(nx_act act, unsigned n, bool redis)
{
    struct rig *g = rig_new(redis);
    struct signed_in s;
    int64_t seq = 0;
    sign_in(g, &s, g->qid.s, DVC);
    nx_arena *a = nx_arena_open(16 << 20);
    assert_non_null(a);
    nx_fault_arm(act, n);
    nx_result r = revoke_qr(g, a, &seq);
    bool fired = nx_fault_fired(act);
    nx_fault_arm(act, 0);
    nx_arena_close(a);
    struct nx_revocation v;
    bool durable = recorded(g, &v);
    if (nx_ok(r)) assert_true(durable);
    if (redis)
        next_start(g);
    else
        OK(nx_revoke_tick(g->h));
    if (durable)
        assert_whole(g, &s);
    else
        assert_nothing(g, &s);
    rig_free(g);
    return fired;
}

static void every_failure(nx_act act, bool redis, unsigned at_least)
{
    unsigned n = 1;
    while (one_failure(act, n, redis))
        n++;
    assert_true(n > at_least);
}

static void test_rule_20_every_statement_may_fail(void **state)
{
    (void)state;
    every_failure(NX_ACT_SQL, false, 8);
}

static void test_rule_20_every_allocation_may_fail(void **state)
{
    (void)state;
    every_failure(NX_ACT_ALLOC, false, 1);
}

static void test_rule_20_every_round_trip_may_fail(void **state)
{
    (void)state;
    every_failure(NX_ACT_STORE, false, 1);
}

static void test_rule_20_every_round_trip_may_fail_and_the_node_restarts(void **state)
{
    (void)state;
    if (!have_redis()) skip();
    every_failure(NX_ACT_STORE, true, 1);
}

/* --- the process is killed
 * ------------------------------------------------------------------------------------------ */

/* A node of its own revokes and is killed after so many microseconds. */
static void killed_node(struct rig *g, useconds_t after)
{
    nx_house_close(g->h);
    g->h = NULL;
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        int64_t seq;
        nx_arena *a = nx_arena_open(16 << 20);
        house_open(g);
        if (write(ready[1], "x", 1) != 1) _exit(1);
        nx_ignore(revoke_qr(g, a, &seq));
        for (;;)
            pause();
    }
    char byte;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    usleep(after);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(ready[0]);
    close(ready[1]);
    house_open(g);
    OK(nx_revoke_tick(g->h));
}

static void test_rule_20_a_killed_node(void **state)
{
    (void)state;
    if (!have_redis()) skip();
    int whole = 0, tries = 12;
    for (int i = 0; i < tries; i++) {
        struct rig *g = rig_new(true);
        struct signed_in s;
        struct nx_revocation v;
        sign_in(g, &s, g->qid.s, DVC);
        killed_node(g, (useconds_t)(i * i * 250)); /* 0 to about 30 ms, dense at the beginning */
        assert_whole_or_nothing(g, &s);
        whole += recorded(g, &v);
        rig_free(g);
    }
    assert_true(whole > 0); /* the last ones had time enough */
}

/* --- the store restarts, falls back, is lost
 * -------------------------------------------------------------------------- */

static void copy_folder(const struct rig *g, const char *from, const char *to)
{
    char command[256];
    snprintf(command, sizeof command, "rm -rf %s/%s && cp -a %s/%s %s/%s", g->folder, to, g->folder, from,
             g->folder, to);
    assert_int_equal(system(command), 0);
}

/* The store comes back without what it acknowledged last: the revocation. */
static void test_rule_19_the_store_falls_back(void **state)
{
    RIG(state);
    struct signed_in s;
    int64_t seq;
    sign_in(g, &s, g->qid.s, DVC);
    redis_stop(g);
    copy_folder(g, "appendonlydir", "before");
    assert_true(redis_start(g));
    meet(g);
    assert_true(alive(g, &s));
    OK(revoke_qr(g, a, &seq));
    assert_true(dead(g, &s));
    redis_stop(g);
    copy_folder(g, "before", "appendonlydir");
    assert_true(redis_start(g));
    meet(g); /* the gap was replayed before anything was served */
    assert_whole(g, &s);
}

/* The store is lost whole: nothing of before is accepted, and the lists have another generation. */
static void lose(struct rig *g)
{
    char command[160];
    if (!g->redis) {
        nx_memory_restart(g->h->store, true);
        meet(g);
        return;
    }
    redis_stop(g);
    snprintf(command, sizeof command, "rm -rf %s/appendonlydir", g->folder);
    assert_int_equal(system(command), 0);
    assert_true(redis_start(g));
    meet(g);
}

static void test_rule_22_the_store_is_lost(void **state)
{
    RIG(state);
    struct signed_in s;
    nx_id before, after;
    int64_t seq;
    sign_in(g, &s, g->qid.s, DVC);
    OK(nx_status_generation(g->h->store, &before));
    OK(revoke_qr(g, a, &seq));
    lose(g);
    assert_false(session_lives(g, &s));
    assert_false(token_lives(g, &s));
    OK(nx_status_generation(g->h->store, &after));
    assert_string_not_equal(before.s, after.s);
    lose(g);
    OK(nx_status_generation(g->h->store, &before));
    assert_string_not_equal(before.s, after.s);
}

/* Rule 19: a copy that is missing is loaded, so an old record cannot come alive under a zero. */
static void test_rule_19_a_lost_epoch_is_not_zero(void **state)
{
    RIG(state);
    struct nx_signon s = {.subject = g->person.s,
                          .qid = g->qid.s,
                          .level = 1,
                          .rung = -1,
                          .means = 1,
                          .auth_time = nx_now(),
                          .idle_s = 1800,
                          .ends = nx_now() + 28800};
    nx_handle_text cookie;
    enum nx_found found;
    int64_t seq;
    OK(nx_epochs_set(&s.epochs, NX_EPOCH_PERSON, g->person.s, 0));
    OK(nx_epochs_set(&s.epochs, NX_EPOCH_QR, g->qid.s, 0));
    OK(revoke_qr(g, a, &seq));
    lose(g);
    OK(nx_signon_begin(&cookie, g->h->store, a, &s, &NX_NOTE_NONE, &found));
    assert_int_equal(found, NX_STALE);
}

/* The store is away when the operator revokes: durable at once, done when the store is back. */
static void test_rule_20_revoked_while_the_store_is_away(void **state)
{
    RIG(state);
    struct signed_in s;
    int64_t seq;
    sign_in(g, &s, g->qid.s, DVC);
    if (g->redis)
        redis_stop(g);
    else
        nx_memory_away(g->h->store, true);
    assert_string_equal(nx_err_name(revoke_qr(g, a, &seq).e), "AWAY");
    struct nx_revocation v;
    assert_true(recorded(g, &v));
    assert_int_equal(v.applied, 0);
    if (g->redis)
        assert_true(redis_start(g));
    else
        nx_memory_away(g->h->store, false);
    meet(g);
    OK(nx_revoke_tick(g->h));
    assert_whole(g, &s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rule_20_every_statement_may_fail),
        cmocka_unit_test(test_rule_20_every_allocation_may_fail),
        cmocka_unit_test(test_rule_20_every_round_trip_may_fail),
        cmocka_unit_test(test_rule_20_every_round_trip_may_fail_and_the_node_restarts),
        cmocka_unit_test(test_rule_20_a_killed_node),
        cmocka_unit_test_setup_teardown(test_rule_19_the_store_falls_back, setup_redis, teardown),
        NX_BOTH(test_rule_22_the_store_is_lost),
        NX_BOTH(test_rule_19_a_lost_epoch_is_not_zero),
        NX_BOTH(test_rule_20_revoked_while_the_store_is_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
