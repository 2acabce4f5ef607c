/* What makes a revocation survive: pending rows are applied by whoever finds them, and a store that is new, was lost or
 * fell behind is brought up to the registry's last sequence before anything is served (rule 19). */
#include "base/log.h"
#include "crypto/random.h"
#include "registry/meta.h"
#include "revoke/apply.h"

#define BATCH 100
#define ARENA_MAX (16u << 20)

/* One row that cannot be applied must not hold up those after it, but with the store away none can. */
NX_FALLIBLE nx_revoke_tick(struct nx_house *h)
{
    NX_AUTO(nx_arena) a = nx_arena_open(ARENA_MAX);
    struct nx_revocation_list pending;
    nx_result result = NX_OK;
    NX_NEED(a);
    NX_TRY(nx_revocation_pending(h->registry, a, BATCH, &pending));
    for (size_t i = 0; i < pending.n; i++) {
        nx_result r = nx_revoke_apply(h, a, pending.v[i].seq);
        if (!nx_ok(r)) result = r;
        if (nx_err_fault(r.e) == NX_FAULT_AWAY) break;
    }
    return result;
}

/* Acts that run at the same time may reach the store in another order than they were numbered, so a store that lost its
 * last moments may have kept the higher of two numbers and lost the lower. The replay begins that many rows earlier;
 * what stands already is not done again. */
#define REPLAY_MARGIN 128

static nx_result replay_after(struct nx_house *h, nx_arena *a, uint16_t shard, int64_t seq)
{
    struct nx_revocation_list rows;
    seq = seq > REPLAY_MARGIN ? seq - REPLAY_MARGIN : 0;
    do {
        NX_TRY(nx_revocation_since(h->registry, a, shard, seq, BATCH, &rows));
        for (size_t i = 0; i < rows.n; i++) {
            NX_TRY(nx_revoke_finish(h, a, &rows.v[i]));
            seq = rows.v[i].seq;
        }
    } while (rows.n == BATCH);
    return NX_OK;
}

/* A shard without a mark holds no record of before: there is nothing to kill, and epochs are loaded from the registry.
 * It gets the mark, and its lists a generation: the one that another node was faster to settle, else *generation. */
static nx_result settle_new(struct nx_house *h, uint16_t shard, nx_id *generation)
{
    int64_t last;
    NX_TRY(nx_revocation_last(h->registry, shard, &last));
    NX_TRY(nx_kill_settle(h->store, shard, last, generation));
    nx_log(NX_WARN, "store_settled", NX_NUM("shard", shard), NX_NUM("seq", last));
    return nx_meta_set(h->registry, NX_META_LIST_GENERATION, generation->s);
}

static nx_result replay_shard(struct nx_house *h, nx_arena *a, uint16_t shard, nx_id *generation)
{
    int64_t seq;
    bool known;
    NX_TRY(nx_kill_applied(h->store, shard, &seq, &known));
    return known ? replay_after(h, a, shard, seq) : settle_new(h, shard, generation);
}

static nx_result on_new_run(void *ctx, nx_store *s)
{
    struct nx_house *h = ctx;
    nx_id generation;
    NX_AUTO(nx_arena) a = nx_arena_open(ARENA_MAX);
    NX_NEED(a);
    NX_TRY(nx_id_make(&generation));
    for (unsigned shard = 0; shard < nx_store_shards(s); shard++)
        NX_TRY(replay_shard(h, a, (uint16_t)shard, &generation));
    return NX_OK;
}

struct nx_store_watch nx_revoke_watch(struct nx_house *h)
{
    return (struct nx_store_watch){.on_new_run = on_new_run, .ctx = h};
}
