#include "sessions/guard.h"

#include "crypto/digest.h"
#include "sessions/seam.h"

#define NAME_LEN 16 /* bytes of the digest that are the guard's name */

nx_result nx_guard_once(nx_store *st, const struct nx_guard *g, bool *first)
{
    nx_time now = nx_now();
    uint8_t digest[NX_SHA256_LEN];
    char name[NX_B64U_LEN(NAME_LEN) + 1];
    const nx_span parts[] = {nx_span_str(g->purpose), nx_span_str(g->holder), g->value};
    *first = false;
    if (g->expires <= now) return NX_OK;
    NX_REQUIRE(g->expires - now <= NX_GUARD_LIFE_MAX_S, NX_ERR_RANGE);
    NX_TRY(nx_sha256_parts(digest, parts, 3));
    nx_b64u_encode(name, nx_span_of(digest, NAME_LEN));

    NX_AUTO(nx_arena) a = nx_arena_open(16 << 10);
    NX_NEED(a);
    const nx_span argv[] = {nx_span_str(name),
                            nx_span_number(a, (g->expires - now) * 1000 + NX_SKEW_S * 1000)};
    const struct nx_call call = {NX_DO_GUARD, nx_store_shard(st, name), argv, 2};
    struct nx_answer answer;
    NX_TRY(nx_store_call(st, a, &call, 1, &answer));
    /* Rule 19: a thing from before the store's recovery may have been seen by what was lost. Asked after the
     * act, when the time of recovery is surely known. */
    bool before = g->issued > 0 && (g->issued + 1) * 1000 <= atomic_load(&st->recovered_ms);
    *first = nx_answer_is(&answer, "first") && !before;
    return NX_OK;
}
