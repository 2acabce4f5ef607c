#include "sessions/grant_record.h"

#include "sessions/signon.h"

nx_result nx_grant_body(nx_span *out, nx_arena *a, const struct nx_grant *g)
{
    struct nx_grant body = *g;
    body.session = NULL; /* the record's tag */
    body.sid = NULL;     /* follows from session and client */
    return nx_grant_pack(out, a, &body);
}

static nx_result fill(const char **member, nx_arena *a, const struct nx_epochs *e, char kind)
{
    const struct nx_epoch *named = nx_epochs_get(e, kind);
    if (*member || !named) return NX_OK;
    *member = nx_arena_strdup(a, named->id);
    NX_NEED(*member);
    return NX_OK;
}

static nx_result fill_session(struct nx_grant *g, const nx_store *st, nx_arena *a, const struct nx_rec *r)
{
    nx_sid sid;
    if (!*r->session.s) return NX_OK;
    NX_TRY(nx_signon_sid(&sid, st, r->session.s, g->client_id));
    g->session = nx_arena_strdup(a, r->session.s);
    g->sid = nx_arena_strdup(a, sid.s);
    NX_REQUIRE(g->session && g->sid, NX_ERR_MEMORY);
    return NX_OK;
}

nx_result nx_grant_of_record(struct nx_grant *g, const nx_store *st, nx_arena *a, const struct nx_rec *r)
{
    nx_result unpacked = nx_grant_unpack(g, a, r->body);
    NX_REQUIRE(nx_ok(unpacked) || unpacked.e == NX_ERR_MEMORY, NX_ERR_STORE_RECORD);
    NX_TRY(unpacked);
    NX_TRY(fill(&g->client_id, a, &r->epochs, NX_EPOCH_CLIENT));
    NX_TRY(fill(&g->subject, a, &r->epochs, NX_EPOCH_PERSON));
    NX_TRY(fill(&g->qid, a, &r->epochs, NX_EPOCH_QR));
    NX_REQUIRE(g->client_id && g->subject, NX_ERR_STORE_RECORD);
    NX_TRY(fill_session(g, st, a, r));
    g->epochs = r->epochs;
    g->status = r->status;
    g->issued = r->made_ms / 1000;
    g->expires = r->expires_ms / 1000;
    return NX_OK;
}
