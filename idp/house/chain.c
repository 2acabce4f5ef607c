#include "house/chain.h"

#include "registry/audit.h"
#include "sessions/stream.h"

#define BATCH 256
#define BATCHES_MAX 16
#define BATCH_ARENA_MAX (4u << 20)

static nx_result append(struct nx_house *h, nx_arena *a, int shard, const struct nx_stream_batch *batch)
{
    struct nx_audit_entry *rows = nx_arena_new(a, struct nx_audit_entry, batch->n);
    NX_NEED(rows);
    for (size_t i = 0; i < batch->n; i++) {
        const struct nx_stream_entry *e = &batch->v[i];
        rows[i] = (struct nx_audit_entry){.at = e->at,
                                          .actor = e->note.actor,
                                          .type = e->note.type,
                                          .subject = e->note.subject,
                                          .detail = e->note.detail};
    }
    return nx_audit_append_batch(h->registry, shard, batch->v[batch->n - 1].position, rows, batch->n);
}

/* The registry's commit comes before the drop: a node that dies between the two leaves entries that the next
 * one skips by their position. */
static nx_result chain_batch(struct nx_house *h, nx_arena *a, int shard, size_t *moved)
{
    struct nx_stream_batch batch = {NULL, 0};
    const char *position;
    NX_TRY(nx_audit_position(h->registry, a, shard, &position));
    NX_TRY(nx_stream_read(h->store, a, (uint16_t)shard, position, BATCH, &batch));
    *moved = batch.n;
    if (batch.n == 0) return NX_OK;
    NX_TRY(append(h, a, shard, &batch));
    return nx_stream_drop(h->store, (uint16_t)shard, batch.v[batch.n - 1].position);
}

static nx_result chain_shard(struct nx_house *h, nx_arena *a, int shard)
{
    size_t moved = BATCH;
    for (int i = 0; moved == BATCH && i < BATCHES_MAX; i++) {
        nx_arena_reset(a);
        NX_TRY(chain_batch(h, a, shard, &moved));
    }
    return NX_OK;
}

nx_result nx_house_chain(struct nx_house *h)
{
    NX_AUTO(nx_arena) a = nx_arena_open(BATCH_ARENA_MAX);
    NX_NEED(a);
    for (int shard = 0; shard < h->shards; shard++)
        NX_TRY(chain_shard(h, a, shard));
    return NX_OK;
}
