#include "sessions/commit.h"

#include "crypto/random.h"

#include <stdio.h>

#define CANDIDATES 16
#define LOADS_MAX (2 * NX_EPOCHS_MAX)

/* --- building --------------------------------------------------------------------------------------------
 */

void nx_commit_begin(struct nx_commit *c, nx_store *s, nx_arena *a, uint16_t shard)
{
    *c = (struct nx_commit){.store = s, .arena = a, .shard = shard};
    c->argv[c->argc++] = s->shards == 1 ? NX_LIT("1") : NX_LIT("0");
    c->argv[c->argc++] = NX_LIT("-");
}

static void fail(struct nx_commit *c, nx_err e)
{
    if (!c->failed) c->failed = e;
}

static void keep_failure(struct nx_commit *c, nx_result r)
{
    if (!nx_ok(r)) fail(c, r.e);
}

static void arg(struct nx_commit *c, nx_span s)
{
    if (c->argc == NX_CALL_ARGS_MAX)
        fail(c, NX_ERR_LIMIT);
    else
        c->argv[c->argc++] = s;
}

/* Texts are copied: keys stand in structs of the caller's frame. */
static void text(struct nx_commit *c, const char *s)
{
    char *copy = nx_arena_strdup(c->arena, s && *s ? s : "-");
    if (!copy) fail(c, NX_ERR_MEMORY);
    arg(c, nx_span_str(copy));
}

static void number(struct nx_commit *c, int64_t n)
{
    nx_span s = nx_span_number(c->arena, n);
    if (!s.p) fail(c, NX_ERR_MEMORY);
    arg(c, s);
}

static bool foreign(const struct nx_commit *c, char kind)
{
    return c->store->shards > 1 && nx_epoch_foreign(kind);
}

static void look_at(struct nx_commit *c, char kind, const char *id, int64_t value)
{
    /* Kept as value + 1, since a set of epochs holds no negative number: 0 is "as the record says". */
    if (!nx_epochs_get(&c->foreign, kind)) keep_failure(c, nx_epochs_set(&c->foreign, kind, id, value + 1));
}

void nx_commit_epochs(struct nx_commit *c, const struct nx_epochs *e)
{
    for (size_t i = 0; i < e->count; i++) {
        const struct nx_epoch *v = &e->v[i];
        if (foreign(c, v->kind)) {
            look_at(c, v->kind, v->id, v->value);
            continue;
        }
        char kind[2] = {v->kind, 0};
        arg(c, NX_LIT("E"));
        text(c, kind);
        arg(c, nx_word_encode(c->arena, v->id));
        number(c, v->value);
    }
}

void nx_commit_fetch(struct nx_commit *c, nx_rec_key key, bool slide, const char *client)
{
    c->fetched = key;
    arg(c, NX_LIT("F"));
    text(c, key.s);
    arg(c, slide ? NX_LIT("1") : NX_LIT("0"));
    if (client && c->store->shards > 1) {
        look_at(c, NX_EPOCH_CLIENT, client, -1);
        look_at(c, NX_EPOCH_SYSTEM, NX_EPOCH_SYSTEM_ID, -1);
    }
}

static nx_span sealed(struct nx_commit *c, nx_rec_key key, nx_span body)
{
    nx_span out = NX_SPAN_NONE;
    char name[sizeof key.s + 2];
    snprintf(name, sizeof name, "r:%s", key.s);
    if (body.n > 0) keep_failure(c, nx_store_seal(&out, c->store, c->arena, c->shard, name, body));
    return out;
}

static void add_candidates(struct nx_commit *c)
{
    uint32_t random[CANDIDATES];
    nx_buf b;
    keep_failure(c, nx_random(random, sizeof random));
    nx_buf_init(&b, c->arena, CANDIDATES * 8);
    for (size_t i = 0; i < CANDIDATES; i++)
        nx_buf_addf(&b, "%s%u", i > 0 ? "," : "", random[i] % (1u << 17));
    keep_failure(c, nx_buf_done(&b));
    c->argv[1] = nx_buf_span(&b);
}

void nx_commit_put(struct nx_commit *c, const struct nx_put *p)
{
    nx_span bounds = NX_LIT("-");
    char up[sizeof p->up.s + 1];
    snprintf(up, sizeof up, "%s%s", p->up_is_new ? "+" : "", p->up.s);
    nx_commit_epochs(c, &p->epochs);
    /* what hangs on the session itself needs no tag */
    keep_failure(
        c, nx_bounds_write(&bounds, c->arena, &p->epochs, *p->up.s == NX_REC_SESSION ? NULL : p->session));
    if (p->draw_status) add_candidates(c);
    arg(c, NX_LIT("P"));
    text(c, p->key.s);
    text(c, up);
    arg(c, bounds);
    number(c, p->life_ms);
    number(c, p->idle_ms);
    number(c, p->ends_ms);
    arg(c, p->extra.n > 0 ? p->extra : NX_LIT("-"));
    text(c, p->renew ? (p->draw_status ? "keep" : "stay") : p->draw_status ? "draw" : NULL);
    arg(c, p->index ? nx_word_encode(c->arena, p->subject) : NX_LIT("-"));
    arg(c, sealed(c, p->key, p->body));
}

static void swap(struct nx_commit *c, nx_rec_key key, uint32_t link, const char *state)
{
    arg(c, NX_LIT("W"));
    text(c, key.s);
    number(c, link);
    text(c, state);
}

void nx_commit_spend(struct nx_commit *c, nx_rec_key key, uint32_t link, nx_rec_key made)
{
    swap(c, key, link, "U");
    text(c, made.s);
    arg(c, NX_LIT("1")); /* and its body goes */
    text(c, "k");
}

void nx_commit_swap(struct nx_commit *c, nx_rec_key key, uint32_t link, nx_span body)
{
    nx_span s = sealed(c, key, body);
    nx_buf b;
    nx_buf_init(&b, c->arena, s.n + 1);
    nx_buf_adds(&b, "1");
    nx_buf_add(&b, s);
    keep_failure(c, nx_buf_done(&b));
    swap(c, key, link, "L");
    text(c, "=");
    arg(c, nx_buf_span(&b));
    text(c, NULL);
}

static void turn(struct nx_commit *c, nx_rec_key key, uint32_t link, int64_t grace_ms)
{
    arg(c, NX_LIT("T"));
    text(c, key.s);
    number(c, link);
    number(c, grace_ms);
}

void nx_commit_link(struct nx_commit *c, nx_rec_key key, uint32_t link, int64_t grace_ms)
{
    turn(c, key, link, grace_ms);
    arg(c, NX_SPAN_NONE);
    arg(c, NX_LIT("0"));
}

void nx_commit_turn(struct nx_commit *c, nx_rec_key key, uint32_t link, int64_t grace_ms,
                    nx_span sealed_answer)
{
    turn(c, key, link, grace_ms);
    arg(c, sealed_answer);
    arg(c, NX_LIT("1"));
}

void nx_commit_join(struct nx_commit *c, nx_rec_key session, const char *client)
{
    arg(c, NX_LIT("J"));
    text(c, session.s);
    arg(c, nx_word_encode(c->arena, client));
}

void nx_commit_kill(struct nx_commit *c, nx_rec_key key)
{
    arg(c, NX_LIT("K"));
    text(c, key.s);
}

void nx_commit_note(struct nx_commit *c, const struct nx_note *note)
{
    if (!note || !note->type) return;
    nx_span line = NX_SPAN_NONE;
    keep_failure(c, nx_note_seal(&line, c->store, c->arena, c->shard, note));
    arg(c, NX_LIT("N"));
    arg(c, note->subject ? nx_word_encode(c->arena, note->subject) : NX_LIT("-"));
    arg(c, line);
}

void nx_commit_beside(struct nx_commit *c, const struct nx_commit *other)
{
    c->beside = other;
}

/* --- running ---------------------------------------------------------------------------------------------
 */

static nx_result epoch_call(struct nx_commit *c, char kind, nx_span id, int64_t value, int64_t *copy)
{
    nx_span argv[] = {nx_span_of(&kind, 1), id, value < 0 ? NX_LIT("?") : nx_span_number(c->arena, value)};
    char *name;
    NX_TRY(nx_word_decode(&name, c->arena, id));
    const struct nx_call call = {NX_DO_EPOCH, foreign(c, kind) ? nx_store_shard(c->store, name) : c->shard,
                                 argv, 3};
    struct nx_answer answer;
    NX_TRY(nx_store_call(c->store, c->arena, &call, 2, &answer));
    return nx_answer_number(&answer, 1, copy);
}

/* The copy was missing or behind: the registry knows. *stale when it knows of no such thing, or of an older
 * value than the record claims. */
static nx_result load_epoch(struct nx_commit *c, char kind, nx_span id, int64_t claimed, int64_t *value,
                            bool *stale)
{
    char *name;
    NX_TRY(nx_word_decode(&name, c->arena, id));
    nx_result r = c->store->epochs.load(c->store->epochs.ctx, kind, name, value);
    *stale = r.e == NX_ERR_NOT_FOUND;
    if (*stale) return NX_OK;
    NX_TRY(r);
    *stale = *value < claimed;
    return epoch_call(c, kind, id, *value, value);
}

static nx_result load_missing(struct nx_commit *c, const struct nx_answer *answer, bool *stale)
{
    int64_t claimed, value;
    NX_REQUIRE(answer->n == 4 && answer->v[1].n == 1, NX_ERR_STORE_REPLY);
    NX_TRY(nx_answer_number(answer, 3, &claimed));
    return load_epoch(c, (char)answer->v[1].p[0], answer->v[2], claimed, &value, stale);
}

/* What the record claims of an epoch that lives in another shard, or -1. */
static int64_t claim(const struct nx_outcome *out, const struct nx_epoch *f)
{
    int64_t lowest = -1;
    for (size_t i = 0; i < out->recs; i++) {
        const struct nx_epoch *e = nx_epochs_get(&out->rec[i].epochs, f->kind);
        if (e && strcmp(e->id, f->id) == 0 && (lowest < 0 || e->value < lowest)) lowest = e->value;
    }
    return lowest;
}

/* Which upstream a record names is not known before it is read: its epoch is asked for then. */
static nx_result judge_upstream(struct nx_commit *c, struct nx_outcome *out)
{
    for (size_t i = 0; i < out->recs && out->found == NX_FOUND; i++) {
        const struct nx_epoch *e = nx_epochs_get(&out->rec[i].epochs, NX_EPOCH_UPSTREAM);
        int64_t copy;
        bool stale = false;
        if (!e || !foreign(c, e->kind)) continue;
        nx_span id = nx_word_encode(c->arena, e->id);
        NX_TRY(epoch_call(c, e->kind, id, -1, &copy));
        if (copy < e->value) NX_TRY(load_epoch(c, e->kind, id, e->value, &copy, &stale));
        if (stale || copy > e->value) out->found = NX_STALE;
    }
    return NX_OK;
}

/* A record that names another client's epoch than the one that was looked at cannot be judged: it is not the
 * caller's. */
static bool unseen(const struct nx_commit *c, const struct nx_outcome *out)
{
    for (size_t i = 0; i < out->recs; i++)
        for (size_t j = 0; j < out->rec[i].epochs.count; j++) {
            const struct nx_epoch *e = &out->rec[i].epochs.v[j], *f = nx_epochs_get(&c->foreign, e->kind);
            if (e->kind == NX_EPOCH_UPSTREAM) continue; /* judged by itself */
            if (foreign(c, e->kind) && !(f && strcmp(f->id, e->id) == 0)) return true;
        }
    return false;
}

static nx_result judge_foreign(struct nx_commit *c, const struct nx_answer *answers, struct nx_outcome *out)
{
    if (out->found == NX_FOUND && unseen(c, out)) out->found = NX_GONE;
    for (size_t i = 0; i < c->foreign.count && out->found == NX_FOUND; i++) {
        const struct nx_epoch *f = &c->foreign.v[i];
        int64_t copy, claimed = f->value > 0 ? f->value - 1 : claim(out, f);
        bool stale = false;
        if (claimed < 0) continue;
        NX_TRY(nx_answer_number(&answers[i], 1, &copy));
        if (copy < claimed)
            NX_TRY(load_epoch(c, f->kind, nx_word_encode(c->arena, f->id), claimed, &copy, &stale));
        if (stale || copy > claimed) out->found = NX_STALE;
    }
    return judge_upstream(c, out);
}

static nx_result read_chain(struct nx_commit *c, const struct nx_answer *answer, size_t from,
                            struct nx_outcome *out)
{
    nx_rec_key key = c->fetched;
    for (size_t i = from; i < answer->n; i++) {
        NX_REQUIRE(out->recs < 3 && *key.s, NX_ERR_STORE_REPLY);
        struct nx_rec *r = &out->rec[out->recs++];
        NX_TRY(nx_rec_parse(r, c->store, c->arena, c->shard, key, answer->v[i]));
        key = r->up;
    }
    return NX_OK;
}

static nx_result interpret(struct nx_commit *c, const struct nx_answer *answer, struct nx_outcome *out)
{
    *out = (struct nx_outcome){.found = NX_FOUND, .status = NX_STATUS_REF_NONE};
    if (nx_answer_is(answer, "ok")) {
        NX_REQUIRE(answer->n >= 3, NX_ERR_STORE_REPLY);
        NX_TRY(nx_answer_number(answer, 1, &out->now_ms));
        NX_TRY(nx_status_ref_read(&out->status, c->store, c->shard, answer->v[2]));
        return read_chain(c, answer, 3, out);
    }
    if (nx_answer_is(answer, "again")) {
        NX_REQUIRE(answer->n == 3, NX_ERR_STORE_REPLY);
        out->again = true;
        out->kept = answer->v[1];
        return read_chain(c, answer, 2, out);
    }
    out->full = nx_answer_is(answer, "full");
    out->found = nx_answer_is(answer, "gone") ? NX_GONE : nx_answer_is(answer, "spent") ? NX_SPENT : NX_STALE;
    NX_REQUIRE(out->full || out->found != NX_STALE || nx_answer_is(answer, "stale"), NX_ERR_STORE_REPLY);
    return NX_OK;
}

void nx_commit_guard(struct nx_commit *c, const struct nx_guard_call *guard, bool *first)
{
    *first = false;
    c->guard = guard->over ? NULL : guard;
    c->first = first;
}

/* The act, and the epochs of other shards beside it; a guard last. */
static nx_result send(struct nx_commit *c, struct nx_answer answers[NX_RUN_CALLS_MAX])
{
    struct nx_call calls[NX_RUN_CALLS_MAX];
    nx_span argv[NX_RUN_CALLS_MAX][3];
    size_t n = c->foreign.count;
    NX_REQUIRE(n + 1 + (c->guard != NULL) < NX_RUN_CALLS_MAX, NX_ERR_LIMIT);
    for (size_t i = 0; i < n; i++) {
        const struct nx_epoch *f = &c->foreign.v[i];
        argv[i][0] = nx_span_of(&f->kind, 1);
        argv[i][1] = nx_word_encode(c->arena, f->id);
        argv[i][2] = NX_LIT("?");
        calls[i] = (struct nx_call){NX_DO_EPOCH, nx_store_shard(c->store, f->id), argv[i], 3};
    }
    if (c->beside) calls[n++] = (struct nx_call){NX_DO_BOUND, c->beside->shard, c->beside->argv, c->beside->argc};
    calls[n++] = (struct nx_call){NX_DO_BOUND, c->shard, c->argv, c->argc};
    const struct nx_guard_call *guard = c->guard;
    if (guard) calls[n++] = guard->call;
    c->guard = NULL; /* the act may be done again; what was seen once is not the first a second time */
    NX_TRY(nx_store_run(c->store, c->arena, calls, n, answers));
    if (guard) *c->first = nx_guard_call_first(c->store, guard, &answers[n - 1]);
    return NX_OK;
}

nx_result nx_commit_run(struct nx_commit *c, struct nx_outcome *out)
{
    struct nx_answer answers[NX_RUN_CALLS_MAX];
    const struct nx_answer *mine = &answers[c->foreign.count + (c->beside != NULL)];
    NX_REQUIRE(!c->failed, c->failed);
    NX_REQUIRE(!c->beside || !c->beside->failed, c->beside->failed);
    NX_REQUIRE(!nx_arena_failed(c->arena), NX_ERR_MEMORY);
    for (int loads = 0; loads <= LOADS_MAX; loads++) {
        bool stale = false;
        NX_TRY(send(c, answers));
        NX_REQUIRE(!c->beside || nx_answer_is(mine - 1, "ok"), NX_ERR_STORE_REPLY);
        if (!nx_answer_is(mine, "missing")) {
            NX_TRY(interpret(c, mine, out));
            NX_REQUIRE(!out->full, NX_ERR_LIMIT);
            return judge_foreign(c, answers, out);
        }
        NX_TRY(load_missing(c, mine, &stale));
        if (stale) break;
    }
    *out = (struct nx_outcome){.found = NX_STALE, .status = NX_STATUS_REF_NONE};
    return NX_OK;
}
