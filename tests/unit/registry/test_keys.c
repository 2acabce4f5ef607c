#include "registry/keys.h"

#include "registry/meta.h"
#include "registry/operator_token.h"
#include "rig.h"

static const uint8_t root[NX_MASTER_LEN] = {7};

static nx_keyring *open_ring(struct rig *rig, const nx_master *m)
{
    nx_keyring *ring = NULL;
    struct nx_key_store rows = nx_registry_key_store(rig->registry);
    struct nx_keyring_terms terms = {.publish_s = 10};
    assert_ok(nx_keyring_open(&ring, m, &rows, &terms));
    return ring;
}

/* The whole life of a key over the registry's rows: made, found again, rotated, retired, dropped. */
static void test_the_keyring_over_rows(void **state)
{
    struct rig *rig = *state;
    NX_AUTO(nx_master) m = NULL;
    struct nx_key_row *rows;
    size_t n, first;
    assert_ok(nx_master_from(&m, nx_span_of(root, sizeof root)));
    nx_keyring *ring = open_ring(rig, m);
    assert_ok(nx_keyring_list(&rows, &first, rig->arena, ring));
    assert_true(first > 0);
    nx_keyring_close(ring);
    ring = open_ring(rig, m);
    assert_ok(nx_keyring_list(&rows, &n, rig->arena, ring));
    assert_int_equal(n, first);
    for (int i = 0; i < 2 * NX_USE_COUNT; i++)
        assert_ok(nx_keyring_tend(ring));
    nx_clock_shift(20);
    assert_ok(nx_keyring_rotate(ring, NX_USE_TOKEN));
    nx_clock_shift(0);
    nx_keyring_close(ring);
    ring = open_ring(rig, m);
    nx_signing_key *key;
    assert_ok(nx_keyring_active(&key, ring, NX_USE_TOKEN));
    nx_signing_key_release(key);
    nx_keyring_close(ring);
}

static void test_two_active_keys_are_refused(void **state)
{
    struct rig *rig = *state;
    struct nx_key_store s = nx_registry_key_store(rig->registry);
    struct nx_key_row rows[2] = {{.kid = "one",
                                  .use = NX_USE_TOKEN,
                                  .alg = NX_ALG_ES256,
                                  .state = NX_KEY_ACTIVE,
                                  .sealed = NX_LIT("x")},
                                 {.kid = "two",
                                  .use = NX_USE_TOKEN,
                                  .alg = NX_ALG_ES256,
                                  .state = NX_KEY_ACTIVE,
                                  .sealed = NX_LIT("y")}};
    struct nx_key_row *list;
    size_t n;
    assert_err(s.save(s.ctx, rows, 2), NX_ERR_CONFLICT);
    assert_ok(s.list(s.ctx, rig->arena, &list, &n));
    assert_int_equal(n, 0);
    assert_ok(s.save(s.ctx, rows, 1));
    rows[0].state = NX_KEY_RETIRED;
    rows[0].retire_after = 5;
    assert_ok(s.save(s.ctx, rows, 2)); /* who leaves the place goes first */
    assert_ok(s.list(s.ctx, rig->arena, &list, &n));
    assert_int_equal(n, 2);
    assert_true(nx_span_eq_str(list[0].sealed, "x"));
    assert_ok(s.drop(s.ctx, "one"));
    assert_ok(s.drop(s.ctx, "one"));
    assert_ok(s.list(s.ctx, rig->arena, &list, &n));
    assert_int_equal(n, 1);
}

static struct nx_operator_token token(const char *jti, enum nx_operator_kind kind)
{
    return (struct nx_operator_token){
        .jti = jti, .kind = kind, .actor = "uid:0", .scopes = "scim revoke", .issued = 100, .expires = 700};
}

static void test_rule_24_tokens_are_listed_and_revocable(void **state)
{
    struct rig *rig = *state;
    struct nx_operator_token t = token("a", NX_OPERATOR_TOKEN), read;
    struct nx_operator_token_list list;
    assert_ok(nx_operator_token_put(rig->registry, &t));
    assert_err(nx_operator_token_put(rig->registry, &t), NX_ERR_CONFLICT);
    assert_ok(nx_operator_token_live(rig->registry, rig->arena, "a", NX_OPERATOR_TOKEN, 200, &read));
    assert_string_equal(read.scopes, "scim revoke");
    assert_err(nx_operator_token_live(rig->registry, rig->arena, "a", NX_OPERATOR_CONSOLE, 200, &read),
               NX_ERR_NOT_FOUND);
    assert_err(nx_operator_token_live(rig->registry, rig->arena, "a", NX_OPERATOR_TOKEN, 700, &read),
               NX_ERR_NOT_FOUND);
    assert_ok(nx_operator_token_list(rig->registry, rig->arena, 200, &list));
    assert_int_equal(list.n, 1);
    assert_ok(nx_operator_token_revoke(rig->registry, "a", 300));
    assert_err(nx_operator_token_revoke(rig->registry, "a", 300), NX_ERR_NOT_FOUND);
    assert_err(nx_operator_token_live(rig->registry, rig->arena, "a", NX_OPERATOR_TOKEN, 301, &read),
               NX_ERR_NOT_FOUND);
    assert_ok(nx_operator_token_sweep(rig->registry, 700 + 86400 + 1));
    assert_ok(nx_operator_token_sweep(rig->registry, 700 + 86400 + 1));
    assert_ok(nx_operator_token_list(rig->registry, rig->arena, 0, &list));
    assert_int_equal(list.n, 0);
}

static void test_rule_24_a_link_is_used_once(void **state)
{
    struct rig *rig = *state;
    struct nx_operator_token t = token("link", NX_OPERATOR_LINK), read;
    assert_ok(nx_operator_token_put(rig->registry, &t));
    assert_ok(nx_operator_token_take(rig->registry, rig->arena, "link", NX_OPERATOR_LINK, 110, &read));
    assert_string_equal(read.actor, "uid:0");
    assert_err(nx_operator_token_take(rig->registry, rig->arena, "link", NX_OPERATOR_LINK, 111, &read),
               NX_ERR_NOT_FOUND);
}

static void test_meta(void **state)
{
    struct rig *rig = *state;
    const char *value;
    int64_t number;
    assert_ok(nx_meta_settle(rig->registry, rig->arena, "issuer", "https://a", &value));
    assert_string_equal(value, "https://a");
    assert_ok(nx_meta_settle(rig->registry, rig->arena, "issuer", "https://b", &value));
    assert_string_equal(value, "https://a");
    assert_ok(nx_meta_number(rig->registry, "issuer", 5, &number));
    assert_int_equal(number, 5);
    assert_ok(nx_meta_set(rig->registry, "shards", "16"));
    assert_ok(nx_meta_number(rig->registry, "shards", 1, &number));
    assert_int_equal(number, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(test_the_keyring_over_rows),
        RIG_TEST(test_two_active_keys_are_refused),
        RIG_TEST(test_rule_24_tokens_are_listed_and_revocable),
        RIG_TEST(test_rule_24_a_link_is_used_once),
        RIG_TEST(test_meta),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
