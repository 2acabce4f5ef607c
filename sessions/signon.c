#include "sessions/signon.h"

#include "base/secret.h"
#include "crypto/block.h"
#include "crypto/digest.h"
#include "sessions/commit.h"

#include <stdio.h>
#include <stdlib.h>

#define VERSION 1

enum tag { T_NUMBERS = 1, T_AUTH, T_AGENT, T_ONLY, T_UP_SUBJECT, T_UP_SESSION, T_VOUCHED, T_CAME };

/* --- the record ------------------------------------------------------------------------------------------
 */

static nx_result pack(nx_span *out, nx_arena *a, const struct nx_signon *s)
{
    nx_buf b;
    nx_buf_init(&b, a, 2048);
    nx_pack_begin(&b, VERSION);
    uint8_t numbers[] = {(uint8_t)s->level,         (uint8_t)(s->rung + 1),    s->persistent,
                         (uint8_t)(s->means >> 24), (uint8_t)(s->means >> 16), (uint8_t)(s->means >> 8),
                         (uint8_t)s->means};
    nx_pack_bytes(&b, T_NUMBERS, nx_span_of(numbers, sizeof numbers));
    nx_pack_number(&b, T_AUTH, s->auth_time);
    if (s->came) nx_pack_number(&b, T_CAME, s->came);
    nx_pack_text(&b, T_AGENT, s->agent);
    nx_pack_text(&b, T_ONLY, s->only_client);
    nx_pack_text(&b, T_VOUCHED, s->vouched_by);
    if (*s->upstream_subject.s) nx_pack_text(&b, T_UP_SUBJECT, s->upstream_subject.s);
    if (*s->upstream_session.s) nx_pack_text(&b, T_UP_SESSION, s->upstream_session.s);
    NX_TRY(nx_buf_done(&b));
    *out = nx_buf_span(&b);
    return NX_OK;
}

static nx_result read_id(nx_id *out, const nx_pack *p, uint8_t tag)
{
    nx_span v = nx_pack_get(p, tag);
    if (!v.p) return NX_OK;
    NX_REQUIRE(nx_id_valid(v), NX_ERR_STORE_RECORD);
    memcpy(out->s, v.p, NX_ID_LEN);
    return NX_OK;
}

static nx_result unpack(struct nx_signon *s, nx_arena *a, nx_span body)
{
    nx_pack p;
    nx_result r = nx_pack_open(&p, body);
    NX_REQUIRE(nx_ok(r), NX_ERR_STORE_RECORD);
    nx_span n = nx_pack_get(&p, T_NUMBERS);
    NX_REQUIRE(p.version == VERSION && n.n == 7, NX_ERR_STORE_RECORD);
    s->level = n.p[0];
    s->rung = n.p[1] - 1;
    s->persistent = n.p[2] != 0;
    s->means = (unsigned)n.p[3] << 24 | (unsigned)n.p[4] << 16 | (unsigned)n.p[5] << 8 | n.p[6];
    s->auth_time = nx_pack_get_number(&p, T_AUTH, 0);
    s->came = nx_pack_get_number(&p, T_CAME, s->auth_time);
    s->agent = nx_pack_get_text(&p, T_AGENT, a);
    s->only_client = nx_pack_get_text(&p, T_ONLY, a);
    s->vouched_by = nx_pack_get_text(&p, T_VOUCHED, a);
    NX_TRY(read_id(&s->upstream_subject, &p, T_UP_SUBJECT));
    return read_id(&s->upstream_session, &p, T_UP_SESSION);
}

static nx_result split_clients(struct nx_signon *s, nx_arena *a, nx_span words)
{
    const char **v = nx_arena_new(a, const char *, NX_SIGNON_CLIENTS_MAX);
    nx_span word;
    char *name;
    NX_NEED(v);
    while (nx_span_cut(&words, ',', &word)) {
        NX_REQUIRE(s->client_count < NX_SIGNON_CLIENTS_MAX, NX_ERR_STORE_RECORD);
        NX_TRY(nx_word_decode(&name, a, word));
        v[s->client_count++] = name;
    }
    s->clients = v;
    return NX_OK;
}

static nx_result of_record(struct nx_signon *s, nx_arena *a, uint16_t shard, const struct nx_rec *r)
{
    *s = (struct nx_signon){.shard = shard, .link = r->link, .epochs = r->epochs};
    memcpy(s->id.s, r->key.s + 1, NX_ID_LEN + 1);
    NX_TRY(unpack(s, a, r->body));
    const struct nx_epoch *person = nx_epochs_get(&r->epochs, NX_EPOCH_PERSON);
    const struct nx_epoch *qr = nx_epochs_get(&r->epochs, NX_EPOCH_QR);
    NX_REQUIRE(person, NX_ERR_STORE_RECORD);
    s->subject = nx_arena_strdup(a, person->id);
    if (qr) s->qid = nx_arena_strdup(a, qr->id);
    const struct nx_epoch *upstream = nx_epochs_get(&r->epochs, NX_EPOCH_UPSTREAM);
    if (upstream) s->upstream = nx_arena_strdup(a, upstream->id);
    s->created = r->made_ms / 1000;
    s->last_seen = r->seen_ms / 1000;
    s->expires = r->expires_ms / 1000;
    s->idle_s = r->idle_ms / 1000;
    s->ends = r->ends_ms / 1000;
    NX_TRY(split_clients(s, a, r->extra));
    NX_REQUIRE(!nx_arena_failed(a), NX_ERR_MEMORY);
    return NX_OK;
}

static nx_result cookie_of(nx_handle_text *out, const nx_store *st, const struct nx_signon *s)
{
    struct nx_handle h = {.shard = s->shard};
    NX_TRY(nx_linked_join(&h.id, s->id.s, s->link));
    return nx_handle_seal(out, st->master, NX_HANDLE_SESSION, NX_SPAN_NONE, &h);
}

static bool well_formed(const struct nx_signon *s)
{
    return s->subject && nx_epochs_get(&s->epochs, NX_EPOCH_PERSON) && s->level >= 0 && s->level <= 4 &&
           s->rung >= -1 && s->rung <= 3 && s->idle_s > 0 && s->ends > 0 &&
           nx_span_str(s->agent).n <= NX_SIGNON_AGENT_MAX &&
           (s->qid != NULL) == (nx_epochs_get(&s->epochs, NX_EPOCH_QR) != NULL) &&
           (s->upstream != NULL) == (nx_epochs_get(&s->epochs, NX_EPOCH_UPSTREAM) != NULL);
}

/* --- acts ------------------------------------------------------------------------------------------------
 */

nx_result nx_signon_begin(nx_handle_text *cookie, nx_store *st, nx_arena *a, struct nx_signon *s,
                          const struct nx_note *note, enum nx_found *found)
{
    struct nx_commit c;
    struct nx_outcome out;
    NX_REQUIRE(well_formed(s), NX_ERR_RANGE);
    s->shard = nx_store_shard(st, s->subject);
    s->link = 0;
    struct nx_put put = {.epochs = s->epochs,
                         .life_ms = s->idle_s * 1000,
                         .idle_ms = s->idle_s * 1000,
                         .ends_ms = s->ends * 1000,
                         .index = true,
                         .subject = s->subject};
    NX_TRY(nx_linked_id(&s->id, s->shard));
    put.key = nx_rec_name(NX_REC_SESSION, s->id.s);
    NX_TRY(pack(&put.body, a, s));
    nx_commit_begin(&c, st, a, s->shard);
    nx_commit_put(&c, &put);
    nx_commit_note(&c, note);
    NX_TRY(nx_commit_run(&c, &out));
    *found = out.found;
    s->created = s->last_seen = out.now_ms / 1000;
    s->expires = s->created + s->idle_s < s->ends ? s->created + s->idle_s : s->ends;
    s->client_count = 0;
    return cookie_of(cookie, st, s);
}

/* What is asked in the round trip of a session: whether something was never seen. */
struct asked {
    const struct nx_guard *guard; /* NULL: nothing */
    bool *first;
};

static nx_result add_guard(struct nx_commit *c, struct nx_guard_call *call, const struct asked *asked)
{
    if (!asked->guard) return NX_OK;
    NX_TRY(nx_guard_call_make(call, c->store, c->arena, asked->guard));
    nx_commit_guard(c, call, asked->first);
    return NX_OK;
}

/* Without a session there is no round trip that it could share. */
static nx_result ask_alone(nx_store *st, const struct asked *asked)
{
    return asked->guard ? nx_guard_once(st, asked->guard, asked->first) : NX_OK;
}

static nx_result fetch(nx_store *st, nx_arena *a, const char *linked, bool slide, const struct asked *asked,
                       struct nx_signon *out, uint32_t *link, enum nx_found *found)
{
    struct nx_commit c;
    struct nx_outcome o;
    struct nx_guard_call guard;
    nx_id id;
    uint16_t shard;
    *found = NX_GONE;
    nx_result split = nx_linked_split(&id, &shard, link, st, linked);
    if (split.e == NX_ERR_NOT_FOUND) return ask_alone(st, asked);
    NX_TRY(split);
    nx_commit_begin(&c, st, a, shard);
    NX_TRY(add_guard(&c, &guard, asked));
    nx_commit_fetch(&c, nx_rec_name(NX_REC_SESSION, id.s), slide, NULL);
    NX_TRY(nx_commit_run(&c, &o));
    *found = o.found;
    return o.found == NX_FOUND ? of_record(out, a, shard, &o.rec[0]) : NX_OK;
}

static nx_result find(nx_store *st, nx_arena *a, nx_span cookie, const struct asked *asked, struct nx_signon *out,
                      enum nx_found *found)
{
    struct nx_handle h;
    uint32_t link;
    *found = NX_GONE;
    nx_result opened = nx_handle_open(&h, st->master, NX_HANDLE_SESSION, NX_SPAN_NONE, cookie);
    if (opened.e == NX_ERR_HANDLE) return ask_alone(st, asked);
    NX_TRY(opened);
    NX_TRY(fetch(st, a, h.id.s, true, asked, out, &link, found));
    if (*found == NX_FOUND && link != out->link) *found = NX_GONE; /* the cookie of before a step up */
    return NX_OK;
}

nx_result nx_signon_find(nx_store *st, nx_arena *a, nx_span cookie, struct nx_signon *out,
                         enum nx_found *found)
{
    return find(st, a, cookie, &(struct asked){.guard = NULL}, out, found);
}

nx_result nx_signon_find_once(nx_store *st, nx_arena *a, nx_span cookie, const struct nx_guard *guard,
                              struct nx_signon *out, enum nx_found *found, bool *first)
{
    return find(st, a, cookie, &(struct asked){guard, first}, out, found);
}

nx_result nx_signon_get(nx_store *st, nx_arena *a, const char *id, struct nx_signon *out,
                        enum nx_found *found)
{
    uint32_t link;
    return fetch(st, a, id, false, &(struct asked){.guard = NULL}, out, &link, found);
}

nx_result nx_signon_raise(nx_handle_text *cookie, nx_store *st, nx_arena *a, struct nx_signon *s,
                          const struct nx_note *note, enum nx_found *found)
{
    struct nx_commit c;
    struct nx_outcome out;
    nx_span body;
    NX_REQUIRE(well_formed(s), NX_ERR_RANGE);
    NX_TRY(pack(&body, a, s));
    nx_commit_begin(&c, st, a, s->shard);
    nx_commit_swap(&c, nx_rec_name(NX_REC_SESSION, s->id.s), s->link, body);
    nx_commit_note(&c, note);
    NX_TRY(nx_commit_run(&c, &out));
    *found = out.found;
    if (out.found != NX_FOUND) return NX_OK;
    s->link++;
    return cookie_of(cookie, st, s);
}

nx_result nx_signon_drop(nx_store *st, nx_arena *a, const struct nx_signon *s, const struct nx_note *note)
{
    struct nx_commit c;
    struct nx_outcome out;
    nx_commit_begin(&c, st, a, s->shard);
    nx_commit_kill(&c, nx_rec_name(NX_REC_SESSION, s->id.s));
    nx_commit_note(&c, note);
    return nx_commit_run(&c, &out);
}

nx_result nx_signon_sid(nx_sid *out, const nx_store *st, const char *session, const char *client_id)
{
    uint8_t mac[NX_SHA256_LEN];
    const nx_span parts[] = {NX_LIT("sid"), nx_span_str(session), nx_span_str(client_id)};
    NX_TRY(nx_hmac_sha256_parts(mac, nx_master_key(st->master, NX_LABEL_BLIND), parts, 3));
    nx_b32_encode(out->s, nx_span_of(mac, 16), false);
    return NX_OK;
}

/* --- names for portals -----------------------------------------------------------------------------------
 * A session's id is 16 bytes of which the link (4) is zero and the shard (2) in range: a name that was not made from one
 * opens to something else, and what slipped through names 80 random bits that no record has. */

static nx_result key_of(nx_secret *key, const nx_store *st, const char *client_id)
{
    const nx_span parts[] = {NX_LIT("session-index"), nx_span_str(client_id)};
    key->n = NX_SHA256_LEN;
    return nx_hmac_sha256_parts(key->bytes, nx_master_key(st->master, NX_LABEL_BLIND), parts, 2);
}

nx_result nx_signon_index(nx_id *out, const nx_store *st, const char *session, const char *client_id)
{
    uint8_t block[NX_BLOCK_LEN];
    NX_AUTO_SECRET(key);
    size_t n = 0;
    NX_REQUIRE(session && nx_id_valid(nx_span_str(session)) && client_id && *client_id, NX_ERR_RANGE);
    NX_TRY(nx_b32_decode(block, sizeof block, &n, nx_span_str(session), false));
    NX_TRY(key_of(&key, st, client_id));
    NX_TRY(nx_block_seal(block, nx_secret_expose(&key), block));
    nx_b32_encode(out->s, nx_span_of(block, sizeof block), false);
    return NX_OK;
}

nx_result nx_signon_of_index(nx_id *session, const nx_store *st, const char *client_id, nx_span index,
                             enum nx_found *found)
{
    uint8_t block[NX_BLOCK_LEN];
    NX_AUTO_SECRET(key);
    nx_id linked;
    size_t n = 0;
    uint16_t shard;
    uint32_t link = 0;
    *found = NX_GONE;
    if (!nx_id_valid(index) || !nx_ok(nx_b32_decode(block, sizeof block, &n, index, false)) || n != sizeof block)
        return NX_OK;
    NX_TRY(key_of(&key, st, client_id));
    NX_TRY(nx_block_open(block, nx_secret_expose(&key), block));
    nx_b32_encode(linked.s, nx_span_of(block, sizeof block), false);
    nx_result split = nx_linked_split(session, &shard, &link, st, linked.s);
    if (nx_ok(split) && link == 0) *found = NX_FOUND;
    return split.e == NX_ERR_NOT_FOUND ? NX_OK : split;
}

/* --- lists -----------------------------------------------------------------------------------------------
 */

static int later_first(const void *x, const void *y)
{
    const struct nx_signon *a = x, *b = y;
    if (a->last_seen != b->last_seen) return a->last_seen > b->last_seen ? -1 : 1;
    return strcmp(a->id.s, b->id.s);
}

/* With several shards list.lua does not see the copy of an upstream's epoch. */
static nx_result still_through(bool *live, nx_store *st, nx_arena *a, const struct nx_epochs *e)
{
    const struct nx_epoch *u = nx_epochs_get(e, NX_EPOCH_UPSTREAM);
    struct nx_answer answer;
    int64_t copy;
    *live = true;
    if (!u || st->shards == 1) return NX_OK;
    const nx_span argv[] = {nx_span_of(&u->kind, 1), nx_word_encode(a, u->id), NX_LIT("?")};
    const struct nx_call call = {NX_DO_EPOCH, nx_store_shard(st, u->id), argv, 3};
    NX_TRY(nx_store_call(st, a, &call, 2, &answer));
    NX_TRY(nx_answer_number(&answer, 1, &copy));
    *live = copy <= u->value;
    return NX_OK;
}

nx_result nx_signon_list(nx_store *st, nx_arena *a, const char *subject, struct nx_signon_list *out)
{
    uint16_t shard = nx_store_shard(st, subject);
    const nx_span argv[] = {nx_word_encode(a, subject)};
    const struct nx_call call = {NX_DO_LIST, shard, argv, 1};
    struct nx_answer answer;
    NX_TRY(nx_store_call(st, a, &call, 1, &answer));
    *out = (struct nx_signon_list){nx_arena_new(a, struct nx_signon, answer.n / 2 + 1), 0};
    NX_NEED(out->v);
    for (size_t i = 1; i + 1 < answer.n; i += 2) {
        struct nx_rec r;
        NX_REQUIRE(answer.v[i].n == NX_ID_LEN + 1, NX_ERR_STORE_REPLY);
        nx_rec_key key = nx_rec_name(NX_REC_SESSION, (const char *)answer.v[i].p + 1);
        bool live;
        NX_TRY(nx_rec_parse(&r, st, a, shard, key, answer.v[i + 1]));
        NX_TRY(still_through(&live, st, a, &r.epochs));
        if (live) NX_TRY(of_record(&out->v[out->n++], a, shard, &r));
    }
    qsort(out->v, out->n, sizeof *out->v, later_first);
    return NX_OK;
}
