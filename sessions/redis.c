/* The Redis backend: each act is one Lua script, run by its digest, several in a pipeline.
 *
 * Scripts are files of lua/, embedded; each is preceded by common.lua. A server that does not know a digest
 * (it was restarted) says NOSCRIPT, and that act is sent again with its text: nothing of it has run. Any
 * other failure of the connection leaves open whether the acts happened; nothing is retried here. */
#include "sessions/redis_pool.h"

#include "base/embed.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>

extern const struct nx_embedded nx_sessions_lua[];
extern const size_t nx_sessions_lua_count;

#define SCRIPT_MAX (32u << 10)
#define FIXED_ARGS 5 /* EVALSHA digest 1 prefix shift */

struct script {
    char digest[41]; /* as the server names it; the same for ever, written when the store is first met */
    char *text;
    size_t length;
};

struct redis {
    struct nx_redis_pool pool;
    struct script scripts[NX_DO_COUNT];
};

static const char *const files[NX_DO_COUNT] = {
#define X(name, script) [NX_DO_##name] = script,
#include "sessions/acts.def"
#undef X
};

static nx_span embedded(const char *name)
{
    for (size_t i = 0; i < nx_sessions_lua_count; i++)
        if (strcmp(nx_sessions_lua[i].name, name) == 0) return nx_embedded_span(&nx_sessions_lua[i]);
    return NX_SPAN_NONE;
}

static nx_result join_script(struct script *s, const char *file)
{
    nx_span common = embedded("common.lua"), own = embedded(file);
    NX_REQUIRE(common.n > 0 && own.n > 0 && common.n + own.n <= SCRIPT_MAX, NX_ERR_INTERNAL);
    s->length = common.n + own.n;
    s->text = malloc(s->length);
    NX_REQUIRE(s->text, NX_ERR_MEMORY);
    memcpy(s->text, common.p, common.n);
    memcpy(s->text + common.n, own.p, own.n);
    return NX_OK;
}

/* --- sending ------------------------------------------------------------------------------------------- */

struct command {
    const char *argv[NX_CALL_ARGS_MAX + FIXED_ARGS];
    size_t lengths[NX_CALL_ARGS_MAX + FIXED_ARGS];
    int argc;
    char prefix[NX_PREFIX_MAX];
    char shift[24];
};

static void add(struct command *m, const char *p, size_t n)
{
    m->argv[m->argc] = p ? p : "";
    m->lengths[m->argc++] = n;
}

static nx_result compose(struct command *m, const struct redis *r, const struct nx_call *call, bool whole)
{
    const struct script *s = &r->scripts[call->what];
    NX_REQUIRE(call->argc <= NX_CALL_ARGS_MAX, NX_ERR_LIMIT);
    m->argc = 0;
    nx_store_prefix(m->prefix, call->shard);
    snprintf(m->shift, sizeof m->shift, "%lld", (long long)nx_store_shift_ms());
    add(m, whole ? "EVAL" : "EVALSHA", whole ? 4 : 7);
    add(m, whole ? s->text : s->digest, whole ? s->length : 40);
    add(m, "1", 1);
    add(m, m->prefix, strlen(m->prefix));
    add(m, m->shift, strlen(m->shift));
    for (size_t i = 0; i < call->argc; i++)
        add(m, (const char *)call->argv[i].p, call->argv[i].n);
    return NX_OK;
}

static nx_result send_call(redisContext *c, const struct redis *r, const struct nx_call *call, bool whole)
{
    struct command m;
    NX_TRY(compose(&m, r, call, whole));
    NX_REQUIRE(redisAppendCommandArgv(c, m.argc, m.argv, m.lengths) == REDIS_OK, NX_ERR_AWAY);
    return NX_OK;
}

/* --- answers ------------------------------------------------------------------------------------------- */

static void reply_free(redisReply **r)
{
    if (*r) freeReplyObject(*r);
}
#define AUTO_REPLY __attribute__((cleanup(reply_free))) redisReply *

static nx_result receive(redisReply **out, redisContext *c)
{
    void *reply = NULL;
    NX_REQUIRE(redisGetReply(c, &reply) == REDIS_OK && reply, NX_ERR_AWAY);
    *out = reply;
    return NX_OK;
}

static bool error_is(const redisReply *r, const char *word)
{
    return r->type == REDIS_REPLY_ERROR &&
           nx_span_starts(nx_span_of(r->str, (size_t)r->len), nx_span_str(word));
}

/* What the server says when it is alive but cannot serve: as good as away. Anything else is a defect of ours.
 */
static nx_result refuse(const redisReply *r)
{
    static const char *const away[] = {"LOADING",  "READONLY", "MASTERDOWN",  "OOM",        "MISCONF", "BUSY",
                                       "TRYAGAIN", "MOVED",    "CLUSTERDOWN", "NOREPLICAS", "NOAUTH"};
    char word[24];
    snprintf(word, sizeof word, "%.*s", (int)strcspn(r->str, " "), r->str);
    nx_log(NX_ERROR, "store_refuses", NX_TEXT("error", word));
    for (size_t i = 0; i < sizeof away / sizeof *away; i++)
        if (strcmp(word, away[i]) == 0) NX_FAIL(NX_ERR_AWAY);
#ifdef NX_TESTING
    nx_log(NX_ERROR, "store_script_failed", NX_TEXT("text", r->str));
#endif
    NX_FAIL(NX_ERR_STORE_REPLY);
}

static nx_result take(struct nx_answer *out, nx_arena *a, const redisReply *r)
{
    if (r->type == REDIS_REPLY_ERROR) return refuse(r);
    NX_REQUIRE(r->type == REDIS_REPLY_ARRAY && r->elements >= 1 && r->elements <= NX_ANSWER_MAX,
               NX_ERR_STORE_REPLY);
    nx_span *v = nx_arena_new(a, nx_span, r->elements);
    NX_NEED(v);
    for (size_t i = 0; i < r->elements; i++) {
        const redisReply *e = r->element[i];
        NX_REQUIRE(e->type == REDIS_REPLY_STRING, NX_ERR_STORE_REPLY);
        char *copy = nx_arena_dup(a, nx_span_of(e->str, (size_t)e->len));
        NX_NEED(copy);
        v[i] = nx_span_of(copy, (size_t)e->len);
    }
    *out = (struct nx_answer){v, r->elements};
    return NX_OK;
}

/* Whether the connection may be used again after this error: the stream of replies is still in step. */
static bool in_step(nx_result r)
{
    return nx_ok(r) || r.e == NX_ERR_STORE_REPLY || r.e == NX_ERR_MEMORY || r.e == NX_ERR_LIMIT;
}

static nx_result again_whole(redisReply **reply, redisContext *c, const struct redis *r,
                             const struct nx_call *call)
{
    freeReplyObject(*reply);
    *reply = NULL;
    NX_TRY(send_call(c, r, call, true));
    return receive(reply, c);
}

/* Every reply is read before the first failure is returned, unless the connection itself failed. */
static nx_result exchange(redisContext *c, const struct redis *r, nx_arena *a, const struct nx_call *calls,
                          size_t n, struct nx_answer *answers)
{
    redisReply *replies[NX_RUN_CALLS_MAX] = {NULL};
    nx_result result = NX_OK;
    for (size_t i = 0; i < n && nx_ok(result); i++)
        result = send_call(c, r, &calls[i], false);
    for (size_t i = 0; i < n && nx_ok(result); i++)
        result = receive(&replies[i], c);
    for (size_t i = 0; i < n && nx_ok(result); i++)
        if (error_is(replies[i], "NOSCRIPT")) result = again_whole(&replies[i], c, r, &calls[i]);
    for (size_t i = 0; i < n && nx_ok(result); i++)
        result = take(&answers[i], a, replies[i]);
    for (size_t i = 0; i < n; i++)
        reply_free(&replies[i]);
    return result;
}

static nx_result redis_run(void *impl, nx_arena *a, const struct nx_call *calls, size_t n,
                           struct nx_answer *answers)
{
    struct redis *r = impl;
    for (size_t i = 0; i < n; i++)
        NX_REQUIRE(calls[i].argc <= NX_CALL_ARGS_MAX, NX_ERR_LIMIT);
    struct nx_redis_lease lease;
    NX_TRY(nx_redis_lend(&lease, &r->pool));
    nx_result result = exchange(lease.c, r, a, calls, n, answers);
    nx_redis_return(&r->pool, &lease, in_step(result));
    return result;
}

/* --- the rest of the seam --------------------------------------------------------------------------------
 */

static nx_result load_script(redisContext *c, struct script *s)
{
    const char *argv[] = {"SCRIPT", "LOAD", s->text};
    const size_t lengths[] = {6, 4, s->length};
    AUTO_REPLY reply = redisCommandArgv(c, 3, argv, lengths);
    NX_REQUIRE(reply, NX_ERR_AWAY);
    if (reply->type == REDIS_REPLY_ERROR) return refuse(reply);
    NX_REQUIRE(reply->type == REDIS_REPLY_STRING && reply->len == 40, NX_ERR_STORE_REPLY);
    if (!*s->digest) memcpy(s->digest, reply->str, 41);
    return NX_OK;
}

static nx_result redis_meet(void *impl, struct nx_meeting *out)
{
    struct redis *r = impl;
    NX_TRY(nx_redis_pool_meet(&r->pool, out));
    struct nx_redis_lease lease;
    NX_TRY(nx_redis_lend(&lease, &r->pool));
    nx_result result = NX_OK;
    for (size_t i = 0; i < NX_DO_COUNT && nx_ok(result); i++)
        result = load_script(lease.c, &r->scripts[i]);
    nx_redis_return(&r->pool, &lease, in_step(result));
    return result;
}

static bool redis_up(void *impl)
{
    return nx_redis_pool_up(&((struct redis *)impl)->pool);
}

static nx_result read_info(redisContext *c, struct nx_store_info *out)
{
    const char *info[] = {"INFO"}, *config[] = {"CONFIG", "GET", "appendfsync"};
    AUTO_REPLY all = redisCommandArgv(c, 1, info, NULL);
    NX_REQUIRE(all && all->type == REDIS_REPLY_STRING, NX_ERR_AWAY);
    nx_span text = nx_span_of(all->str, (size_t)all->len);
    char policy[24], aof[4], used[24];
    nx_redis_info_line(out->version, sizeof out->version, text, "redis_version");
    nx_redis_info_line(out->run_id, sizeof out->run_id, text, "run_id");
    nx_redis_info_line(policy, sizeof policy, text, "maxmemory_policy");
    nx_redis_info_line(aof, sizeof aof, text, "aof_enabled");
    nx_redis_info_line(used, sizeof used, text, "used_memory");
    out->noeviction = strcmp(policy, "noeviction") == 0;
    out->append_only = strcmp(aof, "1") == 0;
    out->used_bytes = strtoll(used, NULL, 10);
    /* An outside Redis may keep CONFIG to itself: then the answer is "unknown" and no error. */
    AUTO_REPLY fsync = redisCommandArgv(c, 3, config, NULL);
    NX_REQUIRE(fsync, NX_ERR_AWAY);
    bool told = fsync->type == REDIS_REPLY_ARRAY && fsync->elements == 2;
    snprintf(out->fsync, sizeof out->fsync, "%s", told ? fsync->element[1]->str : "unknown");
    return NX_OK;
}

static nx_result redis_info(void *impl, struct nx_store_info *out)
{
    struct redis *r = impl;
    struct nx_redis_lease lease;
    NX_TRY(nx_redis_lend(&lease, &r->pool));
    nx_result result = read_info(lease.c, out);
    nx_redis_return(&r->pool, &lease, nx_ok(result));
    pthread_mutex_lock(&r->pool.lock);
    out->connections = r->pool.open;
    pthread_mutex_unlock(&r->pool.lock);
    return result;
}

static void redis_close(void *impl)
{
    struct redis *r = impl;
    nx_redis_pool_close(&r->pool);
    for (size_t i = 0; i < NX_DO_COUNT; i++)
        free(r->scripts[i].text);
    free(r);
}

static const struct nx_seam redis_seam = {
    .kind = "redis",
    .meet = redis_meet,
    .run = redis_run,
    .info = redis_info,
    .up = redis_up,
    .close = redis_close,
};

nx_result nx_redis_open(nx_store *s, const char *url, unsigned connections)
{
    struct redis *r = calloc(1, sizeof *r);
    NX_REQUIRE(r, NX_ERR_MEMORY);
    nx_result result = nx_redis_pool_init(&r->pool, s, url, connections);
    if (!nx_ok(result)) {
        nx_wipe(&r->pool.url, sizeof r->pool.url);
        free(r);
        return result;
    }
    s->seam = &redis_seam;
    s->impl = r;
    for (size_t i = 0; i < NX_DO_COUNT && nx_ok(result); i++)
        result = join_script(&r->scripts[i], files[i]);
    return result; /* on failure nx_store_close releases */
}
