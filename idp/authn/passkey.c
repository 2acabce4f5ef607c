#include "authn/passkey.h"

#include "authn/passkey_answer.h"
#include "policies/policy.h"
#include "registry/audit.h"
#include "registry/epoch.h"
#include "registry/person.h"
#include "sessions/throttle.h"

#define NAME_CHARACTERS_MAX 40

static const char default_name[] = "Passkey";

/* ---- models
 * ------------------------------------------------------------------------------------------------- */

/* The row of a model; one that nobody wrote allows, and vouches for nothing. */
static nx_result model_of(struct nx_passkey_model *out, struct nx_house *house, nx_arena *a,
                          const uint8_t aaguid[NX_AAGUID_LEN])
{
    nx_result r = nx_passkey_model_get(house->registry, a, aaguid, out);
    if (r.e == NX_ERR_NOT_FOUND) {
        *out = (struct nx_passkey_model){.allowed = true, .name = default_name, .anchors = ""};
        return NX_OK;
    }
    NX_TRY(r);
    NX_REQUIRE(out->allowed, NX_ERR_PASSKEY_MODEL);
    return NX_OK;
}

/* Rule 6. What may be copied to other devices proves nothing of the device that it was attested in. */
static nx_result is_biometric(bool *out, struct nx_house *house, nx_arena *a, const struct nx_passkey *k)
{
    struct nx_passkey_model m;
    NX_TRY(model_of(&m, house, a, k->aaguid));
    *out = k->attested && m.biometric && !k->backup_eligible;
    return NX_OK;
}

/* ---- enrolling
 * ---------------------------------------------------------------------------------------------- */

nx_result nx_passkey_name_ok(const char *name)
{
    nx_span s = nx_span_str(name);
    size_t characters = 0;
    for (size_t i = 0; i < s.n; i++)
        characters += (s.p[i] & 0xc0) != 0x80;
    NX_REQUIRE(characters >= 1 && characters <= NAME_CHARACTERS_MAX && s.n <= NX_PASSKEY_NAME_MAX,
               NX_ERR_RANGE);
    NX_REQUIRE(nx_utf8_printable(s), NX_ERR_RANGE);
    return NX_OK;
}

static nx_result append_audit(struct nx_house *house, nx_arena *a, const char *type,
                              const struct nx_passkey *k, const char *actor)
{
    char model[NX_AAGUID_TEXT + 1];
    nx_aaguid_text(model, k->aaguid);
    NX_AUTO_JSON j = json_pack("{s:s, s:s, s:b, s:i, s:s*}", "passkey", k->id.s, "model", model, "attested",
                               k->attested, "bound_at", k->bound_at, "qid", k->qid.s[0] ? k->qid.s : NULL);
    struct nx_audit_entry e = {.actor = actor, .type = type, .subject = k->person.s};
    if (j) e.detail = nx_json_dump(a, j);
    NX_NEED(e.detail);
    return nx_audit_append(house->registry, &e);
}

static nx_result store(struct nx_passkey *k, struct nx_house *house, nx_arena *a)
{
    char *actor = nx_arena_printf(a, "person:%s", k->person.s);
    NX_AUTO_CHANGE(change);
    NX_NEED(actor);
    NX_TRY(nx_registry_begin(&change, house->registry, NX_DURABLE));
    nx_result r = nx_passkey_create(house->registry, k);
    NX_REQUIRE(r.e != NX_ERR_CONFLICT, NX_ERR_PASSKEY_TAKEN);
    NX_TRY(r);
    NX_TRY(append_audit(house, a, "passkey.enrolled", k, actor));
    return nx_registry_commit(&change);
}

static nx_result fill(struct nx_passkey *k, struct nx_house *house, nx_arena *a,
                      const struct nx_passkey_holder *h, const struct nx_webauthn_created *c,
                      const char *name)
{
    struct nx_passkey_model m;
    NX_TRY(model_of(&m, house, a, c->aaguid));
    *k = (struct nx_passkey){.bound_at = h->bound_at,
                             .alg = c->alg,
                             .counter = c->counter,
                             .backup_eligible = c->backup_eligible,
                             .backed_up = c->backed_up,
                             .credential_id = c->credential_id,
                             .public_key = c->public_key,
                             .name = name && *name ? name : m.name};
    memcpy(k->aaguid, c->aaguid, NX_AAGUID_LEN);
    memcpy(k->person.s, h->person, sizeof k->person.s);
    if (h->qid) memcpy(k->qid.s, h->qid, sizeof k->qid.s);
    NX_TRY(nx_passkey_name_ok(k->name));
    return nx_webauthn_trusted(&k->attested, c, m.anchors, nx_now());
}

nx_result nx_passkey_enrol(struct nx_passkey *out, struct nx_house *house, nx_arena *a,
                           const struct nx_passkey_scene *scene, const struct nx_passkey_holder *h,
                           const struct nx_passkey_answer *answer, const char *name)
{
    uint8_t challenge[NX_WEBAUTHN_CHALLENGE_LEN];
    struct nx_passkey_response said;
    struct nx_webauthn_created created;
    struct nx_webauthn_expect x = nx_passkey_expect(house, a, h->qid != NULL);
    NX_NEED(x.rp_id);
    NX_TRY(nx_passkey_challenge_take(challenge, house, a, scene, answer->ticket));
    x.challenge = nx_span_of(challenge, sizeof challenge);
    NX_TRY(nx_passkey_registration(&said, a, answer->response));
    NX_TRY(nx_webauthn_create(&created, a, &x, said.client_data, said.attestation_object));
    NX_REQUIRE(nx_span_eq(created.credential_id, said.credential_id), NX_ERR_WEBAUTHN_FORM);
    NX_TRY(fill(out, house, a, h, &created, name));
    out->transports = said.transports;
    return store(out, house, a);
}

nx_result nx_passkey_remove(struct nx_house *house, nx_arena *a, const char *person, const char *id,
                            const char *actor)
{
    struct nx_passkey k;
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, house->registry, NX_DURABLE));
    NX_TRY(nx_passkey_get(house->registry, a, id, &k));
    NX_REQUIRE(strcmp(k.person.s, person) == 0, NX_ERR_NOT_FOUND);
    NX_TRY(nx_passkey_delete(house->registry, id));
    NX_TRY(append_audit(house, a, "passkey.removed", &k, actor));
    return nx_registry_commit(&change);
}

/* ---- offering
 * ---------------------------------------------------------------------------------------------- */

static nx_result reaches(bool *out, struct nx_house *house, nx_arena *a, const struct nx_passkey *k,
                         enum nx_level level)
{
    bool biometric;
    *out = false;
    if (k->qid.s[0] || k->state != NX_PASSKEY_ACTIVE || k->bound_at < (int)level) return NX_OK;
    nx_result r = is_biometric(&biometric, house, a, k);
    if (r.e == NX_ERR_PASSKEY_MODEL) return NX_OK;
    NX_TRY(r);
    unsigned means = biometric ? NX_MEANS_PASSKEY_BIOMETRIC : NX_MEANS_PASSKEY_UV;
    *out = nx_policy_level_of_means(nx_policy(), means, NX_RUNG_NONE) >= level;
    return NX_OK;
}

nx_result nx_passkey_could(bool *out, struct nx_house *house, nx_arena *a, const char *person,
                           enum nx_level level)
{
    struct nx_passkey *list;
    size_t n;
    *out = false;
    NX_TRY(nx_passkey_list(house->registry, a, person, &list, &n));
    for (size_t i = 0; i < n && !*out; i++)
        NX_TRY(reaches(out, house, a, &list[i], level));
    return NX_OK;
}

/* ---- using
 * -------------------------------------------------------------------------------------------------- */

/* The counter is compared last, over a signature that is right: nobody else can flag somebody's passkey. */
static nx_result use(struct nx_house *house, nx_arena *a, const struct nx_passkey *k,
                     const struct nx_webauthn_asserted *s)
{
    bool regressed;
    NX_REQUIRE(k->state == NX_PASSKEY_ACTIVE, NX_ERR_PASSKEY_COUNTER);
    nx_result r = nx_passkey_count(house->registry, k->id.s, s->counter, s->backed_up, &regressed);
    NX_REQUIRE(r.e != NX_ERR_NOT_FOUND, NX_ERR_PASSKEY_UNKNOWN); /* removed a moment ago */
    NX_TRY(r);
    if (!regressed) return NX_OK;
    NX_TRY(append_audit(house, a, "passkey.flagged", k, "system"));
    NX_FAIL(NX_ERR_PASSKEY_COUNTER);
}

static nx_result find(struct nx_passkey *k, struct nx_house *house, nx_arena *a, nx_span credential_id,
                      const char *qid)
{
    nx_result r = nx_passkey_by_credential(house->registry, a, credential_id, k);
    NX_REQUIRE(r.e != NX_ERR_NOT_FOUND, NX_ERR_PASSKEY_UNKNOWN);
    NX_TRY(r);
    NX_REQUIRE(strcmp(k->qid.s, qid) == 0, NX_ERR_PASSKEY_UNKNOWN);
    return NX_OK;
}

/* The handle must be hers: the authenticator found credential and person by itself, and both are of one
 * person. */
static nx_result check_person(struct nx_house *house, nx_arena *a, const struct nx_passkey *k, nx_span handle)
{
    struct nx_person person;
    bool hers = false;
    NX_TRY(nx_passkey_handle_is(house->registry, k->person.s, handle, &hers));
    NX_REQUIRE(hers, NX_ERR_PASSKEY_UNKNOWN);
    NX_TRY(nx_person_get(house->registry, a, k->person.s, &person));
    NX_REQUIRE(person.active, NX_ERR_PASSKEY_UNKNOWN);
    return NX_OK;
}

static nx_result verify(struct nx_webauthn_asserted *out, struct nx_house *house, nx_arena *a,
                        nx_span challenge, const struct nx_passkey *k, const struct nx_passkey_response *said)
{
    struct nx_webauthn_expect x = nx_passkey_expect(house, a, k->qid.s[0] != 0);
    NX_NEED(x.rp_id);
    x.challenge = challenge;
    return nx_webauthn_assert(out, &x, k,
                              &(struct nx_webauthn_assertion){.client_data = said->client_data,
                                                              .auth_data = said->auth_data,
                                                              .signature = said->signature});
}

/* The epoch is read before the row is looked at for the last time (nx_passkey_count): a removal or revocation
 * in between makes the sign-in fail here or stale. */
static nx_result prove(struct nx_proof *out, nx_id *used, struct nx_house *house, nx_arena *a,
                       const struct nx_passkey_try *t)
{
    uint8_t challenge[NX_WEBAUTHN_CHALLENGE_LEN];
    struct nx_passkey_response said;
    struct nx_webauthn_asserted asserted;
    struct nx_passkey k;
    bool biometric;
    NX_TRY(nx_passkey_challenge_take(challenge, house, a, &t->scene, t->answer.ticket));
    NX_TRY(nx_passkey_assertion(&said, a, t->answer.response));
    NX_TRY(find(&k, house, a, said.credential_id, ""));
    NX_TRY(verify(&asserted, house, a, nx_span_of(challenge, sizeof challenge), &k, &said));
    NX_TRY(check_person(house, a, &k, said.user_handle));
    NX_TRY(is_biometric(&biometric, house, a, &k));
    *out = (struct nx_proof){.person = nx_arena_strdup(a, k.person.s),
                             .means = biometric ? NX_MEANS_PASSKEY_BIOMETRIC : NX_MEANS_PASSKEY_UV,
                             .bound_at = k.bound_at,
                             .rung = NX_RUNG_NONE,
                             .epoch_known = true};
    NX_NEED(out->person);
    NX_TRY(nx_registry_epoch_get(house->registry, NX_EPOCH_PERSON, k.person.s, &out->epoch));
    if (used) *used = k.id;
    return use(house, a, &k, &asserted);
}

nx_result nx_passkey_prove(struct nx_proof *out, nx_id *used, struct nx_house *house, nx_arena *a,
                           const struct nx_passkey_try *t, int64_t *retry_after_s)
{
    struct nx_throttled throttled = {.allowed = false, .retry_after_s = 1};
    struct nx_attempt attempt = {.row = NX_THROTTLE_PASSKEY, .source = t->source};
    NX_TRY(nx_throttle_take(house->store, a, &attempt, &throttled));
    *retry_after_s = throttled.retry_after_s;
    NX_REQUIRE(throttled.allowed, NX_ERR_HTTP_RATE);
    NX_TRY(prove(out, used, house, a, t));
    return nx_throttle_refund(house->store, a, &attempt);
}

nx_result nx_passkey_approve(unsigned *means, int *bound_at, struct nx_house *house, nx_arena *a,
                             const char *qid, nx_span digest, const char *response)
{
    struct nx_passkey_response said;
    struct nx_webauthn_asserted asserted;
    struct nx_passkey k;
    bool biometric;
    NX_TRY(nx_passkey_assertion(&said, a, response));
    NX_TRY(find(&k, house, a, said.credential_id, qid));
    NX_TRY(verify(&asserted, house, a, digest, &k, &said));
    NX_TRY(is_biometric(&biometric, house, a, &k));
    *means = biometric ? NX_MEANS_QR_BIOMETRIC : NX_MEANS_QR_UV;
    *bound_at = k.bound_at;
    return use(house, a, &k, &asserted);
}
