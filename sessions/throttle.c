#include "sessions/throttle.h"

#include "base/source.h"
#include "crypto/digest.h"
#include "sessions/seam.h"

#define NAME_LEN 12
#define WORDS_PER_BUCKET 4

struct row {
    const char *name;
    int pair_burst, pair_period_s, source_burst, source_period_s, account_burst, account_period_s;
};

static const struct row rows[NX_THROTTLE_ROWS] = {
#define X(name, pb, pp, sb, sp, ab, ap) [NX_THROTTLE_##name] = {#name, pb, pp, sb, sp, ab, ap},
#include "sessions/throttle.def"
#undef X
};

struct bucket {
    const char *account, *source; /* either may be NULL */
    int burst, period_s;
    const char *mode; /* of throttle.lua */
};

struct side {
    nx_span argv[1 + 2 * WORDS_PER_BUCKET];
    size_t argc;
    uint16_t shard;
};

static nx_result name_bucket(nx_span *out, const nx_store *st, nx_arena *a, const struct row *r,
                             const struct bucket *b)
{
    uint8_t mac[NX_SHA256_LEN];
    const nx_span parts[] = {NX_LIT("throttle"), nx_span_str(r->name), nx_span_str(b->account),
                             nx_span_str(b->source)};
    NX_TRY(nx_hmac_sha256_parts(mac, nx_master_key(st->master, NX_LABEL_BLIND), parts, 4));
    *out = nx_span_str(nx_b64u_dup(a, nx_span_of(mac, NAME_LEN)));
    NX_NEED(out->p);
    return NX_OK;
}

static nx_result add(struct side *s, const nx_store *st, nx_arena *a, const struct row *r,
                     const struct bucket *b)
{
    NX_TRY(name_bucket(&s->argv[s->argc++], st, a, r, b));
    s->argv[s->argc++] = nx_span_number(a, b->burst);
    s->argv[s->argc++] = nx_span_number(a, (int64_t)b->period_s * 1000);
    s->argv[s->argc++] = nx_span_str(b->mode);
    return NX_OK;
}

/* Whoever guesses at one person comes from as many networks as he is given; two people of one site at one account are
 * no usual thing. Elsewhere a site is thousands of handsets. */
static int bits_of_pair(enum nx_throttle_row row)
{
    bool of_person = row == NX_THROTTLE_LOGIN || row == NX_THROTTLE_PIN || row == NX_THROTTLE_PAPER ||
                     row == NX_THROTTLE_ONE_TIME || row == NX_THROTTLE_AGENCY;
    return of_person ? NX_SOURCE_SITE : NX_SOURCE_LINK;
}

/* Account and pair stand in one shard, since the one makes the other strict; the source is elsewhere. */
static nx_result account_side(struct side *s, const nx_store *st, nx_arena *a, const struct nx_attempt *t)
{
    const struct row *r = &rows[t->row];
    const struct bucket account = {t->account, NULL, r->account_burst, r->account_period_s, "a"};
    char site[NX_SOURCE_MAX];
    const char *from = nx_source(site, t->source ? t->source : "", bits_of_pair(t->row));
    const struct bucket pair = {t->account, from, r->pair_burst, r->pair_period_s, t->known ? "k" : "n"};
    NX_TRY(add(s, st, a, r, &account));
    s->shard = nx_store_shard(st, (const char *)s->argv[1].p);
    return add(s, st, a, r, &pair);
}

static nx_result source_side(struct side *s, const nx_store *st, nx_arena *a, const struct nx_attempt *t)
{
    const struct row *r = &rows[t->row];
    char link[NX_SOURCE_MAX];
    const struct bucket source = {NULL, nx_source(link, t->source, NX_SOURCE_LINK), r->source_burst,
                                  r->source_period_s, "k"};
    NX_TRY(add(s, st, a, r, &source));
    s->shard = nx_store_shard(st, (const char *)s->argv[1].p);
    return NX_OK;
}

static nx_result act(nx_store *st, nx_arena *a, const struct nx_attempt *t, const char *word,
                     struct nx_answer answers[2], size_t *n)
{
    struct side sides[2];
    struct nx_call calls[2];
    *n = 0;
    NX_REQUIRE(t->row < NX_THROTTLE_ROWS && (t->account || t->source), NX_ERR_MISSING);
    for (int i = 0; i < 2; i++) {
        if (!(i == 0 ? t->account : t->source)) continue;
        struct side *s = &sides[*n];
        *s = (struct side){.argc = 1, .argv = {nx_span_str(word)}};
        NX_TRY(i == 0 ? account_side(s, st, a, t) : source_side(s, st, a, t));
        calls[*n] = (struct nx_call){NX_DO_THROTTLE, s->shard, s->argv, s->argc};
        (*n)++;
    }
    return nx_store_run(st, a, calls, *n, answers);
}

nx_result nx_throttle_take(nx_store *st, nx_arena *a, const struct nx_attempt *t, struct nx_throttled *out)
{
    struct nx_answer answers[2];
    size_t n;
    NX_TRY(act(st, a, t, "t", answers, &n));
    *out = (struct nx_throttled){.allowed = true};
    for (size_t i = 0; i < n; i++) {
        int64_t allowed, wait_ms;
        NX_TRY(nx_answer_number(&answers[i], 0, &allowed));
        NX_TRY(nx_answer_number(&answers[i], 1, &wait_ms));
        if (allowed) continue;
        int64_t wait_s = (wait_ms + 999) / 1000;
        out->allowed = false;
        if (wait_s > out->retry_after_s) out->retry_after_s = wait_s;
    }
    if (!out->allowed && out->retry_after_s < 1) out->retry_after_s = 1;
    return NX_OK;
}

nx_result nx_throttle_refund(nx_store *st, nx_arena *a, const struct nx_attempt *t)
{
    struct nx_answer answers[2];
    size_t n;
    return act(st, a, t, "r", answers, &n);
}
