#include "authn/one_time.h"

#include "base/pack.h"
#include "crypto/random.h"
#include "registry/epoch.h"
#include "sessions/throttle.h"
#include "sessions/ticket.h"

#include <liboath/oath.h>
#include <pthread.h>

#define URI_MAX 1024
#define TYPED_MAX 32

/* ---- the algorithm ---- */

static void init_oath(void)
{
    oath_init();
}

nx_result nx_one_time_code(char out[NX_ONE_TIME_DIGITS + 1], nx_span secret, uint64_t moving)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, init_oath);
    int e = oath_hotp_generate((const char *)secret.p, secret.n, moving, NX_ONE_TIME_DIGITS, false,
                               OATH_HOTP_DYNAMIC_TRUNCATION, out);
    NX_REQUIRE(e == OATH_OK, NX_ERR_CRYPTO);
    return NX_OK;
}

/* Digits without the blanks that people and apps put between them. false: not a code at all. */
static bool read_typed(char out[NX_ONE_TIME_DIGITS + 1], const nx_secret *typed)
{
    nx_span s = nx_secret_expose(typed);
    size_t n = 0;
    if (s.n > TYPED_MAX) return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == ' ' || s.p[i] == '\t' || s.p[i] == '-') continue;
        if (s.p[i] < '0' || s.p[i] > '9' || n == NX_ONE_TIME_DIGITS) return false;
        out[n++] = (char)s.p[i];
    }
    out[n] = 0;
    return n == NX_ONE_TIME_DIGITS;
}

/* The moving factors that are looked at: [first, first + count). */
struct window {
    int64_t first;
    int64_t count;
};

static struct window window_of(const struct nx_one_time *c, nx_time now)
{
    if (c->kind == NX_ONE_TIME_HOTP) return (struct window){c->moving, NX_ONE_TIME_AHEAD};
    int64_t middle = now / NX_ONE_TIME_STEP_S + c->drift;
    return (struct window){middle > 0 ? middle - 1 : 0, 3};
}

/* Looks at the whole window whatever is right. Of two right ones the later counts: the earlier might be used.
 */
static nx_result search(int64_t *at, nx_span secret, struct window w, const char code[NX_ONE_TIME_DIGITS + 1])
{
    char right[NX_ONE_TIME_DIGITS + 1];
    *at = -1;
    for (int64_t i = 0; i < w.count; i++) {
        NX_TRY(nx_one_time_code(right, secret, (uint64_t)(w.first + i)));
        if (nx_ct_equal_n(right, code, NX_ONE_TIME_DIGITS)) *at = w.first + i;
    }
    nx_wipe(right, sizeof right);
    return NX_OK;
}

static int64_t drift_of(const struct nx_one_time *c, int64_t at, nx_time now)
{
    if (c->kind == NX_ONE_TIME_HOTP) return 0;
    int64_t drift = at - now / NX_ONE_TIME_STEP_S;
    if (drift > NX_ONE_TIME_DRIFT_MAX) return NX_ONE_TIME_DRIFT_MAX;
    return drift < -NX_ONE_TIME_DRIFT_MAX ? -NX_ONE_TIME_DRIFT_MAX : drift;
}

/* ---- the secret at rest ---- */

static nx_span kek(const struct nx_house *house)
{
    return nx_master_key(house->master, NX_LABEL_KEK);
}

static nx_result name_of(nx_span *out, nx_arena *a, const struct nx_one_time *c)
{
    const char *name = nx_arena_printf(a, "one-time %s %s", c->id.s, c->person.s);
    NX_NEED(name);
    *out = nx_span_str(name);
    return NX_OK;
}

static nx_result seal_secret(struct nx_one_time *c, struct nx_house *house, nx_arena *a, nx_span secret)
{
    nx_span name;
    NX_TRY(name_of(&name, a, c));
    return nx_seal_dup(&c->sealed, a, kek(house), name, secret);
}

static nx_result open_secret(nx_span *out, struct nx_house *house, nx_arena *a, const struct nx_one_time *c)
{
    nx_span name;
    NX_TRY(name_of(&name, a, c));
    NX_TRY(nx_seal_open_dup(out, a, kek(house), name, c->sealed));
    NX_REQUIRE(out->n == NX_ONE_TIME_SECRET_LEN, NX_ERR_SEAL);
    return NX_OK;
}

/* ---- what an app scans ---- */

/* The issuer's host stands for us: with the port, whose colon the label's form does not take, left out. */
static nx_span issuer_of(const struct nx_house *house)
{
    return nx_span_of(house->issuer_host, strcspn(house->issuer_host, ":"));
}

static nx_result write_uri(const char **out, struct nx_house *house, nx_arena *a,
                           const struct nx_one_time_ask *ask, nx_span secret)
{
    char text[NX_B32_LEN(NX_ONE_TIME_SECRET_LEN) + 1];
    nx_buf b;
    nx_buf_init(&b, a, URI_MAX);
    nx_b32_encode(text, secret, true);
    nx_buf_addf(&b, "otpauth://%s/", nx_one_time_kind_name(ask->kind));
    nx_percent_encode(&b, issuer_of(house));
    nx_buf_adds(&b, ":");
    nx_percent_encode(&b, nx_span_str(ask->user_name));
    nx_buf_addf(&b, "?secret=%s&issuer=", text);
    nx_percent_encode(&b, issuer_of(house));
    nx_buf_addf(&b, "&algorithm=SHA1&digits=%d", NX_ONE_TIME_DIGITS);
    nx_buf_adds(&b, ask->kind == NX_ONE_TIME_HOTP ? "&counter=0" : "&period=30");
    nx_wipe(text, sizeof text);
    NX_TRY(nx_buf_done(&b));
    *out = nx_buf_str(&b);
    NX_NEED(*out);
    return NX_OK;
}

static nx_result write_text(const char **out, nx_arena *a, nx_span secret)
{
    char text[NX_B32_LEN(NX_ONE_TIME_SECRET_LEN) + 1];
    nx_buf b;
    nx_buf_init(&b, a, 64);
    nx_b32_encode(text, secret, true);
    for (size_t i = 0; text[i]; i++)
        nx_buf_addf(&b, i && i % 4 == 0 ? " %c" : "%c", text[i]);
    nx_wipe(text, sizeof text);
    NX_TRY(nx_buf_done(&b));
    *out = nx_buf_str(&b);
    NX_NEED(*out);
    return NX_OK;
}

/* ---- making ---- */

static nx_result fill(struct nx_one_time *out, const struct nx_one_time_ask *ask)
{
    NX_REQUIRE(strlen(ask->person) == NX_ID_LEN, NX_ERR_NOT_FOUND);
    *out = (struct nx_one_time){.kind = ask->kind, .bound_at = ask->bound_at, .label = ask->label};
    memcpy(out->person.s, ask->person, NX_ID_LEN + 1);
    return NX_OK;
}

nx_result nx_one_time_make(struct nx_one_time *out, const char **uri, struct nx_house *house, nx_arena *a,
                           const struct nx_one_time_ask *ask)
{
    NX_AUTO_SECRET(secret);
    NX_TRY(fill(out, ask));
    NX_TRY(nx_id_make(&out->id));
    NX_TRY(nx_random(secret.bytes, NX_ONE_TIME_SECRET_LEN));
    secret.n = NX_ONE_TIME_SECRET_LEN;
    NX_TRY(seal_secret(out, house, a, nx_secret_expose(&secret)));
    NX_TRY(write_uri(uri, house, a, ask, nx_secret_expose(&secret)));
    out->state = NX_ONE_TIME_PENDING;
    return nx_one_time_create(house->registry, out);
}

/* ---- enrolling one's own ---- */

enum tag { PERSON = 1, USER_NAME = 2, BOUND_AT = 3, LABEL = 4, SECRET = 5 };

static nx_result pack(nx_span *out, nx_arena *a, const struct nx_one_time_ask *ask, nx_span secret)
{
    nx_buf b;
    nx_buf_init(&b, a, 1024);
    nx_pack_begin(&b, 1);
    nx_pack_text(&b, PERSON, ask->person);
    nx_pack_text(&b, USER_NAME, ask->user_name);
    nx_pack_number(&b, BOUND_AT, ask->bound_at);
    nx_pack_text(&b, LABEL, ask->label);
    nx_pack_bytes(&b, SECRET, secret);
    NX_TRY(nx_buf_done(&b));
    *out = nx_buf_span(&b);
    return NX_OK;
}

static nx_result unpack(struct nx_one_time_ask *ask, nx_span *secret, nx_arena *a, nx_span body)
{
    nx_pack p;
    NX_TRY(nx_pack_open(&p, body));
    *ask = (struct nx_one_time_ask){.person = nx_pack_get_text(&p, PERSON, a),
                                    .user_name = nx_pack_get_text(&p, USER_NAME, a),
                                    .kind = NX_ONE_TIME_TOTP,
                                    .bound_at = (int)nx_pack_get_number(&p, BOUND_AT, 1),
                                    .label = nx_pack_get_text(&p, LABEL, a)};
    *secret = nx_pack_get(&p, SECRET);
    NX_REQUIRE(ask->person && ask->user_name && secret->n == NX_ONE_TIME_SECRET_LEN, NX_ERR_STORE_RECORD);
    return NX_OK;
}

static nx_result show(struct nx_one_time_enrolment *out, struct nx_house *house, nx_arena *a,
                      const struct nx_one_time_ask *ask, nx_span secret)
{
    NX_TRY(write_uri(&out->uri, house, a, ask, secret));
    return write_text(&out->text, a, secret);
}

nx_result nx_one_time_begin(struct nx_one_time_enrolment *out, struct nx_house *house, nx_arena *a,
                            nx_span browser, const struct nx_one_time_ask *ask)
{
    NX_AUTO_SECRET(secret);
    nx_span body;
    NX_TRY(nx_random(secret.bytes, NX_ONE_TIME_SECRET_LEN));
    secret.n = NX_ONE_TIME_SECRET_LEN;
    NX_TRY(pack(&body, a, ask, nx_secret_expose(&secret)));
    NX_TRY(nx_ticket_make(&out->ticket, house->store, a, NX_HANDLE_ONE_TIME, browser, body,
                          NX_ONE_TIME_ENROL_S));
    return show(out, house, a, ask, nx_secret_expose(&secret));
}

/* The waiting enrolment of this person in this browser. */
static nx_result waiting(struct nx_one_time_ask *ask, nx_span *secret, struct nx_house *house, nx_arena *a,
                         nx_span browser, const char *person, nx_span ticket)
{
    struct nx_ticket t;
    enum nx_found found;
    NX_TRY(nx_ticket_peek(house->store, a, NX_HANDLE_ONE_TIME, browser, ticket, &t, &found));
    NX_REQUIRE(found == NX_FOUND, NX_ERR_ONE_TIME_GONE);
    nx_result r = unpack(ask, secret, a, t.body);
    NX_REQUIRE(r.e != NX_ERR_STORE_RECORD, NX_ERR_ONE_TIME_GONE); /* a ticket of a code that was sent */
    NX_TRY(r);
    NX_REQUIRE(strcmp(ask->person, person) == 0, NX_ERR_ONE_TIME_GONE);
    return NX_OK;
}

nx_result nx_one_time_again(struct nx_one_time_enrolment *out, struct nx_house *house, nx_arena *a,
                            nx_span browser, const char *person, nx_span ticket)
{
    struct nx_one_time_ask ask;
    nx_span secret;
    NX_REQUIRE(ticket.n == NX_HANDLE_LEN, NX_ERR_ONE_TIME_GONE);
    NX_TRY(waiting(&ask, &secret, house, a, browser, person, ticket));
    memcpy(out->ticket.s, ticket.p, NX_HANDLE_LEN);
    out->ticket.s[NX_HANDLE_LEN] = 0;
    return show(out, house, a, &ask, secret);
}

/* Exactly one caller takes the ticket; the code's own step is taken with it. */
static nx_result store(struct nx_one_time *out, struct nx_house *house, nx_arena *a, nx_span browser,
                       nx_span ticket, nx_span secret)
{
    struct nx_ticket t;
    enum nx_found found;
    NX_TRY(nx_ticket_take(house->store, a, NX_HANDLE_ONE_TIME, browser, ticket, &t, &found));
    NX_REQUIRE(found == NX_FOUND, NX_ERR_ONE_TIME_GONE);
    NX_TRY(nx_id_make(&out->id));
    NX_TRY(seal_secret(out, house, a, secret));
    out->state = NX_ONE_TIME_ACTIVE;
    return nx_one_time_create(house->registry, out);
}

nx_result nx_one_time_confirm(struct nx_one_time *out, struct nx_house *house, nx_arena *a, nx_span browser,
                              nx_span ticket, const struct nx_one_time_try *t, int64_t *retry_after_s)
{
    char code[NX_ONE_TIME_DIGITS + 1];
    struct nx_one_time_ask ask;
    nx_span secret;
    int64_t at;
    nx_time now = nx_now();
    NX_TRY(waiting(&ask, &secret, house, a, browser, t->person, ticket));
    NX_TRY(nx_second_factor_attempt(house, a, t, retry_after_s));
    NX_REQUIRE(read_typed(code, t->code), NX_ERR_ONE_TIME);
    NX_TRY(fill(out, &ask));
    NX_TRY(search(&at, secret, window_of(out, now), code));
    NX_REQUIRE(at >= 0, NX_ERR_ONE_TIME);
    out->moving = at + 1;
    out->drift = drift_of(out, at, now);
    NX_TRY(store(out, house, a, browser, ticket, secret));
    return nx_second_factor_right(house, a, t);
}

/* ---- attempts ---- */

static struct nx_attempt of_pair(const struct nx_one_time_try *t)
{
    return (struct nx_attempt){.row = NX_THROTTLE_ONE_TIME, .account = t->person, .source = t->source};
}

static struct nx_attempt of_person(const struct nx_one_time_try *t)
{
    return (struct nx_attempt){.row = NX_THROTTLE_ONE_TIME_PERSON, .account = t->person};
}

nx_result nx_second_factor_attempt(struct nx_house *house, nx_arena *a, const struct nx_one_time_try *t,
                                   int64_t *retry_after_s)
{
    const struct nx_attempt both[] = {of_pair(t), of_person(t)};
    for (size_t i = 0; i < 2; i++) {
        struct nx_throttled throttled = {.allowed = false, .retry_after_s = 1};
        NX_TRY(nx_throttle_take(house->store, a, &both[i], &throttled));
        *retry_after_s = throttled.retry_after_s;
        NX_REQUIRE(throttled.allowed, NX_ERR_HTTP_RATE);
    }
    return NX_OK;
}

nx_result nx_second_factor_right(struct nx_house *house, nx_arena *a, const struct nx_one_time_try *t)
{
    const struct nx_attempt pair = of_pair(t), person = of_person(t);
    NX_TRY(nx_throttle_refund(house->store, a, &pair));
    return nx_throttle_refund(house->store, a, &person);
}

/* ---- proving ---- */

/* Of all her generators the one whose code it is; every one is tried, so that time tells nothing. */
static nx_result find(const struct nx_one_time **out, int64_t *at, struct nx_house *house, nx_arena *a,
                      const struct nx_one_time_try *t, nx_time now)
{
    char code[NX_ONE_TIME_DIGITS + 1];
    struct nx_one_time *list;
    size_t n;
    *out = NULL;
    NX_REQUIRE(read_typed(code, t->code), NX_ERR_ONE_TIME);
    NX_TRY(nx_one_time_list(house->registry, a, t->person, &list, &n));
    for (size_t i = 0; i < n; i++) {
        nx_span secret;
        int64_t where;
        NX_TRY(open_secret(&secret, house, a, &list[i]));
        NX_TRY(search(&where, secret, window_of(&list[i], now), code));
        if (where < 0) continue;
        *out = &list[i];
        *at = where;
    }
    NX_REQUIRE(*out, NX_ERR_ONE_TIME);
    return NX_OK;
}

static nx_result prove(struct nx_proof *out, struct nx_house *house, nx_arena *a,
                       const struct nx_one_time_try *t)
{
    const struct nx_one_time *c;
    int64_t at = 0;
    nx_time now = nx_now();
    *out = (struct nx_proof){
        .person = t->person, .means = NX_MEANS_OTP, .rung = NX_RUNG_NONE, .epoch_known = true};
    NX_TRY(nx_registry_epoch_get(house->registry, NX_EPOCH_PERSON, t->person, &out->epoch));
    NX_TRY(find(&c, &at, house, a, t, now));
    nx_result taken = nx_one_time_take(house->registry, c->id.s, at, drift_of(c, at, now));
    NX_REQUIRE(taken.e != NX_ERR_NOT_FOUND, NX_ERR_ONE_TIME_USED);
    NX_TRY(taken);
    out->bound_at = c->bound_at;
    return NX_OK;
}

nx_result nx_one_time_prove(struct nx_proof *out, struct nx_house *house, nx_arena *a,
                            const struct nx_one_time_try *t, int64_t *retry_after_s)
{
    NX_TRY(nx_second_factor_attempt(house, a, t, retry_after_s));
    NX_TRY(prove(out, house, a, t));
    return nx_second_factor_right(house, a, t);
}
