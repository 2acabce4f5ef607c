/* The retry window: the answer is sealed under HKDF(presented token), so that whoever reads the store, or
 * holds the record key, learns nothing without the token that the answer replaces. */
#include "sessions/family.h"

#include "base/secret.h"
#include "crypto/digest.h"
#include "sessions/family_record.h"

#define GRACE_MS (NX_FAMILY_GRACE_S * 1000)

static nx_result answer_key(uint8_t key[NX_SEAL_KEY_LEN], nx_span presented)
{
    return nx_hkdf_sha256(key, NX_SEAL_KEY_LEN, presented, NX_SPAN_NONE, NX_LIT("nixa family answer 1"));
}

static nx_result seal_answer(nx_span *out, nx_arena *a, const struct nx_family *f, nx_span answer)
{
    uint8_t key[NX_SEAL_KEY_LEN];
    NX_REQUIRE(answer.n <= NX_FAMILY_ANSWER_MAX, NX_ERR_LIMIT);
    NX_TRY(answer_key(key, f->presented));
    nx_result r = nx_seal_dup(out, a, nx_span_of(key, sizeof key), nx_span_str(f->ref.id.s), answer);
    nx_wipe(key, sizeof key);
    return r;
}

/* A kept answer that the presented token does not open belongs to another text of the same link: no retry of
 * ours. */
static nx_result open_answer(struct nx_family *f, nx_arena *a, nx_span sealed)
{
    uint8_t key[NX_SEAL_KEY_LEN];
    NX_TRY(answer_key(key, f->presented));
    nx_result r =
        nx_seal_open_dup(&f->answer, a, nx_span_of(key, sizeof key), nx_span_str(f->ref.id.s), sealed);
    nx_wipe(key, sizeof key);
    return r;
}

/* Opens the text: where the family is, and which link this is. */
static nx_result present(struct nx_family *f, const nx_store *st, const char *client_id, nx_span text,
                         enum nx_found *found)
{
    struct nx_handle h;
    *found = NX_GONE;
    *f = (struct nx_family){.presented = text};
    nx_result opened = nx_handle_open(&h, st->master, NX_HANDLE_REFRESH, nx_span_str(client_id), text);
    if (opened.e == NX_ERR_HANDLE) return NX_OK;
    NX_TRY(opened);
    nx_result split = nx_linked_split(&f->ref.id, &f->ref.shard, &f->link, st, h.id.s);
    if (split.e == NX_ERR_NOT_FOUND) return NX_OK;
    NX_TRY(split);
    *found = NX_FOUND;
    return NX_OK;
}

static nx_result of_record(struct nx_family *f, const nx_store *st, nx_arena *a, const struct nx_rec *r)
{
    NX_TRY(nx_grant_of_record(&f->grant, st, a, r));
    f->link = r->link;
    f->expires = r->expires_ms / 1000;
    return NX_OK;
}

/* An old link out of its time: the script has killed the family; this says so in the audit trail. */
static nx_result reused(nx_store *st, const struct nx_family *f)
{
    return nx_stream_append(st, f->ref.shard, &(struct nx_note){.type = "refresh.reused", .actor = "system"});
}

static nx_result retried(struct nx_family *f, const nx_store *st, nx_arena *a, const struct nx_outcome *o)
{
    NX_REQUIRE(o->recs == 1, NX_ERR_STORE_REPLY);
    NX_TRY(of_record(f, st, a, &o->rec[0]));
    f->again = true;
    return open_answer(f, a, o->kept);
}

static nx_result settle(struct nx_family *f, nx_store *st, nx_arena *a, const char *client_id,
                        const struct nx_outcome *o, enum nx_found *found)
{
    *found = o->found;
    if (o->found == NX_SPENT) return reused(st, f);
    if (o->found != NX_FOUND) return NX_OK;
    nx_result r = o->again ? retried(f, st, a, o) : of_record(f, st, a, &o->rec[0]);
    if (r.e == NX_ERR_SEAL) { /* the link before, but another text of it than the one that was answered */
        *found = NX_SPENT;
        return nx_family_kill(st, a, f->ref.shard, f->ref.id.s,
                              &(struct nx_note){.type = "refresh.reused", .actor = "system"});
    }
    NX_TRY(r);
    if (strcmp(f->grant.client_id, client_id) != 0 || !f->grant.refreshes) *found = NX_GONE;
    return NX_OK;
}

nx_result nx_family_find(nx_store *st, nx_arena *a, const char *client_id, nx_span text,
                         struct nx_family *out, enum nx_found *found)
{
    struct nx_commit c;
    struct nx_outcome o;
    NX_TRY(present(out, st, client_id, text, found));
    if (*found != NX_FOUND) return NX_OK;
    nx_rec_key key = nx_rec_name(NX_REC_FAMILY, out->ref.id.s);
    nx_commit_begin(&c, st, a, out->ref.shard);
    nx_commit_fetch(&c, key, false, client_id);
    nx_commit_link(&c, key, out->link, GRACE_MS);
    NX_TRY(nx_commit_run(&c, &o));
    return settle(out, st, a, client_id, &o, found);
}

nx_result nx_family_refresh(nx_store *st, nx_arena *a, const char *client_id, nx_span text,
                            const struct nx_token_new *t, const struct nx_note *note, struct nx_family *out,
                            enum nx_found *found)
{
    struct nx_commit c;
    struct nx_outcome o;
    NX_TRY(present(out, st, client_id, text, found));
    if (*found != NX_FOUND) return NX_OK;
    nx_rec_key key = nx_rec_name(NX_REC_FAMILY, out->ref.id.s);
    nx_commit_begin(&c, st, a, out->ref.shard);
    nx_commit_fetch(&c, key, true, client_id);
    NX_TRY(nx_token_put(&c, t, key, NULL, false));
    nx_commit_note(&c, note);
    NX_TRY(nx_commit_run(&c, &o));
    uint32_t link = out->link;
    NX_TRY(settle(out, st, a, client_id, &o, found));
    if (*found == NX_FOUND && (out->grant.rotates || link != out->link)) *found = NX_SPENT;
    return NX_OK;
}

nx_result nx_family_text(nx_handle_text *out, const nx_store *st, const struct nx_family *f, uint32_t link)
{
    struct nx_handle h = {.shard = f->ref.shard};
    NX_TRY(nx_linked_join(&h.id, f->ref.id.s, link));
    return nx_handle_seal(out, st->master, NX_HANDLE_REFRESH, nx_span_str(f->grant.client_id), &h);
}

nx_result nx_family_next(nx_handle_text *out, const nx_store *st, const struct nx_family *f)
{
    return nx_family_text(out, st, f, f->link + 1);
}

nx_result nx_family_rotate(nx_store *st, nx_arena *a, struct nx_family *f, const struct nx_token_new *t,
                           nx_span answer, const struct nx_note *note, enum nx_found *found)
{
    struct nx_commit c;
    struct nx_outcome o;
    nx_span sealed;
    nx_rec_key key = nx_rec_name(NX_REC_FAMILY, f->ref.id.s);
    const char *client_id = f->grant.client_id;
    uint32_t link = f->link;
    NX_TRY(seal_answer(&sealed, a, f, answer));
    nx_commit_begin(&c, st, a, f->ref.shard);
    nx_commit_fetch(&c, key, true, client_id);
    nx_commit_turn(&c, key, link, GRACE_MS, sealed);
    NX_TRY(nx_token_put(&c, t, key, f->grant.subject, false));
    nx_commit_note(&c, note);
    NX_TRY(nx_commit_run(&c, &o));
    NX_TRY(settle(f, st, a, client_id, &o, found));
    if (*found == NX_FOUND && !f->again) f->link = link + 1;
    return NX_OK;
}

nx_result nx_family_kill(nx_store *st, nx_arena *a, uint16_t shard, const char *family,
                         const struct nx_note *note)
{
    struct nx_commit c;
    struct nx_outcome o;
    NX_REQUIRE(nx_id_valid(nx_span_str(family)), NX_ERR_NOT_FOUND);
    nx_commit_begin(&c, st, a, shard);
    nx_commit_kill(&c, nx_rec_name(NX_REC_FAMILY, family));
    nx_commit_note(&c, note);
    return nx_commit_run(&c, &o);
}
