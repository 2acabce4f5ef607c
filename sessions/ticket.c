#include "sessions/ticket.h"

#include "sessions/commit.h"

nx_result nx_ticket_make(nx_handle_text *out, nx_store *st, nx_arena *a, nx_handle_type type, nx_span holder,
                         nx_span body, int64_t life_s)
{
    struct nx_commit c;
    struct nx_outcome o;
    struct nx_handle h;
    NX_REQUIRE(life_s > 0 && life_s <= NX_TICKET_LIFE_MAX_S, NX_ERR_RANGE);
    NX_REQUIRE(body.n <= NX_TICKET_BODY_MAX, NX_ERR_LIMIT);
    NX_TRY(nx_handle_make(&h, 0));
    h.shard = nx_store_shard(st, h.id.s);
    struct nx_put put = {.key = nx_rec_name(NX_REC_TICKET, h.id.s), .life_ms = life_s * 1000, .body = body};
    nx_commit_begin(&c, st, a, h.shard);
    nx_commit_put(&c, &put);
    NX_TRY(nx_commit_run(&c, &o));
    NX_REQUIRE(o.found == NX_FOUND, NX_ERR_STORE_REPLY);
    return nx_handle_seal(out, st->master, type, holder, &h);
}

/* take: uses it up in the same act that reads it. */
static nx_result present(nx_store *st, nx_arena *a, const struct nx_handle *h, bool take,
                         struct nx_ticket *out, enum nx_found *found)
{
    struct nx_commit c;
    struct nx_outcome o;
    nx_rec_key key = nx_rec_name(NX_REC_TICKET, h->id.s);
    nx_commit_begin(&c, st, a, h->shard);
    nx_commit_fetch(&c, key, false, NULL);
    if (take) nx_commit_spend(&c, key, 0, (nx_rec_key){""});
    NX_TRY(nx_commit_run(&c, &o));
    *found = o.found;
    if (o.found != NX_FOUND) return NX_OK;
    if (o.rec[0].used) *found = NX_SPENT;
    if (o.rec[0].made_ms < atomic_load(&st->recovered_ms)) *found = NX_GONE; /* rule 19 */
    out->ref = *h;
    out->created = o.rec[0].made_ms / 1000;
    out->expires = o.rec[0].expires_ms / 1000;
    out->body = o.rec[0].body;
    return NX_OK;
}

static nx_result open_and(nx_store *st, nx_arena *a, nx_handle_type type, nx_span holder, nx_span text,
                          bool take, struct nx_ticket *out, enum nx_found *found)
{
    struct nx_handle h;
    *found = NX_GONE;
    nx_result opened = nx_handle_open(&h, st->master, type, holder, text);
    if (opened.e == NX_ERR_HANDLE || (nx_ok(opened) && h.shard >= st->shards)) return NX_OK;
    NX_TRY(opened);
    return present(st, a, &h, take, out, found);
}

nx_result nx_ticket_peek(nx_store *st, nx_arena *a, nx_handle_type type, nx_span holder, nx_span text,
                         struct nx_ticket *out, enum nx_found *found)
{
    return open_and(st, a, type, holder, text, false, out, found);
}

nx_result nx_ticket_take(nx_store *st, nx_arena *a, nx_handle_type type, nx_span holder, nx_span text,
                         struct nx_ticket *out, enum nx_found *found)
{
    return open_and(st, a, type, holder, text, true, out, found);
}
