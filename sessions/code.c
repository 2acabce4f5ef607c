#include "sessions/code.h"

#include "sessions/family_record.h"

/* The epochs of the session, and of the grant those of other places. */
static nx_result inherit(struct nx_grant *g, const struct nx_signon *s)
{
    for (size_t i = 0; i < s->epochs.count; i++)
        NX_TRY(nx_epochs_set(&g->epochs, s->epochs.v[i].kind, s->epochs.v[i].id, s->epochs.v[i].value));
    NX_REQUIRE(nx_epochs_get(&g->epochs, NX_EPOCH_CLIENT) && nx_epochs_get(&g->epochs, NX_EPOCH_PERSON),
               NX_ERR_MISSING);
    return NX_OK;
}

nx_result nx_code_issue(nx_handle_text *out, nx_store *st, nx_arena *a, const struct nx_signon *s,
                        struct nx_grant *g, const struct nx_note *note, enum nx_found *found)
{
    struct nx_commit c;
    struct nx_outcome o;
    struct nx_handle h;
    nx_rec_key session = nx_rec_name(NX_REC_SESSION, s->id.s);
    NX_TRY(inherit(g, s));
    g->session = s->id.s;
    NX_TRY(nx_handle_make(&h, s->shard));
    struct nx_put put = {.key = nx_rec_name(NX_REC_CODE, h.id.s),
                         .up = session,
                         .epochs = g->epochs,
                         .session = s->id.s,
                         .life_ms = NX_CODE_LIFE_S * 1000,
                         .index = true,
                         .subject = s->subject};
    NX_TRY(nx_grant_body(&put.body, a, g));
    nx_commit_begin(&c, st, a, s->shard);
    nx_commit_join(&c, session, g->client_id);
    nx_commit_put(&c, &put);
    nx_commit_note(&c, note);
    NX_TRY(nx_commit_run(&c, &o));
    *found = o.found;
    return nx_handle_seal(out, st->master, NX_HANDLE_CODE, nx_span_str(g->client_id), &h);
}

/* The code was used: what that use gave dies (RFC 6749 section 4.1.2). */
static nx_result used_again(nx_store *st, nx_arena *a, const struct nx_handle *h)
{
    static const struct nx_note note = {.type = "code.reused", .actor = "system"};
    struct nx_commit c;
    struct nx_outcome o;
    nx_commit_begin(&c, st, a, h->shard);
    nx_commit_spend(&c, nx_rec_name(NX_REC_CODE, h->id.s), 0,
                    (nx_rec_key){""}); /* used already: kills what it made */
    NX_TRY(nx_commit_run(&c, &o));
    return nx_stream_append(st, h->shard, &note);
}

nx_result nx_code_find(nx_store *st, nx_arena *a, const char *client_id, nx_span text, struct nx_code *out,
                       enum nx_found *found)
{
    struct nx_commit c;
    struct nx_outcome o;
    *found = NX_GONE;
    nx_result opened = nx_handle_open(&out->ref, st->master, NX_HANDLE_CODE, nx_span_str(client_id), text);
    if (opened.e == NX_ERR_HANDLE || (nx_ok(opened) && out->ref.shard >= st->shards)) return NX_OK;
    NX_TRY(opened);
    nx_commit_begin(&c, st, a, out->ref.shard);
    nx_commit_fetch(&c, nx_rec_name(NX_REC_CODE, out->ref.id.s), false, client_id);
    NX_TRY(nx_commit_run(&c, &o));
    *found = o.found;
    if (o.found != NX_FOUND) return NX_OK;
    if (o.rec[0].used) *found = NX_SPENT;
    if (o.rec[0].used) return used_again(st, a, &out->ref);
    if (o.rec[0].made_ms < atomic_load(&st->recovered_ms)) *found = NX_GONE; /* rule 19 */
    return nx_grant_of_record(&out->grant, st, a, &o.rec[0]);
}

/* What the family keeps: the grant without what only the code needed. */
static nx_result family_put(struct nx_put *put, nx_arena *a, const struct nx_redeem *r, int64_t now_s)
{
    struct nx_grant g = *r->grant;
    int64_t token_s = r->token->expires - r->token->issued;
    g.redirect_uri = NULL;
    g.code_challenge = NULL;
    put->epochs = r->code->grant.epochs; /* never newer than the code's */
    put->session = r->code->grant.session;
    put->index = true;
    put->subject = r->code->grant.subject;
    put->draw_status = r->with_status;
    if (!g.offline && put->session) put->up = nx_rec_name(NX_REC_SESSION, put->session);
    put->life_ms = token_s * 1000;
    if (g.refreshes) {
        int64_t most_s = g.refresh_until - now_s;
        NX_REQUIRE(most_s > 0 && g.refresh_idle_s > 0, NX_ERR_RANGE);
        put->life_ms = (g.refresh_idle_s < most_s ? g.refresh_idle_s : most_s) * 1000;
        put->idle_ms = g.refresh_idle_s * 1000;
        put->ends_ms = g.refresh_until * 1000;
    }
    return nx_grant_body(&put->body, a, &g);
}

static nx_result give(struct nx_redeemed *out, const nx_store *st, const struct nx_redeem *r,
                      const struct nx_put *put, const struct nx_outcome *o)
{
    struct nx_family *f = &out->family;
    f->grant = *r->grant;
    f->grant.epochs = put->epochs;
    f->grant.status = o->status;
    f->grant.issued = o->now_ms / 1000;
    f->expires = f->grant.expires = (o->now_ms + put->life_ms) / 1000;
    if (!f->grant.refreshes) return NX_OK;
    return nx_family_text(&out->refresh, st, f, 0);
}

nx_result nx_code_redeem(nx_store *st, nx_arena *a, const struct nx_redeem *r, const struct nx_note *note,
                         struct nx_redeemed *out, enum nx_found *found)
{
    struct nx_commit c;
    struct nx_outcome o;
    struct nx_put put = {.life_ms = 0};
    *out = (struct nx_redeemed){.refresh = {""}};
    out->family.ref.shard = r->code->ref.shard;
    NX_TRY(nx_linked_id(&out->family.ref.id, r->code->ref.shard));
    put.key = nx_rec_name(NX_REC_FAMILY, out->family.ref.id.s);
    NX_TRY(family_put(&put, a, r, nx_now()));
    nx_commit_begin(&c, st, a, r->code->ref.shard);
    nx_commit_spend(&c, nx_rec_name(NX_REC_CODE, r->code->ref.id.s), 0, put.key);
    nx_commit_put(&c, &put);
    NX_TRY(nx_token_put(&c, r->token, put.key, put.subject, true));
    nx_commit_note(&c, note);
    NX_TRY(nx_commit_run(&c, &o));
    *found = o.found;
    if (o.found == NX_SPENT)
        NX_TRY(nx_stream_append(st, r->code->ref.shard,
                                &(struct nx_note){.type = "code.reused", .actor = "system"}));
    return o.found == NX_FOUND ? give(out, st, r, &put, &o) : NX_OK;
}
