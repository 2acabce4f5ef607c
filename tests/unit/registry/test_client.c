#include "registry/client.h"

#include "registry/consent.h"
#include "rig.h"

#include <pthread.h>

#define METADATA                                                                                             \
    "{\"client_name\":\"Portal\",\"client_name#vi\":\"Cổng\",\"redirect_uris\":[\"https://p.example/b\","  \
    "\"https://p.example/a\"],\"scope\":\"openid profile\",\"nixa_resources\":[\"https://api.example\"],"    \
    "\"backchannel_logout_uri\":\"https://p.example/logout\",\"default_max_age\":60,"                        \
    "\"jwks\":{\"keys\":[]},\"require_auth_time\":true}"

static uint8_t digest[NX_SHA256_LEN] = {1, 2, 3};

static struct nx_client_record record(void)
{
    return (struct nx_client_record){.id = "portal",
                                     .metadata = METADATA,
                                     .subject_type = NX_SUBJECT_PAIRWISE,
                                     .sector = "p.example",
                                     .secret_digest = {digest, sizeof digest},
                                     .owner = "uid:0",
                                     .purpose_version = 1};
}

static void create(struct rig *rig)
{
    struct nx_client_record c = record();
    char id[NX_CLIENT_ID_MAX + 1];
    assert_ok(nx_client_record_create(rig->registry, &c, id));
    assert_string_equal(id, "portal");
}

static nx_client *get(struct rig *rig)
{
    nx_client *c = NULL;
    assert_ok(nx_client_get(rig->registry, NX_LIT("portal"), &c));
    return c;
}

static void test_what_was_registered_is_parsed(void **state)
{
    struct rig *rig = *state;
    create(rig);
    nx_client *c = get(rig);
    assert_string_equal(c->name, "Portal");
    assert_string_equal(c->name_vi, "Cổng");
    assert_string_equal(c->auth_method, "client_secret_basic");
    assert_string_equal(c->id_token_alg, "RS256");
    assert_string_equal(c->profile, "base");
    assert_int_equal(c->redirect_uris.n, 2);
    assert_true(nx_strings_has(c->grant_types, "authorization_code"));
    assert_true(nx_strings_has(c->response_types, "code"));
    assert_true(nx_strings_has(c->scopes, "profile"));
    assert_string_equal(c->resources.v[0], "https://api.example");
    assert_string_equal(c->jwks, "{\"keys\":[]}");
    assert_int_equal(c->default_max_age, 60);
    assert_true(c->require_auth_time);
    assert_false(c->backchannel_logout_session_required);
    assert_memory_equal(c->secret_digest.p, digest, sizeof digest);
    assert_int_equal(c->registration_digest.n, 0);
    assert_int_equal(c->version, 1);
    nx_client_release(c);
}

static void test_rule_18_unreachable(void **state)
{
    struct rig *rig = *state;
    struct nx_client_record c = record();
    struct nx_client_page page;
    char id[NX_CLIENT_ID_MAX + 1];
    create(rig);
    c.id = NULL;
    c.metadata = "{\"redirect_uris\":[]}";
    assert_ok(nx_client_record_create(rig->registry, &c, id));
    assert_ok(nx_client_lines(rig->registry, rig->arena, NULL, 0, &page));
    assert_int_equal(page.n, 2);
    for (size_t i = 0; i < page.n; i++)
        assert_int_equal(page.v[i].unreachable, strcmp(page.v[i].id, "portal") != 0);
    assert_ok(nx_client_lines(rig->registry, rig->arena, NULL, 1, &page));
    assert_true(page.more);
    assert_ok(nx_client_lines(rig->registry, rig->arena, page.v[0].id, 1, &page));
    assert_int_equal(page.n, 1);
    assert_false(page.more);
}

/* Read without SQL once it was read; seen changed at once; what was held stays whole. */
static void test_the_cache_follows_changes(void **state)
{
    struct rig *rig = *state;
    struct nx_client_record c = record();
    create(rig);
    nx_client *before = get(rig);
    nx_fault_arm(NX_ACT_SQL, 1);
    nx_client *again = get(rig);
    nx_fault_arm(NX_ACT_SQL, 0);
    assert_ptr_equal(before, again);
    c.metadata = "{\"client_name\":\"Renamed\"}";
    assert_ok(nx_client_record_replace(rig->registry, &c, 1));
    nx_client *after = get(rig);
    assert_string_equal(after->name, "Renamed");
    assert_string_equal(before->name, "Portal");
    assert_err(nx_client_record_replace(rig->registry, &c, 1), NX_ERR_VERSION);
    assert_ok(nx_client_set_state(rig->registry, "portal", NX_CLIENT_SUSPENDED));
    nx_client *suspended = get(rig);
    assert_int_equal(suspended->state, NX_CLIENT_SUSPENDED);
    assert_ok(nx_client_set_state(rig->registry, "portal", NX_CLIENT_REVOKED));
    assert_err(nx_client_set_state(rig->registry, "portal", NX_CLIENT_ACTIVE), NX_ERR_CONFLICT);
    assert_ok(nx_client_record_delete(rig->registry, "portal"));
    nx_client *gone = NULL;
    assert_err(nx_client_get(rig->registry, NX_LIT("portal"), &gone), NX_ERR_NOT_FOUND);
    nx_client_release(before);
    nx_client_release(again);
    nx_client_release(after);
    nx_client_release(suspended);
}

/* What a change did is seen inside of it and, after a rollback, nowhere. */
static void test_a_rolled_back_change_is_not_cached(void **state)
{
    struct rig *rig = *state;
    struct nx_client_record c = record();
    struct nx_change change = {NULL};
    create(rig);
    c.metadata = "{\"client_name\":\"Never\"}";
    assert_ok(nx_registry_begin(&change, rig->registry, NX_DURABLE));
    assert_ok(nx_client_record_replace(rig->registry, &c, 0));
    nx_client *inside = get(rig);
    assert_string_equal(inside->name, "Never");
    nx_registry_rollback(&change);
    nx_client *after = get(rig);
    assert_string_equal(after->name, "Portal");
    nx_client_release(inside);
    nx_client_release(after);
}

static void test_bad_metadata_is_not_stored(void **state)
{
    struct rig *rig = *state;
    static const char *const bad[] = {"",
                                      "[]",
                                      "{",
                                      "{\"client_name\":1}",
                                      "{\"redirect_uris\":\"x\"}",
                                      "{\"redirect_uris\":[1]}",
                                      "{\"a\":1,\"a\":2}"};
    char id[NX_CLIENT_ID_MAX + 1];
    struct nx_client_page page;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct nx_client_record c = record();
        c.metadata = bad[i];
        assert_false(nx_ok(nx_client_record_create(rig->registry, &c, id)));
    }
    struct nx_client_record c = record();
    c.secret_digest.n = 5;
    assert_err(nx_client_record_create(rig->registry, &c, id), NX_ERR_RANGE);
    c = record();
    c.owner = NULL;
    assert_err(nx_client_record_create(rig->registry, &c, id), NX_ERR_MISSING);
    assert_ok(nx_client_lines(rig->registry, rig->arena, NULL, 0, &page));
    assert_int_equal(page.n, 0);
}

static struct nx_strings words(struct rig *rig, const char *text)
{
    struct nx_strings s;
    assert_ok(nx_strings_split(&s, rig->arena, text));
    return s;
}

static struct nx_consent consent(struct rig *rig, const char *claims)
{
    return (struct nx_consent){.client = "portal",
                               .sector = "p.example",
                               .shape = "shape",
                               .claims = words(rig, claims),
                               .scopes = words(rig, "openid"),
                               .resources = words(rig, ""),
                               .purpose_version = 1};
}

/* Each part of the key asks again when it differs; only a subset is silent. */
static void test_rule_16_exact_cover(void **state)
{
    struct rig *rig = *state;
    struct nx_consent have = consent(rig, "name email"), asked = consent(rig, "email");
    assert_true(nx_consent_covers(&have, &asked));
    assert_false(nx_consent_covers(&asked, &have));
    asked.purpose_version = 2;
    assert_false(nx_consent_covers(&have, &asked));
    asked = consent(rig, "name");
    asked.shape = "other";
    assert_false(nx_consent_covers(&have, &asked));
    asked = consent(rig, "name");
    asked.sector = "q.example";
    assert_false(nx_consent_covers(&have, &asked));
    asked = consent(rig, "name");
    asked.client = "other";
    assert_false(nx_consent_covers(&have, &asked));
    asked = consent(rig, "name");
    snprintf(asked.person.s, sizeof asked.person.s, "other");
    assert_false(nx_consent_covers(&have, &asked));
    asked = consent(rig, "name");
    asked.scopes = words(rig, "openid offline_access");
    assert_false(nx_consent_covers(&have, &asked));
    asked = consent(rig, "name");
    asked.resources = words(rig, "https://api.example");
    assert_false(nx_consent_covers(&have, &asked));
}

static void test_consents_unite_while_the_use_is_the_same(void **state)
{
    struct rig *rig = *state;
    struct nx_person_made lan = rig_person(rig, "lan");
    struct nx_consent c = consent(rig, "name"), read, *list;
    size_t n;
    create(rig);
    c.person = lan.id;
    assert_ok(nx_consent_put(rig->registry, rig->arena, &c));
    c.claims = words(rig, "email");
    assert_ok(nx_consent_put(rig->registry, rig->arena, &c));
    assert_ok(nx_consent_get(rig->registry, rig->arena, lan.id.s, "portal", &read));
    assert_int_equal(read.claims.n, 2);
    c.purpose_version = 2;
    assert_ok(nx_consent_put(rig->registry, rig->arena, &c));
    assert_ok(nx_consent_get(rig->registry, rig->arena, lan.id.s, "portal", &read));
    assert_int_equal(read.claims.n, 1);
    assert_ok(nx_consent_list(rig->registry, rig->arena, lan.id.s, &list, &n));
    assert_int_equal(n, 1);
    assert_ok(nx_consent_delete(rig->registry, lan.id.s, "portal"));
    assert_err(nx_consent_get(rig->registry, rig->arena, lan.id.s, "portal", &read), NX_ERR_NOT_FOUND);
}

static void test_rule_16_shape(void **state)
{
    struct rig *rig = *state;
    const char *const ab[] = {"a", "b"}, *const ba[] = {"b", "a"};
    nx_client one = {.owner = "x", .redirect_uris = {ab, 2}}, two = {.owner = "x", .redirect_uris = {ba, 2}};
    char s1[NX_CLIENT_SHAPE_LEN + 1], s2[NX_CLIENT_SHAPE_LEN + 1];
    assert_ok(nx_client_shape(rig->arena, &one, s1));
    assert_ok(nx_client_shape(rig->arena, &two, s2));
    assert_string_equal(s1, s2);
    two.owner = "y";
    assert_ok(nx_client_shape(rig->arena, &two, s2));
    assert_string_not_equal(s1, s2);
    two.owner = "x";
    two.redirect_uris.n = 1;
    assert_ok(nx_client_shape(rig->arena, &two, s2));
    assert_string_not_equal(s1, s2);
}

struct reader {
    pthread_t thread;
    nx_registry *registry;
    bool failed;
};

static void *read_often(void *arg)
{
    struct reader *r = arg;
    for (int i = 0; i < 300 && !r->failed; i++) {
        nx_client *c = NULL;
        r->failed = !nx_ok(nx_client_get(r->registry, NX_LIT("portal"), &c)) || !c->name;
        nx_client_release(c);
    }
    return NULL;
}

static void test_readers_while_it_changes(void **state)
{
    struct rig *rig = *state;
    struct reader r[3];
    struct nx_client_record c = record();
    create(rig);
    for (int i = 0; i < 3; i++) {
        r[i] = (struct reader){.registry = rig->registry};
        assert_int_equal(pthread_create(&r[i].thread, NULL, read_often, &r[i]), 0);
    }
    for (int i = 0; i < 20; i++)
        assert_ok(nx_client_record_replace(rig->registry, &c, 0));
    for (int i = 0; i < 3; i++) {
        pthread_join(r[i].thread, NULL);
        assert_false(r[i].failed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(test_what_was_registered_is_parsed),
        RIG_TEST(test_rule_18_unreachable),
        RIG_TEST(test_the_cache_follows_changes),
        RIG_TEST(test_a_rolled_back_change_is_not_cached),
        RIG_TEST(test_bad_metadata_is_not_stored),
        RIG_TEST(test_rule_16_exact_cover),
        RIG_TEST(test_consents_unite_while_the_use_is_the_same),
        RIG_TEST(test_rule_16_shape),
        RIG_TEST(test_readers_while_it_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
