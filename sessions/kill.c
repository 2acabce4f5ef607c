#include "sessions/kill.h"

#include "sessions/assertion_record.h"

static const char *const acts[] = {[NX_KILL_REVOKE] = "r", [NX_KILL_SUSPEND] = "s", [NX_KILL_RESUME] = "z"};
static const char *const scopes[] = {[NX_KILL_PERSON] = "p",
                                     [NX_KILL_QR] = "q",
                                     [NX_KILL_SESSION] = "s",
                                     [NX_KILL_LEAVE] = "l",
                                     [NX_KILL_CLIENT] = "c",
                                     [NX_KILL_EPOCH] = "e"};

#define FIXED 6
#define ARGS_MAX (FIXED + 4 * NX_EPOCHS_MAX)

/* Whether the copy of this epoch lives in the shard that the act is for. */
static bool lives_here(const nx_store *st, const struct nx_kill *k, const struct nx_epoch *e)
{
    return !nx_epoch_foreign(e->kind) || nx_store_shard(st, e->id) == k->shard;
}

static size_t compose(nx_span *argv, const nx_store *st, nx_arena *a, const struct nx_kill *k)
{
    size_t n = 0;
    argv[n++] = nx_span_number(a, k->seq);
    argv[n++] = nx_span_str(acts[k->act]);
    argv[n++] = nx_span_str(scopes[k->scope]);
    argv[n++] = k->subject ? nx_word_encode(a, k->subject) : NX_LIT("-");
    argv[n++] = nx_word_encode(a, k->target ? k->target : "-");
    argv[n++] = nx_span_number(a, k->made_before_ms);
    for (size_t i = 0; i < k->epochs.count; i++) {
        const struct nx_epoch *e = &k->epochs.v[i];
        argv[n++] = nx_span_of(&e->kind, 1);
        argv[n++] = nx_word_encode(a, e->id);
        argv[n++] = nx_span_number(a, e->value);
        argv[n++] = lives_here(st, k, e) ? NX_LIT("1") : NX_LIT("0");
    }
    return n;
}

static nx_result read_clients(struct nx_killed *v, nx_arena *a, nx_span words)
{
    nx_span word, rest = words;
    size_t n = 0;
    char *name;
    while (nx_span_cut(&rest, ',', &word))
        n++;
    const char **list = nx_arena_new(a, const char *, n);
    NX_NEED(list);
    for (v->client_count = 0; nx_span_cut(&words, ',', &word); list[v->client_count++] = name)
        NX_TRY(nx_word_decode(&name, a, word));
    v->clients = list;
    return NX_OK;
}

/* key, status, bounds, extra, up: as kill.lua lists them. */
#define WORDS 5

static nx_result read_killed(struct nx_killed *v, const nx_store *st, nx_arena *a, uint16_t shard,
                             const nx_span w[WORDS])
{
    struct nx_epochs epochs;
    nx_id session;
    NX_REQUIRE(w[0].n == NX_ID_LEN + 1, NX_ERR_STORE_REPLY);
    v->kind = (char)w[0].p[0];
    memcpy(v->id.s, w[0].p + 1, NX_ID_LEN);
    NX_TRY(nx_status_ref_read(&v->status, st, shard, w[1]));
    NX_TRY(nx_bounds_read(&epochs, &session, a, w[2]));
    const struct nx_epoch *client = nx_epochs_get(&epochs, NX_EPOCH_CLIENT);
    if (client) v->client = nx_arena_strdup(a, client->id);
    if (w[4].n == NX_ID_LEN + 1 && w[4].p[0] == NX_REC_SESSION)
        v->session = nx_arena_dup(a, nx_span_from(w[4], 1));
    else if (*session.s)
        v->session = nx_arena_strdup(a, session.s);
    NX_REQUIRE(!nx_arena_failed(a), NX_ERR_MEMORY);
    if (v->kind == NX_REC_ASSERTION)
        return nx_given_name_open(&v->name, st, a, shard, nx_rec_name(v->kind, v->id.s), w[3]);
    if (v->kind != NX_REC_SESSION || nx_span_eq_str(w[3], "-")) return NX_OK;
    return read_clients(v, a, w[3]);
}

nx_result nx_kill_apply(nx_store *st, nx_arena *a, const struct nx_kill *k, struct nx_killed_list *out)
{
    nx_span argv[ARGS_MAX];
    struct nx_answer answer;
    int64_t spared;
    NX_REQUIRE(k->seq > 0 && k->shard < st->shards, NX_ERR_RANGE);
    const struct nx_call call = {NX_DO_KILL, k->shard, argv, compose(argv, st, a, k)};
    NX_TRY(nx_store_call(st, a, &call, 2, &answer));
    NX_TRY(nx_answer_number(&answer, 1, &spared));
    NX_REQUIRE((answer.n - 2) % WORDS == 0 && answer.n <= 2 + WORDS * NX_KILLED_MAX, NX_ERR_STORE_REPLY);
    *out = (struct nx_killed_list){nx_arena_new(a, struct nx_killed, answer.n / WORDS), 0, (size_t)spared};
    NX_NEED(out->v);
    for (size_t i = 2; i < answer.n; i += WORDS)
        NX_TRY(read_killed(&out->v[out->n++], st, a, k->shard, answer.v + i));
    return NX_OK;
}

nx_result nx_kill_forget(nx_store *st, uint16_t shard, int64_t seq)
{
    NX_AUTO(nx_arena) a = nx_arena_open(16 << 10);
    NX_NEED(a);
    const nx_span argv[] = {nx_span_number(a, seq), NX_LIT("f")};
    const struct nx_call call = {NX_DO_KILL, shard, argv, 2};
    struct nx_answer answer;
    return nx_store_call(st, a, &call, 1, &answer);
}

struct marks {
    nx_id generation; /* "" none */
    int64_t seq;      /* -1: none */
};

/* Reads or settles the marks of a shard. Every look at a generation is remembered: nx_status_generation. */
static nx_result look(nx_store *st, uint16_t shard, const nx_span *argv, size_t argc, struct marks *out)
{
    NX_AUTO(nx_arena) a = nx_arena_open(16 << 10);
    NX_NEED(a);
    const struct nx_call call = {NX_DO_MARK, shard, argv, argc};
    struct nx_answer answer;
    *out = (struct marks){.seq = -1};
    NX_TRY(nx_store_call(st, a, &call, 3, &answer));
    if (nx_id_valid(answer.v[1])) memcpy(out->generation.s, answer.v[1].p, NX_ID_LEN);
    if (nx_span_eq_str(answer.v[2], "-") || !*out->generation.s) return NX_OK;
    NX_TRY(nx_answer_number(&answer, 2, &out->seq));
    pthread_mutex_lock(&st->lock);
    st->generation = out->generation;
    pthread_mutex_unlock(&st->lock);
    return NX_OK;
}

nx_result nx_kill_applied(nx_store *st, uint16_t shard, int64_t *seq, bool *known)
{
    struct marks m;
    const nx_span argv[] = {NX_LIT("read")};
    NX_TRY(look(st, shard, argv, 1, &m));
    *known = m.seq >= 0;
    *seq = *known ? m.seq : 0;
    return NX_OK;
}

nx_result nx_kill_settle(nx_store *st, uint16_t shard, int64_t seq, nx_id *generation)
{
    NX_AUTO(nx_arena) a = nx_arena_open(16 << 10);
    struct marks m;
    NX_NEED(a);
    NX_REQUIRE(nx_id_valid(nx_span_str(generation->s)) && seq >= 0, NX_ERR_RANGE);
    const nx_span argv[] = {NX_LIT("settle"), nx_span_number(a, seq), nx_span_str(generation->s)};
    NX_TRY(look(st, shard, argv, 3, &m));
    NX_REQUIRE(m.seq >= 0, NX_ERR_STORE_REPLY);
    *generation = m.generation;
    return NX_OK;
}
