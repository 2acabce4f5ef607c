/* Generators, recovery codes, choices and rules as rows. */
#include "registry/one_time.h"

#include "crypto/random.h"
#include "registry/identifier.h"
#include "registry/policy_rule.h"
#include "rig.h"

static nx_id make_person(struct rig *rig, const char *user_name)
{
    struct nx_person p = {.active = true, .proofing = 2, .user_name = user_name, .name = "Ai đó"};
    struct nx_person_made made;
    assert_ok(nx_person_create(rig->registry, &p, NULL, 0, &made));
    return made.id;
}

static struct nx_one_time make_generator(struct rig *rig, nx_id person)
{
    struct nx_one_time c = {.person = person,
                            .kind = NX_ONE_TIME_TOTP,
                            .state = NX_ONE_TIME_PENDING,
                            .bound_at = 2,
                            .label = "Máy",
                            .sealed = NX_LIT("sealed bytes")};
    assert_ok(nx_id_make(&c.id));
    assert_ok(nx_one_time_create(rig->registry, &c));
    return c;
}

static struct nx_one_time only(struct rig *rig, nx_id person)
{
    struct nx_one_time *list;
    size_t n;
    assert_ok(nx_one_time_list(rig->registry, rig->arena, person.s, &list, &n));
    assert_int_equal(n, 1);
    return list[0];
}

static void a_step_is_taken_once(void **state)
{
    struct rig *rig = *state;
    nx_id lan = make_person(rig, "lan");
    struct nx_one_time c = make_generator(rig, lan);
    assert_ok(nx_one_time_take(rig->registry, c.id.s, 100, 1));
    assert_err(nx_one_time_take(rig->registry, c.id.s, 100, 1), NX_ERR_NOT_FOUND);
    assert_err(nx_one_time_take(rig->registry, c.id.s, 99, 0), NX_ERR_NOT_FOUND);
    struct nx_one_time now = only(rig, lan);
    assert_int_equal(now.moving, 101);
    assert_int_equal(now.drift, 1);
    assert_int_equal(now.state, NX_ONE_TIME_ACTIVE);
    assert_true(now.used > 0);
    assert_string_equal(now.label, "Máy");
    assert_true(nx_span_eq(now.sealed, NX_LIT("sealed bytes")));
    assert_ok(nx_one_time_take(rig->registry, c.id.s, 101, 0));
}

static void there_are_so_many_and_each_has_one_holder(void **state)
{
    struct rig *rig = *state;
    nx_id lan = make_person(rig, "lan"), minh = make_person(rig, "minh");
    struct nx_one_time c = {.sealed = NX_LIT("x"), .bound_at = 1};
    for (int i = 0; i < NX_ONE_TIME_MAX; i++)
        c = make_generator(rig, lan);
    assert_ok(nx_id_make(&c.id));
    assert_err(nx_one_time_create(rig->registry, &c), NX_ERR_LIMIT);
    struct nx_one_time other = make_generator(rig, minh);
    assert_err(nx_one_time_delete(rig->registry, lan.s, other.id.s), NX_ERR_NOT_FOUND);
    assert_ok(nx_one_time_delete(rig->registry, minh.s, other.id.s));
    assert_ok(nx_person_delete(rig->registry, lan.s));
    struct nx_one_time *list;
    size_t n;
    assert_ok(nx_one_time_list(rig->registry, rig->arena, lan.s, &list, &n));
    assert_int_equal(n, 0);
}

static void a_recovery_code_is_used_once(void **state)
{
    struct rig *rig = *state;
    nx_id lan = make_person(rig, "lan"), minh = make_person(rig, "minh");
    uint8_t bytes[2][NX_RECOVERY_DIGEST_LEN] = {{1}, {2}};
    const nx_span digests[] = {nx_span_of(bytes[0], sizeof bytes[0]), nx_span_of(bytes[1], sizeof bytes[1])};
    int64_t left;
    nx_time created;
    assert_ok(nx_recovery_set(rig->registry, lan.s, digests, 2));
    assert_err(nx_recovery_take(rig->registry, minh.s, digests[0]), NX_ERR_NOT_FOUND);
    assert_ok(nx_recovery_take(rig->registry, lan.s, digests[0]));
    assert_err(nx_recovery_take(rig->registry, lan.s, digests[0]), NX_ERR_NOT_FOUND);
    assert_ok(nx_recovery_count(rig->registry, lan.s, &left, &created));
    assert_int_equal(left, 1);
    assert_true(created > 0);
    assert_ok(nx_recovery_set(rig->registry, lan.s, digests, 0));
    assert_err(nx_recovery_take(rig->registry, lan.s, digests[1]), NX_ERR_NOT_FOUND);
    assert_ok(nx_recovery_count(rig->registry, lan.s, &left, &created));
    assert_int_equal(created, 0);
    assert_err(nx_recovery_set(rig->registry, lan.s, (const nx_span[]){NX_LIT("short")}, 1), NX_ERR_RANGE);
}

static void a_choice_is_kept(void **state)
{
    struct rig *rig = *state;
    nx_id lan = make_person(rig, "lan");
    bool always = true;
    assert_ok(nx_always_second_get(rig->registry, lan.s, &always));
    assert_false(always);
    for (int i = 0; i < 4; i++) {
        assert_ok(nx_always_second_set(rig->registry, lan.s, i % 2 == 0));
        assert_ok(nx_always_second_get(rig->registry, lan.s, &always));
        assert_int_equal(always, i % 2 == 0);
    }
}

static unsigned forbidden(struct rig *rig, const char *client, const char *organisation, nx_id person)
{
    unsigned means = 99;
    assert_ok(nx_policy_forbidden(rig->registry, client, organisation, person.s, &means));
    return means;
}

static void rules_add_up(void **state)
{
    struct rig *rig = *state;
    struct nx_identifier agency;
    nx_id lan = make_person(rig, "lan"), minh = make_person(rig, "minh");
    assert_ok(nx_identifier_make(&agency, NX_SCHEME_AGENCY, NX_LIT("G01")));
    assert_ok(nx_identifier_replace(rig->registry, lan.s, &agency, 1));
    struct nx_policy_rule rules[] = {
        {NX_POLICY_CLIENT, "dvc", 1, "a", "uid:0", 0},
        {NX_POLICY_ORGANISATION, "G01", 2, "b", "uid:0", 0},
        {NX_POLICY_ORGANISATION, "G02", 4, "c", "uid:0", 0},
    };
    for (size_t i = 0; i < 3; i++)
        assert_ok(nx_policy_rule_set(rig->registry, &rules[i]));
    assert_int_equal(forbidden(rig, "dvc", "G02", lan), 7);
    assert_int_equal(forbidden(rig, "dvc", NULL, minh), 1);
    assert_int_equal(forbidden(rig, "G01", "dvc", minh), 0); /* scopes are apart */
    assert_int_equal(forbidden(rig, "thue", "G01", minh), 2);
    struct nx_policy_rule *list, one;
    size_t n;
    assert_ok(nx_policy_rule_list(rig->registry, rig->arena, &list, &n));
    assert_int_equal(n, 3);
    rules[0].means = 8;
    assert_ok(nx_policy_rule_set(rig->registry, &rules[0]));
    assert_ok(nx_policy_rule_get(rig->registry, rig->arena, NX_POLICY_CLIENT, "dvc", &one));
    assert_int_equal(one.means, 8);
    assert_string_equal(one.reason, "a");
    rules[0].means = 0;
    assert_ok(nx_policy_rule_set(rig->registry, &rules[0]));
    assert_err(nx_policy_rule_set(rig->registry, &rules[0]), NX_ERR_NOT_FOUND);
    assert_err(nx_policy_rule_get(rig->registry, rig->arena, NX_POLICY_CLIENT, "dvc", &one),
               NX_ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_step_is_taken_once, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(there_are_so_many_and_each_has_one_holder, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(a_recovery_code_is_used_once, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(a_choice_is_kept, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(rules_add_up, rig_up, rig_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
