#include "registry/passkey.h"

#include "registry/qr_identity.h"
#include "rig.h"

static uint8_t id_bytes[NX_PASSKEY_ID_MAX + 1];

static struct nx_passkey passkey(nx_id person, uint8_t n)
{
    static uint8_t ids[32][32];
    memset(ids[n], n, sizeof ids[n]);
    struct nx_passkey k = {.person = person,
                           .bound_at = 2,
                           .alg = -7,
                           .counter = 5,
                           .credential_id = nx_span_of(ids[n], 32),
                           .public_key = NX_LIT("a public key"),
                           .transports = "internal hybrid",
                           .name = "Khóa của Lan"};
    memset(k.aaguid, n, sizeof k.aaguid);
    return k;
}

static void test_a_row_comes_back_as_it_was_written(void **state)
{
    struct rig *rig = *state;
    struct nx_person_made lan = rig_person(rig, "lan");
    struct nx_passkey k = passkey(lan.id, 1), read, *list;
    size_t n;
    k.backup_eligible = k.attested = true;
    assert_ok(nx_passkey_create(rig->registry, &k));
    assert_ok(nx_passkey_by_credential(rig->registry, rig->arena, k.credential_id, &read));
    assert_string_equal(read.id.s, k.id.s);
    assert_string_equal(read.person.s, lan.id.s);
    assert_string_equal(read.qid.s, "");
    assert_string_equal(read.name, k.name);
    assert_string_equal(read.transports, k.transports);
    assert_int_equal(read.bound_at, 2);
    assert_int_equal(read.alg, -7);
    assert_int_equal(read.counter, 5);
    assert_true(read.backup_eligible && !read.backed_up && read.attested);
    assert_memory_equal(read.aaguid, k.aaguid, sizeof k.aaguid);
    assert_true(nx_span_eq(read.public_key, k.public_key));
    assert_ok(nx_passkey_list(rig->registry, rig->arena, lan.id.s, &list, &n));
    assert_int_equal(n, 1);
    assert_ok(nx_passkey_rename(rig->registry, k.id.s, "Chìa khóa"));
    assert_ok(nx_passkey_set_bound_at(rig->registry, k.id.s, 3));
    assert_err(nx_passkey_set_bound_at(rig->registry, k.id.s, 5), NX_ERR_RANGE);
    assert_ok(nx_passkey_get(rig->registry, rig->arena, k.id.s, &read));
    assert_string_equal(read.name, "Chìa khóa");
    assert_int_equal(read.bound_at, 3);
    assert_ok(nx_passkey_delete(rig->registry, k.id.s));
    assert_err(nx_passkey_delete(rig->registry, k.id.s), NX_ERR_NOT_FOUND);
    assert_err(nx_passkey_by_credential(rig->registry, rig->arena, k.credential_id, &read), NX_ERR_NOT_FOUND);
}

/* A credential id is of one row in the world, whoever holds it. */
static void test_limits(void **state)
{
    struct rig *rig = *state;
    struct nx_person_made lan = rig_person(rig, "lan"), minh = rig_person(rig, "minh");
    struct nx_passkey k = passkey(lan.id, 0);
    for (uint8_t i = 0; i < NX_PASSKEYS_MAX; i++) {
        k = passkey(lan.id, i);
        assert_ok(nx_passkey_create(rig->registry, &k));
    }
    k = passkey(lan.id, 20);
    assert_err(nx_passkey_create(rig->registry, &k), NX_ERR_LIMIT);
    k = passkey(minh.id, 3);
    assert_err(nx_passkey_create(rig->registry, &k), NX_ERR_CONFLICT);
    k = passkey(minh.id, 21);
    k.qid = lan.qid; /* a QR identity of somebody else */
    assert_err(nx_passkey_create(rig->registry, &k), NX_ERR_CONFLICT);
    k.qid = minh.qid;
    assert_ok(nx_passkey_create(rig->registry, &k));
    k = passkey(minh.id, 22);
    k.credential_id = nx_span_of(id_bytes, NX_PASSKEY_ID_MAX + 1);
    assert_err(nx_passkey_create(rig->registry, &k), NX_ERR_RANGE);
    k.credential_id = nx_span_of(id_bytes, NX_PASSKEY_ID_MIN - 1);
    assert_err(nx_passkey_create(rig->registry, &k), NX_ERR_RANGE);
    k.credential_id = nx_span_of(id_bytes, NX_PASSKEY_ID_MIN);
    k.name = "";
    assert_err(nx_passkey_create(rig->registry, &k), NX_ERR_RANGE);
    k.name = "x";
    k.bound_at = 0;
    assert_err(nx_passkey_create(rig->registry, &k), NX_ERR_RANGE);
}

static void test_the_counter_only_grows(void **state)
{
    struct rig *rig = *state;
    struct nx_person_made lan = rig_person(rig, "lan");
    struct nx_passkey k = passkey(lan.id, 1), read;
    bool back;
    k.backup_eligible = true;
    assert_ok(nx_passkey_create(rig->registry, &k));
    assert_ok(nx_passkey_count(rig->registry, k.id.s, 6, true, &back));
    assert_false(back);
    assert_ok(nx_passkey_get(rig->registry, rig->arena, k.id.s, &read));
    assert_int_equal(read.counter, 6);
    assert_true(read.backed_up && read.used > 0);
    assert_ok(nx_passkey_count(rig->registry, k.id.s, 6, true, &back)); /* the same once more */
    assert_true(back);
    assert_ok(nx_passkey_get(rig->registry, rig->arena, k.id.s, &read));
    assert_int_equal(read.state, NX_PASSKEY_FLAGGED);
    assert_int_equal(read.counter, 6);
    assert_err(nx_passkey_count(rig->registry, k.id.s, 7, true, &back), NX_ERR_NOT_FOUND);
}

/* An authenticator without a counter always says zero; one that had a counter does not lose it. */
static void test_counters_of_zero(void **state)
{
    struct rig *rig = *state;
    struct nx_person_made lan = rig_person(rig, "lan");
    struct nx_passkey k = passkey(lan.id, 1);
    bool back;
    k.counter = 0;
    assert_ok(nx_passkey_create(rig->registry, &k));
    for (int i = 0; i < 2; i++) {
        assert_ok(nx_passkey_count(rig->registry, k.id.s, 0, false, &back));
        assert_false(back);
    }
    assert_ok(nx_passkey_count(rig->registry, k.id.s, UINT32_MAX, false, &back));
    assert_false(back);
    assert_ok(nx_passkey_count(rig->registry, k.id.s, 0, false, &back));
    assert_true(back);
}

static void test_handles_are_one_for_each_person(void **state)
{
    struct rig *rig = *state;
    struct nx_person_made lan = rig_person(rig, "lan"), minh = rig_person(rig, "minh");
    uint8_t a[NX_USER_HANDLE_LEN], b[NX_USER_HANDLE_LEN];
    bool same;
    assert_err(nx_passkey_handle_is(rig->registry, lan.id.s, NX_SPAN_NONE, &same), NX_ERR_NOT_FOUND);
    assert_ok(nx_passkey_handle(rig->registry, lan.id.s, a));
    assert_ok(nx_passkey_handle(rig->registry, lan.id.s, b));
    assert_memory_equal(a, b, sizeof a);
    assert_ok(nx_passkey_handle(rig->registry, minh.id.s, b));
    assert_memory_not_equal(a, b, sizeof a);
    assert_ok(nx_passkey_handle_is(rig->registry, lan.id.s, nx_span_of(a, sizeof a), &same));
    assert_true(same);
    assert_ok(nx_passkey_handle_is(rig->registry, lan.id.s, nx_span_of(b, sizeof b), &same));
    assert_false(same);
    assert_ok(nx_passkey_handle_is(rig->registry, lan.id.s, NX_SPAN_NONE, &same));
    assert_false(same);
    assert_err(nx_passkey_handle(rig->registry, "nobody", a), NX_ERR_CONFLICT);
}

static void test_they_go_with_their_person_and_phone(void **state)
{
    struct rig *rig = *state;
    struct nx_person_made lan = rig_person(rig, "lan");
    struct nx_passkey k = passkey(lan.id, 1), *list;
    size_t n;
    uint8_t handle[NX_USER_HANDLE_LEN];
    assert_ok(nx_passkey_handle(rig->registry, lan.id.s, handle));
    assert_ok(nx_passkey_create(rig->registry, &k));
    assert_ok(nx_person_delete(rig->registry, lan.id.s));
    assert_ok(nx_passkey_list(rig->registry, rig->arena, lan.id.s, &list, &n));
    assert_int_equal(n, 0);
}

static void test_models(void **state)
{
    struct rig *rig = *state;
    struct nx_passkey_model m = {.allowed = true, .biometric = true, .name = "Khóa A", .anchors = ""}, read,
                            *list;
    size_t n;
    bool trusted;
    char text[NX_AAGUID_TEXT + 1];
    assert_ok(nx_aaguid_of(m.aaguid, NX_LIT("EE882879-721c-4913-9775-3dfcce97072a")));
    nx_aaguid_text(text, m.aaguid);
    assert_string_equal(text, "ee882879-721c-4913-9775-3dfcce97072a");
    static const char *const wrong[] = {
        "", "ee882879721c491397753dfcce97072a", "ee882879-721c-4913-9775-3dfcce97072",
        "ee882879-721c-4913-9775-3dfcce97072g", "ee88287-9721c-4913-9775-3dfcce97072a"};
    for (size_t i = 0; i < 5; i++)
        assert_err(nx_aaguid_of(read.aaguid, nx_span_str(wrong[i])), NX_ERR_SYNTAX);
    assert_ok(nx_passkey_model_set(rig->registry, &m));
    assert_ok(nx_passkey_models_trusted(rig->registry, &trusted));
    assert_false(trusted); /* nothing would be believed */
    m.anchors = "-----BEGIN CERTIFICATE-----";
    assert_ok(nx_passkey_model_set(rig->registry, &m));
    assert_ok(nx_passkey_models_trusted(rig->registry, &trusted));
    assert_true(trusted);
    assert_ok(nx_passkey_model_get(rig->registry, rig->arena, m.aaguid, &read));
    assert_true(read.allowed && read.biometric);
    assert_string_equal(read.anchors, m.anchors);
    assert_ok(nx_passkey_model_list(rig->registry, rig->arena, &list, &n));
    assert_int_equal(n, 1);
    m.allowed = false;
    assert_ok(nx_passkey_model_set(rig->registry, &m));
    assert_ok(nx_passkey_models_trusted(rig->registry, &trusted));
    assert_false(trusted);
    assert_ok(nx_passkey_model_delete(rig->registry, m.aaguid));
    assert_err(nx_passkey_model_delete(rig->registry, m.aaguid), NX_ERR_NOT_FOUND);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, rig_up, rig_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_row_comes_back_as_it_was_written),
        TEST(test_limits),
        TEST(test_the_counter_only_grows),
        TEST(test_counters_of_zero),
        TEST(test_handles_are_one_for_each_person),
        TEST(test_they_go_with_their_person_and_phone),
        TEST(test_models),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
