#include "sessions/txn.h"

#include "sessions/commit.h"

#define VERSION 1

enum tag { T_REQUEST = 1, T_STEPS };

static nx_result pack(nx_span *out, nx_arena *a, nx_span request, nx_span steps)
{
    nx_buf b;
    NX_REQUIRE(request.n + steps.n <= NX_TXN_BODY_MAX, NX_ERR_LIMIT);
    nx_buf_init(&b, a, NX_TXN_BODY_MAX + 64);
    nx_pack_begin(&b, VERSION);
    nx_pack_bytes(&b, T_REQUEST, request);
    nx_pack_bytes(&b, T_STEPS, steps);
    NX_TRY(nx_buf_done(&b));
    *out = nx_buf_span(&b);
    return NX_OK;
}

nx_result nx_txn_begin(nx_handle_text *out, nx_store *st, nx_arena *a, nx_span browser, nx_span request)
{
    struct nx_commit c;
    struct nx_outcome o;
    struct nx_handle h;
    struct nx_put put = {.life_ms = NX_TXN_LIFE_S * 1000};
    NX_TRY(nx_handle_make(&h, 0));
    h.shard = nx_store_shard(st, h.id.s); /* nobody is known yet: by its own name */
    put.key = nx_rec_name(NX_REC_TXN, h.id.s);
    NX_TRY(pack(&put.body, a, request, NX_SPAN_NONE));
    nx_commit_begin(&c, st, a, h.shard);
    nx_commit_put(&c, &put);
    NX_TRY(nx_commit_run(&c, &o));
    NX_REQUIRE(o.found == NX_FOUND, NX_ERR_STORE_REPLY);
    return nx_handle_seal(out, st->master, NX_HANDLE_TXN, browser, &h);
}

static nx_result read_body(struct nx_txn *t, nx_span body)
{
    nx_pack p;
    NX_REQUIRE(nx_ok(nx_pack_open(&p, body)) && p.version == VERSION, NX_ERR_STORE_RECORD);
    t->request = nx_pack_get(&p, T_REQUEST);
    t->steps = nx_pack_get(&p, T_STEPS);
    return NX_OK;
}

nx_result nx_txn_find(nx_store *st, nx_arena *a, nx_span browser, nx_span text, struct nx_txn *out,
                      enum nx_found *found)
{
    struct nx_commit c;
    struct nx_outcome o;
    *found = NX_GONE;
    nx_result opened = nx_handle_open(&out->ref, st->master, NX_HANDLE_TXN, browser, text);
    if (opened.e == NX_ERR_HANDLE || (nx_ok(opened) && out->ref.shard >= st->shards)) return NX_OK;
    NX_TRY(opened);
    nx_commit_begin(&c, st, a, out->ref.shard);
    nx_commit_fetch(&c, nx_rec_name(NX_REC_TXN, out->ref.id.s), false, NULL);
    NX_TRY(nx_commit_run(&c, &o));
    if (o.found != NX_FOUND || o.rec[0].used) return NX_OK;
    *found = NX_FOUND;
    out->version = o.rec[0].link;
    out->created = o.rec[0].made_ms / 1000;
    out->expires = o.rec[0].expires_ms / 1000;
    return read_body(out, o.rec[0].body);
}

nx_result nx_txn_save(nx_store *st, nx_arena *a, struct nx_txn *t, nx_span steps, enum nx_found *found)
{
    struct nx_commit c;
    struct nx_outcome o;
    nx_span body;
    NX_TRY(pack(&body, a, t->request, steps));
    nx_commit_begin(&c, st, a, t->ref.shard);
    nx_commit_swap(&c, nx_rec_name(NX_REC_TXN, t->ref.id.s), t->version, body);
    NX_TRY(nx_commit_run(&c, &o));
    *found = o.found;
    if (o.found != NX_FOUND) return NX_OK;
    t->version++;
    t->steps = steps;
    return NX_OK;
}

nx_result nx_txn_end(nx_store *st, nx_arena *a, const struct nx_txn *t, enum nx_found *found)
{
    struct nx_commit c;
    struct nx_outcome o;
    nx_commit_begin(&c, st, a, t->ref.shard);
    nx_commit_spend(&c, nx_rec_name(NX_REC_TXN, t->ref.id.s), t->version, (nx_rec_key){""});
    NX_TRY(nx_commit_run(&c, &o));
    *found = o.found;
    return NX_OK;
}
