#include "sessions/order.h"

#include "crypto/random.h"
#include "sessions/seam.h"

#include <stdio.h>

static const char *const states[] = {
    [NX_ORDER_SHOWN] = "shown",       [NX_ORDER_TAKEN] = "taken",   [NX_ORDER_CONTEXT] = "context",
    [NX_ORDER_APPROVED] = "approved", [NX_ORDER_DIGITS] = "digits", [NX_ORDER_DONE] = "done",
    [NX_ORDER_DEAD] = "dead",
};
#define STATES (sizeof states / sizeof *states)

/* No row: no such step. */
static const struct {
    enum nx_order_state from, to;
} steps[] = {
    {NX_ORDER_TAKEN, NX_ORDER_CONTEXT},   {NX_ORDER_CONTEXT, NX_ORDER_APPROVED},
    {NX_ORDER_APPROVED, NX_ORDER_DIGITS}, {NX_ORDER_APPROVED, NX_ORDER_DONE},
    {NX_ORDER_DIGITS, NX_ORDER_DONE},
};

const char *nx_order_state_text(enum nx_order_state s)
{
    return (size_t)s < STATES ? states[s] : "dead";
}

static void key_of(char out[NX_ID_LEN + 3], const char *id)
{
    snprintf(out, NX_ID_LEN + 3, "o:%.*s", NX_ID_LEN, id);
}

/* --- reading ----------------------------------------------------------------------------------------------
 */

static nx_result state_of(enum nx_order_state *out, nx_span word)
{
    for (size_t i = 0; i < STATES; i++) {
        if (!nx_span_eq_str(word, states[i])) continue;
        *out = (enum nx_order_state)i;
        return NX_OK;
    }
    NX_FAIL(NX_ERR_STORE_RECORD);
}

static nx_result number(int64_t *out, nx_span text)
{
    uint64_t n;
    NX_REQUIRE(nx_ok(nx_parse_u64(&n, text, INT64_MAX)), NX_ERR_STORE_RECORD);
    *out = (int64_t)n;
    return NX_OK;
}

static nx_result word(char *out, size_t room, nx_span text)
{
    NX_REQUIRE(text.n < room, NX_ERR_STORE_RECORD);
    if (nx_span_eq_str(text, "-")) return NX_OK;
    memcpy(out, text.p, text.n);
    out[text.n] = 0;
    return NX_OK;
}

static nx_result parse(struct nx_order *o, const nx_store *st, nx_arena *a, uint16_t shard, nx_span value)
{
    nx_span line, w[7];
    int64_t version, tries;
    char key[NX_ID_LEN + 3];
    NX_REQUIRE(nx_span_cut(&value, '\n', &line), NX_ERR_STORE_RECORD);
    for (size_t i = 0; i < 7; i++)
        NX_REQUIRE(nx_span_cut(&line, ' ', &w[i]), NX_ERR_STORE_RECORD);
    *o->by = *o->why = 0;
    NX_TRY(state_of(&o->state, w[0]));
    NX_TRY(number(&version, w[1]));
    NX_TRY(number(&tries, w[2]));
    NX_TRY(number(&o->created_ms, w[3]));
    NX_TRY(number(&o->deadline_ms, w[4]));
    NX_TRY(word(o->by, sizeof o->by, w[5]));
    NX_TRY(word(o->why, sizeof o->why, w[6]));
    o->version = (uint32_t)version;
    o->tries = (unsigned)tries;
    key_of(key, o->id.s);
    return nx_store_open_seal(&o->body, st, a, shard, key, value);
}

/* --- acts -------------------------------------------------------------------------------------------------
 */

/* argv[0], argv[1] are filled here: the act and the order. */
static nx_result act(nx_store *st, nx_arena *a, const char *name, nx_span *argv, size_t argc,
                     struct nx_order *o, enum nx_found *found)
{
    uint16_t shard = nx_store_shard(st, o->id.s);
    const struct nx_call call = {NX_DO_ORDER, shard, argv, argc};
    struct nx_answer answer;
    argv[0] = nx_span_str(name);
    argv[1] = nx_span_str(o->id.s);
    NX_TRY(nx_store_call(st, a, &call, 3, &answer));
    *found = nx_answer_is(&answer, "ok") ? NX_FOUND : nx_answer_is(&answer, "spent") ? NX_SPENT : NX_GONE;
    if (*found == NX_GONE) return NX_OK;
    NX_TRY(nx_answer_number(&answer, 1, &o->now_ms));
    NX_TRY(parse(o, st, a, shard, answer.v[2]));
    if (o->created_ms < atomic_load(&st->recovered_ms)) *found = NX_GONE; /* rule 19 */
    return NX_OK;
}

/* id may stand in *o itself: a caller repeats an act on what it was given. An invalid one becomes "", which
 * finds nothing. */
static void set_id(struct nx_order *o, const char *id)
{
    nx_id copy = {""};
    if (nx_id_valid(nx_span_str(id))) memcpy(copy.s, id, NX_ID_LEN + 1);
    *o = (struct nx_order){.state = NX_ORDER_DEAD, .id = copy};
}

static nx_result seal_body(nx_span *out, const nx_store *st, nx_arena *a, const char *id, nx_span body)
{
    char key[NX_ID_LEN + 3];
    NX_REQUIRE(body.n <= NX_ORDER_BODY_MAX, NX_ERR_LIMIT);
    key_of(key, id);
    return nx_store_seal(out, st, a, nx_store_shard(st, id), key, body);
}

/* "" keeps the body, "1" and a sealed one replaces it. */
static nx_result body_arg(nx_span *out, const nx_store *st, nx_arena *a, const char *id, nx_span body)
{
    nx_span sealed;
    nx_buf b;
    *out = NX_SPAN_NONE;
    if (!body.p) return NX_OK;
    NX_TRY(seal_body(&sealed, st, a, id, body));
    nx_buf_init(&b, a, sealed.n + 1);
    nx_buf_adds(&b, "1");
    nx_buf_add(&b, sealed);
    NX_TRY(nx_buf_done(&b));
    *out = nx_buf_span(&b);
    return NX_OK;
}

nx_result nx_order_begin(nx_store *st, nx_arena *a, nx_span body, struct nx_order *out)
{
    return nx_order_begin_for(st, a, NX_ORDER_SHOWN_S, body, out);
}

nx_result nx_order_begin_for(nx_store *st, nx_arena *a, int64_t shown_s, nx_span body, struct nx_order *out)
{
    enum nx_found found;
    nx_span argv[4];
    *out = (struct nx_order){.state = NX_ORDER_SHOWN};
    NX_REQUIRE(shown_s >= 1 && shown_s <= 600, NX_ERR_RANGE);
    NX_TRY(nx_id_make(&out->id));
    argv[2] = nx_span_number(a, shown_s * 1000);
    NX_TRY(seal_body(&argv[3], st, a, out->id.s, body));
    NX_TRY(act(st, a, "begin", argv, 4, out, &found));
    NX_REQUIRE(found == NX_FOUND, NX_ERR_STORE_REPLY);
    return NX_OK;
}

nx_result nx_order_find(nx_store *st, nx_arena *a, const char *id, struct nx_order *out, enum nx_found *found)
{
    nx_span argv[2];
    set_id(out, id);
    return act(st, a, "find", argv, 2, out, found);
}

static bool is_word(nx_span s, size_t most)
{
    return s.n > 0 && s.n <= most && nx_ascii_printable(s) && !memchr(s.p, ' ', s.n) &&
           !nx_span_eq_str(s, "-");
}

nx_result nx_order_take(nx_store *st, nx_arena *a, const char *id, const char *by, nx_span body,
                        struct nx_order *out, enum nx_found *found)
{
    nx_span argv[5];
    NX_REQUIRE(is_word(nx_span_str(by), NX_ORDER_BY_MAX), NX_ERR_RANGE);
    set_id(out, id);
    argv[2] = nx_span_str(by);
    argv[3] = nx_span_number(a, NX_ORDER_TAKEN_S * 1000);
    NX_TRY(body_arg(&argv[4], st, a, out->id.s, body));
    return act(st, a, "take", argv, 5, out, found);
}

static bool allowed(enum nx_order_state from, enum nx_order_state to)
{
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (steps[i].from == from && steps[i].to == to) return true;
    return false;
}

nx_result nx_order_step(nx_store *st, nx_arena *a, struct nx_order *o, enum nx_order_state to, nx_span body,
                        enum nx_found *found)
{
    nx_span argv[5];
    NX_REQUIRE(allowed(o->state, to), NX_ERR_CONFLICT);
    argv[2] = nx_span_number(a, o->version);
    argv[3] = nx_span_str(states[to]);
    NX_TRY(body_arg(&argv[4], st, a, o->id.s, body));
    return act(st, a, "step", argv, 5, o, found);
}

nx_result nx_order_try(nx_store *st, nx_arena *a, const char *id, struct nx_order *out, enum nx_found *found)
{
    nx_span argv[3];
    set_id(out, id);
    argv[2] = nx_span_number(a, NX_ORDER_TRIES);
    return act(st, a, "try", argv, 3, out, found);
}

nx_result nx_order_kill(nx_store *st, nx_arena *a, const char *id, const char *why, enum nx_found *found)
{
    struct nx_order o;
    nx_span argv[3];
    NX_REQUIRE(is_word(nx_span_str(why), sizeof o.why - 1), NX_ERR_RANGE);
    set_id(&o, id);
    argv[2] = nx_span_str(why);
    return act(st, a, "kill", argv, 3, &o, found);
}
