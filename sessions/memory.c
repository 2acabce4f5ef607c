#include "sessions/memory.h"

#ifdef NX_TESTING
#include "base/secret.h"
#include "sessions/memory_test.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define SCRATCH_FIRST (1u << 20)
#define SCRATCH_MAX (64u << 20)

/* --- keys -------------------------------------------------------------------------------------------------
 */

#define FULL_KEY(key, x, name)                                                                               \
    char key[NX_MEMORY_KEY_MAX];                                                                             \
    do {                                                                                                     \
        va_list args_;                                                                                       \
        nx_store_prefix(key, (x)->call->shard);                                                              \
        size_t at_ = strlen(key);                                                                            \
        va_start(args_, name);                                                                               \
        vsnprintf(key + at_, sizeof key - at_, name, args_);                                                 \
        va_end(args_);                                                                                       \
    } while (0)

static size_t bucket_of(const char *key)
{
    uint32_t h = 2166136261u; /* FNV-1a */
    for (; *key; key++)
        h = (h ^ (uint8_t)*key) * 16777619u;
    return h % NX_MEMORY_BUCKETS;
}

static void release(struct nx_memory_entry *e)
{
    nx_wipe(e->value, e->n);
    free(e->value);
    free(e);
}

static void drop(struct nx_memory *m, const char *key)
{
    for (struct nx_memory_entry **p = &m->buckets[bucket_of(key)]; *p; p = &(*p)->next) {
        struct nx_memory_entry *e = *p;
        if (strcmp(e->key, key) != 0) continue;
        *p = e->next;
        release(e);
        return;
    }
}

static struct nx_memory_entry *look(struct nx_memory_act *x, const char *key)
{
    struct nx_memory_entry *e = x->m->buckets[bucket_of(key)];
    while (e && strcmp(e->key, key) != 0)
        e = e->next;
    if (!e || e->expires_ms == 0 || e->expires_ms > x->now) return e;
    drop(x->m, key);
    return NULL;
}

struct nx_memory_entry *nx_mem_entry(struct nx_memory_act *x, const char *name, ...)
{
    FULL_KEY(key, x, name);
    return look(x, key);
}

nx_span nx_mem_get(struct nx_memory_act *x, const char *name, ...)
{
    FULL_KEY(key, x, name);
    const struct nx_memory_entry *e = look(x, key);
    return e ? nx_span_of(e->value, e->n) : NX_SPAN_NONE;
}

int64_t nx_mem_number(struct nx_memory_act *x, int64_t otherwise, const char *name, ...)
{
    FULL_KEY(key, x, name);
    const struct nx_memory_entry *e = look(x, key);
    return e ? nx_mem_to_number(nx_span_of(e->value, e->n)) : otherwise;
}

void nx_mem_set(struct nx_memory_act *x, nx_span value, int64_t expires_ms, const char *name, ...)
{
    FULL_KEY(key, x, name);
    size_t n = strlen(key) + 1, bucket = bucket_of(key);
    struct nx_memory_entry *e = calloc(1, sizeof *e + n);
    uint8_t *copy = malloc(value.n + 1);
    if (!e || !copy) {
        free(e);
        free(copy);
        x->failed = NX_ERR_MEMORY;
        return;
    }
    memcpy(e->key, key, n);
    if (value.n > 0) memcpy(copy, value.p, value.n); /* before the old value goes: it may be the source */
    drop(x->m, key);
    *e = (struct nx_memory_entry){
        .next = x->m->buckets[bucket], .expires_ms = expires_ms, .n = value.n, .value = copy};
    memcpy(e->key, key, n);
    x->m->buckets[bucket] = e;
}

void nx_mem_del(struct nx_memory_act *x, const char *name, ...)
{
    FULL_KEY(key, x, name);
    drop(x->m, key);
}

/* --- arguments and answers
 * ---------------------------------------------------------------------------------- */

nx_span nx_mem_arg(const struct nx_memory_act *x, size_t i)
{
    return i < x->call->argc ? x->call->argv[i] : NX_SPAN_NONE;
}

const char *nx_mem_text(struct nx_memory_act *x, nx_span s)
{
    const char *copy = nx_arena_dup(x->a, s);
    if (!copy) x->failed = NX_ERR_MEMORY;
    return copy ? copy : "";
}

const char *nx_mem_arg_text(struct nx_memory_act *x, size_t i)
{
    return nx_mem_text(x, nx_mem_arg(x, i));
}

nx_span nx_mem_copy(struct nx_memory_act *x, nx_span s)
{
    const char *copy = nx_mem_text(x, s);
    return nx_span_of(copy, x->failed ? 0 : s.n);
}

int64_t nx_mem_to_number(nx_span s)
{
    uint64_t n = 0;
    return nx_ok(nx_parse_u64(&n, s, INT64_MAX)) ? (int64_t)n : 0;
}

int64_t nx_mem_arg_number(struct nx_memory_act *x, size_t i)
{
    return nx_mem_to_number(nx_mem_arg(x, i));
}

void nx_mem_reply(struct nx_memory_act *x, nx_span s)
{
    if (x->answers == NX_ANSWER_MAX) {
        x->failed = NX_ERR_STORE_REPLY;
        return;
    }
    if (x->answers % 64 == 0) {
        nx_span *more = nx_arena_new(x->a, nx_span, x->answers + 64);
        if (!more) {
            x->failed = NX_ERR_MEMORY;
            return;
        }
        if (x->answers > 0) memcpy(more, x->answer, x->answers * sizeof *more);
        x->answer = more;
    }
    x->answer[x->answers++] = nx_mem_copy(x, s);
}

void nx_mem_reply_text(struct nx_memory_act *x, const char *s)
{
    nx_mem_reply(x, nx_span_str(s));
}

void nx_mem_reply_number(struct nx_memory_act *x, int64_t n)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)n);
    nx_mem_reply_text(x, text);
}

void nx_mem_refuse(struct nx_memory_act *x, const char *word)
{
    x->answers = 0;
    nx_mem_reply_text(x, word);
}

/* --- the seam ----------------------------------------------------------------------------------------------
 */

static void (*const acts[NX_DO_COUNT])(struct nx_memory_act *) = {
    [NX_DO_BOUND] = nx_mem_do_bound, [NX_DO_LIST] = nx_mem_do_list,     [NX_DO_KILL] = nx_mem_do_kill,
    [NX_DO_EPOCH] = nx_mem_do_epoch, [NX_DO_ORDER] = nx_mem_do_order,   [NX_DO_THROTTLE] = nx_mem_do_throttle,
    [NX_DO_GUARD] = nx_mem_do_guard, [NX_DO_STATUS] = nx_mem_do_status, [NX_DO_STREAM] = nx_mem_do_stream,
    [NX_DO_MARK] = nx_mem_do_mark,
};

/* Copies the answer to the caller. When his memory has run out the act stands and its reply is lost, as with
 * Redis. */
static nx_result give(struct nx_answer *answer, nx_arena *a, const struct nx_memory_act *x)
{
    nx_span *v = nx_arena_new(a, nx_span, x->answers);
    NX_NEED(v);
    for (size_t i = 0; i < x->answers; i++) {
        v[i] = nx_span_of(nx_arena_dup(a, x->answer[i]), x->answer[i].n);
        NX_NEED(v[i].p);
    }
    *answer = (struct nx_answer){v, x->answers};
    return NX_OK;
}

static nx_result run_one(struct nx_memory *m, nx_arena *a, const struct nx_call *call,
                         struct nx_answer *answer)
{
    struct nx_memory_act x = {.m = m, .a = m->scratch, .call = call, .now = nx_now_ms()};
    acts[call->what](&x);
    nx_result r = x.failed ? nx_fail(x.failed, __func__, __LINE__) : give(answer, a, &x);
    nx_arena_reset(m->scratch);
    return r;
}

static nx_result memory_run(void *impl, nx_arena *a, const struct nx_call *calls, size_t n,
                            struct nx_answer *answers)
{
    struct nx_memory *m = impl;
    nx_result r = NX_OK;
    pthread_mutex_lock(&m->lock);
    if (m->away || !nx_store_admitted(m->store)) r = nx_fail(NX_ERR_AWAY, __func__, __LINE__);
    for (size_t i = 0; i < n && nx_ok(r); i++)
        r = run_one(m, a, &calls[i], &answers[i]);
    pthread_mutex_unlock(&m->lock);
    return r;
}

static nx_result memory_meet(void *impl, struct nx_meeting *out)
{
    struct nx_memory *m = impl;
    pthread_mutex_lock(&m->lock);
    bool away = m->away;
    snprintf(out->run_id, sizeof out->run_id, "memory-%u", m->runs);
    snprintf(out->version, sizeof out->version, "1");
    pthread_mutex_unlock(&m->lock);
    NX_REQUIRE(!away, NX_ERR_AWAY);
    return NX_OK;
}

static nx_result memory_info(void *impl, struct nx_store_info *out)
{
    struct nx_meeting who;
    NX_TRY(memory_meet(impl, &who));
    memcpy(out->run_id, who.run_id, sizeof out->run_id);
    out->noeviction = true;
    snprintf(out->fsync, sizeof out->fsync, "no");
    return NX_OK;
}

static bool memory_up(void *impl)
{
    struct nx_memory *m = impl;
    pthread_mutex_lock(&m->lock);
    bool up = !m->away;
    pthread_mutex_unlock(&m->lock);
    return up;
}

static void forget_all(struct nx_memory *m)
{
    for (size_t i = 0; i < NX_MEMORY_BUCKETS; i++)
        for (struct nx_memory_entry *e = m->buckets[i]; e; e = m->buckets[i]) {
            m->buckets[i] = e->next;
            release(e);
        }
}

static void memory_close(void *impl)
{
    struct nx_memory *m = impl;
    forget_all(m);
    nx_arena_close(m->scratch);
    pthread_mutex_destroy(&m->lock);
    free(m);
}

static const struct nx_seam memory_seam = {
    .kind = "memory",
    .meet = memory_meet,
    .run = memory_run,
    .info = memory_info,
    .up = memory_up,
    .close = memory_close,
};

nx_result nx_memory_open(nx_store *s)
{
    struct nx_memory *m = calloc(1, sizeof *m);
    NX_REQUIRE(m, NX_ERR_MEMORY);
    m->store = s;
    m->scratch = nx_arena_open(SCRATCH_MAX);
    pthread_mutex_init(&m->lock, NULL);
    s->seam = &memory_seam;
    s->impl = m;
    /* Its first chunk stays for ever, so that no act of the store meets a failing allocation half way. */
    NX_REQUIRE(m->scratch && nx_arena_alloc(m->scratch, SCRATCH_FIRST), NX_ERR_MEMORY);
    nx_arena_reset(m->scratch);
    return NX_OK;
}

void nx_memory_restart(nx_store *s, bool lose)
{
    struct nx_memory *m = s->impl;
    pthread_mutex_lock(&m->lock);
    m->runs++;
    if (lose) forget_all(m);
    atomic_store(&s->met, false);
    pthread_mutex_unlock(&m->lock);
}

void nx_memory_away(nx_store *s, bool away)
{
    struct nx_memory *m = s->impl;
    pthread_mutex_lock(&m->lock);
    m->away = away;
    pthread_mutex_unlock(&m->lock);
}
#else
typedef int nx_memory_is_empty_in_release_builds;
#endif
