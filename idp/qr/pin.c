/* PINs are short: what protects them is that the server counts, that a stolen registry lacks the pepper, and
 * that the commonest are not taken. */
#include "qr/pin.h"

#include "base/text.h"
#include "config/settings.h"
#include "crypto/random.h"
#include "registry/credential.h"
#include "registry/person.h"
#include "sessions/throttle.h"

#include <stdio.h>

/* Beyond runs, repeats and dates, which rules below refuse: what people choose most. */
static const char *const commonest[] = {"159753", "147258", "258369", "147852", "789456", "456789", "112233",
                                        "332211", "102030", "520520", "686868", "888999", "246810", "135790",
                                        "654987", "741852", "963852", "012012", "121314", "101010"};

static bool all_digits(nx_span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') return false;
    }
    return true;
}

/* Every digit follows the one `period` before it by `step` (mod 10): runs (period 1, step 1 or 9), repeats
 * (step 0). */
static bool follows(nx_span s, size_t period, int step)
{
    for (size_t i = period; i < s.n; i++) {
        if ((s.p[i - period] - '0' + step) % 10 != s.p[i] - '0') return false;
    }
    return true;
}

static bool contains(nx_span s, const char *part, size_t n)
{
    return n && s.n >= n && memmem(s.p, s.n, part, n);
}

/* The birth date in any of the usual orders; YYYY-MM-DD comes in. */
static bool is_birthdate(nx_span s, const char *d)
{
    if (!d || strlen(d) != 10) return false;
    const char *year = d, *month = d + 5, *day = d + 8;
    char form[3][9];
    snprintf(form[0], sizeof form[0], "%.2s%.2s%.2s", day, month, year + 2);
    snprintf(form[1], sizeof form[1], "%.2s%.2s%.2s", year + 2, month, day);
    snprintf(form[2], sizeof form[2], "%.2s%.4s", month, year);
    for (size_t i = 0; i < 3; i++) {
        if (contains(s, form[i], 6)) return true;
    }
    snprintf(form[0], sizeof form[0], "%.2s%.2s%.4s", day, month, year);
    return contains(s, form[0], 8);
}

NX_FALLIBLE nx_pin_strong(const nx_secret *pin, const char *birthdate)
{
    nx_span s = nx_secret_expose(pin);
    NX_REQUIRE(s.n >= NX_PIN_MIN && s.n <= NX_PIN_MAX && all_digits(s), NX_ERR_QR_PIN_WEAK);
    bool run = follows(s, 1, 1) || follows(s, 1, 9);
    bool repeat = follows(s, 1, 0) || follows(s, 2, 0) || follows(s, 3, 0);
    NX_REQUIRE(!run && !repeat && !is_birthdate(s, birthdate), NX_ERR_QR_PIN_WEAK);
    for (size_t i = 0; i < sizeof commonest / sizeof commonest[0]; i++)
        NX_REQUIRE(!nx_span_eq_str(s, commonest[i]), NX_ERR_QR_PIN_WEAK);
    return NX_OK;
}

NX_FALLIBLE nx_pin_make(nx_secret *out, const char *birthdate)
{
    for (int tries = 0; tries < 100; tries++) {
        uint8_t random[4 * NX_PIN_MIN];
        NX_TRY(nx_random(random, sizeof random));
        out->n = NX_PIN_MIN;
        for (size_t i = 0; i < NX_PIN_MIN; i++) {
            uint32_t word;
            memcpy(&word, random + 4 * i, sizeof word);
            out->bytes[i] = (uint8_t)('0' + word % 10);
        }
        nx_wipe(random, sizeof random);
        if (nx_ok(nx_pin_strong(out, birthdate))) return NX_OK;
    }
    NX_FAIL(NX_ERR_RANDOM);
}

static nx_span pepper(const struct nx_house *house)
{
    return nx_master_key(house->master, NX_LABEL_PEPPER);
}

static struct nx_password_cost cost_of(const struct nx_house *house)
{
    const struct nx_settings *s = house->settings;
    if (!s) return NX_PASSWORD_COST;
    return (struct nx_password_cost){.passes = (uint32_t)s->password_ops,
                                     .memory_kib = (uint32_t)s->password_memory_kib};
}

NX_FALLIBLE nx_pin_hash(nx_phc *out, const struct nx_house *house, const nx_secret *pin)
{
    struct nx_password_cost cost = cost_of(house);
    return nx_password_hash(out, &cost, pin, pepper(house));
}

NX_FALLIBLE nx_pin_set(struct nx_house *house, nx_arena *a, const struct nx_qr_identity *q,
                       const nx_secret *pin)
{
    struct nx_person person;
    nx_phc phc;
    NX_TRY(nx_person_get(house->registry, a, q->person.s, &person));
    NX_TRY(nx_pin_strong(pin, person.birthdate));
    NX_TRY(nx_pin_hash(&phc, house, pin));
    struct nx_credential c = {
        .person = q->person,
        .qid = q->qid,
        .type = NX_CREDENTIAL_PIN,
        .state = NX_CREDENTIAL_ACTIVE,
        .bound_at = q->bound_at,
        .verifier = phc.s,
    };
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, house->registry, NX_DURABLE));
    NX_TRY(nx_credential_set(house->registry, &c));
    return nx_registry_commit(&change);
}

/* A failure, counted durably: a crash forgives nobody. */
static nx_result count_failure(struct nx_house *house, const struct nx_qr_identity *q, int *left)
{
    int64_t failures;
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, house->registry, NX_DURABLE));
    NX_TRY(nx_qr_identity_failed(house->registry, q->qid.s, &failures));
    NX_TRY(nx_registry_commit(&change));
    *left = failures >= NX_PIN_FAILURES_MAX ? 0 : (int)(NX_PIN_FAILURES_MAX - failures);
    return NX_OK;
}

static nx_result count_success(struct nx_house *house, const struct nx_qr_identity *q)
{
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, house->registry, NX_RELAXED));
    NX_TRY(nx_qr_identity_succeeded(house->registry, q));
    return nx_registry_commit(&change);
}

NX_FALLIBLE nx_pin_burn(const struct nx_house *house, const nx_secret *pin)
{
    struct nx_password_cost cost = cost_of(house);
    nx_result r = nx_password_verify(NULL, &cost, pin, pepper(house));
    return r.e == NX_ERR_PASSWORD ? NX_OK : r;
}

NX_FALLIBLE nx_pin_check(struct nx_pin_result *out, struct nx_house *house, nx_arena *a,
                         const struct nx_qr_identity *q, const nx_secret *pin, const char *source)
{
    *out = (struct nx_pin_result){.right = false, .left = 0, .bound_at = q->bound_at};
    struct nx_credential c;
    nx_result r = nx_credential_get(house->registry, a, q->person.s, q->qid.s, NX_CREDENTIAL_PIN, &c);
    if (r.e == NX_ERR_NOT_FOUND) return nx_pin_burn(house, pin);
    NX_TRY(r);
    out->counted = true;
    if (q->failures >= NX_PIN_FAILURES_MAX) return NX_OK;
    out->left = (int)(NX_PIN_FAILURES_MAX - q->failures);

    const struct nx_attempt attempt = {.row = NX_THROTTLE_PIN, .account = q->qid.s, .source = source};
    struct nx_throttled throttled;
    NX_TRY(nx_throttle_take(house->store, a, &attempt, &throttled));
    if (!throttled.allowed) return NX_OK;

    struct nx_password_cost cost = cost_of(house);
    r = nx_password_verify(c.verifier, &cost, pin, pepper(house));
    if (r.e == NX_ERR_PASSWORD) return count_failure(house, q, &out->left);
    NX_TRY(r);
    out->right = true;
    out->bound_at = q->bound_at < c.bound_at ? q->bound_at : c.bound_at;
    nx_ignore(nx_throttle_refund(house->store, a, &attempt)); /* at worst the next burst is one shorter */
    return count_success(house, q);
}
