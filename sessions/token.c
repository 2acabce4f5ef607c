#include "sessions/token.h"

#include "sessions/grant_record.h"
#include "sessions/token_record.h"

#define VERSION 1

enum tag { T_SCOPE = 1, T_AUDIENCE, T_JKT };

nx_result nx_token_new(struct nx_token_new *out, const nx_store *st, uint16_t shard, const char *client_id,
                       int64_t life_s)
{
    NX_REQUIRE(life_s > 0 && shard < st->shards, NX_ERR_RANGE);
    *out = (struct nx_token_new){.issued = nx_now()};
    out->expires = out->issued + life_s;
    NX_TRY(nx_handle_make(&out->ref, shard));
    return nx_handle_seal(&out->jti, st->master, NX_HANDLE_ACCESS, nx_span_str(client_id), &out->ref);
}

nx_result nx_narrow_pack(nx_span *out, nx_arena *a, const struct nx_narrow *n)
{
    nx_buf b;
    *out = NX_SPAN_NONE;
    if (!n->scope && !n->audience && !n->jkt) return NX_OK; /* the usual token: its record has no body */
    nx_buf_init(&b, a, NX_GRANT_MAX);
    nx_pack_begin(&b, VERSION);
    nx_pack_text(&b, T_SCOPE, n->scope);
    nx_pack_text(&b, T_AUDIENCE, n->audience);
    nx_pack_text(&b, T_JKT, n->jkt);
    NX_TRY(nx_buf_done(&b));
    *out = nx_buf_span(&b);
    return NX_OK;
}

static nx_result narrow(struct nx_grant *g, nx_arena *a, nx_span body)
{
    nx_pack p;
    if (body.n == 0) return NX_OK;
    nx_result r = nx_pack_open(&p, body);
    NX_REQUIRE(nx_ok(r) && p.version == VERSION, NX_ERR_STORE_RECORD);
    const char *scope = nx_pack_get_text(&p, T_SCOPE, a), *audience = nx_pack_get_text(&p, T_AUDIENCE, a);
    const char *jkt = nx_pack_get_text(&p, T_JKT, a);
    if (scope) g->scope = scope;
    if (audience) g->audience = audience;
    if (jkt) g->jkt = jkt;
    NX_REQUIRE(!nx_arena_failed(a), NX_ERR_MEMORY);
    return NX_OK;
}

nx_result nx_token_issue(nx_store *st, nx_arena *a, const struct nx_token_new *t, const struct nx_grant *g,
                         const struct nx_note *note, enum nx_found *found)
{
    struct nx_commit c;
    struct nx_outcome out;
    NX_REQUIRE(nx_epochs_get(&g->epochs, NX_EPOCH_CLIENT),
               NX_ERR_MISSING); /* else nothing could ever revoke it */
    struct nx_put put = {.key = nx_rec_name(NX_REC_TOKEN, t->ref.id.s),
                         .epochs = g->epochs,
                         .life_ms = (t->expires - t->issued) * 1000};
    NX_TRY(nx_grant_body(&put.body, a, g));
    nx_commit_begin(&c, st, a, t->ref.shard);
    nx_commit_put(&c, &put);
    nx_commit_note(&c, note);
    NX_TRY(nx_commit_run(&c, &out));
    *found = out.found;
    return NX_OK;
}

/* rec[0] is the token; rec[1], if there is one, the grant that it hangs on. */
static nx_result of_chain(struct nx_token *t, const nx_store *st, nx_arena *a, const struct nx_outcome *o)
{
    const struct nx_rec *token = &o->rec[0], *grant = o->recs > 1 ? &o->rec[1] : token;
    NX_TRY(nx_grant_of_record(&t->grant, st, a, grant));
    t->granted = t->grant.scope;
    if (grant != token) {
        memcpy(t->family.s, grant->key.s + 1, NX_ID_LEN + 1);
        NX_TRY(narrow(&t->grant, a, token->body));
    }
    t->issued = token->made_ms / 1000;
    t->expires = token->expires_ms / 1000;
    return NX_OK;
}

nx_result nx_token_find(nx_store *st, nx_arena *a, const char *client_id, nx_span jti, struct nx_token *out,
                        enum nx_found *found)
{
    struct nx_commit c;
    struct nx_outcome o;
    *out = (struct nx_token){.issued = 0};
    *found = NX_GONE;
    nx_result opened = nx_handle_open(&out->ref, st->master, NX_HANDLE_ACCESS, nx_span_str(client_id), jti);
    if (opened.e == NX_ERR_HANDLE || (nx_ok(opened) && out->ref.shard >= st->shards)) return NX_OK;
    NX_TRY(opened);
    nx_commit_begin(&c, st, a, out->ref.shard);
    nx_commit_fetch(&c, nx_rec_name(NX_REC_TOKEN, out->ref.id.s), false, client_id);
    NX_TRY(nx_commit_run(&c, &o));
    *found = o.found;
    if (o.found != NX_FOUND) return NX_OK;
    NX_TRY(of_chain(out, st, a, &o));
    if (strcmp(out->grant.client_id, client_id) != 0) *found = NX_GONE;
    return NX_OK;
}

nx_result nx_token_kill(nx_store *st, nx_arena *a, const struct nx_token *t, const struct nx_note *note)
{
    struct nx_commit c;
    struct nx_outcome o;
    nx_commit_begin(&c, st, a, t->ref.shard);
    nx_commit_kill(&c, nx_rec_name(NX_REC_TOKEN, t->ref.id.s));
    nx_commit_note(&c, note);
    return nx_commit_run(&c, &o);
}

nx_result nx_token_put(struct nx_commit *c, const struct nx_token_new *t, nx_rec_key family,
                       const char *subject, bool is_new)
{
    struct nx_put put = {.key = nx_rec_name(NX_REC_TOKEN, t->ref.id.s),
                         .up = family,
                         .up_is_new = is_new,
                         .life_ms = (t->expires - t->issued) * 1000,
                         .index = true,
                         .subject = subject};
    NX_REQUIRE(t->ref.shard == c->shard, NX_ERR_INTERNAL);
    NX_TRY(nx_narrow_pack(&put.body, c->arena, &t->narrow));
    nx_commit_put(c, &put);
    return NX_OK;
}
