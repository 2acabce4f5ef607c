#include "house/house.h"

#include "registry/epoch.h"
#include "registry/meta.h"
#include "registry/person.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define assert_ok(call) assert_string_equal(nx_err_name((call).e), nx_err_name(NX_ERR_NONE))
#define assert_err(call, err) assert_string_equal(nx_err_name((call).e), nx_err_name(err))

struct rig {
    char folder[64];
    struct nx_settings settings;
    struct nx_house *house;
};

static nx_result open_house(struct rig *rig)
{
    const struct nx_house_parts parts = {.settings = &rig->settings, .data = rig->folder, .store = "memory:"};
    return nx_house_open(&rig->house, &parts);
}

static int set_up(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    snprintf(rig->folder, sizeof rig->folder, "/tmp/nixa-house-XXXXXX");
    nx_settings_default(&rig->settings);
    rig->settings.issuer = "https://localhost:8443";
    *state = rig;
    return mkdtemp(rig->folder) && nx_ok(open_house(rig)) ? 0 : -1;
}

static int tear_down(void **state)
{
    struct rig *rig = *state;
    static const char *const files[] = {"registry.db", "registry.db-wal", "registry.db-shm",
                                        "keys/master.key"};
    char path[128];
    nx_house_close(rig->house);
    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s/%s", rig->folder, files[i]);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/keys", rig->folder);
    rmdir(path);
    rmdir(rig->folder);
    free(rig);
    return 0;
}

static void test_what_is_worked_out(void **state)
{
    const struct nx_house *h = ((struct rig *)*state)->house;
    assert_string_equal(h->issuer, "https://localhost:8443");
    assert_string_equal(h->issuer_host, "localhost:8443");
    assert_string_equal(h->admin_audience, "https://localhost:8443/admin");
    assert_true(h->loopback);
    assert_int_equal(h->shards, 1);
    assert_int_equal(nx_house_shard(h, "anything"), 0);
    assert_null(h->egress);
}

/* Keys of tokens leave the JWKS with the last token; keys of cards stay as long as the operator lets cards live. */
static void test_keys_retire_by_what_they_signed(void **state)
{
    struct rig *rig = *state;
    struct nx_key_row *row;
    size_t n;
    nx_house_close(rig->house);
    rig->settings.key_publish_s = 0;
    rig->settings.qr_identity_ttl_s = 473040000;
    assert_ok(open_house(rig));
    for (int i = 0; i < NX_USE_COUNT; i++)
        assert_ok(nx_keyring_tend(rig->house->keyring));
    assert_ok(nx_keyring_rotate(rig->house->keyring, NX_USE_TOKEN));
    assert_ok(nx_keyring_rotate(rig->house->keyring, NX_USE_QR));
    NX_AUTO(nx_arena) a = nx_arena_open(1u << 20);
    assert_ok(nx_keyring_list(&row, &n, a, rig->house->keyring));
    int seen = 0;
    for (size_t i = 0; i < n; i++) {
        if (row[i].state != NX_KEY_RETIRED) continue;
        int64_t left = row[i].retire_after - nx_now();
        if (row[i].use == NX_USE_TOKEN) assert_true(left <= 86400);
        else assert_true(row[i].use == NX_USE_QR && left > 473040000);
        seen++;
    }
    assert_int_equal(seen, 2);
}

/* The same folder again: the same keys sign. */
static void test_keys_stay(void **state)
{
    struct rig *rig = *state;
    char kid[NX_KEY_ID_LEN + 1];
    nx_signing_key *key;
    assert_ok(nx_keyring_active(&key, rig->house->keyring, NX_USE_TOKEN));
    snprintf(kid, sizeof kid, "%s", nx_signing_key_kid(key));
    nx_signing_key_release(key);
    nx_house_close(rig->house);
    rig->house = NULL;
    assert_ok(open_house(rig));
    assert_ok(nx_keyring_active(&key, rig->house->keyring, NX_USE_TOKEN));
    assert_string_equal(nx_signing_key_kid(key), kid);
    nx_signing_key_release(key);
}

static void test_another_issuer_is_refused(void **state)
{
    struct rig *rig = *state;
    nx_house_close(rig->house);
    rig->house = NULL;
    rig->settings.issuer = "https://other.example";
    assert_err(open_house(rig), NX_ERR_HOUSE_ISSUER);
    assert_null(rig->house);
    rig->settings.issuer = "http://localhost:8443";
    assert_err(open_house(rig), NX_ERR_SETTING_VALUE);
}

/* Rule 19: what does not exist has no epoch, and what exists begins at zero. */
static void test_rule_19_epochs_are_the_registrys(void **state)
{
    struct nx_house *h = ((struct rig *)*state)->house;
    struct nx_person p = {.kind = NX_CITIZEN, .active = true, .proofing = 1, .user_name = "lan"};
    struct nx_person_made made;
    int64_t value = -1;
    assert_ok(nx_person_create(h->registry, &p, NULL, 0, &made));
    assert_ok(nx_registry_epoch_load(h->registry, NX_EPOCH_PERSON, made.id.s, &value));
    assert_int_equal(value, 0);
    assert_ok(nx_registry_epoch_load(h->registry, NX_EPOCH_QR, made.qid.s, &value));
    assert_int_equal(value, 0);
    assert_ok(nx_registry_epoch_load(h->registry, NX_EPOCH_SYSTEM, NX_EPOCH_SYSTEM_ID, &value));
    assert_int_equal(value, 0);
    assert_err(nx_registry_epoch_load(h->registry, NX_EPOCH_PERSON, "nobody", &value), NX_ERR_NOT_FOUND);
    assert_err(nx_registry_epoch_load(h->registry, NX_EPOCH_CLIENT, "nobody", &value), NX_ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_worked_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_keys_retire_by_what_they_signed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_keys_stay, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_another_issuer_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rule_19_epochs_are_the_registrys, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
