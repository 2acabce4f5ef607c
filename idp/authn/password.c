#include "authn/password.h"

#include "base/text.h"
#include "config/settings.h"
#include "registry/credential.h"
#include "registry/epoch.h"
#include "sessions/throttle.h"

#define PASSWORD_BYTES_MAX 256

static struct nx_password_cost cost_of(const struct nx_house *house)
{
    return (struct nx_password_cost){.passes = (uint32_t)house->settings->password_ops,
                                     .memory_kib = (uint32_t)house->settings->password_memory_kib};
}

/* ---- proving
 * ----------------------------------------------------------------------------------------------- */

/* The name as throttles and the registry compare it: one account has one bucket, however it is typed. */
static char *account_of(nx_arena *a, nx_span user_name)
{
    char *name = nx_arena_dup(a, user_name);
    for (char *c = name; c && *c; c++)
        if (*c >= 'A' && *c <= 'Z') *c = (char)(*c | 0x20);
    return name;
}

/* The name's row; a name that nobody has leaves *verifier NULL, which costs as much as a wrong password. */
static nx_result look_up(struct nx_person *person, struct nx_credential *credential, struct nx_house *house,
                         nx_arena *a, nx_span user_name)
{
    *credential = (struct nx_credential){.verifier = NULL};
    nx_result r = nx_credential_for_sign_in(house->registry, a, user_name, person, credential);
    if (r.e == NX_ERR_NOT_FOUND) {
        *person = (struct nx_person){.active = false};
        return NX_OK;
    }
    return r;
}

/* A right password brings its row up to the present cost. */
static nx_result keep(struct nx_house *house, const struct nx_credential *credential,
                      const nx_secret *password)
{
    struct nx_password_cost cost = cost_of(house);
    nx_phc phc;
    if (nx_password_stale(credential->verifier, &cost)) {
        NX_TRY(nx_password_hash(&phc, &cost, password, NX_SPAN_NONE));
        NX_TRY(nx_credential_rehash(house->registry, credential->id.s, phc.s));
    }
    return nx_credential_succeeded(house->registry, credential);
}

/* The epoch first, then the row once more: a password that was changed while the old one was being hashed is
 * seen either here or by the epoch, under which the session will be made. */
static nx_result still_so(struct nx_proof *out, struct nx_house *house, nx_arena *a,
                          const struct nx_credential *seen)
{
    struct nx_credential now;
    NX_TRY(nx_registry_epoch_get(house->registry, NX_EPOCH_PERSON, out->person, &out->epoch));
    out->epoch_known = true;
    nx_result r = nx_credential_get(house->registry, a, out->person, NULL, NX_CREDENTIAL_PASSWORD, &now);
    NX_REQUIRE(r.e != NX_ERR_NOT_FOUND, NX_ERR_PASSWORD);
    NX_TRY(r);
    NX_REQUIRE(strcmp(now.verifier, seen->verifier) == 0, NX_ERR_PASSWORD);
    return NX_OK;
}

static nx_result prove(struct nx_proof *out, struct nx_house *house, nx_arena *a,
                       const struct nx_password_ask *ask)
{
    struct nx_person person;
    struct nx_credential credential;
    struct nx_password_cost cost = cost_of(house);
    NX_TRY(look_up(&person, &credential, house, a, ask->user_name));
    nx_result right = nx_password_verify(credential.verifier, &cost, ask->password, NX_SPAN_NONE);
    /* Throttles count failures, the row does not: a write, which only a name that somebody has would cost,
     * takes longer than the difference between two hashes, and tells who exists. */
    NX_TRY(right);
    /* Nothing tells a closed account from a wrong password. */
    NX_REQUIRE(person.active && credential.state == NX_CREDENTIAL_ACTIVE, NX_ERR_PASSWORD);
    *out = (struct nx_proof){.person = nx_arena_strdup(a, person.id.s),
                             .means = NX_MEANS_PASSWORD,
                             .bound_at = credential.bound_at,
                             .rung = NX_RUNG_NONE};
    NX_NEED(out->person);
    NX_TRY(still_so(out, house, a, &credential));
    return keep(house, &credential, ask->password);
}

nx_result nx_password_prove(struct nx_proof *out, struct nx_house *house, nx_arena *a,
                            const struct nx_password_ask *ask, int64_t *retry_after_s)
{
    struct nx_throttled throttled = {.allowed = false, .retry_after_s = 1};
    bool plausible =
        ask->user_name.n > 0 && ask->user_name.n <= NX_USER_NAME_MAX && nx_utf8_printable(ask->user_name);
    char *account = account_of(a, plausible ? ask->user_name : NX_LIT("?"));
    NX_NEED(account);
    struct nx_attempt attempt = {
        .row = NX_THROTTLE_LOGIN, .account = account, .source = ask->source, .known = ask->known};
    NX_TRY(nx_throttle_take(house->store, a, &attempt, &throttled));
    *retry_after_s = throttled.retry_after_s;
    NX_REQUIRE(throttled.allowed, NX_ERR_HTTP_RATE);
    NX_REQUIRE(plausible && ask->password->n <= PASSWORD_BYTES_MAX, NX_ERR_PASSWORD);
    NX_TRY(prove(out, house, a, ask));
    return nx_throttle_refund(house->store, a, &attempt);
}

/* ---- new passwords
 * ----------------------------------------------------------------------------------------- */

/* The commonest of ten characters and more; shorter ones fall by their length. Lower case. */
static const char *const common[] = {
    "1234567890",    "0123456789",   "12345678910",  "123456789a",   "0987654321",   "1q2w3e4r5t",
    "qwertyuiop",    "qwerty12345",  "qwerty123456", "password12",   "password123",  "password1234",
    "passw0rd123",   "matkhau123",   "matkhau1234",  "matkhau12345", "anhyeuem123",  "emyeuanh123",
    "iloveyou123",   "vietnam123",   "vietnam1234",  "vietnam2024",  "vietnam2025",  "vietnam2026",
    "administrator", "admin123456",  "abcdefghij",   "abc1234567",   "abcd123456",   "1111111111",
    "aaaaaaaaaa",    "asdfghjkl123", "zxcvbnm1234",  "hoilamgi123",  "khongbiet123",
};

static bool equals_folded(nx_span password, const char *word)
{
    if (password.n != strlen(word)) return false;
    for (size_t i = 0; i < password.n; i++) {
        uint8_t c = password.p[i];
        if ((c >= 'A' && c <= 'Z' ? (c | 0x20) : c) != (uint8_t)word[i]) return false;
    }
    return true;
}

static bool is_one_step(nx_span p)
{
    int step = p.n > 1 ? p.p[1] - p.p[0] : 0;
    for (size_t i = 1; i < p.n; i++)
        if (p.p[i] - p.p[i - 1] != step) return false;
    return step >= -1 && step <= 1;
}

static size_t characters(nx_span s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += (s.p[i] & 0xc0) != 0x80;
    return n;
}

nx_result nx_password_strong(struct nx_house *house, const nx_secret *password, const char *user_name)
{
    nx_span p = nx_secret_expose(password);
    NX_REQUIRE(nx_utf8_valid(p) && p.n <= PASSWORD_BYTES_MAX, NX_ERR_PASSWORD_WEAK);
    NX_REQUIRE(characters(p) >= (size_t)house->settings->password_min, NX_ERR_PASSWORD_WEAK);
    NX_REQUIRE(!is_one_step(p) && !equals_folded(p, user_name), NX_ERR_PASSWORD_WEAK);
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
        NX_REQUIRE(!equals_folded(p, common[i]), NX_ERR_PASSWORD_WEAK);
    return NX_OK;
}

nx_result nx_password_make(nx_phc *out, struct nx_house *house, const nx_secret *password)
{
    struct nx_password_cost cost = cost_of(house);
    return nx_password_hash(out, &cost, password, NX_SPAN_NONE);
}

nx_result nx_password_put(struct nx_house *house, const char *person, const nx_phc *phc)
{
    struct nx_credential c = {
        .type = NX_CREDENTIAL_PASSWORD, .state = NX_CREDENTIAL_ACTIVE, .bound_at = NX_M1, .verifier = phc->s};
    NX_REQUIRE(strlen(person) == NX_ID_LEN, NX_ERR_NOT_FOUND);
    memcpy(c.person.s, person, NX_ID_LEN + 1);
    return nx_credential_set(house->registry, &c);
}

nx_result nx_password_store(struct nx_house *house, const char *person, const nx_secret *password)
{
    nx_phc phc;
    NX_TRY(nx_password_make(&phc, house, password));
    return nx_password_put(house, person, &phc);
}
