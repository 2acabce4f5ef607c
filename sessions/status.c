#include "sessions/status.h"

#include "sessions/seam.h"

#include <stdlib.h>

nx_result nx_status_generation(nx_store *st, nx_id *out)
{
    pthread_mutex_lock(&st->lock);
    *out = st->generation;
    pthread_mutex_unlock(&st->lock);
    NX_REQUIRE(*out->s && atomic_load(&st->met), NX_ERR_AWAY);
    return NX_OK;
}

nx_result nx_status_read(nx_store *st, nx_arena *a, int64_t list, uint8_t bits[NX_STATUS_BYTES],
                         enum nx_found *found)
{
    *found = NX_GONE;
    if (list < 0) return NX_OK;
    const nx_span argv[] = {nx_span_number(a, list / st->shards)};
    const struct nx_call call = {NX_DO_STATUS, (uint16_t)(list % st->shards), argv, 1};
    struct nx_answer answer;
    NX_TRY(nx_store_call(st, a, &call, 2, &answer));
    if (!nx_answer_is(&answer, "ok")) return NX_OK;
    NX_REQUIRE(answer.v[1].n <= NX_STATUS_BYTES, NX_ERR_STORE_RECORD);
    memset(bits, 0, NX_STATUS_BYTES);
    memcpy(bits, answer.v[1].p, answer.v[1].n);
    *found = NX_FOUND;
    return NX_OK;
}

static int ascending(const void *x, const void *y)
{
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return a < b ? -1 : a > b;
}

static nx_result lists_of(nx_store *st, nx_arena *a, uint16_t shard, struct nx_answer *out)
{
    const nx_span argv[] = {NX_LIT("?")};
    const struct nx_call call = {NX_DO_STATUS, shard, argv, 1};
    return nx_store_call(st, a, &call, 1, out);
}

nx_result nx_status_lists(nx_store *st, nx_arena *a, int64_t **lists, size_t *n)
{
    struct nx_answer *answers = nx_arena_new(a, struct nx_answer, st->shards);
    size_t total = 0;
    NX_NEED(answers);
    for (unsigned s = 0; s < st->shards; s++) {
        NX_TRY(lists_of(st, a, (uint16_t)s, &answers[s]));
        total += answers[s].n - 1;
    }
    *n = 0;
    *lists = nx_arena_new(a, int64_t, total);
    NX_NEED(*lists);
    for (unsigned s = 0; s < st->shards; s++)
        for (size_t i = 1; i < answers[s].n; i++) {
            int64_t number;
            NX_TRY(nx_answer_number(&answers[s], i, &number));
            (*lists)[(*n)++] = number * st->shards + s;
        }
    qsort(*lists, *n, sizeof **lists, ascending);
    return NX_OK;
}
