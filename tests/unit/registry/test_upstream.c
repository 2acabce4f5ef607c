#include "crypto/random.h"
#include "registry/link.h"
#include "registry/upstream.h"
#include "rig.h"

#include <pthread.h>
#include <stdatomic.h>

static nx_master *master;

static void make_master(void)
{
    static const uint8_t bytes[NX_MASTER_LEN] = {7};
    if (!master) assert_ok(nx_master_from(&master, nx_span_of(bytes, sizeof bytes)));
}

static struct nx_upstream_record record(const json_t *config)
{
    return (struct nx_upstream_record){.id = "bank",
                                       .kind = NX_UPSTREAM_OIDC,
                                       .name = "The Bank",
                                       .issuer = "https://bank.example",
                                       .level_cap = 3,
                                       .proofing = 2,
                                       .jit = 1u << NX_CITIZEN,
                                       .trusts_number = true,
                                       .config = config};
}

static void create(struct rig *rig, const char *text)
{
    NX_AUTO_JSON config = json_loads(text, 0, NULL);
    struct nx_upstream_record u = record(config);
    make_master();
    assert_ok(nx_upstream_create(rig->registry, master, &u));
}

static nx_result replace(struct rig *rig, const char *text, const char *issuer, int64_t expected)
{
    NX_AUTO_JSON config = json_loads(text, 0, NULL);
    struct nx_upstream_record u = record(config);
    if (issuer) u.issuer = issuer;
    return nx_upstream_replace(rig->registry, master, &u, expected);
}

static void person(struct rig *rig, const char *name, struct nx_person_made *made)
{
    struct nx_person p = {.user_name = name, .name = name, .active = true, .proofing = 1};
    assert_ok(nx_person_create(rig->registry, &p, NULL, 0, made));
}

static void test_a_row_is_read_as_written(void **state)
{
    struct rig *rig = *state;
    create(rig, "{\"client_id\":\"nixa\"}");
    NX_AUTO_UPSTREAM u = NULL;
    assert_ok(nx_upstream_get(rig->registry, NX_LIT("bank"), &u));
    assert_string_equal(u->name, "The Bank");
    assert_string_equal(u->name_vi, "The Bank");
    assert_string_equal(u->issuer, "https://bank.example");
    assert_int_equal(u->level_cap, 3);
    assert_int_equal(u->proofing, 2);
    assert_int_equal(u->jit, 1);
    assert_true(u->trusts_number);
    assert_false(u->on);
    assert_int_equal(u->version, 1);
    assert_string_equal(nx_json_str(u->config, "client_id"), "nixa");
    const nx_upstream *none = NULL;
    assert_err(nx_upstream_get(rig->registry, NX_LIT("other"), &none), NX_ERR_NOT_FOUND);
    assert_err(nx_upstream_get(rig->registry, NX_LIT("Bank"), &none), NX_ERR_NOT_FOUND);
}

static void test_one_that_is_off_signs_nobody_in(void **state)
{
    struct rig *rig = *state;
    create(rig, "{}");
    const nx_upstream *u = NULL;
    assert_err(nx_upstream_get_on(rig->registry, NX_LIT("bank"), NX_UPSTREAM_OIDC, &u), NX_ERR_UPSTREAM_OFF);
    assert_ok(nx_upstream_set_state(rig->registry, "bank", true));
    assert_ok(nx_upstream_get_on(rig->registry, NX_LIT("bank"), NX_UPSTREAM_OIDC, &u));
    nx_upstream_release(u);
    assert_err(nx_upstream_get_on(rig->registry, NX_LIT("bank"), NX_UPSTREAM_SAML, &u), NX_ERR_NOT_FOUND);
    assert_err(nx_upstream_set_state(rig->registry, "other", true), NX_ERR_NOT_FOUND);
}

static void test_a_secret_is_written_and_never_read(void **state)
{
    struct rig *rig = *state;
    create(rig, "{\"client_id\":\"nixa\",\"client_secret\":\"hush\"}");
    NX_AUTO_UPSTREAM u = NULL;
    assert_ok(nx_upstream_get(rig->registry, NX_LIT("bank"), &u));
    assert_null(json_object_get(u->config, "client_secret"));
    assert_null(memmem(u->sealed.p, u->sealed.n, "hush", 4));
    NX_AUTO_SECRET(secret);
    assert_ok(nx_upstream_secret(&secret, master, u, "client_secret"));
    assert_true(nx_span_eq_str(nx_secret_expose(&secret), "hush"));
    assert_err(nx_upstream_secret(&secret, master, u, "bind_password"), NX_ERR_MISSING);
}

/* The row's id is the additional data: secrets of one row do not open under another. */
static void test_a_sealed_secret_is_the_rows_own(void **state)
{
    struct rig *rig = *state;
    create(rig, "{\"client_secret\":\"hush\"}");
    NX_AUTO_UPSTREAM u = NULL;
    assert_ok(nx_upstream_get(rig->registry, NX_LIT("bank"), &u));
    nx_upstream other = *u;
    other.id = "bank2";
    NX_AUTO_SECRET(secret);
    assert_err(nx_upstream_secret(&secret, master, &other, "client_secret"), NX_ERR_SEAL);
}

static void test_replacing_keeps_a_secret_that_is_absent_and_drops_a_null(void **state)
{
    struct rig *rig = *state;
    bool has;
    create(rig, "{\"client_secret\":\"hush\"}");
    assert_ok(replace(rig, "{\"client_id\":\"b\"}", NULL, 1));
    const nx_upstream *u = NULL;
    assert_ok(nx_upstream_get(rig->registry, NX_LIT("bank"), &u));
    assert_int_equal(u->version, 2);
    assert_ok(nx_upstream_has_secret(&has, master, u, "client_secret"));
    assert_true(has);
    nx_upstream_release(u);
    assert_err(replace(rig, "{}", NULL, 1), NX_ERR_VERSION);
    assert_ok(replace(rig, "{\"client_secret\":null}", NULL, 2));
    assert_ok(nx_upstream_get(rig->registry, NX_LIT("bank"), &u));
    assert_ok(nx_upstream_has_secret(&has, master, u, "client_secret"));
    assert_false(has);
    nx_upstream_release(u);
    assert_err(replace(rig, "{\"client_secret\":7}", NULL, 0), NX_ERR_UPSTREAM_CONFIG);
}

/* Who holds a row goes on with it; the next get sees the change. */
static void test_a_held_row_outlives_a_change(void **state)
{
    struct rig *rig = *state;
    create(rig, "{\"client_id\":\"a\"}");
    NX_AUTO_UPSTREAM before = NULL;
    NX_AUTO_UPSTREAM after = NULL;
    assert_ok(nx_upstream_get(rig->registry, NX_LIT("bank"), &before));
    assert_ok(replace(rig, "{\"client_id\":\"b\"}", NULL, 0));
    assert_ok(nx_upstream_get(rig->registry, NX_LIT("bank"), &after));
    assert_string_equal(nx_json_str(before->config, "client_id"), "a");
    assert_string_equal(nx_json_str(after->config, "client_id"), "b");
}

static void test_a_rolled_back_change_is_not_seen(void **state)
{
    struct rig *rig = *state;
    create(rig, "{}");
    {
        NX_AUTO_CHANGE(change);
        assert_ok(nx_registry_begin(&change, rig->registry, NX_DURABLE));
        assert_ok(nx_upstream_set_state(rig->registry, "bank", true));
        NX_AUTO_UPSTREAM inside = NULL;
        assert_ok(nx_upstream_get(rig->registry, NX_LIT("bank"), &inside));
        assert_true(inside->on);
    }
    NX_AUTO_UPSTREAM u = NULL;
    assert_ok(nx_upstream_get(rig->registry, NX_LIT("bank"), &u));
    assert_false(u->on);
}

static void test_what_does_not_fit_is_refused(void **state)
{
    struct rig *rig = *state;
    make_master();
    NX_AUTO_JSON config = json_object();
    struct nx_upstream_record good = record(config);
    struct nx_upstream_record u = good;
    u.id = "Bank!";
    assert_err(nx_upstream_create(rig->registry, master, &u), NX_ERR_RANGE);
    u = good;
    u.proofing = 4; /* above the cap */
    assert_err(nx_upstream_create(rig->registry, master, &u), NX_ERR_RANGE);
    u = good;
    u.level_cap = 5;
    assert_err(nx_upstream_create(rig->registry, master, &u), NX_ERR_RANGE);
    u = good;
    u.issuer = NULL;
    assert_err(nx_upstream_create(rig->registry, master, &u), NX_ERR_MISSING);
    assert_ok(nx_upstream_create(rig->registry, master, &good));
    assert_err(nx_upstream_create(rig->registry, master, &good), NX_ERR_CONFLICT);
}

static void test_a_subject_of_an_upstream_is_one_person(void **state)
{
    struct rig *rig = *state;
    struct nx_person_made lan, minh;
    struct nx_link l;
    create(rig, "{}");
    person(rig, "lan", &lan);
    person(rig, "minh", &minh);
    assert_ok(nx_link_add(rig->registry, "bank", NX_LIT("s1"), lan.id.s, NX_LINK_PROVEN));
    assert_err(nx_link_add(rig->registry, "bank", NX_LIT("s1"), minh.id.s, NX_LINK_PROVEN), NX_ERR_CONFLICT);
    assert_ok(nx_link_find(rig->registry, rig->arena, "bank", NX_LIT("s1"), &l));
    assert_string_equal(l.person.s, lan.id.s);
    assert_int_equal(l.how, NX_LINK_PROVEN);
    assert_err(nx_link_find(rig->registry, rig->arena, "bank", NX_LIT("S1"), &l), NX_ERR_NOT_FOUND);
    assert_err(nx_link_remove(rig->registry, "bank", NX_LIT("s1"), minh.id.s), NX_ERR_NOT_FOUND);
    assert_ok(nx_link_remove(rig->registry, "bank", NX_LIT("s1"), lan.id.s));
    assert_err(nx_link_find(rig->registry, rig->arena, "bank", NX_LIT("s1"), &l), NX_ERR_NOT_FOUND);
}

static void test_links_go_with_their_person_and_their_upstream(void **state)
{
    struct rig *rig = *state;
    struct nx_person_made lan, minh;
    int64_t n;
    create(rig, "{}");
    person(rig, "lan", &lan);
    person(rig, "minh", &minh);
    assert_ok(nx_link_add(rig->registry, "bank", NX_LIT("s1"), lan.id.s, NX_LINK_JIT));
    assert_ok(nx_link_add(rig->registry, "bank", NX_LIT("s2"), minh.id.s, NX_LINK_JIT));
    assert_ok(nx_person_delete(rig->registry, lan.id.s));
    assert_ok(nx_link_count(rig->registry, "bank", &n));
    assert_int_equal(n, 1);
    assert_ok(nx_upstream_delete(rig->registry, "bank"));
    assert_ok(nx_link_count(rig->registry, "bank", &n));
    assert_int_equal(n, 0);
}

/* A link is to a subject of that issuer: pointed at another issuer, somebody else would come in by it. */
static void test_the_issuer_stands_while_there_are_links(void **state)
{
    struct rig *rig = *state;
    struct nx_person_made lan;
    create(rig, "{}");
    person(rig, "lan", &lan);
    assert_ok(replace(rig, "{}", "https://new.example", 0));
    assert_ok(nx_link_add(rig->registry, "bank", NX_LIT("s1"), lan.id.s, NX_LINK_ADMIN));
    assert_err(replace(rig, "{}", "https://evil.example", 0), NX_ERR_CONFLICT);
    assert_ok(replace(rig, "{}", "https://new.example", 0));
}


#define READERS 4
#define CHANGES 40

static atomic_bool over;

/* Whoever holds a row reads a whole one, whatever is written meanwhile. */
static void *read_on(void *arg)
{
    struct rig *rig = arg;
    while (!atomic_load(&over)) {
        NX_AUTO_UPSTREAM u = NULL;
        if (!nx_ok(nx_upstream_get(rig->registry, NX_LIT("bank"), &u))) return (void *)rig;
        const char *client = nx_json_str(u->config, "client_id");
        if (!client || strlen(client) != 1 || strcmp(u->name, "The Bank") != 0) return (void *)rig;
    }
    return NULL;
}

static void test_readers_while_it_changes(void **state)
{
    struct rig *rig = *state;
    pthread_t thread[READERS];
    create(rig, "{\"client_id\":\"a\"}");
    atomic_store(&over, false);
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, read_on, rig), 0);
    for (int i = 0; i < CHANGES; i++)
        assert_ok(replace(rig, i % 2 ? "{\"client_id\":\"a\"}" : "{\"client_id\":\"b\"}", NULL, i + 1));
    atomic_store(&over, true);
    for (int i = 0; i < READERS; i++) {
        void *failed;
        pthread_join(thread[i], &failed);
        assert_null(failed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(test_a_row_is_read_as_written),
        RIG_TEST(test_one_that_is_off_signs_nobody_in),
        RIG_TEST(test_a_secret_is_written_and_never_read),
        RIG_TEST(test_a_sealed_secret_is_the_rows_own),
        RIG_TEST(test_replacing_keeps_a_secret_that_is_absent_and_drops_a_null),
        RIG_TEST(test_a_held_row_outlives_a_change),
        RIG_TEST(test_a_rolled_back_change_is_not_seen),
        RIG_TEST(test_what_does_not_fit_is_refused),
        RIG_TEST(test_a_subject_of_an_upstream_is_one_person),
        RIG_TEST(test_links_go_with_their_person_and_their_upstream),
        RIG_TEST(test_the_issuer_stands_while_there_are_links),
        RIG_TEST(test_readers_while_it_changes),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    nx_master_close(master);
    return failed;
}
