/* Every scope of revocation: what dies, what stays, who is told, and what the receipt says. */
#include "rig.h"

static int64_t order(struct rig *g, enum nx_revoke_act act, enum nx_revoke_scope scope, const char *target,
                     const char *subject)
{
    int64_t seq = 0;
    const struct nx_revoke_order o = {act, scope, target, subject, "lost phone", "uid:0", NULL, NULL};
    OK(nx_revoke(g->h, g->a, &o, &seq));
    return seq;
}

/* A device identity of the same person. */
static void second_identity(struct rig *g, nx_id *qid)
{
    struct nx_qr_identity q = {
        .person = g->person, .kind = NX_QR_PAPER, .status = NX_QR_ACTIVE, .bound_at = 1};
    OK(nx_qr_identity_create(g->h->registry, &q));
    *qid = q.qid;
}

static void test_a_qr_identity_and_nothing_else(void **state)
{
    RIG(state);
    struct signed_in phone, paper;
    struct nx_notice_list notices;
    nx_id other;
    second_identity(g, &other);
    sign_in(g, &phone, g->qid.s, DVC);
    sign_in(g, &paper, other.s, DVC);
    int64_t seq = order(g, NX_REVOKE, NX_REVOKE_QR, g->qid.s, NULL);
    assert_true(dead(g, &phone));
    assert_true(alive(g, &paper));
    assert_int_equal(notices_of(g, seq, &notices), 1);
    assert_string_equal(notices.v[0].target, DVC);
    assert_string_equal(notices.v[0].kind, "backchannel-logout");
    assert_non_null(strstr(notices.v[0].payload, phone.session.id.s)); /* that session, not the person */

    struct nx_qr_identity q;
    OK(nx_qr_identity_get(g->h->registry, a, g->qid.s, &q));
    assert_int_equal(q.status, NX_QR_REVOKED);
    assert_int_equal(order(g, NX_REVOKE, NX_REVOKE_QR, g->qid.s, NULL),
                     seq); /* again: the first act's number */
    assert_int_equal(notices_of(g, seq, &notices), 1);
}

static void test_rule_18_sessions_and_sub(void **state)
{
    RIG(state);
    struct signed_in one, two;
    struct nx_notice_list notices;
    sign_in(g, &one, g->qid.s, DVC);
    sign_in(g, &two, g->qid.s, THUE);
    int64_t seq = order(g, NX_REVOKE, NX_REVOKE_SESSION, one.session.id.s, NULL);
    assert_true(dead(g, &one));
    assert_true(alive(g, &two));
    assert_int_equal(notices_of(g, seq, &notices), 1);
    seq = order(g, NX_REVOKE, NX_REVOKE_PERSON, g->person.s, NULL);
    assert_true(dead(g, &two));
    assert_int_equal(notices_of(g, seq, &notices), 1);
    assert_string_equal(notices.v[0].target, THUE);
    sign_in(g, &one, g->qid.s, DVC); /* she may sign in again */
    assert_true(alive(g, &one));
    const struct nx_revoke_order gone = {NX_REVOKE, NX_REVOKE_SESSION, two.session.id.s, NULL, "r", "uid:0", NULL, NULL};
    assert_string_equal(nx_err_name(nx_revoke(g->h, a, &gone, NULL).e), "NOT_FOUND");
}

static void test_what_she_gave_to_one_portal(void **state)
{
    RIG(state);
    struct signed_in one, two;
    sign_in(g, &one, g->qid.s, DVC);
    sign_in(g, &two, g->qid.s, THUE);
    order(g, NX_REVOKE, NX_REVOKE_GRANT, DVC, g->person.s);
    assert_false(token_lives(g, &one));
    assert_false(family_lives(g, &one));
    assert_true(session_lives(g, &one));
    assert_true(alive(g, &two));
}

static void test_a_client_and_the_system(void **state)
{
    RIG(state);
    struct signed_in one, two;
    sign_in(g, &one, g->qid.s, DVC);
    sign_in(g, &two, g->qid.s, THUE);
    order(g, NX_REVOKE, NX_REVOKE_CLIENT, DVC, NULL);
    assert_false(token_lives(g, &one));
    assert_false(family_lives(g, &one));
    assert_true(session_lives(g, &one));
    assert_true(alive(g, &two));
    order(g, NX_REVOKE, NX_REVOKE_SYSTEM, NX_EPOCH_SYSTEM_ID, NULL);
    assert_false(token_lives(g, &two));
    assert_false(family_lives(g, &two));
}

static void test_suspend_and_resume(void **state)
{
    RIG(state);
    struct signed_in one;
    struct nx_notice_list notices;
    sign_in(g, &one, g->qid.s, DVC);
    int64_t seq = order(g, NX_SUSPEND, NX_REVOKE_QR, g->qid.s, NULL);
    assert_int_equal(status_of(g, &one), NX_STATUS_SUSPENDED);
    assert_true(session_lives(g, &one)); /* the gate refuses it, since the identity is suspended */
    assert_int_equal(notices_of(g, seq, &notices), 1);
    seq = order(g, NX_RESUME, NX_REVOKE_QR, g->qid.s, NULL);
    assert_true(alive(g, &one));
    assert_int_equal(notices_of(g, seq, &notices), 0);
}

static void test_the_receipt(void **state)
{
    RIG(state);
    struct signed_in one;
    struct nx_notice_list notices;
    NX_AUTO_JSON before = NULL;
    NX_AUTO_JSON after = NULL;
    sign_in(g, &one, g->qid.s, DVC);
    int64_t seq = order(g, NX_REVOKE, NX_REVOKE_QR, g->qid.s, NULL);
    OK(nx_revoke_receipt(&before, g->h, a, seq));
    assert_string_equal(nx_json_str(before, "state"), "applied");
    assert_string_equal(nx_json_str(before, "reason"), "lost phone");
    json_t *killed = nx_json_array(before, "killed"), *portals = nx_json_array(before, "portals");
    assert_int_equal(json_array_size(killed), 3); /* session, grant, token */
    size_t with_status = 0;
    for (size_t i = 0; i < 3; i++) {
        assert_non_null(nx_json_str(json_array_get(killed, i), "at"));
        with_status += nx_json_object(json_array_get(killed, i), "status") != NULL;
    }
    assert_int_equal(with_status, 1);
    assert_string_equal(nx_json_str(json_array_get(portals, 0), "state"), "pending");
    assert_int_equal(notices_of(g, seq, &notices), 1);
    OK(nx_outbox_delivered(g->h->registry, notices.v[0].id, nx_now()));
    OK(nx_revoke_receipt(&after, g->h, a, seq));
    portals = nx_json_array(after, "portals");
    assert_string_equal(nx_json_str(json_array_get(portals, 0), "state"), "delivered");
    assert_non_null(nx_json_str(json_array_get(portals, 0), "at"));
    NX_AUTO_JSON none = NULL;
    assert_string_equal(nx_err_name(nx_revoke_receipt(&none, g->h, a, seq + 1).e), "NOT_FOUND");
}

static void test_orders_that_make_no_sense(void **state)
{
    RIG(state);
    static const struct nx_revoke_order bad[] = {
        {NX_REVOKE, NX_REVOKE_QR, "x", NULL, "", "uid:0", NULL, NULL},
        {NX_SUSPEND, NX_REVOKE_SESSION, "x", NULL, "r", "uid:0", NULL, NULL},
        {NX_RESUME, NX_REVOKE_PERSON, "x", NULL, "r", "uid:0", NULL, NULL},
        {NX_REVOKE, NX_REVOKE_QR, "x", NULL, "line\nbreak", "uid:0", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_string_equal(nx_err_name(nx_revoke(g->h, a, &bad[i], NULL).e), "RANGE");
    const struct nx_revoke_order unknown = {NX_REVOKE, NX_REVOKE_QR, "aaaaaaaaaaaaaaaaaaaaaaaaaa",
                                            NULL,      "r",          "uid:0", NULL, NULL};
    assert_string_equal(nx_err_name(nx_revoke(g->h, a, &unknown, NULL).e), "NOT_FOUND");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NX_BOTH(test_a_qr_identity_and_nothing_else),
        NX_BOTH(test_rule_18_sessions_and_sub),
        NX_BOTH(test_what_she_gave_to_one_portal),
        NX_BOTH(test_a_client_and_the_system),
        NX_BOTH(test_suspend_and_resume),
        NX_BOTH(test_the_receipt),
        NX_BOTH(test_orders_that_make_no_sense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
