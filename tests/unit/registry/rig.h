/* A registry in a folder of its own, for the tests of this folder. */
#ifndef NX_TESTS_REGISTRY_RIG_H
#define NX_TESTS_REGISTRY_RIG_H

#include "base/fault.h"
#include "registry/person.h"
#include "registry/registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define assert_ok(call) assert_string_equal(nx_err_name((call).e), nx_err_name(NX_ERR_NONE))
#define assert_err(call, err) assert_string_equal(nx_err_name((call).e), nx_err_name(err))
/* A result of which only the effect matters here. */
#define whatever(call) nx_ignore(call)

struct rig {
    char folder[64];
    char url[128];
    nx_registry *registry;
    nx_arena *arena;
};

static inline const char *rig_path(const struct rig *rig)
{
    return rig->url + strlen("sqlite:");
}

static inline int rig_up(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    snprintf(rig->folder, sizeof rig->folder, "/tmp/nixa-registry-XXXXXX");
    if (!mkdtemp(rig->folder)) return -1;
    snprintf(rig->url, sizeof rig->url, "sqlite:%s/registry.db", rig->folder);
    rig->arena = nx_arena_open(4u << 20);
    *state = rig;
    return nx_ok(nx_registry_open(&rig->registry, rig->url, 4)) ? 0 : -1;
}

static inline int rig_down(void **state)
{
    struct rig *rig = *state;
    static const char *const suffix[] = {"", "-wal", "-shm"};
    char path[192];
    nx_registry_close(rig->registry);
    nx_arena_close(rig->arena);
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s%s", rig_path(rig), suffix[i]);
        unlink(path);
    }
    rmdir(rig->folder);
    free(rig);
    return 0;
}

static inline struct nx_person rig_lan(void)
{
    return (struct nx_person){.kind = NX_CITIZEN,
                              .active = true,
                              .proofing = 2,
                              .user_name = "lan",
                              .name = "Nguyễn Thị Lan",
                              .birthdate = "1990-02-28"};
}

/* A person of that user name with her first identity. */
static inline struct nx_person_made rig_person(struct rig *rig, const char *user_name)
{
    struct nx_person p = rig_lan();
    struct nx_person_made made;
    p.user_name = user_name;
    assert_ok(nx_person_create(rig->registry, &p, NULL, 0, &made));
    return made;
}

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, rig_up, rig_down)

#endif
