#include "sessions/artifact.h"

#include "base/secret.h"
#include "crypto/block.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "sessions/assertion_record.h"
#include "sessions/stream.h"

#define TAG_LEN (NX_ARTIFACT_HANDLE_LEN - NX_BLOCK_LEN)

static nx_result key_of(nx_secret *key, const nx_store *st)
{
    const nx_span parts[] = {NX_LIT("artifact")};
    key->n = NX_SHA256_LEN;
    return nx_hmac_sha256_parts(key->bytes, nx_master_key(st->master, NX_LABEL_BLIND), parts, 1);
}

static nx_result tag_of(uint8_t tag[NX_SHA256_LEN], const nx_store *st, const uint8_t *block, const char *client_id)
{
    const nx_span parts[] = {NX_LIT("artifact-holder"), nx_span_of(block, NX_BLOCK_LEN), nx_span_str(client_id)};
    return nx_hmac_sha256_parts(tag, nx_master_key(st->master, NX_LABEL_BLIND), parts, 3);
}

static nx_result handle_of(uint8_t out[NX_ARTIFACT_HANDLE_LEN], const nx_store *st, const nx_id *id,
                           const char *client_id)
{
    uint8_t tag[NX_SHA256_LEN];
    NX_AUTO_SECRET(key);
    size_t n = 0;
    NX_TRY(nx_b32_decode(out, NX_BLOCK_LEN, &n, nx_span_str(id->s), false));
    NX_TRY(key_of(&key, st));
    NX_TRY(nx_block_seal(out, nx_secret_expose(&key), out));
    NX_TRY(tag_of(tag, st, out, client_id));
    memcpy(out + NX_BLOCK_LEN, tag, TAG_LEN);
    return NX_OK;
}

/* NX_ERR_NOT_FOUND: not a handle of ours, or another client's. */
static nx_result id_of(nx_id *id, uint16_t *shard, const nx_store *st, const uint8_t *handle, const char *client_id)
{
    uint8_t tag[NX_SHA256_LEN], block[NX_BLOCK_LEN];
    NX_AUTO_SECRET(key);
    NX_TRY(tag_of(tag, st, handle, client_id));
    NX_REQUIRE(nx_ct_equal_n(tag, handle + NX_BLOCK_LEN, TAG_LEN), NX_ERR_NOT_FOUND);
    NX_TRY(key_of(&key, st));
    NX_TRY(nx_block_open(block, nx_secret_expose(&key), handle));
    *shard = (uint16_t)(block[0] << 8 | block[1]);
    NX_REQUIRE(*shard < st->shards, NX_ERR_NOT_FOUND);
    nx_b32_encode(id->s, nx_span_of(block, sizeof block), false);
    return NX_OK;
}

static nx_result draw_id(nx_id *out, uint16_t shard)
{
    uint8_t block[NX_BLOCK_LEN] = {(uint8_t)(shard >> 8), (uint8_t)shard};
    NX_TRY(nx_random(block + 2, sizeof block - 2));
    nx_b32_encode(out->s, nx_span_of(block, sizeof block), false);
    return NX_OK;
}

nx_result nx_artifact_make(uint8_t handle[NX_ARTIFACT_HANDLE_LEN], nx_store *st, nx_arena *a, const char *client_id,
                           const struct nx_assertion *x, const struct nx_epochs *epochs, nx_span message,
                           enum nx_found *found)
{
    struct nx_commit c;
    struct nx_outcome o;
    nx_id id;
    uint16_t shard = x ? x->session->shard : nx_store_shard(st, client_id);
    struct nx_put put = {.epochs = x ? x->epochs : *epochs, .life_ms = NX_ARTIFACT_LIFE_S * 1000, .body = message};
    NX_REQUIRE(message.n > 0 && message.n <= NX_ARTIFACT_MAX, NX_ERR_LIMIT);
    NX_REQUIRE(nx_epochs_get(&put.epochs, NX_EPOCH_CLIENT), NX_ERR_MISSING);
    NX_TRY(draw_id(&id, shard));
    put.key = nx_rec_name(NX_REC_ARTIFACT, id.s);
    if (x) put.up = nx_rec_name(NX_REC_SESSION, x->session->id.s);
    if (x) put.index = true, put.subject = x->session->subject;
    nx_commit_begin(&c, st, a, shard);
    nx_commit_put(&c, &put);
    NX_TRY(nx_commit_run(&c, &o));
    *found = o.found;
    return handle_of(handle, st, &id, client_id);
}

/* What the first use gave: the record of the session at this client. It is found by the artifact's own record. */
static nx_result gave(nx_rec_key *out, const nx_store *st, const struct nx_rec *r, const char *client_id)
{
    *out = (nx_rec_key){""};
    return *r->session.s ? nx_assertion_key(out, st, r->session.s, client_id) : NX_OK;
}

/* Uses it up; used already, the store kills what it gave. */
static nx_result spend(nx_store *st, nx_arena *a, uint16_t shard, nx_rec_key key, nx_rec_key made,
                       enum nx_found *found)
{
    static const struct nx_note note = {.type = "artifact.reused", .actor = "system"};
    struct nx_commit c;
    struct nx_outcome o;
    nx_commit_begin(&c, st, a, shard);
    nx_commit_spend(&c, key, 0, made);
    NX_TRY(nx_commit_run(&c, &o));
    *found = o.found;
    return o.found == NX_SPENT ? nx_stream_append(st, shard, &note) : NX_OK;
}

nx_result nx_artifact_take(nx_store *st, nx_arena *a, const char *client_id,
                           const uint8_t handle[NX_ARTIFACT_HANDLE_LEN], nx_span *message, enum nx_found *found)
{
    struct nx_commit c;
    struct nx_outcome o;
    nx_rec_key key, made = {""};
    nx_id id;
    uint16_t shard;
    *found = NX_GONE;
    *message = NX_SPAN_NONE;
    nx_result known = id_of(&id, &shard, st, handle, client_id);
    if (known.e == NX_ERR_NOT_FOUND) return NX_OK;
    NX_TRY(known);
    key = nx_rec_name(NX_REC_ARTIFACT, id.s);
    nx_commit_begin(&c, st, a, shard);
    nx_commit_fetch(&c, key, false, client_id);
    NX_TRY(nx_commit_run(&c, &o));
    *found = o.found;
    if (o.found != NX_FOUND) return NX_OK;
    const struct nx_rec *r = &o.rec[0];
    if (r->made_ms < atomic_load(&st->recovered_ms)) { /* rule 19 */
        *found = NX_GONE;
        return NX_OK;
    }
    if (!r->used) NX_TRY(gave(&made, st, r, client_id));
    NX_TRY(spend(st, a, shard, key, made, found));
    if (*found == NX_FOUND) *message = r->body;
    return NX_OK;
}
