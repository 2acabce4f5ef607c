/* The name stands in the record's `extra` word and not in its body, since that word is what kill.lua lists of a record
 * that died: whoever tells the portal afterwards needs the name, and the record is gone by then. It is sealed like a
 * body. */
#include "sessions/assertion_record.h"

#include "crypto/digest.h"
#include "sessions/name_record.h"

#include <stdio.h>

#define VERSION 1
#define PACK_MAX 4096

enum tag { T_FORMAT = 1, T_VALUE, T_NAME_QUALIFIER, T_SP_QUALIFIER };

nx_result nx_assertion_key(nx_rec_key *out, const nx_store *st, const char *session, const char *client_id)
{
    uint8_t mac[NX_SHA256_LEN];
    nx_id id;
    const nx_span parts[] = {NX_LIT("assertion"), nx_span_str(session), nx_span_str(client_id)};
    NX_TRY(nx_hmac_sha256_parts(mac, nx_master_key(st->master, NX_LABEL_BLIND), parts, 3));
    nx_b32_encode(id.s, nx_span_of(mac, 16), false);
    *out = nx_rec_name(NX_REC_ASSERTION, id.s);
    return NX_OK;
}

static void seal_name(char out[sizeof(nx_rec_key) + 2], nx_rec_key key)
{
    snprintf(out, sizeof(nx_rec_key) + 2, "w:%s", key.s);
}

nx_result nx_given_name_seal(nx_span *word, const nx_store *st, nx_arena *a, uint16_t shard, nx_rec_key key,
                             const struct nx_given_name *name)
{
    char beside[sizeof(nx_rec_key) + 2];
    nx_span sealed;
    nx_buf b;
    NX_REQUIRE(name->format && name->value && strlen(name->value) <= NX_ASSERTION_NAME_MAX, NX_ERR_RANGE);
    nx_buf_init(&b, a, PACK_MAX);
    nx_pack_begin(&b, VERSION);
    nx_pack_text(&b, T_FORMAT, name->format);
    nx_pack_text(&b, T_VALUE, name->value);
    nx_pack_text(&b, T_NAME_QUALIFIER, name->name_qualifier);
    nx_pack_text(&b, T_SP_QUALIFIER, name->sp_qualifier);
    NX_TRY(nx_buf_done(&b));
    seal_name(beside, key);
    NX_TRY(nx_store_seal(&sealed, st, a, shard, beside, nx_buf_span(&b)));
    *word = nx_span_str(nx_b64u_dup(a, sealed));
    NX_NEED(word->p);
    return NX_OK;
}

nx_result nx_given_name_open(struct nx_given_name *out, const nx_store *st, nx_arena *a, uint16_t shard,
                             nx_rec_key key, nx_span word)
{
    char beside[sizeof(nx_rec_key) + 2];
    nx_span sealed, plain;
    nx_pack p;
    nx_result r = nx_b64u_decode_dup(&sealed, a, word);
    NX_REQUIRE(nx_ok(r) || r.e == NX_ERR_MEMORY, NX_ERR_STORE_RECORD);
    NX_TRY(r);
    seal_name(beside, key);
    NX_TRY(nx_store_open_seal(&plain, st, a, shard, beside, sealed));
    NX_REQUIRE(nx_ok(nx_pack_open(&p, plain)) && p.version == VERSION, NX_ERR_STORE_RECORD);
    *out = (struct nx_given_name){.format = nx_pack_get_text(&p, T_FORMAT, a),
                                  .value = nx_pack_get_text(&p, T_VALUE, a),
                                  .name_qualifier = nx_pack_get_text(&p, T_NAME_QUALIFIER, a),
                                  .sp_qualifier = nx_pack_get_text(&p, T_SP_QUALIFIER, a)};
    NX_REQUIRE(!nx_arena_failed(a), NX_ERR_MEMORY);
    NX_REQUIRE(out->format && out->value, NX_ERR_STORE_RECORD);
    return NX_OK;
}

/* --- joining ---------------------------------------------------------------------------------------------- */

static nx_result inherit(struct nx_assertion *x)
{
    const struct nx_epochs *of = &x->session->epochs;
    for (size_t i = 0; i < of->count; i++)
        NX_TRY(nx_epochs_set(&x->epochs, of->v[i].kind, of->v[i].id, of->v[i].value));
    NX_REQUIRE(nx_epochs_get(&x->epochs, NX_EPOCH_CLIENT) && nx_epochs_get(&x->epochs, NX_EPOCH_SYSTEM) &&
                   nx_epochs_get(&x->epochs, NX_EPOCH_PERSON),
               NX_ERR_MISSING);
    return NX_OK;
}

static nx_result record_of(struct nx_put *put, const nx_store *st, nx_arena *a, const struct nx_assertion *x)
{
    const struct nx_signon *s = x->session;
    int64_t life_s = x->until - nx_now();
    NX_REQUIRE(life_s > 0, NX_ERR_RANGE);
    *put = (struct nx_put){.up = nx_rec_name(NX_REC_SESSION, s->id.s),
                           .epochs = x->epochs,
                           .life_ms = life_s * 1000,
                           .draw_status = x->with_status,
                           .renew = true,
                           .index = true,
                           .subject = s->subject};
    NX_TRY(nx_assertion_key(&put->key, st, s->id.s, x->client_id));
    return nx_given_name_seal(&put->extra, st, a, s->shard, put->key, &x->name);
}

static struct nx_name outside(const char *client_id, const struct nx_given_name *name)
{
    return (struct nx_name){.holder = client_id, .kind = name->format, .value = name->value};
}

nx_result nx_assertion_join(nx_store *st, nx_arena *a, struct nx_assertion *x, const struct nx_note *note,
                            enum nx_found *found)
{
    struct nx_commit c, naming;
    struct nx_outcome o;
    struct nx_put put;
    NX_TRY(inherit(x));
    NX_TRY(record_of(&put, st, a, x));
    const struct nx_name name = outside(x->client_id, &x->name);
    NX_TRY(nx_name_put(&naming, st, a, &name, x->session->subject, put.life_ms / 1000));
    nx_commit_begin(&c, st, a, x->session->shard);
    nx_commit_beside(&c, &naming);
    nx_commit_join(&c, put.up, x->client_id);
    nx_commit_put(&c, &put);
    nx_commit_note(&c, note);
    NX_TRY(nx_commit_run(&c, &o));
    *found = o.found;
    x->status = o.status;
    x->issued = o.now_ms / 1000;
    return nx_signon_index(&x->index, st, x->session->id.s, x->client_id);
}

/* --- asking ----------------------------------------------------------------------------------------------- */

nx_result nx_assertion_told(nx_store *st, nx_arena *a, const char *session, const char *client_id,
                            struct nx_told *out, enum nx_found *found)
{
    struct nx_commit c;
    struct nx_outcome o;
    nx_rec_key key;
    nx_id id;
    uint16_t shard;
    uint32_t link;
    *found = NX_GONE;
    nx_result split = nx_linked_split(&id, &shard, &link, st, session);
    if (split.e == NX_ERR_NOT_FOUND) return NX_OK;
    NX_TRY(split);
    NX_TRY(nx_assertion_key(&key, st, id.s, client_id));
    nx_commit_begin(&c, st, a, shard);
    nx_commit_fetch(&c, key, false, client_id);
    NX_TRY(nx_commit_run(&c, &o));
    *found = o.found;
    if (o.found != NX_FOUND) return NX_OK;
    const struct nx_rec *r = &o.rec[0];
    *out = (struct nx_told){.status = r->status, .issued = r->made_ms / 1000, .until = r->expires_ms / 1000};
    return nx_given_name_open(&out->name, st, a, shard, key, r->extra);
}

nx_result nx_assertion_person(nx_store *st, nx_arena *a, const char *client_id, const struct nx_given_name *name,
                              const char **person, enum nx_found *found)
{
    const struct nx_name n = outside(client_id, name);
    return nx_name_find(st, a, &n, person, found);
}
