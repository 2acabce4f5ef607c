/* Applying revocations: each scope kills what it names and nothing else, twice is once, and what came after
 * is spared. */
#include "rig.h"

static int64_t next_seq;

/* Applies an act for PERSON; the epoch, if any, is raised as the registry does. */
static struct nx_killed_list apply(struct rig *g, enum nx_kill_act act, enum nx_kill_scope scope,
                                   const char *target)
{
    struct nx_killed_list killed;
    struct nx_kill k = {.seq = ++next_seq,
                        .shard = nx_store_shard(g->st, PERSON),
                        .act = act,
                        .scope = scope,
                        .subject = PERSON,
                        .target = target};
    if (act == NX_KILL_REVOKE && scope == NX_KILL_PERSON)
        OK(nx_epochs_set(&k.epochs, NX_EPOCH_PERSON, PERSON, ++g->truth.person));
    if (act == NX_KILL_REVOKE && scope == NX_KILL_QR)
        OK(nx_epochs_set(&k.epochs, NX_EPOCH_QR, target, ++g->truth.qr));
    OK(nx_kill_apply(g->st, g->a, &k, &killed));
    return killed;
}

static size_t count(const struct nx_killed_list *l, char kind)
{
    size_t n = 0;
    for (size_t i = 0; i < l->n; i++)
        n += l->v[i].kind == kind;
    return n;
}

static const struct nx_killed *first(const struct nx_killed_list *l, char kind)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->v[i].kind == kind) return &l->v[i];
    return NULL;
}

/* A session of the same person under another QR identity. */
static void signed_in_with(struct rig *g, const char *qid, nx_handle_text *cookie)
{
    struct nx_signon s = a_person(g);
    enum nx_found found;
    s.qid = qid;
    OK(nx_epochs_set(&s.epochs, NX_EPOCH_QR, qid, 0));
    OK(nx_signon_begin(cookie, g->st, g->a, &s, &NX_NOTE_NONE, &found));
    assert_int_equal(found, NX_FOUND);
}

static void test_a_qr_identity(void **state)
{
    RIG(state);
    struct portal p;
    nx_handle_text other;
    signed_in_with(g, QID2, &other);
    sign_in_to(g, &p, "dvc");
    struct nx_killed_list killed = apply(g, NX_KILL_REVOKE, NX_KILL_QR, QID);
    assert_int_equal(count(&killed, 's'), 1);
    assert_int_equal(count(&killed, 'c'), 0); /* it was used */
    assert_int_equal(count(&killed, 'f'), 1);
    assert_int_equal(count(&killed, 't'), 1);
    assert_int_equal(killed.spared, 1);
    assert_string_equal(first(&killed, 's')->id.s, p.session.id.s);
    assert_int_equal(first(&killed, 's')->client_count, 1);
    assert_string_equal(first(&killed, 's')->clients[0], "dvc");
    assert_string_equal(first(&killed, 'f')->client, "dvc");
    assert_string_equal(first(&killed, 'f')->session, p.session.id.s);
    assert_int_equal(first(&killed, 'f')->status.index, p.given.family.grant.status.index);

    assert_int_equal(session_state(g, &p.cookie), NX_GONE);
    assert_int_not_equal(token_state(g, &p), NX_FOUND);
    assert_int_not_equal(family_state(g, &p), NX_FOUND);
    assert_int_equal(status_bits(g, p.given.family.grant.status), NX_STATUS_REVOKED);
    assert_int_equal(session_state(g, &other), NX_FOUND);
}

static void test_a_session(void **state)
{
    RIG(state);
    struct portal p, q;
    issue_code(g, &p, "dvc");
    p.grant.offline = true; /* revoking the session ends even what outlives its natural end */
    assert_int_equal(redeem(g, &p), NX_FOUND);
    sign_in_to(g, &q, "dvc");
    struct nx_killed_list killed = apply(g, NX_KILL_REVOKE, NX_KILL_SESSION, p.session.id.s);
    assert_int_equal(count(&killed, 's'), 1);
    assert_int_equal(killed.spared, 1);
    assert_int_equal(session_state(g, &p.cookie), NX_GONE);
    assert_int_equal(family_state(g, &p), NX_GONE);
    assert_int_not_equal(token_state(g, &p), NX_FOUND);
    assert_int_equal(session_state(g, &q.cookie), NX_FOUND);
    assert_int_equal(family_state(g, &q), NX_FOUND);
    assert_int_equal(token_state(g, &q), NX_FOUND);
}

static void test_signing_out_spares_what_may_outlive_the_session(void **state)
{
    RIG(state);
    struct portal p, q;
    issue_code(g, &p, "dvc");
    p.grant.offline = true;
    assert_int_equal(redeem(g, &p), NX_FOUND);
    struct nx_killed_list killed = apply(g, NX_KILL_REVOKE, NX_KILL_LEAVE, p.session.id.s);
    assert_int_equal(count(&killed, 's'), 1);
    assert_int_equal(count(&killed, 'f'), 0);
    assert_int_equal(session_state(g, &p.cookie), NX_GONE);
    assert_int_equal(family_state(g, &p), NX_FOUND);
    sign_in_to(g, &q, "dvc");
    killed = apply(g, NX_KILL_REVOKE, NX_KILL_LEAVE, q.session.id.s);
    assert_int_equal(count(&killed, 'f'), 1);
    assert_int_not_equal(family_state(g, &q), NX_FOUND);
    assert_int_not_equal(token_state(g, &q), NX_FOUND);
}

static void test_a_person(void **state)
{
    RIG(state);
    struct portal p, q;
    nx_handle_text other;
    sign_in_to(g, &p, "dvc");
    sign_in_to(g, &q, "thue");
    signed_in_with(g, QID2, &other);
    struct nx_killed_list killed = apply(g, NX_KILL_REVOKE, NX_KILL_PERSON, PERSON);
    assert_int_equal(count(&killed, 's'), 3);
    assert_int_equal(count(&killed, 't'), 2);
    assert_int_equal(killed.spared, 0);
    assert_int_equal(session_state(g, &other), NX_GONE);
    assert_int_not_equal(token_state(g, &q), NX_FOUND);
    sign_in_to(g, &p, "dvc"); /* under the new epoch */
    assert_int_equal(token_state(g, &p), NX_FOUND);
}

static void test_what_she_gave_to_a_client(void **state)
{
    RIG(state);
    struct portal p, q;
    sign_in_to(g, &p, "dvc");
    sign_in_to(g, &q, "thue");
    struct nx_killed_list killed = apply(g, NX_KILL_REVOKE, NX_KILL_CLIENT, "dvc");
    assert_int_equal(count(&killed, 's'), 0);
    assert_int_equal(count(&killed, 'f'), 1);
    assert_int_equal(killed.spared, 2);
    assert_int_not_equal(token_state(g, &p), NX_FOUND);
    assert_int_equal(token_state(g, &q), NX_FOUND);
    assert_int_equal(session_state(g, &p.cookie), NX_FOUND);
}

static void test_suspend_and_resume(void **state)
{
    RIG(state);
    struct portal p;
    sign_in_to(g, &p, "dvc");
    struct nx_killed_list l = apply(g, NX_KILL_SUSPEND, NX_KILL_QR, QID);
    assert_int_equal(count(&l, 'f'), 1);
    assert_int_equal(status_bits(g, p.given.family.grant.status), NX_STATUS_SUSPENDED);
    assert_int_equal(session_state(g, &p.cookie), NX_FOUND); /* refused by the gate, not gone */
    l = apply(g, NX_KILL_RESUME, NX_KILL_QR, QID);
    assert_int_equal(status_bits(g, p.given.family.grant.status), NX_STATUS_VALID);
    assert_int_equal(token_state(g, &p), NX_FOUND);
}

static void test_rule_20_twice_is_once(void **state)
{
    RIG(state);
    struct portal p;
    int64_t seq;
    bool known;
    uint16_t shard = nx_store_shard(st, PERSON);
    nx_id generation;
    OK(nx_id_make(&generation));
    OK(nx_kill_applied(st, shard, &seq, &known));
    assert_false(known);
    OK(nx_kill_settle(st, shard, next_seq, &generation));
    OK(nx_kill_applied(st, shard, &seq, &known));
    assert_true(known);
    assert_int_equal(seq, next_seq);

    sign_in_to(g, &p, "dvc");
    struct nx_killed_list one = apply(g, NX_KILL_REVOKE, NX_KILL_PERSON, PERSON), two;
    OK(nx_kill_applied(st, shard, &seq, &known));
    assert_int_equal(seq, next_seq);
    struct nx_kill k = {
        .seq = next_seq, .shard = shard, .scope = NX_KILL_PERSON, .subject = PERSON, .target = PERSON};
    OK(nx_epochs_set(&k.epochs, NX_EPOCH_PERSON, PERSON, g->truth.person));
    sign_in_to(g, &p, "dvc"); /* since then she is back */
    OK(nx_kill_apply(st, a, &k, &two));
    assert_int_equal(one.n, two.n); /* the node that died before it wrote the notices gets the same list */
    assert_string_equal(first(&one, 's')->id.s, first(&two, 's')->id.s);
    OK(nx_kill_forget(st, shard, next_seq));
    OK(nx_kill_apply(st, a, &k, &two));
    assert_int_equal(two.n, 0);
    assert_int_equal(token_state(g, &p), NX_FOUND); /* a replay kills nothing that came after */
}

static void test_rule_20_a_replayed_withdrawal_spares_a_later_grant(void **state)
{
    RIG(state);
    struct portal p;
    sign_in_to(g, &p, "dvc");
    struct nx_kill k = {.seq = ++next_seq,
                        .shard = nx_store_shard(st, PERSON),
                        .scope = NX_KILL_CLIENT,
                        .subject = PERSON,
                        .target = "dvc",
                        .made_before_ms = (nx_now() + 1) * 1000};
    struct nx_killed_list killed;
    nx_clock_shift(60);
    sign_in_to(g, &p, "dvc");
    OK(nx_kill_apply(st, a, &k, &killed));
    assert_int_equal(count(&killed, 'f'), 1);
    assert_int_equal(token_state(g, &p), NX_FOUND);
}

static void test_rule_22_another_generation_after_a_loss(void **state)
{
    RIG(state);
    nx_id one, two, now;
    OK(nx_id_make(&one));
    OK(nx_id_make(&two));
    now = one;
    OK(nx_kill_settle(st, 0, 5, &now));
    assert_string_equal(now.s, one.s);
    now = two; /* another node was slower */
    OK(nx_kill_settle(st, 0, 7, &now));
    assert_string_equal(now.s, one.s);
    OK(nx_status_generation(st, &now));
    assert_string_equal(now.s, one.s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NX_ALL(test_a_qr_identity),
        NX_ALL(test_a_session),
        NX_ALL(test_signing_out_spares_what_may_outlive_the_session),
        NX_ALL(test_a_person),
        NX_ALL(test_what_she_gave_to_a_client),
        NX_ALL(test_suspend_and_resume),
        NX_ALL(test_rule_20_twice_is_once),
        NX_BOTH(test_rule_20_a_replayed_withdrawal_spares_a_later_grant),
        NX_ALL(test_rule_22_another_generation_after_a_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
