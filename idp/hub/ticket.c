#include "hub/ticket.h"

#include "base/pack.h"
#include "registry/epoch.h"
#include "sessions/ticket.h"

#define VERSION 1
enum { UPSTREAM = 1, TRANSACTION, LINKER, NONCE, VERIFIER, LEVEL, FRESH, BEGAN, EPOCH };

static nx_result pack(nx_span *out, nx_arena *a, const struct nx_hub_ticket *t)
{
    nx_buf b;
    nx_buf_init(&b, a, NX_TICKET_BODY_MAX);
    nx_pack_begin(&b, VERSION);
    nx_pack_text(&b, UPSTREAM, t->upstream);
    nx_pack_text(&b, TRANSACTION, t->t);
    nx_pack_text(&b, LINKER, t->linker);
    nx_pack_text(&b, NONCE, t->nonce);
    nx_pack_text(&b, VERIFIER, t->verifier);
    nx_pack_number(&b, LEVEL, t->level);
    nx_pack_number(&b, FRESH, t->fresh);
    nx_pack_number(&b, BEGAN, t->began);
    nx_pack_number(&b, EPOCH, t->epoch);
    NX_TRY(nx_buf_done(&b));
    *out = nx_buf_span(&b);
    return NX_OK;
}

static nx_result unpack(struct nx_hub_ticket *t, nx_arena *a, nx_span body)
{
    nx_pack p;
    NX_TRY(nx_pack_open(&p, body));
    NX_REQUIRE(p.version == VERSION, NX_ERR_UPSTREAM_STATE);
    *t = (struct nx_hub_ticket){.upstream = nx_pack_get_text(&p, UPSTREAM, a),
                                .t = nx_pack_get_text(&p, TRANSACTION, a),
                                .linker = nx_pack_get_text(&p, LINKER, a),
                                .nonce = nx_pack_get_text(&p, NONCE, a),
                                .verifier = nx_pack_get_text(&p, VERIFIER, a),
                                .level = (enum nx_level)nx_pack_get_number(&p, LEVEL, NX_LEVEL_NONE),
                                .fresh = nx_pack_get_number(&p, FRESH, 0) == 1,
                                .began = nx_pack_get_number(&p, BEGAN, 0),
                                .epoch = nx_pack_get_number(&p, EPOCH, -1)};
    NX_REQUIRE(t->upstream && t->nonce, NX_ERR_UPSTREAM_STATE);
    return NX_OK;
}

NX_FALLIBLE nx_hub_ticket_make(nx_handle_text *out, struct nx_house *house, nx_arena *a, nx_span browser,
                               struct nx_hub_ticket *t)
{
    nx_span body;
    t->began = nx_now();
    NX_TRY(nx_registry_epoch_get(house->registry, NX_EPOCH_UPSTREAM, t->upstream, &t->epoch));
    NX_TRY(pack(&body, a, t));
    return nx_ticket_make(out, house->store, a, NX_HANDLE_UPSTREAM, browser, body, NX_HUB_TICKET_S);
}

static nx_result still_on(const nx_upstream **u, struct nx_house *house, const struct nx_hub_ticket *t,
                          enum nx_upstream_kind kind)
{
    int64_t epoch;
    NX_TRY(nx_registry_epoch_get(house->registry, NX_EPOCH_UPSTREAM, t->upstream, &epoch));
    NX_REQUIRE(epoch == t->epoch, NX_ERR_UPSTREAM_OFF);
    nx_result r = nx_upstream_get_on(house->registry, nx_span_str(t->upstream), kind, u);
    NX_REQUIRE(r.e != NX_ERR_NOT_FOUND, NX_ERR_UPSTREAM_OFF);
    return r;
}

NX_FALLIBLE nx_hub_ticket_take(struct nx_hub_ticket *out, const nx_upstream **u, struct nx_house *house, nx_arena *a,
                               nx_span browser, nx_span handle, nx_span upstream, enum nx_upstream_kind kind)
{
    struct nx_ticket raw;
    enum nx_found found;
    *out = (struct nx_hub_ticket){.upstream = NULL};
    NX_TRY(nx_ticket_take(house->store, a, NX_HANDLE_UPSTREAM, browser, handle, &raw, &found));
    NX_REQUIRE(found == NX_FOUND, NX_ERR_UPSTREAM_STATE);
    NX_TRY(unpack(out, a, raw.body));
    NX_REQUIRE(nx_span_eq_str(upstream, out->upstream), NX_ERR_UPSTREAM_STATE);
    return still_on(u, house, out, kind);
}
