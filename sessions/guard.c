#include "sessions/guard_call.h"

#include "crypto/digest.h"

#define NAME_LEN 16 /* bytes of the digest that are the guard's name */

NX_FALLIBLE nx_guard_call_make(struct nx_guard_call *out, nx_store *st, nx_arena *a, const struct nx_guard *g)
{
    nx_time now = nx_now();
    uint8_t digest[NX_SHA256_LEN];
    const nx_span parts[] = {nx_span_str(g->purpose), nx_span_str(g->holder), g->value};
    *out = (struct nx_guard_call){.guard = g, .over = g->expires <= now};
    if (out->over) return NX_OK;
    NX_REQUIRE(g->expires - now <= NX_GUARD_LIFE_MAX_S, NX_ERR_RANGE);
    NX_TRY(nx_sha256_parts(digest, parts, 3));
    const char *name = nx_b64u_dup(a, nx_span_of(digest, NAME_LEN));
    NX_NEED(name);
    out->argv[0] = nx_span_str(name);
    out->argv[1] = nx_span_number(a, (g->expires - now) * 1000 + NX_SKEW_S * 1000);
    out->call = (struct nx_call){NX_DO_GUARD, nx_store_shard(st, name), out->argv, 2};
    return NX_OK;
}

/* Rule 19: a thing from before the store's recovery may have been seen by what was lost. */
bool nx_guard_call_first(const nx_store *st, const struct nx_guard_call *c, const struct nx_answer *answer)
{
    bool before = c->guard->issued > 0 && (c->guard->issued + 1) * 1000 <= atomic_load(&st->recovered_ms);
    return nx_answer_is(answer, "first") && !before;
}

nx_result nx_guard_once(nx_store *st, const struct nx_guard *g, bool *first)
{
    struct nx_guard_call c;
    struct nx_answer answer;
    *first = false;
    NX_AUTO(nx_arena) a = nx_arena_open(16 << 10);
    NX_NEED(a);
    NX_TRY(nx_guard_call_make(&c, st, a, g));
    if (c.over) return NX_OK;
    NX_TRY(nx_store_call(st, a, &c.call, 1, &answer));
    *first = nx_guard_call_first(st, &c, &answer);
    return NX_OK;
}
