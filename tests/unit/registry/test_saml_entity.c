/* SAML peers in the registry: what was stored is read, the cache follows commits, five thousand cost nothing at start. */
#include "registry/saml_entity.h"

#include "crypto/certificate.h"
#include "registry/client.h"
#include "rig.h"

#include <openssl/ec.h>
#include <pthread.h>

#define GRANT "urn:oasis:names:tc:SAML:2.0:profiles:SSO:browser"

static const struct nx_saml_endpoint acs[] = {
    {1, "https://p.example/acs", "https://p.example/acs", 0, false},
    {2, "https://p.example/art", "https://p.example/art", 7, true},
};
static const struct nx_saml_endpoint slo[] = {{3, "https://p.example/slo", "https://p.example/slo/done", -1, false}};
static const char *const methods[] = {"http://www.w3.org/2009/xmlenc11#aes256-gcm"};
static const char *const formats[] = {"urn:a", "urn:b"};
static const struct nx_saml_attribute attributes[] = {{"urn:oid:1", "urn:f", "mail", true}, {"x", NULL, NULL, false}};
static struct nx_saml_key key;

static nx_saml_entity entity(struct rig *rig, const char *id)
{
    if (!key.key) key = (struct nx_saml_key){.uses = NX_SAML_FOR_SIGNING, .key = EVP_EC_gen("P-256"), .methods = {methods, 1}};
    assert_ok(nx_spki(&key.spki, rig->arena, key.key));
    return (nx_saml_entity){.entity_id = id,
                            .role = NX_SAML_SP,
                            .valid_until = 4102444800,
                            .cache_duration = 3600,
                            .acs = {acs, 2},
                            .slo = {slo, 1},
                            .key = &key,
                            .key_count = 1,
                            .name_id_formats = {formats, 2},
                            .attribute = attributes,
                            .attribute_count = 2,
                            .requests_signed = true,
                            .name = "Portal",
                            .name_vi = "Cổng"};
}

static void create(struct rig *rig, const char *id, const char *owner)
{
    nx_saml_entity e = entity(rig, id);
    const struct nx_saml_record record = {.parsed = &e, .xml = NX_LIT("<xml/>"), .owner = owner};
    assert_ok(nx_saml_entity_create(rig->registry, &record));
}

static nx_saml_entity *get(struct rig *rig, const char *id)
{
    nx_saml_entity *e = NULL;
    assert_ok(nx_saml_entity_get(rig->registry, nx_span_str(id), NX_SAML_SP, &e));
    return e;
}

static nx_err missing(struct rig *rig, const char *id)
{
    NX_AUTO(nx_saml_entity) e = NULL;
    return nx_saml_entity_get(rig->registry, nx_span_str(id), NX_SAML_SP, &e).e;
}

static void test_everything_comes_back(void **state)
{
    struct rig *rig = *state;
    create(rig, "urn:one", "c1");
    NX_AUTO(nx_saml_entity) e = get(rig, "urn:one");
    assert_string_equal(e->owner, "c1");
    assert_int_equal(e->acs.n, 2);
    assert_int_equal(e->acs.v[1].binding, 2);
    assert_int_equal(e->acs.v[1].index, 7);
    assert_true(e->acs.v[1].is_default && !e->acs.v[0].is_default);
    assert_string_equal(e->acs.v[0].response_location, "https://p.example/acs");
    assert_string_equal(e->slo.v[0].response_location, "https://p.example/slo/done");
    assert_int_equal(e->key_count, 1);
    assert_int_equal(EVP_PKEY_eq(e->key[0].key, key.key), 1);
    assert_string_equal(e->key[0].methods.v[0], methods[0]);
    assert_int_equal(e->name_id_formats.n, 2);
    assert_string_equal(e->attribute[0].friendly, "mail");
    assert_true(e->attribute[0].required && !e->attribute[1].format);
    assert_true(e->requests_signed && !e->wants_assertions_signed);
    assert_string_equal(e->name_vi, "Cổng");
    assert_null(e->home);
    assert_int_equal(e->valid_until, 4102444800);
    assert_int_equal(e->version, 1);
    NX_AUTO(nx_saml_entity) by_owner = NULL;
    assert_ok(nx_saml_entity_of(rig->registry, "c1", NX_SAML_SP, &by_owner));
    assert_string_equal(by_owner->entity_id, "urn:one");
    nx_saml_entity *none = NULL;
    assert_err(nx_saml_entity_of(rig->registry, "c1", NX_SAML_IDP, &none), NX_ERR_NOT_FOUND);
}

static void test_an_entity_id_stands_once_for_a_role(void **state)
{
    struct rig *rig = *state;
    create(rig, "urn:one", "c1");
    nx_saml_entity e = entity(rig, "urn:one");
    struct nx_saml_record record = {.parsed = &e, .xml = NX_LIT("<xml/>"), .owner = "c2"};
    assert_err(nx_saml_entity_create(rig->registry, &record), NX_ERR_CONFLICT);
    e.role = NX_SAML_IDP;
    assert_ok(nx_saml_entity_create(rig->registry, &record));
    e.entity_id = "urn:two";
    assert_err(nx_saml_entity_create(rig->registry, &record), NX_ERR_CONFLICT); /* its owner has one */
    char long_id[NX_SAML_ENTITY_ID_MAX + 2];
    memset(long_id, 'a', sizeof long_id);
    long_id[sizeof long_id - 1] = 0;
    e.entity_id = long_id;
    record.owner = "c3";
    assert_err(nx_saml_entity_create(rig->registry, &record), NX_ERR_LIMIT);
}

static void test_the_cache_follows_commits(void **state)
{
    struct rig *rig = *state;
    create(rig, "urn:one", "c1");
    NX_AUTO(nx_saml_entity) first = get(rig, "urn:one");
    NX_AUTO(nx_saml_entity) again = get(rig, "urn:one");
    assert_ptr_equal(first, again);
    nx_saml_entity changed = entity(rig, "urn:one");
    changed.name = "Other";
    const struct nx_saml_record record = {.parsed = &changed, .xml = NX_LIT("<y/>"), .owner = "c1"};
    {
        NX_AUTO_CHANGE(change);
        assert_ok(nx_registry_begin(&change, rig->registry, NX_DURABLE));
        assert_ok(nx_saml_entity_replace(rig->registry, &record, 1));
        NX_AUTO(nx_saml_entity) inside = get(rig, "urn:one");
        assert_string_equal(inside->name, "Other");
    }
    NX_AUTO(nx_saml_entity) undone = get(rig, "urn:one");
    assert_string_equal(undone->name, "Portal");
    assert_err(nx_saml_entity_replace(rig->registry, &record, 9), NX_ERR_VERSION);
    assert_ok(nx_saml_entity_replace(rig->registry, &record, 1));
    NX_AUTO(nx_saml_entity) later = get(rig, "urn:one");
    assert_string_equal(later->name, "Other");
    assert_int_equal(later->version, 2);
    assert_string_equal(first->name, "Portal"); /* who held it, holds it */
    assert_ok(nx_saml_entity_set(rig->registry, "c1", NX_SAML_SP, "{\"cap\":3}", 2));
    NX_AUTO(nx_saml_entity) capped = get(rig, "urn:one");
    assert_int_equal(capped->settings.cap, 3);
    assert_ok(nx_saml_entity_delete(rig->registry, "c1", NX_SAML_SP));
    assert_int_equal(missing(rig, "urn:one"), NX_ERR_NOT_FOUND);
}

static void test_a_client_takes_its_metadata_with_it(void **state)
{
    struct rig *rig = *state;
    char id[NX_CLIENT_ID_MAX + 1];
    const struct nx_client_record client = {.metadata = "{\"grant_types\":[\"" GRANT "\"]}", .sector = "s", .owner = "uid:0"};
    assert_ok(nx_client_record_create(rig->registry, &client, id));
    create(rig, "urn:one", id);
    nx_saml_entity_release(get(rig, "urn:one")); /* it is in the cache now */
    assert_ok(nx_client_record_delete(rig->registry, id));
    assert_int_equal(missing(rig, "urn:one"), NX_ERR_NOT_FOUND);
}

static void test_fetching_is_remembered(void **state)
{
    struct rig *rig = *state;
    struct nx_saml_page due;
    struct nx_saml_health h;
    nx_saml_entity e = entity(rig, "urn:one");
    const struct nx_saml_record record = {.parsed = &e, .xml = NX_LIT("<xml/>"), .owner = "c1", .source = NX_SAML_URL,
                                          .url = "https://p.example/m", .pin = NX_LIT("pin"), .refresh = 1000};
    assert_ok(nx_saml_entity_create(rig->registry, &record));
    create(rig, "urn:two", "c2");
    assert_ok(nx_saml_rows_due(rig->registry, rig->arena, 999, 10, &due));
    assert_int_equal(due.n, 0);
    assert_ok(nx_saml_rows_due(rig->registry, rig->arena, 1000, 10, &due));
    assert_int_equal(due.n, 1);
    assert_true(nx_span_eq(due.v[0].pin, NX_LIT("pin")));
    assert_ok(nx_saml_entity_tried(rig->registry, "c1", NX_SAML_SP, 2000, e.valid_until, "EGRESS_AWAY"));
    assert_ok(nx_saml_entity_health(rig->registry, nx_now(), &h));
    assert_int_equal(h.entities, 2);
    assert_int_equal(h.failing, 1);
    assert_int_equal(h.expired, 0);
    struct nx_saml_row row;
    assert_ok(nx_saml_row_get(rig->registry, rig->arena, "c1", NX_SAML_SP, &row));
    assert_int_equal(row.failures, 1);
    assert_string_equal(row.last_error, "EGRESS_AWAY");
    assert_ok(nx_saml_entity_tried(rig->registry, "c1", NX_SAML_SP, 3000, 5, NULL));
    assert_ok(nx_saml_row_get(rig->registry, rig->arena, "c1", NX_SAML_SP, &row));
    assert_int_equal(row.failures, 0);
    assert_ok(nx_saml_entity_health(rig->registry, nx_now(), &h));
    assert_int_equal(h.expired, 1);
    NX_AUTO(nx_saml_entity) over = get(rig, "urn:one");
    assert_err(nx_saml_entity_valid(over, 5), NX_ERR_SAML_METADATA_EXPIRED);
}

/* What reading costs is the benchmark's; here, that it is done once. */
static void test_portals_are_read_on_demand_and_kept(void **state)
{
    struct rig *rig = *state;
    char id[32], owner[32];
    NX_AUTO_CHANGE(change);
    assert_ok(nx_registry_begin(&change, rig->registry, NX_RELAXED));
    for (int i = 0; i < 500; i++) {
        snprintf(id, sizeof id, "urn:portal:%d", i);
        snprintf(owner, sizeof owner, "c%d", i);
        create(rig, id, owner);
    }
    assert_ok(nx_registry_commit(&change));
    for (int i = 0; i < 100; i++) {
        snprintf(id, sizeof id, "urn:portal:%d", i * 4);
        NX_AUTO(nx_saml_entity) first = get(rig, id);
        NX_AUTO(nx_saml_entity) second = get(rig, id);
        assert_ptr_equal(first, second);
        assert_string_equal(first->entity_id, id);
    }
}

struct crew {
    struct rig *rig;
    _Atomic bool stop;
    _Atomic unsigned bad;
};

static void *reader(void *arg)
{
    struct crew *c = arg;
    while (!c->stop) {
        nx_saml_entity *e = NULL;
        if (!nx_ok(nx_saml_entity_get(c->rig->registry, NX_LIT("urn:one"), NX_SAML_SP, &e)) ||
            strcmp(e->owner, "c1") != 0 || e->key_count != 1 || e->acs.n != 2)
            c->bad++;
        nx_saml_entity_release(e);
    }
    return NULL;
}

static void test_readers_while_it_changes(void **state)
{
    struct rig *rig = *state;
    struct crew crew = {.rig = rig};
    pthread_t t[3];
    create(rig, "urn:one", "c1");
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&t[i], NULL, reader, &crew), 0);
    for (int i = 0; i < 100; i++) {
        char settings[32];
        snprintf(settings, sizeof settings, "{\"cap\":%d}", i % 5);
        assert_ok(nx_saml_entity_set(rig->registry, "c1", NX_SAML_SP, settings, 0));
        NX_AUTO(nx_saml_entity) e = get(rig, "urn:one");
        assert_int_equal(e->settings.cap, i % 5);
    }
    crew.stop = true;
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    assert_int_equal(crew.bad, 0);
}

static void test_settings_are_known_ones(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        nx_err e;
    } cases[] = {
        {"{}", NX_ERR_NONE},
        {"{\"encrypt\":\"never\",\"sign\":\"ec\",\"cap\":4,\"claims\":[],\"idp_initiated\":false}", NX_ERR_NONE},
        {"{\"encrypt\":1}", NX_ERR_RANGE},
        {"{\"sign\":\"dsa\"}", NX_ERR_RANGE},
        {"{\"cap\":-1}", NX_ERR_RANGE},
        {"{\"claims\":[1]}", NX_ERR_RANGE},
        {"{\"nixa\":1}", NX_ERR_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        NX_AUTO_JSON j = NULL;
        const char *member = NULL;
        assert_ok(nx_json_parse_object(&j, nx_span_str(cases[i].json)));
        assert_int_equal(nx_saml_settings_check(j, &member).e, cases[i].e);
        assert_int_equal(member != NULL, cases[i].e != NX_ERR_NONE);
    }
}

static int drop_key(void **state)
{
    (void)state;
    EVP_PKEY_free(key.key);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_everything_comes_back, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(test_an_entity_id_stands_once_for_a_role, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(test_the_cache_follows_commits, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(test_a_client_takes_its_metadata_with_it, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(test_fetching_is_remembered, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(test_portals_are_read_on_demand_and_kept, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(test_readers_while_it_changes, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(test_settings_are_known_ones, rig_up, rig_down),
    };
    return cmocka_run_group_tests(tests, NULL, drop_key);
}
