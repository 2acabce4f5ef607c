/* A store of each kind for the tests of this folder: memory, and a private redis-server of the test's own on
 * a unix socket in a folder of its own. Every case is walked on both (NX_BOTH). */
#ifndef NX_TESTS_SESSIONS_RIG_H
#define NX_TESTS_SESSIONS_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/fault.h"
#include "base/log.h"
#include "crypto/random.h"
#include "sessions/code.h"
#include "sessions/guard.h"
#include "sessions/kill.h"
#include "sessions/memory_test.h"
#include "sessions/order.h"
#include "sessions/status.h"
#include "sessions/stream.h"
#include "sessions/throttle.h"
#include "sessions/ticket.h"
#include "sessions/txn.h"

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define OK(call) assert_int_equal((call).e, NX_ERR_NONE)
#define PERSON "pppppppppppppppppppppppppa"
#define OTHER "oooooooooooooooooooooooooa"
#define QID "qqqqqqqqqqqqqqqqqqqqqqqqqa"
#define QID2 "wwwwwwwwwwwwwwwwwwwwwwwwwa"

/* The registry of the tests: epochs by kind and id. */
struct truth {
    pthread_mutex_t lock;
    int64_t person, qr, client, system, upstream;
    _Atomic int loads;
    _Atomic bool absent; /* knows of nothing */
};

struct rig {
    nx_store *st;
    nx_master *master;
    nx_arena *a;
    struct truth truth;
    bool redis;
    char dir[64];
    char url[128];
    pid_t pid;
    unsigned shards;
};

static nx_result truth_load(void *ctx, char kind, const char *id, int64_t *value)
{
    struct truth *t = ctx;
    atomic_fetch_add(&t->loads, 1);
    (void)id;
    if (atomic_load(&t->absent)) return nx_fail(NX_ERR_NOT_FOUND, __func__, __LINE__);
    pthread_mutex_lock(&t->lock);
    *value = kind == 'p' ? t->person : kind == 'q' ? t->qr : kind == 'c' ? t->client : kind == 'u' ? t->upstream : t->system;
    pthread_mutex_unlock(&t->lock);
    return NX_OK;
}

static bool redis_answers(const char *path)
{
    redisContext *c = redisConnectUnix(path);
    redisReply *r = c && !c->err ? redisCommand(c, "PING") : NULL;
    bool up = r && r->type == REDIS_REPLY_STATUS;
    if (r) freeReplyObject(r);
    if (c) redisFree(c);
    return up;
}

/* Starts (again) the rig's redis-server on its folder. */
static inline bool redis_start(struct rig *g)
{
    char path[96];
    snprintf(path, sizeof path, "%s/s", g->dir);
    pid_t parent = getpid();
    g->pid = fork();
    if (g->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) _exit(1);
        int null = open("/dev/null", O_RDWR);
        dup2(null, 1);
        dup2(null, 2);
        execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", path, "--dir", g->dir, "--save",
               "", "--appendonly", "yes", "--appendfsync", "no", "--maxmemory-policy", "noeviction",
               "--daemonize", "no", "--hz", "100", (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 400; i++) {
        if (redis_answers(path)) return true;
        if (waitpid(g->pid, NULL, WNOHANG) == g->pid) break;
        usleep(10000);
    }
    g->pid = 0;
    return false;
}

static inline void redis_stop(struct rig *g, int sig)
{
    if (g->pid <= 0) return;
    kill(g->pid, sig);
    waitpid(g->pid, NULL, 0);
    g->pid = 0;
}

static inline bool have_redis(void)
{
    return system("command -v redis-server >/dev/null 2>&1") == 0;
}

static void rig_open(struct rig *g, bool watched)
{
    uint8_t key[NX_MASTER_LEN];
    memset(key, 7, sizeof key);
    nx_log_level(NX_ERROR);
    OK(nx_master_from(&g->master, nx_span_of(key, sizeof key)));
    struct nx_store_options o = {.url = g->redis ? g->url : "memory:",
                                 .master = g->master,
                                 .shards = g->shards,
                                 .connections = 8,
                                 .epochs = {truth_load, &g->truth},
                                 .watched = watched};
    OK(nx_store_open(&g->st, &o));
    g->a = nx_arena_open(16 << 20);
    assert_non_null(g->a);
    if (!watched) OK(nx_store_ping(g->st)); /* met, before threads compete for it */
}

static struct rig *rig_new(bool redis, unsigned shards)
{
    struct rig *g = calloc(1, sizeof *g);
    assert_non_null(g);
    pthread_mutex_init(&g->truth.lock, NULL);
    g->redis = redis;
    g->shards = shards;
    if (redis) {
        snprintf(g->dir, sizeof g->dir, "/tmp/nx-sessions-XXXXXX");
        assert_non_null(mkdtemp(g->dir));
        snprintf(g->url, sizeof g->url, "unix:%s/s", g->dir);
        assert_true(redis_start(g));
    }
    return g;
}

static void rig_free(struct rig *g)
{
    nx_fault_arm(NX_ACT_STORE, 0);
    nx_clock_shift(0);
    nx_store_close(g->st);
    nx_arena_close(g->a);
    nx_master_close(g->master);
    if (g->redis) {
        char command[96];
        redis_stop(g, SIGKILL);
        snprintf(command, sizeof command, "rm -rf %s", g->dir);
        assert_int_equal(system(command), 0);
    }
    pthread_mutex_destroy(&g->truth.lock);
    free(g);
}

static inline int setup_memory(void **state)
{
    struct rig *g = rig_new(false, 1);
    rig_open(g, false);
    *state = g;
    return 0;
}

static inline int setup_sharded(void **state)
{
    struct rig *g = rig_new(false, 16);
    rig_open(g, false);
    *state = g;
    return 0;
}

static inline int setup_redis(void **state)
{
    *state = NULL;
    if (!have_redis()) {
        print_message("redis-server is not installed: this case is skipped\n");
        return 0;
    }
    struct rig *g = rig_new(true, 1);
    rig_open(g, false);
    *state = g;
    return 0;
}

static inline int setup_redis_sharded(void **state)
{
    *state = NULL;
    if (!have_redis()) return 0;
    struct rig *g = rig_new(true, 16);
    rig_open(g, false);
    *state = g;
    return 0;
}

static inline int teardown(void **state)
{
    if (*state) rig_free(*state);
    return 0;
}

/* The rig of a case, or the case is skipped. */
#define RIG(state)                                                                                           \
    struct rig *g = *(state);                                                                                \
    if (!g) {                                                                                                \
        skip();                                                                                              \
        return;                                                                                              \
    }                                                                                                        \
    nx_arena *a = g->a;                                                                                      \
    nx_store *st = g->st;                                                                                    \
    (void)a, (void)st

#define NX_BOTH(f)                                                                                           \
    {#f " (memory)", f, setup_memory, teardown, NULL},                                                       \
    {                                                                                                        \
#f " (redis)", f, setup_redis, teardown, NULL                                                        \
    }
#define NX_ALL(f)                                                                                            \
    NX_BOTH(f), {#f " (memory, 16 shards)", f, setup_sharded, teardown, NULL},                               \
    {                                                                                                        \
#f " (redis, 16 shards)", f, setup_redis_sharded, teardown, NULL                                     \
    }

/* --- things to sign in with --------------------------------------------------------------------------------
 */

static inline struct nx_signon a_person(struct rig *g)
{
    struct nx_signon s = {.subject = PERSON,
                          .qid = QID,
                          .level = 1,
                          .rung = -1,
                          .means = 1,
                          .auth_time = nx_now(),
                          .agent = "Firefox on Linux",
                          .idle_s = 1800,
                          .ends = nx_now() + 8 * 3600};
    OK(nx_epochs_set(&s.epochs, NX_EPOCH_PERSON, PERSON, g->truth.person));
    OK(nx_epochs_set(&s.epochs, NX_EPOCH_QR, QID, g->truth.qr));
    return s;
}

static inline struct nx_signon signed_in(struct rig *g, nx_handle_text *cookie)
{
    struct nx_signon s = a_person(g);
    enum nx_found found;
    OK(nx_signon_begin(cookie, g->st, g->a, &s,
                       &(struct nx_note){.type = "session.started", .subject = PERSON}, &found));
    assert_int_equal(found, NX_FOUND);
    return s;
}

static inline struct nx_grant a_grant(struct rig *g, const char *client)
{
    struct nx_grant x = {.client_id = client,
                         .subject = PERSON,
                         .qid = QID,
                         .sector = "dvc.localhost",
                         .scope = "openid profile",
                         .redirect_uri = "https://dvc.localhost/cb",
                         .nonce = "n-1",
                         .code_challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
                         .level = 1,
                         .rung = -1,
                         .means = 1,
                         .auth_time = nx_now(),
                         .token_s = 300,
                         .refreshes = true,
                         .refresh_until = nx_now() + 86400,
                         .refresh_idle_s = 7200,
                         .status = NX_STATUS_REF_NONE};
    OK(nx_epochs_set(&x.epochs, NX_EPOCH_CLIENT, client, g->truth.client));
    OK(nx_epochs_set(&x.epochs, NX_EPOCH_SYSTEM, NX_EPOCH_SYSTEM_ID, g->truth.system));
    return x;
}

struct portal {
    struct nx_signon session;
    nx_handle_text cookie;
    struct nx_grant grant;
    nx_handle_text code;
    struct nx_code read;
    struct nx_token_new token;
    struct nx_redeemed given;
};

static inline void issue_code(struct rig *g, struct portal *p, const char *client)
{
    enum nx_found found;
    p->session = signed_in(g, &p->cookie);
    p->grant = a_grant(g, client);
    OK(nx_code_issue(&p->code, g->st, g->a, &p->session, &p->grant, &NX_NOTE_NONE, &found));
    assert_int_equal(found, NX_FOUND);
}

static inline enum nx_found redeem(struct rig *g, struct portal *p)
{
    enum nx_found found;
    OK(nx_code_find(g->st, g->a, p->grant.client_id, nx_span_str(p->code.s), &p->read, &found));
    if (found != NX_FOUND) return found;
    OK(nx_token_new(&p->token, g->st, p->read.ref.shard, p->grant.client_id, 300));
    struct nx_redeem r = {&p->read, &p->grant, &p->token, true};
    OK(nx_code_redeem(g->st, g->a, &r, &(struct nx_note){.type = "token.issued"}, &p->given, &found));
    return found;
}

static inline void sign_in_to(struct rig *g, struct portal *p, const char *client)
{
    issue_code(g, p, client);
    assert_int_equal(redeem(g, p), NX_FOUND);
}

static inline enum nx_found token_state(struct rig *g, const struct portal *p)
{
    struct nx_token t;
    enum nx_found found;
    OK(nx_token_find(g->st, g->a, p->grant.client_id, nx_span_str(p->token.jti.s), &t, &found));
    return found;
}

static inline enum nx_found family_state(struct rig *g, const struct portal *p)
{
    struct nx_family f;
    enum nx_found found;
    OK(nx_family_find(g->st, g->a, p->grant.client_id, nx_span_str(p->given.refresh.s), &f, &found));
    return found;
}

static inline enum nx_found session_state(struct rig *g, const nx_handle_text *cookie)
{
    struct nx_signon s;
    enum nx_found found;
    OK(nx_signon_find(g->st, g->a, nx_span_str(cookie->s), &s, &found));
    return found;
}

/* The two bits of an index. */
static inline int status_bits(struct rig *g, struct nx_status_ref ref)
{
    static uint8_t bits[NX_STATUS_BYTES];
    enum nx_found found;
    OK(nx_status_read(g->st, g->a, ref.list, bits, &found));
    assert_int_equal(found, NX_FOUND);
    return bits[ref.index / 4] >> 2 * (ref.index % 4) & 3;
}

#endif
