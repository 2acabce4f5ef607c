#include "sessions/stream.h"

#include "base/pack.h"
#include "sessions/record.h"

#define VERSION 1

enum tag { T_AT = 1, T_TYPE, T_ACTOR, T_DETAIL };

nx_result nx_note_seal(nx_span *out, const nx_store *s, nx_arena *a, uint16_t shard,
                       const struct nx_note *note)
{
    nx_buf b;
    nx_buf_init(&b, a, NX_NOTE_MAX);
    nx_pack_begin(&b, VERSION);
    nx_pack_number(&b, T_AT, nx_now());
    nx_pack_text(&b, T_TYPE, note->type);
    nx_pack_text(&b, T_ACTOR, note->actor);
    nx_pack_text(&b, T_DETAIL, note->detail);
    NX_TRY(nx_buf_done(&b));
    return nx_store_seal(out, s, a, shard, "au", nx_buf_span(&b));
}

nx_result nx_stream_append(nx_store *st, uint16_t shard, const struct nx_note *note)
{
    NX_AUTO(nx_arena) a = nx_arena_open(32 << 10);
    NX_NEED(a);
    nx_span line;
    NX_REQUIRE(note->type, NX_ERR_MISSING);
    NX_TRY(nx_note_seal(&line, st, a, shard, note));
    const nx_span argv[] = {NX_LIT("add"), note->subject ? nx_word_encode(a, note->subject) : NX_SPAN_NONE,
                            line};
    const struct nx_call call = {NX_DO_STREAM, shard, argv, 3};
    struct nx_answer answer;
    return nx_store_call(st, a, &call, 1, &answer);
}

static nx_result read_entry(struct nx_stream_entry *e, const nx_store *st, nx_arena *a, uint16_t shard,
                            const nx_span v[3])
{
    nx_pack p;
    nx_span plain;
    char *subject = NULL;
    NX_TRY(nx_store_open_seal(&plain, st, a, shard, "au", v[2]));
    NX_REQUIRE(nx_ok(nx_pack_open(&p, plain)) && p.version == VERSION, NX_ERR_STORE_RECORD);
    if (v[1].n > 0) NX_TRY(nx_word_decode(&subject, a, v[1]));
    e->position = nx_arena_dup(a, v[0]);
    e->at = nx_pack_get_number(&p, T_AT, 0);
    e->note = (struct nx_note){nx_pack_get_text(&p, T_TYPE, a), nx_pack_get_text(&p, T_ACTOR, a), subject,
                               nx_pack_get_text(&p, T_DETAIL, a)};
    NX_REQUIRE(!nx_arena_failed(a), NX_ERR_MEMORY);
    return NX_OK;
}

nx_result nx_stream_read(nx_store *st, nx_arena *a, uint16_t shard, const char *position, size_t limit,
                         struct nx_stream_batch *out)
{
    NX_REQUIRE(limit >= 1 && limit <= NX_STREAM_BATCH_MAX, NX_ERR_RANGE);
    const nx_span argv[] = {NX_LIT("read"), nx_span_str(position), nx_span_number(a, (int64_t)limit)};
    const struct nx_call call = {NX_DO_STREAM, shard, argv, 3};
    struct nx_answer answer;
    NX_TRY(nx_store_call(st, a, &call, 1, &answer));
    NX_REQUIRE((answer.n - 1) % 3 == 0 && answer.n <= 1 + 3 * limit, NX_ERR_STORE_REPLY);
    *out = (struct nx_stream_batch){nx_arena_new(a, struct nx_stream_entry, answer.n / 3), 0};
    NX_NEED(out->v);
    for (size_t i = 1; i < answer.n; i += 3)
        NX_TRY(read_entry(&out->v[out->n++], st, a, shard, answer.v + i));
    return NX_OK;
}

nx_result nx_stream_drop(nx_store *st, uint16_t shard, const char *position)
{
    NX_AUTO(nx_arena) a = nx_arena_open(16 << 10);
    NX_NEED(a);
    const nx_span argv[] = {NX_LIT("drop"), nx_span_str(position)};
    const struct nx_call call = {NX_DO_STREAM, shard, argv, 2};
    struct nx_answer answer;
    return nx_store_call(st, a, &call, 1, &answer);
}
