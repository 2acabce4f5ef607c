#include "authn/one_time_sent.h"

#include "base/pack.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "registry/epoch.h"
#include "sessions/throttle.h"
#include "sessions/ticket.h"

#define CODE_MAX 1000000u /* six digits */
#define SHOWN_DIGITS 3

const char *nx_contact_of(const struct nx_house *house, const struct nx_person *p, enum nx_channel channel)
{
    if (!nx_gateway_has(house, channel)) return NULL;
    return channel == NX_CHANNEL_SMS ? p->phone : p->email;
}

const char *nx_sent_target(const struct nx_house *house, const struct nx_person *p, enum nx_channel channel)
{
    bool verified = channel == NX_CHANNEL_SMS ? p->phone_verified : p->email_verified;
    return verified ? nx_contact_of(house, p, channel) : NULL;
}

char *nx_sent_masked(nx_arena *a, enum nx_channel channel, const char *target)
{
    size_t n = strlen(target);
    if (channel == NX_CHANNEL_SMS)
        return nx_arena_printf(a, "••• ••• %s", n > SHOWN_DIGITS ? target + n - SHOWN_DIGITS : "•");
    const char *at = strrchr(target, '@');
    /* The first letter may be of several bytes: only ASCII is shown. */
    bool plain = at && at > target + 1 && (unsigned char)target[0] < 0x80;
    return plain ? nx_arena_printf(a, "%c•••%s", target[0], at) : nx_arena_printf(a, "•••%s", at ? at : "");
}

/* ---- sending ---- */

enum tag { KIND = 100, PERSON = 101, ABOUT = 102, CHANNEL = 103, DIGEST = 104, TARGET = 105 };

static nx_result digest_of(uint8_t out[NX_SHA256_LEN], const struct nx_house *house, const char *person,
                           nx_span code)
{
    const nx_span parts[] = {NX_LIT("sent code"), nx_span_str(person), code};
    return nx_hmac_sha256_parts(out, nx_master_key(house->master, NX_LABEL_PEPPER), parts, 3);
}

/* Every code is as likely as any other: numbers past the last whole multiple are drawn anew. */
static nx_result draw(char out[NX_ONE_TIME_DIGITS + 1])
{
    const uint32_t whole = UINT32_MAX - UINT32_MAX % CODE_MAX;
    uint32_t number;
    do {
        NX_TRY(nx_random(&number, sizeof number));
    } while (number >= whole);
    number %= CODE_MAX;
    for (int i = NX_ONE_TIME_DIGITS - 1; i >= 0; i--, number /= 10)
        out[i] = (char)('0' + number % 10);
    out[NX_ONE_TIME_DIGITS] = 0;
    return NX_OK;
}

static nx_result count(struct nx_house *house, nx_arena *a, const struct nx_sent_ask *ask, const char *target,
                       int64_t *retry_after_s)
{
    const struct nx_attempt both[] = {
        {.row = NX_THROTTLE_SEND, .account = ask->person->id.s, .source = ask->source},
        {.row = NX_THROTTLE_SEND_NUMBER, .account = target},
    };
    for (size_t i = 0; i < 2; i++) {
        struct nx_throttled throttled = {.allowed = false, .retry_after_s = 1};
        NX_TRY(nx_throttle_take(house->store, a, &both[i], &throttled));
        *retry_after_s = throttled.retry_after_s;
        NX_REQUIRE(throttled.allowed, NX_ERR_HTTP_RATE);
    }
    return NX_OK;
}

static const char *target_of(const struct nx_house *house, const struct nx_sent_ask *ask)
{
    bool verifies = strcmp(ask->about, NX_SENT_VERIFY) == 0;
    return verifies ? nx_contact_of(house, ask->person, ask->channel)
                    : nx_sent_target(house, ask->person, ask->channel);
}

static nx_result make_ticket(nx_handle_text *ticket, struct nx_house *house, nx_arena *a,
                             const struct nx_sent_ask *ask, const char *code)
{
    uint8_t digest[NX_SHA256_LEN];
    nx_buf b;
    nx_buf_init(&b, a, 1024);
    NX_TRY(digest_of(digest, house, ask->person->id.s, nx_span_str(code)));
    nx_pack_begin(&b, 1);
    nx_pack_text(&b, KIND, "sent");
    nx_pack_text(&b, PERSON, ask->person->id.s);
    nx_pack_text(&b, ABOUT, ask->about);
    nx_pack_number(&b, CHANNEL, ask->channel);
    nx_pack_text(&b, TARGET, target_of(house, ask));
    nx_pack_bytes(&b, DIGEST, nx_span_of(digest, sizeof digest));
    NX_TRY(nx_buf_done(&b));
    return nx_ticket_make(ticket, house->store, a, NX_HANDLE_ONE_TIME, ask->browser, nx_buf_span(&b),
                          NX_SENT_CODE_S);
}

/* The message's one {code}. */
static const char *with_code(nx_arena *a, const char *text, const char *code)
{
    const char *at = strstr(text, "{code}");
    if (!at) return NULL;
    return nx_arena_printf(a, "%.*s%s%s", (int)(at - text), text, code, at + strlen("{code}"));
}

nx_result nx_sent_send(nx_handle_text *ticket, struct nx_house *house, nx_arena *a,
                       const struct nx_sent_ask *ask, int64_t *retry_after_s)
{
    char code[NX_ONE_TIME_DIGITS + 1];
    struct nx_message m = {
        .channel = ask->channel, .to = target_of(house, ask), .subject = ask->subject, .lang = ask->lang};
    NX_REQUIRE(m.to, NX_ERR_ONE_TIME_NONE);
    NX_TRY(count(house, a, ask, m.to, retry_after_s));
    NX_TRY(draw(code));
    NX_TRY(make_ticket(ticket, house, a, ask, code));
    m.text = with_code(a, ask->text, code);
    nx_wipe(code, sizeof code);
    NX_REQUIRE(m.text, NX_ERR_TEMPLATE);
    return nx_gateway_send(house, a, &m);
}

/* ---- proving ---- */

static nx_result find(nx_span *digest, enum nx_channel *channel, struct nx_ticket *ticket,
                      struct nx_house *house, nx_arena *a, const struct nx_sent_try *t)
{
    enum nx_found found;
    nx_pack p;
    NX_TRY(nx_ticket_peek(house->store, a, NX_HANDLE_ONE_TIME, t->browser, t->ticket, ticket, &found));
    NX_REQUIRE(found == NX_FOUND, NX_ERR_ONE_TIME_GONE);
    NX_TRY(nx_pack_open(&p, ticket->body));
    *digest = nx_pack_get(&p, DIGEST);
    bool same = digest->n == NX_SHA256_LEN && nx_span_eq_str(nx_pack_get(&p, PERSON), t->typed.person) &&
                nx_span_eq_str(nx_pack_get(&p, ABOUT), t->about) &&
                (!t->target || nx_span_eq_str(nx_pack_get(&p, TARGET), t->target));
    NX_REQUIRE(same, NX_ERR_ONE_TIME_GONE);
    if (channel)
        *channel = nx_pack_get_number(&p, CHANNEL, 0) == NX_CHANNEL_EMAIL ? NX_CHANNEL_EMAIL : NX_CHANNEL_SMS;
    return NX_OK;
}

/* Five tries at one code, from wherever they come. */
static nx_result count_try(struct nx_house *house, nx_arena *a, const struct nx_ticket *ticket)
{
    struct nx_throttled throttled = {.allowed = false};
    const struct nx_attempt attempt = {.row = NX_THROTTLE_CODE_SENT, .account = ticket->ref.id.s};
    NX_TRY(nx_throttle_take(house->store, a, &attempt, &throttled));
    NX_REQUIRE(throttled.allowed, NX_ERR_ONE_TIME_GONE);
    return NX_OK;
}

static nx_result compare(struct nx_house *house, const struct nx_sent_try *t, nx_span digest)
{
    uint8_t typed[NX_SHA256_LEN];
    char digits[NX_ONE_TIME_DIGITS];
    nx_span s = nx_secret_expose(t->typed.code);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == ' ' || s.p[i] == '-') continue;
        NX_REQUIRE(n < NX_ONE_TIME_DIGITS, NX_ERR_ONE_TIME);
        digits[n++] = (char)s.p[i];
    }
    NX_TRY(digest_of(typed, house, t->typed.person, nx_span_of(digits, n)));
    NX_REQUIRE(nx_ct_equal(nx_span_of(typed, sizeof typed), digest), NX_ERR_ONE_TIME);
    return NX_OK;
}

nx_result nx_sent_prove(struct nx_proof *out, enum nx_channel *channel, struct nx_house *house, nx_arena *a,
                        const struct nx_sent_try *t, int64_t *retry_after_s)
{
    struct nx_ticket ticket;
    enum nx_found found;
    nx_span digest;
    *out = (struct nx_proof){.person = t->typed.person,
                             .means = NX_MEANS_OTP_SENT,
                             .bound_at = NX_M2,
                             .rung = NX_RUNG_NONE,
                             .epoch_known = true};
    NX_TRY(nx_registry_epoch_get(house->registry, NX_EPOCH_PERSON, t->typed.person, &out->epoch));
    NX_TRY(find(&digest, channel, &ticket, house, a, t));
    NX_TRY(nx_second_factor_attempt(house, a, &t->typed, retry_after_s));
    NX_TRY(count_try(house, a, &ticket));
    NX_TRY(compare(house, t, digest));
    NX_TRY(nx_ticket_take(house->store, a, NX_HANDLE_ONE_TIME, t->browser, t->ticket, &ticket, &found));
    NX_REQUIRE(found == NX_FOUND, NX_ERR_ONE_TIME_GONE);
    return nx_second_factor_right(house, a, &t->typed);
}
