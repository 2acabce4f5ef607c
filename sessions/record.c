#include "sessions/record.h"

#include "crypto/random.h"

#include <stdio.h>

#define WORDS 9

nx_rec_key nx_rec_name(char kind, const char *id)
{
    nx_rec_key key;
    snprintf(key.s, sizeof key.s, "%c%.*s", kind, NX_ID_LEN, id);
    return key;
}

nx_span nx_word_encode(nx_arena *a, const char *name)
{
    nx_buf b;
    nx_buf_init(&b, a, 1024);
    nx_percent_encode(&b, nx_span_str(name));
    return nx_buf_span(&b);
}

nx_result nx_word_decode(char **out, nx_arena *a, nx_span word)
{
    nx_result r = nx_form_decode(out, a, word);
    NX_REQUIRE(nx_ok(r) || r.e == NX_ERR_MEMORY, NX_ERR_STORE_RECORD);
    return r;
}

nx_result nx_bounds_write(nx_span *out, nx_arena *a, const struct nx_epochs *e, const char *session)
{
    nx_buf b;
    nx_buf_init(&b, a, 1024);
    for (size_t i = 0; i < e->count; i++) {
        nx_buf_addf(&b, "%s%c:", i > 0 ? "," : "", e->v[i].kind);
        nx_percent_encode(&b, nx_span_str(e->v[i].id));
        nx_buf_addf(&b, "=%lld", (long long)e->v[i].value);
    }
    if (session && *session) nx_buf_addf(&b, "%ss:%s", e->count > 0 ? "," : "", session);
    if (e->count == 0 && !(session && *session)) nx_buf_adds(&b, "-");
    NX_TRY(nx_buf_done(&b));
    *out = nx_buf_span(&b);
    return NX_OK;
}

/* kind:id=value, or the tag s:id. */
static nx_result read_bound(struct nx_epochs *e, nx_id *session, nx_arena *a, nx_span piece)
{
    nx_span kind, id;
    uint64_t value;
    char *name;
    NX_REQUIRE(nx_span_cut(&piece, ':', &kind) && kind.n == 1 && nx_span_cut(&piece, '=', &id),
               NX_ERR_STORE_RECORD);
    if (kind.p[0] == 's') {
        NX_REQUIRE(nx_id_valid(id), NX_ERR_STORE_RECORD);
        memcpy(session->s, id.p, NX_ID_LEN);
        session->s[NX_ID_LEN] = 0;
        return NX_OK;
    }
    NX_REQUIRE(nx_ok(nx_parse_u64(&value, piece, INT64_MAX)), NX_ERR_STORE_RECORD);
    NX_TRY(nx_word_decode(&name, a, id));
    NX_REQUIRE(nx_ok(nx_epochs_set(e, (char)kind.p[0], name, (int64_t)value)), NX_ERR_STORE_RECORD);
    return NX_OK;
}

nx_result nx_bounds_read(struct nx_epochs *e, nx_id *session, nx_arena *a, nx_span text)
{
    nx_span piece;
    e->count = 0;
    *session->s = 0;
    if (nx_span_eq_str(text, "-")) return NX_OK;
    while (nx_span_cut(&text, ',', &piece))
        NX_TRY(read_bound(e, session, a, piece));
    return NX_OK;
}

static nx_result number(int64_t *out, nx_span text)
{
    uint64_t n;
    NX_REQUIRE(nx_ok(nx_parse_u64(&n, text, INT64_MAX)), NX_ERR_STORE_RECORD);
    *out = (int64_t)n;
    return NX_OK;
}

nx_result nx_status_ref_read(struct nx_status_ref *out, const nx_store *s, uint16_t shard, nx_span text)
{
    nx_span list;
    int64_t n;
    *out = NX_STATUS_REF_NONE;
    if (nx_span_eq_str(text, "-")) return NX_OK;
    NX_REQUIRE(nx_span_cut(&text, ':', &list), NX_ERR_STORE_RECORD);
    NX_TRY(number(&n, list));
    NX_REQUIRE(n < INT64_MAX / NX_SHARDS_MAX - 1, NX_ERR_STORE_RECORD);
    NX_TRY(number(&out->index, text));
    out->list = n * s->shards + shard;
    return NX_OK;
}

static nx_result read_life(struct nx_rec *r, nx_span text)
{
    nx_span idle, ends;
    if (nx_span_eq_str(text, "-")) return NX_OK;
    NX_REQUIRE(nx_span_cut(&text, ':', &idle) && nx_span_cut(&text, ':', &ends), NX_ERR_STORE_RECORD);
    NX_TRY(number(&r->idle_ms, idle));
    NX_TRY(number(&r->ends_ms, ends));
    return number(&r->seen_ms, text);
}

static nx_result read_line(struct nx_rec *r, const nx_store *s, nx_arena *a, uint16_t shard, nx_span line)
{
    nx_span w[WORDS];
    int64_t link;
    for (size_t i = 0; i < WORDS; i++)
        NX_REQUIRE(nx_span_cut(&line, ' ', &w[i]) && w[i].n > 0, NX_ERR_STORE_RECORD);
    r->used = nx_span_eq_str(w[0], "U");
    NX_TRY(number(&link, w[1]));
    NX_REQUIRE(link <= UINT32_MAX, NX_ERR_STORE_RECORD);
    r->link = (uint32_t)link;
    NX_TRY(number(&r->expires_ms, w[2]));
    NX_TRY(number(&r->made_ms, w[3]));
    if (!nx_span_eq_str(w[4], "-")) {
        NX_REQUIRE(w[4].n == NX_ID_LEN + 1, NX_ERR_STORE_RECORD);
        memcpy(r->up.s, w[4].p, w[4].n);
    }
    NX_TRY(nx_status_ref_read(&r->status, s, shard, w[5]));
    NX_TRY(nx_bounds_read(&r->epochs, &r->session, a, w[6]));
    /* what hangs on a session was made with it; only what outlives it needs a tag */
    if (*r->up.s == NX_REC_SESSION) memcpy(r->session.s, r->up.s + 1, NX_ID_LEN + 1);
    NX_TRY(read_life(r, w[7]));
    r->extra = nx_span_eq_str(w[8], "-") ? NX_SPAN_NONE : w[8];
    return NX_OK;
}

nx_result nx_rec_parse(struct nx_rec *out, const nx_store *s, nx_arena *a, uint16_t shard, nx_rec_key key,
                       nx_span value)
{
    nx_span line;
    *out = (struct nx_rec){.key = key};
    NX_REQUIRE(nx_span_cut(&value, '\n', &line), NX_ERR_STORE_RECORD);
    NX_TRY(read_line(out, s, a, shard, line));
    if (value.n == 0) return NX_OK;
    char name[sizeof key.s + 2];
    snprintf(name, sizeof name, "r:%s", key.s);
    return nx_store_open_seal(&out->body, s, a, shard, name, value);
}

/* --- linked ids ------------------------------------------------------------------------------------------
 */

nx_result nx_linked_id(nx_id *out, uint16_t shard)
{
    uint8_t bytes[16] = {(uint8_t)(shard >> 8), (uint8_t)shard};
    NX_TRY(nx_random(bytes + 2, 10));
    nx_b32_encode(out->s, nx_span_of(bytes, sizeof bytes), false);
    return NX_OK;
}

static nx_result decode(uint8_t bytes[16], const char *id)
{
    size_t n = 0;
    NX_REQUIRE(nx_id_valid(nx_span_str(id)), NX_ERR_NOT_FOUND);
    NX_REQUIRE(nx_ok(nx_b32_decode(bytes, 16, &n, nx_span_str(id), false)) && n == 16, NX_ERR_NOT_FOUND);
    return NX_OK;
}

nx_result nx_linked_split(nx_id *id, uint16_t *shard, uint32_t *link, const nx_store *s, const char *linked)
{
    uint8_t b[16];
    NX_TRY(decode(b, linked));
    *shard = (uint16_t)(b[0] << 8 | b[1]);
    *link = (uint32_t)b[12] << 24 | (uint32_t)b[13] << 16 | (uint32_t)b[14] << 8 | b[15];
    NX_REQUIRE(*shard < s->shards, NX_ERR_NOT_FOUND);
    memset(b + 12, 0, 4);
    nx_b32_encode(id->s, nx_span_of(b, sizeof b), false);
    return NX_OK;
}

nx_result nx_linked_join(nx_id *out, const char *id, uint32_t link)
{
    uint8_t b[16];
    NX_TRY(decode(b, id));
    for (int i = 0; i < 4; i++)
        b[12 + i] = (uint8_t)(link >> (24 - 8 * i));
    nx_b32_encode(out->s, nx_span_of(b, sizeof b), false);
    return NX_OK;
}
