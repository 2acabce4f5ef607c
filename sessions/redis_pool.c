#include "sessions/redis_pool.h"

#include "base/log.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>

#define REST_FIRST_MS 50
#define REST_MOST_MS 1000

static struct timeval ms_time(int ms)
{
    return (struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
}

void nx_redis_info_line(char *out, size_t room, nx_span info, const char *name)
{
    nx_span line, key;
    *out = 0;
    while (nx_span_cut(&info, '\n', &line)) {
        if (!nx_span_cut(&line, ':', &key) || !nx_span_eq_str(key, name)) continue;
        if (line.n > 0 && line.p[line.n - 1] == '\r') line.n--;
        size_t n = line.n < room - 1 ? line.n : room - 1;
        memcpy(out, line.p, n);
        out[n] = 0;
        return;
    }
}

/* One command that must not answer an error. *out is owned, or NULL. */
static nx_result ask(redisReply **out, redisContext *c, const char *one, const char *two)
{
    const char *argv[] = {one, two};
    *out = redisCommandArgv(c, two ? 2 : 1, argv, NULL);
    NX_REQUIRE(*out, NX_ERR_AWAY);
    if ((*out)->type != REDIS_REPLY_ERROR) return NX_OK;
    freeReplyObject(*out);
    *out = NULL;
    NX_FAIL(NX_ERR_AWAY);
}

static nx_result tell(redisContext *c, const char *one, const char *two)
{
    redisReply *reply;
    NX_TRY(ask(&reply, c, one, two));
    freeReplyObject(reply);
    return NX_OK;
}

/* A replica would take our reads and refuse our writes: only a master that is done loading is the store. */
static nx_result identify(redisContext *c, struct nx_meeting *out)
{
    redisReply *reply;
    NX_TRY(ask(&reply, c, "INFO", NULL));
    nx_span info = nx_span_of(reply->str, reply->str ? (size_t)reply->len : 0);
    char role[16], loading[4];
    nx_redis_info_line(out->run_id, sizeof out->run_id, info, "run_id");
    nx_redis_info_line(out->version, sizeof out->version, info, "redis_version");
    nx_redis_info_line(role, sizeof role, info, "role");
    nx_redis_info_line(loading, sizeof loading, info, "loading");
    freeReplyObject(reply);
    NX_REQUIRE(*out->run_id && strcmp(role, "master") == 0 && strcmp(loading, "0") == 0, NX_ERR_AWAY);
    return NX_OK;
}

static nx_result greet(redisContext *c, const struct nx_redis_pool *p, struct nx_meeting *who)
{
    NX_REQUIRE(redisSetTimeout(c, ms_time(NX_REDIS_COMMAND_MS)) == REDIS_OK, NX_ERR_AWAY);
    char password[NX_SECRET_MAX + 1], db[16];
    if (p->url.password.n > 0 && p->url.password.n < sizeof password) {
        memcpy(password, p->url.password.bytes, p->url.password.n);
        password[p->url.password.n] = 0;
        nx_result r = tell(c, "AUTH", password);
        nx_wipe(password, sizeof password);
        NX_TRY(r);
    }
    snprintf(db, sizeof db, "%d", p->url.db);
    if (p->url.db > 0) NX_TRY(tell(c, "SELECT", db));
    return identify(c, who);
}

static nx_result connect_to(redisContext **out, const struct nx_redis_pool *p, struct nx_meeting *who)
{
    struct timeval limit = ms_time(NX_REDIS_CONNECT_MS);
    redisContext *c = *p->url.path ? redisConnectUnixWithTimeout(p->url.path, limit)
                                   : redisConnectWithTimeout(p->url.host, p->url.port, limit);
    NX_REQUIRE(c, NX_ERR_MEMORY);
    nx_result r = c->err ? nx_fail(NX_ERR_AWAY, __func__, __LINE__) : greet(c, p, who);
    if (nx_ok(r))
        *out = c;
    else
        redisFree(c);
    return r;
}

nx_result nx_redis_pool_init(struct nx_redis_pool *p, nx_store *s, const char *url, unsigned max)
{
    NX_TRY(nx_store_url_parse(&p->url, url));
    p->store = s;
    p->max = max;
    pthread_mutex_init(&p->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&p->freed, &attributes);
    pthread_condattr_destroy(&attributes);
    /* hiredis writes with write(2): a peer that closed would end the process by SIGPIPE. */
    struct sigaction old;
    if (sigaction(SIGPIPE, NULL, &old) == 0 && old.sa_handler == SIG_DFL) signal(SIGPIPE, SIG_IGN);
    return NX_OK;
}

static void drop_idle(struct nx_redis_pool *p)
{
    for (; p->idle_count > 0; p->open--)
        redisFree(p->idle[--p->idle_count]);
}

void nx_redis_pool_close(struct nx_redis_pool *p)
{
    drop_idle(p);
    nx_wipe(&p->url, sizeof p->url);
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->freed);
}

/* Under the lock. */
static void trip(struct nx_redis_pool *p)
{
    p->age++;
    drop_idle(p);
    if (p->rest_ms == 0) nx_log(NX_WARN, "store_away", NX_NUM("open", p->open));
    p->rest_ms = p->rest_ms == 0                 ? REST_FIRST_MS
                 : p->rest_ms * 2 > REST_MOST_MS ? REST_MOST_MS
                                                 : p->rest_ms * 2;
    p->rest_until_ms = nx_mono_ms() + p->rest_ms;
    pthread_cond_broadcast(
        &p->freed); /* whoever waits for a connection is refused now, not after his second */
}

void nx_redis_return(struct nx_redis_pool *p, struct nx_redis_lease *lease, bool ok)
{
    pthread_mutex_lock(&p->lock);
    if (lease->probe) p->probing = false;
    bool current = lease->age == p->age;
    if (!ok && current) trip(p);
    if (ok && current) {
        if (p->rest_ms > 0) nx_log(NX_INFO, "store_back", NX_NUM("rested_ms", p->rest_ms));
        p->rest_ms = 0;
    }
    if (lease->c && ok && current) {
        p->idle[p->idle_count++] = lease->c;
        lease->c = NULL;
    } else {
        p->open--;
    }
    pthread_cond_signal(&p->freed);
    pthread_mutex_unlock(&p->lock);
    if (lease->c) redisFree(lease->c);
    lease->c = NULL;
}

static struct timespec deadline_in(int ms)
{
    int64_t at = nx_mono_ns() + (int64_t)ms * 1000000;
    return (struct timespec){.tv_sec = at / 1000000000, .tv_nsec = at % 1000000000};
}

/* Under the lock: a place in the pool, with an idle connection or none yet. */
static nx_result place(struct nx_redis_lease *out, struct nx_redis_pool *p)
{
    struct timespec deadline = deadline_in(NX_REDIS_WAIT_MS);
    for (;;) {
        NX_REQUIRE(nx_store_admitted(p->store),
                   NX_ERR_AWAY); /* it may have become a stranger while we waited */
        if (p->rest_ms > 0 && (p->probing || nx_mono_ms() < p->rest_until_ms)) NX_FAIL(NX_ERR_AWAY);
        if (p->idle_count > 0 || p->open < p->max) break;
        NX_REQUIRE(pthread_cond_timedwait(&p->freed, &p->lock, &deadline) != ETIMEDOUT, NX_ERR_BUSY);
    }
    out->age = p->age;
    out->probe = p->rest_ms > 0;
    if (out->probe) p->probing = true;
    if (p->idle_count > 0)
        out->c = p->idle[--p->idle_count];
    else
        p->open++;
    return NX_OK;
}

/* Whether the one who answers is the one that the store has met; otherwise the store must be met again. */
static bool recognise(struct nx_redis_pool *p, const struct nx_meeting *who, bool accept)
{
    pthread_mutex_lock(&p->lock);
    bool same = strcmp(p->known.run_id, who->run_id) == 0;
    if (accept) p->known = *who;
    pthread_mutex_unlock(&p->lock);
    if (!same) atomic_store(&p->store->met, false);
    return same || accept;
}

static nx_result lend(struct nx_redis_lease *out, struct nx_redis_pool *p, bool accept,
                      struct nx_meeting *who)
{
    *out = (struct nx_redis_lease){.c = NULL};
    pthread_mutex_lock(&p->lock);
    if (accept) {
        p->age++; /* look at the other side anew */
        drop_idle(p);
    }
    nx_result r = place(out, p);
    pthread_mutex_unlock(&p->lock);
    NX_TRY(r);
    if (out->c) return NX_OK;
    r = connect_to(&out->c, p, who);
    if (nx_ok(r) && recognise(p, who, accept)) return NX_OK;
    if (out->c) redisFree(out->c);
    out->c = NULL;
    nx_redis_return(p, out, nx_ok(r));
    NX_FAIL(nx_ok(r) ? NX_ERR_AWAY : r.e);
}

nx_result nx_redis_lend(struct nx_redis_lease *out, struct nx_redis_pool *p)
{
    struct nx_meeting who;
    return lend(out, p, false, &who);
}

nx_result nx_redis_pool_meet(struct nx_redis_pool *p, struct nx_meeting *out)
{
    struct nx_redis_lease lease;
    NX_TRY(lend(&lease, p, true, out));
    nx_redis_return(p, &lease, true);
    return NX_OK;
}

bool nx_redis_pool_up(struct nx_redis_pool *p)
{
    pthread_mutex_lock(&p->lock);
    bool up = p->rest_ms == 0;
    pthread_mutex_unlock(&p->lock);
    return up;
}
