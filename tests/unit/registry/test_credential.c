#include "registry/credential.h"

#include "rig.h"

static struct nx_credential password(nx_id person, const char *verifier)
{
    return (struct nx_credential){.person = person,
                                  .type = NX_CREDENTIAL_PASSWORD,
                                  .state = NX_CREDENTIAL_ACTIVE,
                                  .bound_at = 1,
                                  .verifier = verifier};
}

static void test_sign_in_is_one_read(void **state)
{
    struct rig *rig = *state;
    struct nx_person_made lan = rig_person(rig, "lan");
    struct nx_person p;
    struct nx_credential c = password(lan.id, "$argon2id$one"), read;
    assert_ok(nx_credential_for_sign_in(rig->registry, rig->arena, NX_LIT("LAN"), &p, &read));
    assert_null(read.verifier); /* a person without a password is found */
    assert_ok(nx_credential_set(rig->registry, &c));
    nx_fault_arm(NX_ACT_SQL, 2); /* a second statement would fail */
    assert_ok(nx_credential_for_sign_in(rig->registry, rig->arena, NX_LIT("Lan"), &p, &read));
    nx_fault_arm(NX_ACT_SQL, 0);
    assert_string_equal(p.id.s, lan.id.s);
    assert_string_equal(read.verifier, "$argon2id$one");
    assert_string_equal(read.id.s, c.id.s);
    assert_err(nx_credential_for_sign_in(rig->registry, rig->arena, NX_LIT("nobody"), &p, &read),
               NX_ERR_NOT_FOUND);
}

static void test_set_replaces(void **state)
{
    struct rig *rig = *state;
    struct nx_person_made lan = rig_person(rig, "lan");
    struct nx_credential c = password(lan.id, "one"), *list;
    size_t n;
    assert_ok(nx_credential_set(rig->registry, &c));
    c.verifier = "two";
    assert_ok(nx_credential_set(rig->registry, &c));
    assert_ok(nx_credential_list(rig->registry, rig->arena, lan.id.s, &list, &n));
    assert_int_equal(n, 1);
    assert_null(list[0].verifier);
    assert_int_equal(list[0].failures, 0);
    assert_ok(nx_credential_get(rig->registry, rig->arena, lan.id.s, NULL, NX_CREDENTIAL_PASSWORD, &c));
    assert_string_equal(c.verifier, "two");
}

/* A PIN is of one QR identity, which must be the same person's. */
static void test_pins(void **state)
{
    struct rig *rig = *state;
    struct nx_person_made lan = rig_person(rig, "lan"), minh = rig_person(rig, "minh");
    struct nx_credential pin = password(lan.id, "pin");
    pin.type = NX_CREDENTIAL_PIN;
    assert_err(nx_credential_set(rig->registry, &pin), NX_ERR_RANGE);
    pin.qid = minh.qid;
    assert_err(nx_credential_set(rig->registry, &pin), NX_ERR_CONFLICT);
    pin.qid = lan.qid;
    assert_ok(nx_credential_set(rig->registry, &pin));
    assert_ok(nx_credential_get(rig->registry, rig->arena, lan.id.s, lan.qid.s, NX_CREDENTIAL_PIN, &pin));
    assert_err(nx_credential_get(rig->registry, rig->arena, lan.id.s, NULL, NX_CREDENTIAL_PIN, &pin),
               NX_ERR_NOT_FOUND);
    struct nx_credential both = password(lan.id, "x");
    both.qid = lan.qid;
    assert_err(nx_credential_set(rig->registry, &both), NX_ERR_RANGE);
}

static void test_counters(void **state)
{
    struct rig *rig = *state;
    struct nx_person_made lan = rig_person(rig, "lan");
    struct nx_credential c = password(lan.id, "one");
    assert_ok(nx_credential_set(rig->registry, &c));
    assert_ok(nx_credential_get(rig->registry, rig->arena, lan.id.s, NULL, NX_CREDENTIAL_PASSWORD, &c));
    assert_true(c.used == 0);
    assert_ok(nx_credential_succeeded(rig->registry, &c));
    assert_ok(nx_credential_get(rig->registry, rig->arena, lan.id.s, NULL, NX_CREDENTIAL_PASSWORD, &c));
    assert_true(c.failures == 0 && c.used > 0);
    nx_fault_arm(NX_ACT_SQL, 1); /* a write would fail: the second success within the hour makes none */
    assert_ok(nx_credential_succeeded(rig->registry, &c));
    nx_fault_arm(NX_ACT_SQL, 0);
}

static void test_pending_becomes_active_once(void **state)
{
    struct rig *rig = *state;
    struct nx_person_made lan = rig_person(rig, "lan");
    struct nx_credential c = password(lan.id, "one");
    c.state = NX_CREDENTIAL_PENDING;
    assert_ok(nx_credential_set(rig->registry, &c));
    assert_ok(nx_credential_activate(rig->registry, c.id.s));
    assert_err(nx_credential_activate(rig->registry, c.id.s), NX_ERR_NOT_FOUND);
    assert_ok(nx_credential_rehash(rig->registry, c.id.s, "two"));
    assert_ok(nx_credential_delete(rig->registry, c.id.s));
    assert_err(nx_credential_delete(rig->registry, c.id.s), NX_ERR_NOT_FOUND);
    assert_err(nx_credential_rehash(rig->registry, c.id.s, "two"), NX_ERR_NOT_FOUND);
}

static void test_what_is_refused(void **state)
{
    struct rig *rig = *state;
    struct nx_person_made lan = rig_person(rig, "lan");
    char longest[NX_VERIFIER_MAX + 2];
    struct nx_credential c = password(lan.id, NULL);
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_err(nx_credential_set(rig->registry, &c), NX_ERR_MISSING);
    c.verifier = longest;
    assert_err(nx_credential_set(rig->registry, &c), NX_ERR_LIMIT);
    c = password((nx_id){"nobody"}, "x");
    assert_err(nx_credential_set(rig->registry, &c), NX_ERR_CONFLICT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(test_sign_in_is_one_read),
        RIG_TEST(test_set_replaces),
        RIG_TEST(test_pins),
        RIG_TEST(test_counters),
        RIG_TEST(test_pending_becomes_active_once),
        RIG_TEST(test_what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
