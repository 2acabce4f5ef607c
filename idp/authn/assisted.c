#include "authn/assisted.h"

#include "base/json.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "registry/audit.h"
#include "registry/identifier.h"
#include "sessions/throttle.h"

_Static_assert(NX_SHA256_LEN == NX_VOUCHER_CODE_LEN, "a voucher is known by a SHA-256");

static nx_result code_of(uint8_t out[NX_VOUCHER_CODE_LEN], struct nx_house *house, nx_span digits)
{
    nx_span parts[] = {NX_LIT("nixa-voucher-v1"), digits};
    return nx_hmac_sha256_parts(out, nx_master_key(house->master, NX_LABEL_PEPPER), parts, 2);
}

/* ---- the officer
 * --------------------------------------------------------------------------------------------- */

nx_result nx_assisted_find(struct nx_person *out, struct nx_house *house, nx_arena *a, const char *officer,
                           nx_span number)
{
    struct nx_throttled throttled;
    struct nx_attempt attempt = {.row = NX_THROTTLE_COUNTER, .account = officer, .source = "counter"};
    struct nx_identifier id;
    nx_id person;
    NX_TRY(nx_throttle_take(house->store, a, &attempt, &throttled));
    NX_REQUIRE(throttled.allowed, NX_ERR_HTTP_RATE);
    NX_REQUIRE(nx_ok(nx_identifier_make(&id, NX_SCHEME_NATIONAL_ID, number)), NX_ERR_NOT_FOUND);
    NX_TRY(nx_identifier_find(house->registry, &id, &person));
    NX_TRY(nx_person_get(house->registry, a, person.s, out));
    NX_REQUIRE(out->active, NX_ERR_PERSON_INACTIVE);
    return NX_OK;
}

static nx_result draw(char digits[NX_VOUCHER_DIGITS + 1])
{
    for (size_t i = 0; i < NX_VOUCHER_DIGITS;) {
        uint8_t byte;
        NX_TRY(nx_random(&byte, 1));
        if (byte < 250) digits[i++] = (char)('0' + byte % 10); /* no digit more likely than another */
    }
    digits[NX_VOUCHER_DIGITS] = '\0';
    return NX_OK;
}

static nx_result note(struct nx_house *house, nx_arena *a, const struct nx_counter *officer, const char *person)
{
    const char *actor = nx_arena_printf(a, "person:%s", officer->person.s);
    NX_AUTO_JSON detail = json_pack("{s:s, s:s?}", "place", officer->place, "organisation", officer->organisation);
    const char *text = detail ? nx_json_dump(a, detail) : NULL;
    NX_REQUIRE(actor && text, NX_ERR_MEMORY);
    return nx_audit_append(house->registry,
                           &(struct nx_audit_entry){
                               .actor = actor, .type = "person.vouched", .subject = person, .detail = text});
}

nx_result nx_assisted_vouch(char *digits, struct nx_house *house, nx_arena *a, const struct nx_counter *officer,
                            const char *person)
{
    uint8_t code[NX_VOUCHER_CODE_LEN];
    NX_REQUIRE(strcmp(officer->person.s, person) != 0, NX_ERR_RUNG);
    NX_TRY(draw(digits));
    NX_TRY(code_of(code, house, nx_span_str(digits)));
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, house->registry, NX_DURABLE));
    NX_TRY(nx_voucher_put(house->registry, code, person, officer->person.s));
    NX_TRY(note(house, a, officer, person));
    return nx_registry_commit(&change);
}

/* ---- the person
 * ---------------------------------------------------------------------------------------------- */

static bool read_digits(char out[NX_VOUCHER_DIGITS + 1], const char *typed)
{
    size_t n = 0;
    for (const char *p = typed; p && *p; p++) {
        if (*p == ' ') continue;
        if (*p < '0' || *p > '9' || n == NX_VOUCHER_DIGITS) return false;
        out[n++] = *p;
    }
    out[n] = '\0';
    return n == NX_VOUCHER_DIGITS;
}

/* Whoever was taken from the counter, or is no active person any more, vouches for nobody. */
static nx_result check_officer(struct nx_house *house, nx_arena *a, const char *officer)
{
    struct nx_counter c;
    struct nx_person p;
    nx_result r = nx_counter_get(house->registry, a, officer, &c);
    if (nx_ok(r)) r = nx_person_get(house->registry, a, officer, &p);
    NX_REQUIRE(r.e != NX_ERR_NOT_FOUND, NX_ERR_PASSWORD);
    NX_TRY(r);
    NX_REQUIRE(p.active && p.kind == NX_OFFICIAL, NX_ERR_PASSWORD);
    return NX_OK;
}

static nx_result prove(struct nx_proof *out, struct nx_house *house, nx_arena *a, const char *digits)
{
    uint8_t code[NX_VOUCHER_CODE_LEN];
    nx_id person, officer;
    NX_TRY(code_of(code, house, nx_span_str(digits)));
    nx_result r = nx_voucher_take(house->registry, code, &person, &officer);
    NX_REQUIRE(r.e != NX_ERR_NOT_FOUND, NX_ERR_PASSWORD);
    NX_TRY(r);
    NX_TRY(check_officer(house, a, officer.s));
    *out = (struct nx_proof){.person = nx_arena_strdup(a, person.s),
                             .means = NX_MEANS_ASSISTED,
                             .bound_at = NX_M2,
                             .rung = NX_RUNG_NONE,
                             .vouched_by = nx_arena_strdup(a, officer.s)};
    NX_REQUIRE(out->person && out->vouched_by, NX_ERR_MEMORY);
    return NX_OK;
}

nx_result nx_assisted_prove(struct nx_proof *out, struct nx_house *house, nx_arena *a, const char *digits,
                            const char *source, int64_t *retry_after_s)
{
    char clean[NX_VOUCHER_DIGITS + 1];
    struct nx_throttled throttled = {.allowed = false, .retry_after_s = 1};
    struct nx_attempt attempt = {.row = NX_THROTTLE_VOUCHER, .account = "voucher", .source = source};
    NX_TRY(nx_throttle_take(house->store, a, &attempt, &throttled));
    *retry_after_s = throttled.retry_after_s;
    NX_REQUIRE(throttled.allowed, NX_ERR_HTTP_RATE);
    NX_REQUIRE(read_digits(clean, digits), NX_ERR_PASSWORD);
    NX_TRY(prove(out, house, a, clean));
    return nx_throttle_refund(house->store, a, &attempt);
}
