#include "registry/revocation.h"

#include "registry/epoch.h"
#include "registry/outbox.h"
#include "rig.h"

static struct nx_revocation add(struct rig *rig, int shard)
{
    struct nx_revocation v = {.shard = shard,
                              .act = "revoke",
                              .scope = "qr",
                              .target = "qid",
                              .reason = "mất điện thoại",
                              .actor = "uid:0",
                              .plan = "{}"};
    assert_ok(nx_revocation_add(rig->registry, &v));
    return v;
}

static void test_rule_19_epochs_only_grow(void **state)
{
    struct rig *rig = *state;
    int64_t value;
    assert_ok(nx_registry_epoch_get(rig->registry, 'q', "qid", &value));
    assert_int_equal(value, 0);
    for (int i = 1; i <= 3; i++) {
        assert_ok(nx_registry_epoch_raise(rig->registry, 'q', "qid", &value));
        assert_int_equal(value, i);
    }
    assert_ok(nx_registry_epoch_get(rig->registry, 'p', "qid", &value));
    assert_int_equal(value, 0);
    assert_err(nx_registry_epoch_get(rig->registry, 'Q', "qid", &value), NX_ERR_RANGE);
    assert_err(nx_registry_epoch_get(rig->registry, 'q', "", &value), NX_ERR_MISSING);
}

/* An epoch outlives what it belongs to: a person made again under the same id would not revive old tokens. */
static void test_rule_19_an_epoch_is_never_deleted(void **state)
{
    struct rig *rig = *state;
    struct nx_person_made lan = rig_person(rig, "lan");
    int64_t value;
    assert_ok(nx_registry_epoch_raise(rig->registry, 'p', lan.id.s, &value));
    assert_ok(nx_person_delete(rig->registry, lan.id.s));
    assert_ok(nx_registry_epoch_get(rig->registry, 'p', lan.id.s, &value));
    assert_int_equal(value, 1);
    assert_err(nx_registry_epoch_load(rig->registry, 'p', lan.id.s, &value), NX_ERR_NOT_FOUND);
}

static void test_rule_20_pending_until_applied(void **state)
{
    struct rig *rig = *state;
    struct nx_revocation one = add(rig, 0), two = add(rig, 0), read;
    struct nx_revocation_list list;
    assert_true(two.seq > one.seq);
    assert_ok(nx_revocation_pending(rig->registry, rig->arena, 0, &list));
    assert_int_equal(list.n, 2);
    assert_int_equal(list.v[0].seq, one.seq);
    assert_ok(nx_revocation_applied(rig->registry, one.seq, "{\"killed\":1}"));
    assert_ok(nx_revocation_pending(rig->registry, rig->arena, 0, &list));
    assert_int_equal(list.n, 1);
    assert_ok(nx_revocation_get(rig->registry, rig->arena, one.seq, &read));
    nx_time first = read.applied;
    assert_true(first > 0);
    nx_clock_shift(50);
    assert_ok(nx_revocation_applied(rig->registry, one.seq, "{\"killed\":2}"));
    nx_clock_shift(0);
    assert_ok(nx_revocation_get(rig->registry, rig->arena, one.seq, &read));
    assert_int_equal(read.applied, first);
    assert_string_equal(read.receipt, "{\"killed\":2}");
    assert_ok(nx_revocation_set_receipt(rig->registry, one.seq, "{}"));
    assert_err(nx_revocation_get(rig->registry, rig->arena, 99, &read), NX_ERR_NOT_FOUND);
    assert_err(nx_revocation_applied(rig->registry, 99, "{}"), NX_ERR_NOT_FOUND);
}

/* What one shard must replay: its own rows and those of every shard, after the mark, applied or not. */
static void test_rule_19_the_gap_of_a_shard(void **state)
{
    struct rig *rig = *state;
    struct nx_revocation_list list;
    struct nx_revocation a = add(rig, 3), b = add(rig, 4), everywhere = add(rig, -1), c = add(rig, 3);
    int64_t last;
    assert_ok(nx_revocation_applied(rig->registry, c.seq, "{}"));
    assert_ok(nx_revocation_since(rig->registry, rig->arena, 3, a.seq, 0, &list));
    assert_int_equal(list.n, 2);
    assert_int_equal(list.v[0].seq, everywhere.seq);
    assert_int_equal(list.v[1].seq, c.seq);
    assert_ok(nx_revocation_last(rig->registry, 4, &last));
    assert_int_equal(last, everywhere.seq);
    assert_ok(nx_revocation_last(rig->registry, 3, &last));
    assert_int_equal(last, c.seq);
    assert_ok(nx_revocation_page(rig->registry, rig->arena, 0, 2, &list));
    assert_int_equal(list.n, 2);
    assert_int_equal(list.v[0].seq, c.seq);
    assert_ok(nx_revocation_page(rig->registry, rig->arena, everywhere.seq, 0, &list));
    assert_int_equal(list.v[0].seq, b.seq);
}

static void test_what_is_refused(void **state)
{
    struct rig *rig = *state;
    char longest[NX_REASON_MAX + 2];
    struct nx_revocation v = {.act = "revoke", .scope = "qr", .target = "q", .actor = "a", .reason = longest};
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_err(nx_revocation_add(rig->registry, &v), NX_ERR_LIMIT);
    v.reason = "a\x1b[2J";
    assert_err(nx_revocation_add(rig->registry, &v), NX_ERR_ENCODING);
    v.reason = NULL;
    assert_err(nx_revocation_add(rig->registry, &v), NX_ERR_MISSING);
}

static struct nx_notice put(struct rig *rig, int64_t revocation)
{
    struct nx_notice n = {
        .kind = "backchannel-logout", .target = "portal", .payload = "{}", .revocation = revocation};
    assert_ok(nx_outbox_put(rig->registry, &n));
    return n;
}

static size_t lease(struct rig *rig, nx_time now, struct nx_notice_list *list)
{
    assert_ok(nx_outbox_lease(rig->registry, rig->arena, now, 30, 10, list));
    return list->n;
}

/* A lease that runs out makes the notice due again; only an answer or giving up ends it. */
static void test_rule_20_nothing_undelivered_is_lost(void **state)
{
    struct rig *rig = *state;
    struct nx_notice_list list;
    struct nx_outbox_depth depth;
    nx_time now = nx_now();
    struct nx_notice n = put(rig, 7);
    put(rig, 0);
    assert_int_equal(lease(rig, now, &list), 2);
    assert_int_equal(list.v[0].tries, 1);
    assert_int_equal(lease(rig, now, &list), 0);
    assert_int_equal(lease(rig, now + 31, &list), 2);
    assert_int_equal(list.v[0].tries, 2);
    assert_ok(nx_outbox_retry(rig->registry, n.id, now + 100, "timeout"));
    assert_ok(nx_outbox_of_revocation(rig->registry, rig->arena, 7, &list));
    assert_int_equal(list.n, 1);
    assert_string_equal(list.v[0].last_error, "timeout");
    assert_ok(nx_outbox_depth(rig->registry, &depth));
    assert_int_equal(depth.waiting, 2);
    assert_ok(nx_outbox_delivered(rig->registry, n.id, now));
    assert_err(nx_outbox_delivered(rig->registry, n.id, now), NX_ERR_NOT_FOUND);
    assert_int_equal(lease(rig, now + 1000, &list), 1);
    assert_ok(nx_outbox_give_up(rig->registry, list.v[0].id, now, "gone"));
    assert_int_equal(lease(rig, now + 10000, &list), 0);
    assert_ok(nx_outbox_depth(rig->registry, &depth));
    assert_int_equal(depth.waiting, 0);
    assert_ok(nx_outbox_of_revocation(rig->registry, rig->arena, 0, &list));
    assert_int_equal(list.n, 0);
}

/* Epoch, row and notice stand or fall together. */
static nx_result whole_act(struct rig *rig)
{
    int64_t value;
    struct nx_revocation v = {
        .act = "revoke", .scope = "qr", .target = "qid", .reason = "x", .actor = "uid:0"};
    struct nx_notice n = {.kind = "k", .target = "t", .payload = "{}"};
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, rig->registry, NX_DURABLE));
    NX_TRY(nx_registry_epoch_raise(rig->registry, 'q', "qid", &value));
    NX_TRY(nx_revocation_add(rig->registry, &v));
    n.revocation = v.seq;
    NX_TRY(nx_outbox_put(rig->registry, &n));
    return nx_registry_commit(&change);
}

static void test_the_nth_statement_fails(void **state)
{
    struct rig *rig = *state;
    unsigned n = 1;
    for (;; n++) {
        int64_t epoch, last;
        struct nx_outbox_depth depth;
        nx_fault_arm(NX_ACT_SQL, n);
        nx_result r = whole_act(rig);
        bool fired = nx_fault_fired(NX_ACT_SQL);
        nx_fault_arm(NX_ACT_SQL, 0);
        assert_ok(nx_registry_epoch_get(rig->registry, 'q', "qid", &epoch));
        assert_ok(nx_revocation_last(rig->registry, 0, &last));
        assert_ok(nx_outbox_depth(rig->registry, &depth));
        int64_t whole = fired ? 0 : 1;
        assert_int_equal(epoch, whole);
        assert_int_equal(last, whole);
        assert_int_equal(depth.waiting, whole);
        if (!fired) {
            assert_ok(r);
            break;
        }
        assert_err(r, NX_ERR_FAULT);
    }
    assert_true(n > 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(test_rule_19_epochs_only_grow),
        RIG_TEST(test_rule_19_an_epoch_is_never_deleted),
        RIG_TEST(test_rule_20_pending_until_applied),
        RIG_TEST(test_rule_19_the_gap_of_a_shard),
        RIG_TEST(test_what_is_refused),
        RIG_TEST(test_rule_20_nothing_undelivered_is_lost),
        RIG_TEST(test_the_nth_statement_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
