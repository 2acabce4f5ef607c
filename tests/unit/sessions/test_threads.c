/* Many threads, one store: what may happen once happens once, and a revocation either sees a grant or stops
 * it. Threads only record; the main thread asserts. */
#include "rig.h"

#define THREADS 8

struct worker {
    struct rig *g;
    pthread_t thread;
    nx_arena *a;
    pthread_barrier_t *start;
    const char *text;
    struct portal p;
    enum nx_found found;
    nx_result result;
    int number;
};

static void run_all(struct rig *g, struct worker w[THREADS], void *(*f)(void *), const char *text)
{
    pthread_barrier_t start;
    pthread_barrier_init(&start, NULL, THREADS);
    for (int i = 0; i < THREADS; i++) {
        w[i].g = g;
        w[i].a = nx_arena_open(4 << 20);
        w[i].start = &start;
        w[i].text = text;
        w[i].number = i;
        assert_non_null(w[i].a);
        assert_int_equal(pthread_create(&w[i].thread, NULL, f, &w[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(w[i].thread, NULL), 0);
    pthread_barrier_destroy(&start);
}

static size_t count_found(const struct worker w[THREADS], enum nx_found found)
{
    size_t n = 0;
    for (int i = 0; i < THREADS; i++)
        n += nx_ok(w[i].result) && w[i].found == found;
    return n;
}

static void close_all(struct worker w[THREADS])
{
    for (int i = 0; i < THREADS; i++)
        nx_arena_close(w[i].a);
}

/* --- one code, eight redeemers
 * -------------------------------------------------------------------------------- */

static nx_result redeem_once(struct worker *w)
{
    struct nx_grant grant = w->p.grant;
    nx_store *st = w->g->st;
    NX_TRY(nx_code_find(st, w->a, "dvc", nx_span_str(w->text), &w->p.read, &w->found));
    if (w->found != NX_FOUND) return NX_OK;
    NX_TRY(nx_token_new(&w->p.token, st, w->p.read.ref.shard, "dvc", 300));
    struct nx_redeem r = {&w->p.read, &grant, &w->p.token, true};
    return nx_code_redeem(st, w->a, &r, &NX_NOTE_NONE, &w->p.given, &w->found);
}

static void *redeemer(void *arg)
{
    struct worker *w = arg;
    pthread_barrier_wait(w->start);
    w->result = redeem_once(w);
    return NULL;
}

static void test_a_code_is_redeemed_once(void **state)
{
    RIG(state);
    struct worker w[THREADS] = {{.number = 0}};
    struct portal p;
    issue_code(g, &p, "dvc");
    for (int i = 0; i < THREADS; i++)
        w[i].p = p;
    run_all(g, w, redeemer, p.code.s);
    assert_int_equal(count_found(w, NX_FOUND), 1);
    assert_int_equal(count_found(w, NX_SPENT), THREADS - 1);
    for (int i = 0; i < THREADS; i++)
        if (w[i].found == NX_FOUND)
            assert_int_not_equal(token_state(g, &w[i].p), NX_FOUND); /* the others killed it */
    close_all(w);
}

/* --- one ticket, one transaction, one guard
 * -------------------------------------------------------------------- */

static void *taker(void *arg)
{
    struct worker *w = arg;
    struct nx_ticket t;
    pthread_barrier_wait(w->start);
    w->result =
        nx_ticket_take(w->g->st, w->a, NX_HANDLE_RESPONSE, NX_SPAN_NONE, nx_span_str(w->text), &t, &w->found);
    return NULL;
}

static void test_a_ticket_is_taken_once(void **state)
{
    RIG(state);
    struct worker w[THREADS] = {{.number = 0}};
    nx_handle_text text;
    OK(nx_ticket_make(&text, st, a, NX_HANDLE_RESPONSE, NX_SPAN_NONE, NX_LIT("x"), 60));
    run_all(g, w, taker, text.s);
    assert_int_equal(count_found(w, NX_FOUND), 1);
    assert_int_equal(count_found(w, NX_SPENT), THREADS - 1);
    close_all(w);
}

static void *guarded(void *arg)
{
    struct worker *w = arg;
    bool first;
    const struct nx_guard guard = {"assertion", "dvc", nx_span_str(w->text), 0, nx_now() + 60};
    pthread_barrier_wait(w->start);
    w->result = nx_guard_once(w->g->st, &guard, &first);
    w->found = first ? NX_FOUND : NX_SPENT;
    return NULL;
}

static void test_a_guard_lets_one_through(void **state)
{
    RIG(state);
    struct worker w[THREADS] = {{.number = 0}};
    run_all(g, w, guarded, "jti");
    assert_int_equal(count_found(w, NX_FOUND), 1);
    assert_int_equal(count_found(w, NX_SPENT), THREADS - 1);
    close_all(w);
}

/* --- digits: parallel guessing gains nothing (rule 9)
 * ----------------------------------------------------------- */

static void *guesser(void *arg)
{
    struct worker *w = arg;
    struct nx_order o;
    pthread_barrier_wait(w->start);
    w->result = nx_order_try(w->g->st, w->a, w->text, &o, &w->found);
    return NULL;
}

static void test_rule_09_parallel_guessing_gains_nothing(void **state)
{
    RIG(state);
    struct worker w[THREADS] = {{.number = 0}};
    struct nx_order o;
    enum nx_found found;
    OK(nx_order_begin(st, a, NX_LIT("x"), &o));
    OK(nx_order_take(st, a, o.id.s, "phone", NX_SPAN_NONE, &o, &found));
    OK(nx_order_step(st, a, &o, NX_ORDER_CONTEXT, NX_SPAN_NONE, &found));
    OK(nx_order_step(st, a, &o, NX_ORDER_APPROVED, NX_SPAN_NONE, &found));
    run_all(g, w, guesser, o.id.s);
    assert_int_equal(count_found(w, NX_FOUND), NX_ORDER_TRIES);
    OK(nx_order_find(st, a, o.id.s, &o, &found));
    assert_int_equal(o.state, NX_ORDER_DEAD);
    assert_string_equal(o.why, "digits");
    close_all(w);
}

/* --- rule 21: revoke against issue
 * ------------------------------------------------------------------------------ */

/* Signs in and gets tokens until a revocation stops it; remembers what it was given last. */
static nx_result sign_in_once(struct worker *w)
{
    nx_store *st = w->g->st;
    struct nx_signon s = w->p.session;
    struct nx_grant grant = w->p.grant;
    NX_TRY(nx_signon_begin(&w->p.cookie, st, w->a, &s, &NX_NOTE_NONE, &w->found));
    if (w->found != NX_FOUND) return NX_OK;
    NX_TRY(nx_code_issue(&w->p.code, st, w->a, &s, &grant, &NX_NOTE_NONE, &w->found));
    if (w->found != NX_FOUND) return NX_OK;
    NX_TRY(nx_code_find(st, w->a, "dvc", nx_span_str(w->p.code.s), &w->p.read, &w->found));
    if (w->found != NX_FOUND) return NX_OK;
    NX_TRY(nx_token_new(&w->p.token, st, w->p.read.ref.shard, "dvc", 300));
    struct nx_redeem r = {&w->p.read, &grant, &w->p.token, true};
    return nx_code_redeem(st, w->a, &r, &NX_NOTE_NONE, &w->p.given, &w->found);
}

static void *issuer(void *arg)
{
    struct worker *w = arg;
    pthread_barrier_wait(w->start);
    for (int i = 0; i < 20 && nx_ok(w->result); i++) {
        w->result = sign_in_once(w);
        if (w->found != NX_FOUND) break;
        nx_arena_reset(w->a);
    }
    return NULL;
}

static void *revoker(void *arg)
{
    struct worker *w = arg;
    struct nx_killed_list killed;
    struct nx_kill k = {.seq = 1,
                        .shard = nx_store_shard(w->g->st, PERSON),
                        .scope = NX_KILL_PERSON,
                        .subject = PERSON,
                        .target = PERSON};
    pthread_barrier_wait(w->start);
    nx_result r = nx_epochs_set(&k.epochs, NX_EPOCH_PERSON, PERSON, 1);
    usleep(2000);
    pthread_mutex_lock(&w->g->truth.lock);
    w->g->truth.person = 1; /* the registry's row comes first */
    pthread_mutex_unlock(&w->g->truth.lock);
    w->result = nx_ok(r) ? nx_kill_apply(w->g->st, w->a, &k, &killed) : r;
    w->found = NX_FOUND;
    return NULL;
}

static void *issue_or_revoke(void *arg)
{
    const struct worker *w = arg;
    return w->number == 0 ? revoker(arg) : issuer(arg);
}

static void test_rule_21_revoke_against_issue(void **state)
{
    RIG(state);
    struct worker w[THREADS] = {{.number = 0}};
    struct nx_signon_list list;
    for (int i = 0; i < THREADS; i++) {
        w[i].p.session = a_person(g);
        w[i].p.grant = a_grant(g, "dvc");
    }
    run_all(g, w, issue_or_revoke, NULL);
    OK(w[0].result);
    OK(nx_signon_list(st, a, PERSON, &list));
    assert_int_equal(list.n, 0); /* nothing made under the old epoch is alive */
    for (int i = 1; i < THREADS; i++) {
        OK(w[i].result);
        if (*w[i].p.token.jti.s) assert_int_not_equal(token_state(g, &w[i].p), NX_FOUND);
        if (*w[i].p.given.refresh.s) assert_int_not_equal(family_state(g, &w[i].p), NX_FOUND);
        assert_int_not_equal(session_state(g, &w[i].p.cookie), NX_FOUND);
    }
    close_all(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NX_BOTH(test_a_code_is_redeemed_once),      NX_BOTH(test_a_ticket_is_taken_once),
        NX_BOTH(test_a_guard_lets_one_through),     NX_BOTH(test_rule_09_parallel_guessing_gains_nothing),
        NX_BOTH(test_rule_21_revoke_against_issue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
