#include "registry/qr_identity.h"

#include "registry/status_index.h"
#include "rig.h"

static nx_id device(struct rig *rig, const char *person, const char *thumbprint)
{
    struct nx_qr_identity i = {
        .kind = NX_QR_DEVICE, .status = NX_QR_ACTIVE, .bound_at = 2, .label = "Điện thoại"};
    snprintf(i.person.s, sizeof i.person.s, "%s", person);
    i.jwk = "{\"kty\":\"EC\"}";
    i.thumbprint = thumbprint;
    assert_ok(nx_qr_identity_create(rig->registry, &i));
    return i.qid;
}

static void assert_primary(struct rig *rig, const char *person, const char *qid)
{
    struct nx_qr_identity q;
    assert_ok(nx_qr_identity_primary(rig->registry, rig->arena, person, nx_now(), &q));
    assert_string_equal(q.qid.s, qid);
}

/* A device before paper, the chosen device before the oldest, nothing that is dead. */
static void test_rule_23_which_identity(void **state)
{
    struct rig *rig = *state;
    struct nx_person_made lan = rig_person(rig, "lan");
    struct nx_qr_identity q;
    assert_primary(rig, lan.id.s, lan.qid.s);
    nx_id first = device(rig, lan.id.s, "t1");
    nx_clock_shift(10);
    nx_id second = device(rig, lan.id.s, "t2");
    nx_clock_shift(0);
    assert_primary(rig, lan.id.s, first.s);
    assert_ok(nx_qr_identity_make_primary(rig->registry, second.s));
    assert_primary(rig, lan.id.s, second.s);
    assert_ok(nx_qr_identity_set_status(rig->registry, second.s, NX_QR_SUSPENDED, NULL));
    assert_primary(rig, lan.id.s, first.s);
    assert_ok(nx_qr_identity_set_status(rig->registry, first.s, NX_QR_REVOKED, NULL));
    assert_primary(rig, lan.id.s, lan.qid.s);
    assert_ok(nx_qr_identity_set_status(rig->registry, lan.qid.s, NX_QR_REVOKED, NULL));
    assert_err(nx_qr_identity_primary(rig->registry, rig->arena, lan.id.s, nx_now(), &q), NX_ERR_NOT_FOUND);
    assert_err(nx_qr_identity_make_primary(rig->registry, first.s), NX_ERR_NOT_FOUND);
    assert_err(nx_qr_identity_make_primary(rig->registry, lan.qid.s), NX_ERR_NOT_FOUND);
}

static void test_an_expired_one_is_not_primary(void **state)
{
    struct rig *rig = *state;
    struct nx_person_made lan = rig_person(rig, "lan");
    struct nx_qr_identity q;
    nx_time later = nx_now() + NX_QR_PAPER_LIFETIME_S + 1;
    assert_err(nx_qr_identity_primary(rig->registry, rig->arena, lan.id.s, later, &q), NX_ERR_NOT_FOUND);
}

static void test_revoked_is_final(void **state)
{
    struct rig *rig = *state;
    struct nx_person_made lan = rig_person(rig, "lan");
    enum nx_qr_status was;
    assert_ok(nx_qr_identity_set_status(rig->registry, lan.qid.s, NX_QR_SUSPENDED, &was));
    assert_int_equal(was, NX_QR_ACTIVE);
    assert_ok(nx_qr_identity_set_status(rig->registry, lan.qid.s, NX_QR_ACTIVE, &was));
    assert_err(nx_qr_identity_set_status(rig->registry, lan.qid.s, NX_QR_PENDING, &was), NX_ERR_CONFLICT);
    assert_ok(nx_qr_identity_set_status(rig->registry, lan.qid.s, NX_QR_REVOKED, &was));
    for (int s = NX_QR_PENDING; s <= NX_QR_REVOKED; s++)
        assert_err(nx_qr_identity_set_status(rig->registry, lan.qid.s, (enum nx_qr_status)s, &was),
                   NX_ERR_CONFLICT);
    assert_err(nx_qr_identity_set_status(rig->registry, "nothing", NX_QR_REVOKED, &was), NX_ERR_NOT_FOUND);
}

static void test_a_pending_device_gets_one_key(void **state)
{
    struct rig *rig = *state;
    struct nx_person_made lan = rig_person(rig, "lan");
    struct nx_qr_identity i = {.person = lan.id, .kind = NX_QR_DEVICE, .bound_at = 1}, read;
    device(rig, lan.id.s, "taken");
    assert_ok(nx_qr_identity_create(rig->registry, &i));
    assert_err(nx_qr_identity_bind_key(rig->registry, i.qid.s, "{}", "taken", NX_QR_ACTIVE), NX_ERR_CONFLICT);
    assert_ok(nx_qr_identity_bind_key(rig->registry, i.qid.s, "{}", "mine", NX_QR_ACTIVE));
    assert_err(nx_qr_identity_bind_key(rig->registry, i.qid.s, "{}", "other", NX_QR_ACTIVE), NX_ERR_CONFLICT);
    assert_ok(nx_qr_identity_by_thumbprint(rig->registry, rig->arena, "mine", &read));
    assert_string_equal(read.qid.s, i.qid.s);
    assert_int_equal(read.status, NX_QR_ACTIVE);
    assert_err(nx_qr_identity_bind_key(rig->registry, lan.qid.s, "{}", "paper", NX_QR_ACTIVE),
               NX_ERR_CONFLICT);
}

static void test_what_is_refused(void **state)
{
    struct rig *rig = *state;
    struct nx_person_made lan = rig_person(rig, "lan");
    struct nx_qr_identity i = {.person = lan.id, .kind = NX_QR_PAPER, .bound_at = 2};
    assert_err(nx_qr_identity_create(rig->registry, &i), NX_ERR_RANGE); /* rule 8: paper is m1 */
    i.bound_at = 1;
    i.jwk = "{}";
    i.thumbprint = "t";
    assert_err(nx_qr_identity_create(rig->registry, &i), NX_ERR_RANGE);
    i = (struct nx_qr_identity){.kind = NX_QR_DEVICE, .bound_at = 1, .label = "a\nb", .person = lan.id};
    assert_err(nx_qr_identity_create(rig->registry, &i), NX_ERR_ENCODING);
    i.label = NULL;
    snprintf(i.person.s, sizeof i.person.s, "nobody");
    assert_err(nx_qr_identity_create(rig->registry, &i), NX_ERR_CONFLICT);
    i.person = lan.id;
    for (int n = 1; n < NX_QR_IDENTITIES_MAX; n++)
        assert_ok(nx_qr_identity_create(rig->registry, &i));
    assert_err(nx_qr_identity_create(rig->registry, &i), NX_ERR_LIMIT);
}

static void test_failures_count_until_a_success(void **state)
{
    struct rig *rig = *state;
    struct nx_person_made lan = rig_person(rig, "lan");
    struct nx_qr_identity q;
    int64_t failures;
    for (int i = 1; i <= 3; i++) {
        assert_ok(nx_qr_identity_failed(rig->registry, lan.qid.s, &failures));
        assert_int_equal(failures, i);
    }
    assert_ok(nx_qr_identity_get(rig->registry, rig->arena, lan.qid.s, &q));
    assert_ok(nx_qr_identity_succeeded(rig->registry, &q));
    assert_ok(nx_qr_identity_get(rig->registry, rig->arena, lan.qid.s, &q));
    assert_int_equal(q.failures, 0);
    assert_true(q.used > 0);
    assert_err(nx_qr_identity_failed(rig->registry, "nothing", &failures), NX_ERR_NOT_FOUND);
}

static unsigned entry(const uint8_t *bits, int64_t index)
{
    return bits[index / 4] >> (index % 4 * 2) & 3;
}

/* The list follows the status of the identity, past its person's end. */
static void test_rule_22_status_list(void **state)
{
    struct rig *rig = *state;
    static uint8_t bits[NX_STATUS_LIST_BYTES];
    struct nx_person_made lan = rig_person(rig, "lan"), minh = rig_person(rig, "minh");
    struct nx_qr_identity a, b;
    int64_t lists;
    assert_ok(nx_qr_identity_get(rig->registry, rig->arena, lan.qid.s, &a));
    assert_ok(nx_qr_identity_get(rig->registry, rig->arena, minh.qid.s, &b));
    assert_int_equal(a.status_list, 0);
    assert_true(a.status_index != b.status_index);
    assert_ok(nx_status_index_fill(rig->registry, 0, bits));
    assert_int_equal(entry(bits, a.status_index), 0);
    assert_ok(nx_qr_identity_set_status(rig->registry, lan.qid.s, NX_QR_SUSPENDED, NULL));
    assert_ok(nx_status_index_fill(rig->registry, 0, bits));
    assert_int_equal(entry(bits, a.status_index), 2);
    assert_int_equal(entry(bits, b.status_index), 0);
    assert_ok(nx_qr_identity_set_status(rig->registry, lan.qid.s, NX_QR_REVOKED, NULL));
    assert_ok(nx_person_delete(rig->registry, minh.id.s));
    assert_ok(nx_status_index_fill(rig->registry, 0, bits));
    assert_int_equal(entry(bits, a.status_index), 1);
    assert_int_equal(entry(bits, b.status_index), 1);
    assert_ok(nx_status_index_lists(rig->registry, &lists));
    assert_int_equal(lists, 1);
    assert_err(nx_status_index_fill(rig->registry, 1, bits), NX_ERR_NOT_FOUND);
}

static void test_words(void **state)
{
    (void)state;
    for (int i = NX_QR_PENDING; i <= NX_QR_REVOKED; i++) {
        enum nx_qr_status back;
        assert_ok(nx_qr_status_of(&back, nx_span_str(nx_qr_status_name((enum nx_qr_status)i))));
        assert_int_equal(back, i);
    }
    enum nx_qr_kind kind;
    assert_ok(nx_qr_kind_of(&kind, NX_LIT("paper")));
    assert_int_equal(kind, NX_QR_PAPER);
    assert_err(nx_qr_kind_of(&kind, NX_LIT("Paper")), NX_ERR_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(test_rule_23_which_identity), RIG_TEST(test_an_expired_one_is_not_primary),
        RIG_TEST(test_revoked_is_final),       RIG_TEST(test_a_pending_device_gets_one_key),
        RIG_TEST(test_what_is_refused),        RIG_TEST(test_failures_count_until_a_success),
        RIG_TEST(test_rule_22_status_list),    cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
