/* The store's front: admission, clocks, names, seals.
 *
 * Admission is rule 19. A backend clears `met` when it meets a store with another run id. The first thread
 * that comes then takes the meeting lock, asks who the store is, notes when this run began, and lets the
 * watcher replay; meanwhile everybody else is refused at once. */
#include "sessions/seam.h"

#include "base/fault.h"
#include "base/log.h"
#include "base/pack.h"
#include "crypto/digest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* The store whose meeting the calling thread is holding: its own calls are let through. */
static _Thread_local const nx_store *meeting_of;

int64_t nx_store_shift_ms(void)
{
#ifdef NX_TESTING
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    int64_t shift = nx_now_ms() - ((int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000);
    return (shift + (shift < 0 ? -500 : 500)) / 1000 *
           1000; /* shifts are whole seconds, the rest is running time */
#else
    return 0;
#endif
}

static nx_result open_backend(nx_store *s, const struct nx_store_options *o)
{
#ifdef NX_TESTING
    if (strcmp(o->url, "memory:") == 0) return nx_memory_open(s);
#endif
    return nx_redis_open(s, o->url, o->connections);
}

nx_result nx_store_open(nx_store **out, const struct nx_store_options *o)
{
    NX_REQUIRE(o->url && o->master && o->epochs.load, NX_ERR_MISSING);
    NX_REQUIRE(o->shards >= 1 && o->shards <= NX_SHARDS_MAX, NX_ERR_RANGE);
    NX_REQUIRE(o->connections >= 1 && o->connections <= NX_STORE_CONNECTIONS_MAX, NX_ERR_RANGE);
    NX_AUTO(nx_store) s = calloc(1, sizeof *s);
    NX_REQUIRE(s, NX_ERR_MEMORY);
    s->master = o->master;
    s->shards = o->shards;
    s->epochs = o->epochs;
    s->watched = o->watched;
    pthread_mutex_init(&s->meeting, NULL);
    pthread_mutex_init(&s->lock, NULL);
    NX_TRY(open_backend(s, o));
    *out = NX_STEAL(s);
    return NX_OK;
}

void nx_store_close(nx_store *s)
{
    if (!s) return;
    if (s->impl) s->seam->close(s->impl);
    pthread_mutex_destroy(&s->meeting);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

void nx_store_watch(nx_store *s, struct nx_store_watch w)
{
    pthread_mutex_lock(&s->meeting);
    s->watch = w;
    atomic_store(&s->met, false);
    pthread_mutex_unlock(&s->meeting);
}

bool nx_store_ready(const nx_store *s)
{
    int64_t skew = atomic_load(&s->skew_ms);
    return atomic_load(&s->met) && s->seam->up(s->impl) && skew <= NX_STORE_SKEW_MS &&
           skew >= -NX_STORE_SKEW_MS;
}

/* Tells the store who it is; learns when this run of it was first met, and how far our clock is off. */
static nx_result note_run(nx_store *s, nx_arena *a, const char *run_id)
{
    const nx_span argv[] = {NX_LIT("run"), nx_span_str(run_id)};
    const struct nx_call call = {NX_DO_MARK, 0, argv, 2};
    struct nx_answer answer;
    int64_t sent = nx_now_ms();
    NX_TRY(nx_store_call(s, a, &call, 3, &answer));
    int64_t now, at;
    NX_TRY(nx_answer_number(&answer, 1, &now));
    NX_TRY(nx_answer_number(&answer, 2, &at));
    atomic_store(&s->skew_ms, now - (sent + nx_now_ms()) / 2);
    atomic_store(&s->recovered_ms, at);
    return NX_OK;
}

static nx_result meet(nx_store *s)
{
    NX_REQUIRE(!s->watched || s->watch.on_new_run, NX_ERR_AWAY);
    struct nx_meeting m;
    NX_TRY(s->seam->meet(s->impl, &m));
    NX_AUTO(nx_arena) a = nx_arena_open(16 << 10);
    NX_NEED(a);
    NX_TRY(note_run(s, a, m.run_id));
    if (s->watch.on_new_run) NX_TRY(s->watch.on_new_run(s->watch.ctx, s));
    atomic_store(&s->met, true);
    nx_log(NX_INFO, "store_met", NX_TEXT("kind", s->seam->kind), NX_TEXT("version", m.version),
           NX_NUM("skew_ms", atomic_load(&s->skew_ms)));
    return NX_OK;
}

bool nx_store_admitted(const nx_store *s)
{
    return meeting_of == s || atomic_load(&s->met);
}

static nx_result admit(nx_store *s)
{
    if (nx_store_admitted(s)) return NX_OK;
    NX_REQUIRE(pthread_mutex_trylock(&s->meeting) == 0, NX_ERR_AWAY);
    meeting_of = s;
    nx_result r = atomic_load(&s->met) ? NX_OK : meet(s);
    meeting_of = NULL;
    pthread_mutex_unlock(&s->meeting);
    return r;
}

nx_result nx_store_run(nx_store *s, nx_arena *a, const struct nx_call *calls, size_t n,
                       struct nx_answer *answers)
{
    NX_TRY(admit(s));
    NX_REQUIRE(n >= 1 && n <= NX_RUN_CALLS_MAX, NX_ERR_INTERNAL);
    NX_REQUIRE(!nx_fault_hit(NX_ACT_STORE), NX_ERR_AWAY);
    return s->seam->run(s->impl, a, calls, n, answers);
}

nx_result nx_store_call(nx_store *s, nx_arena *a, const struct nx_call *call, size_t least,
                        struct nx_answer *out)
{
    NX_TRY(nx_store_run(s, a, call, 1, out));
    NX_REQUIRE(out->n >= least || nx_answer_is(out, "gone"), NX_ERR_STORE_REPLY);
    return NX_OK;
}

bool nx_answer_is(const struct nx_answer *a, const char *word)
{
    return a->n > 0 && nx_span_eq_str(a->v[0], word);
}

nx_result nx_answer_number(const struct nx_answer *a, size_t i, int64_t *out)
{
    uint64_t n;
    NX_REQUIRE(i < a->n, NX_ERR_STORE_REPLY);
    if (nx_span_eq_str(a->v[i], "-1")) {
        *out = -1;
        return NX_OK;
    }
    NX_REQUIRE(nx_ok(nx_parse_u64(&n, a->v[i], INT64_MAX)), NX_ERR_STORE_REPLY);
    *out = (int64_t)n;
    return NX_OK;
}

nx_result nx_store_ping(nx_store *s)
{
    int64_t ms;
    return nx_store_time_ms(s, &ms);
}

nx_result nx_store_time_ms(nx_store *s, int64_t *ms)
{
    NX_AUTO(nx_arena) a = nx_arena_open(16 << 10);
    NX_NEED(a);
    const nx_span argv[] = {NX_LIT("time")};
    const struct nx_call call = {NX_DO_MARK, 0, argv, 1};
    struct nx_answer answer;
    int64_t sent = nx_now_ms();
    NX_TRY(nx_store_call(s, a, &call, 2, &answer));
    NX_TRY(nx_answer_number(&answer, 1, ms));
    atomic_store(&s->skew_ms, *ms - (sent + nx_now_ms()) / 2);
    return NX_OK;
}

nx_result nx_store_info(nx_store *s, struct nx_store_info *out)
{
    *out = (struct nx_store_info){.skew_ms = 0};
    NX_TRY(nx_store_ping(s));
    NX_TRY(s->seam->info(s->impl, out));
    snprintf(out->kind, sizeof out->kind, "%s", s->seam->kind);
    out->fsync_always = strcmp(out->fsync, "always") == 0;
    out->skew_ms = atomic_load(&s->skew_ms);
    out->recovered_at = atomic_load(&s->recovered_ms) / 1000;
    return NX_OK;
}

uint16_t nx_store_shard(const nx_store *s, const char *subject)
{
    uint8_t digest[NX_SHA256_LEN] = {0};
    /* A failing digest gives shard 0, where the record is then not found: refused, never misplaced for long.
     */
    if (s->shards > 1) nx_ignore(nx_sha256(digest, nx_span_str(subject)));
    return (uint16_t)(((unsigned)digest[0] << 8 | digest[1]) % s->shards);
}

unsigned nx_store_shards(const nx_store *s)
{
    return s->shards;
}

const nx_master *nx_store_master(const nx_store *s)
{
    return s->master;
}

void nx_store_prefix(char out[NX_PREFIX_MAX], uint16_t shard)
{
    snprintf(out, NX_PREFIX_MAX, "{s%u}:", shard);
}

nx_span nx_span_number(nx_arena *a, int64_t n)
{
    return nx_span_str(nx_arena_printf(a, "%" PRId64, n));
}

static nx_span seal_aad(nx_arena *a, uint16_t shard, const char *name)
{
    char prefix[NX_PREFIX_MAX];
    nx_store_prefix(prefix, shard);
    return nx_span_str(nx_arena_printf(a, "%s%s", prefix, name));
}

nx_result nx_store_seal(nx_span *out, const nx_store *s, nx_arena *a, uint16_t shard, const char *name,
                        nx_span plain)
{
    nx_span aad = seal_aad(a, shard, name);
    NX_NEED(aad.p);
    return nx_seal_dup(out, a, nx_master_key(s->master, NX_LABEL_RECORD), aad, plain);
}

nx_result nx_store_open_seal(nx_span *out, const nx_store *s, nx_arena *a, uint16_t shard, const char *name,
                             nx_span sealed)
{
    nx_span aad = seal_aad(a, shard, name);
    NX_NEED(aad.p);
    nx_result r = nx_seal_open_dup(out, a, nx_master_key(s->master, NX_LABEL_RECORD), aad, sealed);
    NX_REQUIRE(nx_ok(r) || r.e != NX_ERR_SEAL, NX_ERR_STORE_RECORD);
    return r;
}

const char *nx_found_text(enum nx_found f)
{
    static const char *const names[] = {
        [NX_FOUND] = "found", [NX_GONE] = "gone", [NX_STALE] = "stale", [NX_SPENT] = "spent"};
    return names[f];
}
