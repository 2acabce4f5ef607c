/* A house on a folder and a private Redis of the test's own, with a person, two portals and her sign-ons. */
#ifndef NX_TESTS_REVOKE_RIG_H
#define NX_TESTS_REVOKE_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/fault.h"
#include "base/log.h"
#include "registry/audit.h"
#include "registry/client.h"
#include "registry/epoch.h"
#include "registry/outbox.h"
#include "registry/person.h"
#include "registry/qr_identity.h"
#include "registry/revocation.h"
#include "revoke/apply.h"
#include "sessions/code.h"
#include "sessions/memory_test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define OK(call) assert_string_equal(nx_err_name((call).e), "NONE")

#define DVC "dvcportal"
#define THUE "thueportal"

struct rig {
    char folder[64];
    char store[96];
    struct nx_settings settings;
    struct nx_house *h;
    nx_arena *a;
    bool redis;
    pid_t pid;
    nx_id person, qid;
};

/* What one sign-on left with a portal. */
struct signed_in {
    struct nx_signon session;
    nx_handle_text cookie;
    struct nx_token_new token;
    struct nx_redeemed given;
    const char *client;
};

static bool answers(const char *path)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool up = fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0;
    if (fd >= 0) close(fd);
    return up;
}

static inline bool redis_start(struct rig *g)
{
    char path[96];
    pid_t parent = getpid();
    snprintf(path, sizeof path, "%s/s", g->folder);
    unlink(path);
    g->pid = fork();
    if (g->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int null = open("/dev/null", O_RDWR);
        dup2(null, 1);
        dup2(null, 2);
        if (getppid() == parent)
            execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", path, "--dir", g->folder,
                   "--save", "", "--appendonly", "yes", "--appendfsync", "no", "--hz", "100", (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 400; i++) {
        if (answers(path)) return true;
        usleep(10000);
    }
    return false;
}

static inline void redis_stop(struct rig *g)
{
    if (g->pid <= 0) return;
    kill(g->pid, SIGKILL);
    waitpid(g->pid, NULL, 0);
    g->pid = 0;
}

static inline bool have_redis(void)
{
    return system("command -v redis-server >/dev/null 2>&1") == 0;
}

/* Waits until the store was met and replayed. */
static inline void meet(struct rig *g)
{
    for (int i = 0; i < 200 && !nx_ok(nx_store_ping(g->h->store)); i++)
        usleep(10000);
    OK(nx_store_ping(g->h->store));
}

static inline void house_open(struct rig *g)
{
    const struct nx_house_parts parts = {
        .settings = &g->settings, .data = g->folder, .store = g->store, .watched = true};
    OK(nx_house_open(&g->h, &parts));
    nx_store_watch(g->h->store, nx_revoke_watch(g->h));
    meet(g);
}

static inline void make_portal(struct rig *g, const char *id)
{
    char metadata[512], made[NX_CLIENT_ID_MAX + 1];
    snprintf(metadata, sizeof metadata,
             "{\"client_name\":\"%s\",\"redirect_uris\":[\"https://%s.localhost/cb\"],"
             "\"backchannel_logout_uri\":\"https://%s.localhost/out\"}",
             id, id, id);
    const struct nx_client_record record = {.id = id, .metadata = metadata, .sector = id, .owner = "uid:0"};
    OK(nx_client_record_create(g->h->registry, &record, made));
}

static inline struct rig *rig_new(bool redis)
{
    struct rig *g = calloc(1, sizeof *g);
    assert_non_null(g);
    nx_log_level(NX_ERROR);
    g->redis = redis;
    snprintf(g->folder, sizeof g->folder, "/tmp/nx-revoke-XXXXXX");
    assert_non_null(mkdtemp(g->folder));
    snprintf(g->store, sizeof g->store, redis ? "unix:%s/s" : "memory:", g->folder);
    if (redis) assert_true(redis_start(g));
    nx_settings_default(&g->settings);
    g->settings.issuer = "https://localhost:8443";
    g->a = nx_arena_open(64 << 20);
    assert_non_null(g->a);
    house_open(g);
    struct nx_person p = {
        .user_name = "citizen", .kind = NX_CITIZEN, .active = true, .proofing = 1, .name = "An"};
    struct nx_person_made made;
    OK(nx_person_create(g->h->registry, &p, NULL, 0, &made));
    g->person = made.id;
    g->qid = made.qid;
    make_portal(g, DVC);
    make_portal(g, THUE);
    return g;
}

static inline void rig_free(struct rig *g)
{
    char command[96];
    nx_fault_arm(NX_ACT_STORE, 0);
    nx_fault_arm(NX_ACT_SQL, 0);
    nx_house_close(g->h);
    nx_arena_close(g->a);
    redis_stop(g);
    snprintf(command, sizeof command, "rm -rf %s", g->folder);
    assert_int_equal(system(command), 0);
    free(g);
}

static inline int setup_memory(void **state)
{
    *state = rig_new(false);
    return 0;
}

static inline int setup_redis(void **state)
{
    *state = have_redis() ? rig_new(true) : NULL;
    if (!*state) print_message("redis-server is not installed: this case is skipped\n");
    return 0;
}

static inline int teardown(void **state)
{
    if (*state) rig_free(*state);
    return 0;
}

#define RIG(state)                                                                                           \
    struct rig *g = *(state);                                                                                \
    if (!g) {                                                                                                \
        skip();                                                                                              \
        return;                                                                                              \
    }                                                                                                        \
    nx_arena *a = g->a;                                                                                      \
    (void)a

#define NX_BOTH(f)                                                                                           \
    {#f " (memory)", f, setup_memory, teardown, NULL},                                                       \
    {                                                                                                        \
#f " (redis)", f, setup_redis, teardown, NULL                                                        \
    }

static inline int64_t epoch(struct rig *g, char kind, const char *id)
{
    int64_t value;
    OK(nx_registry_epoch_get(g->h->registry, kind, id, &value));
    return value;
}

static inline void sign_in(struct rig *g, struct signed_in *s, const char *qid, const char *client)
{
    nx_store *st = g->h->store;
    enum nx_found found;
    nx_handle_text code;
    struct nx_code read;
    s->client = client;
    s->session = (struct nx_signon){.subject = g->person.s,
                                    .qid = qid,
                                    .level = 1,
                                    .rung = -1,
                                    .means = 1,
                                    .auth_time = nx_now(),
                                    .idle_s = 1800,
                                    .ends = nx_now() + 28800};
    OK(nx_epochs_set(&s->session.epochs, NX_EPOCH_PERSON, g->person.s, epoch(g, 'p', g->person.s)));
    OK(nx_epochs_set(&s->session.epochs, NX_EPOCH_QR, qid, epoch(g, 'q', qid)));
    OK(nx_signon_begin(&s->cookie, st, g->a, &s->session, &NX_NOTE_NONE, &found));
    assert_int_equal(found, NX_FOUND);
    struct nx_grant grant = {.client_id = client,
                             .subject = g->person.s,
                             .qid = qid,
                             .scope = "openid",
                             .level = 1,
                             .rung = -1,
                             .refreshes = true,
                             .refresh_until = nx_now() + 86400,
                             .refresh_idle_s = 7200,
                             .token_s = 300};
    OK(nx_epochs_set(&grant.epochs, NX_EPOCH_CLIENT, client, epoch(g, 'c', client)));
    OK(nx_epochs_set(&grant.epochs, NX_EPOCH_SYSTEM, NX_EPOCH_SYSTEM_ID, epoch(g, 'y', NX_EPOCH_SYSTEM_ID)));
    OK(nx_code_issue(&code, st, g->a, &s->session, &grant, &NX_NOTE_NONE, &found));
    assert_int_equal(found, NX_FOUND);
    OK(nx_code_find(st, g->a, client, nx_span_str(code.s), &read, &found));
    OK(nx_token_new(&s->token, st, read.ref.shard, client, 300));
    const struct nx_redeem r = {&read, &grant, &s->token, true};
    OK(nx_code_redeem(st, g->a, &r, &NX_NOTE_NONE, &s->given, &found));
    assert_int_equal(found, NX_FOUND);
}

static inline bool token_lives(struct rig *g, const struct signed_in *s)
{
    struct nx_token t;
    enum nx_found found;
    OK(nx_token_find(g->h->store, g->a, s->client, nx_span_str(s->token.jti.s), &t, &found));
    return found == NX_FOUND;
}

static inline bool family_lives(struct rig *g, const struct signed_in *s)
{
    struct nx_family f;
    enum nx_found found;
    OK(nx_family_find(g->h->store, g->a, s->client, nx_span_str(s->given.refresh.s), &f, &found));
    return found == NX_FOUND;
}

static inline bool session_lives(struct rig *g, const struct signed_in *s)
{
    struct nx_signon r;
    enum nx_found found;
    OK(nx_signon_find(g->h->store, g->a, nx_span_str(s->cookie.s), &r, &found));
    return found == NX_FOUND;
}

static inline int status_of(struct rig *g, const struct signed_in *s)
{
    static uint8_t bits[NX_STATUS_BYTES];
    struct nx_status_ref ref = s->given.family.grant.status;
    enum nx_found found;
    OK(nx_status_read(g->h->store, g->a, ref.list, bits, &found));
    assert_int_equal(found, NX_FOUND);
    return bits[ref.index / 4] >> 2 * (ref.index % 4) & 3;
}

static inline bool dead(struct rig *g, const struct signed_in *s)
{
    return !session_lives(g, s) && !token_lives(g, s) && !family_lives(g, s) &&
           status_of(g, s) == NX_STATUS_REVOKED;
}

static inline bool alive(struct rig *g, const struct signed_in *s)
{
    return session_lives(g, s) && token_lives(g, s) && family_lives(g, s) &&
           status_of(g, s) == NX_STATUS_VALID;
}

static inline size_t notices_of(struct rig *g, int64_t seq, struct nx_notice_list *out)
{
    OK(nx_outbox_of_revocation(g->h->registry, g->a, seq, out));
    return out->n;
}

#endif
