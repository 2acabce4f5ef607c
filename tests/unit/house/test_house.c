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
        cmocka_unit_test_setup_teardown(test_keys_stay, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_another_issuer_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rule_19_epochs_are_the_registrys, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
