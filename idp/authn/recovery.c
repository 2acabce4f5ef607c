#include "authn/recovery.h"

#include "crypto/digest.h"
#include "crypto/random.h"
#include "registry/epoch.h"

/* RFC 4648's letters: nothing in it looks like 0, 1 or 8, which are read as what they were meant to be. */
static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";

static nx_result digest_of(uint8_t out[NX_SHA256_LEN], const struct nx_house *house, const char *person,
                           nx_span code)
{
    const nx_span parts[] = {NX_LIT("recovery"), nx_span_str(person), code};
    return nx_hmac_sha256_parts(out, nx_master_key(house->master, NX_LABEL_PEPPER), parts, 3);
}

static nx_result make_one(char shown[NX_RECOVERY_LEN + 2], uint8_t digest[NX_SHA256_LEN],
                          const struct nx_house *house, const char *person)
{
    uint8_t random[NX_RECOVERY_LEN];
    char code[NX_RECOVERY_LEN];
    NX_TRY(nx_random(random, sizeof random));
    for (size_t i = 0; i < NX_RECOVERY_LEN; i++)
        code[i] = alphabet[random[i] & 31];
    memcpy(shown, code, NX_RECOVERY_LEN / 2);
    shown[NX_RECOVERY_LEN / 2] = '-';
    memcpy(shown + NX_RECOVERY_LEN / 2 + 1, code + NX_RECOVERY_LEN / 2, NX_RECOVERY_LEN / 2);
    shown[NX_RECOVERY_LEN + 1] = 0;
    nx_result r = digest_of(digest, house, person, nx_span_of(code, sizeof code));
    nx_wipe(random, sizeof random);
    nx_wipe(code, sizeof code);
    return r;
}

nx_result nx_recovery_make(struct nx_recovery_list *out, struct nx_house *house, const char *person)
{
    uint8_t digest[NX_RECOVERY_CODES][NX_SHA256_LEN];
    nx_span list[NX_RECOVERY_CODES];
    _Static_assert(NX_RECOVERY_DIGEST_LEN == NX_SHA256_LEN, "the registry keeps what the digest makes");
    for (size_t i = 0; i < NX_RECOVERY_CODES; i++) {
        NX_TRY(make_one(out->code[i], digest[i], house, person));
        list[i] = nx_span_of(digest[i], sizeof digest[i]);
    }
    return nx_recovery_set(house->registry, person, list, NX_RECOVERY_CODES);
}

static char meant(uint8_t c)
{
    if (c >= 'A' && c <= 'Z') return (char)(c | 0x20);
    return c == '0' ? 'o' : c == '1' ? 'l' : c == '8' ? 'b' : (char)c;
}

static bool read_typed(char out[NX_RECOVERY_LEN], const nx_secret *typed)
{
    nx_span s = nx_secret_expose(typed);
    size_t n = 0;
    if (s.n > 4 * NX_RECOVERY_LEN) return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == ' ' || s.p[i] == '-' || s.p[i] == '\t') continue;
        if (n == NX_RECOVERY_LEN || !strchr(alphabet, meant(s.p[i])) || !s.p[i]) return false;
        out[n++] = meant(s.p[i]);
    }
    return n == NX_RECOVERY_LEN;
}

static nx_result prove(struct nx_proof *out, struct nx_house *house, const struct nx_one_time_try *t)
{
    char code[NX_RECOVERY_LEN];
    uint8_t digest[NX_SHA256_LEN];
    *out = (struct nx_proof){.person = t->person,
                             .means = NX_MEANS_RECOVERY,
                             .bound_at = NX_M1,
                             .rung = NX_RUNG_NONE,
                             .epoch_known = true};
    NX_TRY(nx_registry_epoch_get(house->registry, NX_EPOCH_PERSON, t->person, &out->epoch));
    NX_REQUIRE(read_typed(code, t->code), NX_ERR_RECOVERY_CODE);
    NX_TRY(digest_of(digest, house, t->person, nx_span_of(code, sizeof code)));
    nx_wipe(code, sizeof code);
    nx_result taken = nx_recovery_take(house->registry, t->person, nx_span_of(digest, sizeof digest));
    NX_REQUIRE(taken.e != NX_ERR_NOT_FOUND, NX_ERR_RECOVERY_CODE);
    return taken;
}

nx_result nx_recovery_prove(struct nx_proof *out, struct nx_house *house, nx_arena *a,
                            const struct nx_one_time_try *t, int64_t *retry_after_s)
{
    NX_TRY(nx_second_factor_attempt(house, a, t, retry_after_s));
    NX_TRY(prove(out, house, t));
    return nx_second_factor_right(house, a, t);
}
