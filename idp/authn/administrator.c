#include "authn/administrator.h"

#include "authn/passkey_answer.h"
#include "crypto/random.h"
#include "registry/audit.h"
#include "sessions/throttle.h"

/* The console may have a host of its own (rule 11). */
static struct nx_webauthn_expect expect(const struct nx_house *house, nx_arena *a)
{
    const char *console = house->settings->console_origin,
               *origin = console && *console ? console : house->issuer;
    return (struct nx_webauthn_expect){.rp_id = nx_passkey_rp(a, origin), .origin = origin};
}

nx_result nx_administrator_creation_json(json_t **out, struct nx_house *house, nx_arena *a,
                                         const struct nx_passkey_challenge *c, const char *actor)
{
    uint8_t handle[NX_USER_HANDLE_LEN]; /* the row is found by the credential: nobody looks at it again */
    char user[NX_B64U_LEN(NX_USER_HANDLE_LEN) + 1];
    const struct nx_webauthn_expect x = expect(house, a);
    NX_NEED(x.rp_id);
    NX_TRY(nx_random(handle, sizeof handle));
    nx_b64u_encode(user, nx_span_of(handle, sizeof handle));
    *out = json_pack(
        "{s:{s:s, s:s}, s:{s:s, s:s, s:s}, s:s, s:[{s:s, s:i}, {s:s, s:i}, {s:s, s:i}], s:i, s:s, s:{s:s,"
        " s:b, s:s}}",
        "rp", "id", x.rp_id, "name", "NIXA", "user", "id", user, "name", actor, "displayName", actor,
        "challenge", c->text, "pubKeyCredParams", "type", "public-key", "alg", -7, "type", "public-key",
        "alg", -8, "type", "public-key", "alg", NX_COSE_RS256, "timeout", NX_PASSKEY_CHALLENGE_S * 1000,
        "attestation", "none", "authenticatorSelection", "residentKey", "required", "requireResidentKey", 1,
        "userVerification", "required");
    NX_NEED(*out);
    return NX_OK;
}

nx_result nx_administrator_request_json(json_t **out, struct nx_house *house, nx_arena *a,
                                        const struct nx_passkey_challenge *c)
{
    const struct nx_webauthn_expect x = expect(house, a);
    NX_NEED(x.rp_id);
    *out = json_pack("{s:s, s:s, s:i, s:s}", "challenge", c->text, "rpId", x.rp_id, "timeout",
                     NX_PASSKEY_CHALLENGE_S * 1000, "userVerification", "required");
    NX_NEED(*out);
    return NX_OK;
}

static nx_result append_audit(struct nx_house *house, nx_arena *a, const char *type,
                              const struct nx_administrator *m, const char *actor)
{
    NX_AUTO_JSON j = json_pack("{s:s, s:s}", "administrator", m->key.id.s, "scopes", m->scopes);
    struct nx_audit_entry e = {.actor = actor, .type = type};
    if (j) e.detail = nx_json_dump(a, j);
    NX_NEED(e.detail);
    return nx_audit_append(house->registry, &e);
}

static nx_result store(struct nx_administrator *who, struct nx_house *house, nx_arena *a)
{
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, house->registry, NX_DURABLE));
    nx_result r = nx_administrator_create(house->registry, who);
    NX_REQUIRE(r.e != NX_ERR_CONFLICT, NX_ERR_PASSKEY_TAKEN);
    NX_TRY(r);
    NX_TRY(append_audit(house, a, "administrator.enrolled", who, who->made_by));
    return nx_registry_commit(&change);
}

nx_result nx_administrator_enrol(struct nx_administrator *who, struct nx_house *house, nx_arena *a,
                                 const struct nx_passkey_scene *scene, const struct nx_passkey_answer *answer)
{
    uint8_t challenge[NX_WEBAUTHN_CHALLENGE_LEN];
    struct nx_passkey_response said;
    struct nx_webauthn_created c;
    struct nx_webauthn_expect x = expect(house, a);
    NX_NEED(x.rp_id);
    NX_TRY(nx_passkey_name_ok(who->key.name));
    NX_TRY(nx_passkey_challenge_take(challenge, house, a, scene, answer->ticket));
    x.challenge = nx_span_of(challenge, sizeof challenge);
    NX_TRY(nx_passkey_registration(&said, a, answer->response));
    NX_TRY(nx_webauthn_create(&c, a, &x, said.client_data, said.attestation_object));
    who->key.alg = c.alg;
    who->key.counter = c.counter;
    who->key.backup_eligible = c.backup_eligible;
    who->key.credential_id = c.credential_id;
    who->key.public_key = c.public_key;
    return store(who, house, a);
}

static nx_result prove(struct nx_administrator *out, struct nx_house *house, nx_arena *a,
                       const struct nx_passkey_try *t)
{
    uint8_t challenge[NX_WEBAUTHN_CHALLENGE_LEN];
    struct nx_passkey_response said;
    struct nx_webauthn_asserted asserted;
    struct nx_webauthn_expect x = expect(house, a);
    bool regressed;
    NX_NEED(x.rp_id);
    NX_TRY(nx_passkey_challenge_take(challenge, house, a, &t->scene, t->answer.ticket));
    x.challenge = nx_span_of(challenge, sizeof challenge);
    NX_TRY(nx_passkey_assertion(&said, a, t->answer.response));
    nx_result r = nx_administrator_by_credential(house->registry, a, said.credential_id, out);
    NX_REQUIRE(r.e != NX_ERR_NOT_FOUND, NX_ERR_PASSKEY_UNKNOWN);
    NX_TRY(r);
    const struct nx_webauthn_assertion s = {
        .client_data = said.client_data, .auth_data = said.auth_data, .signature = said.signature};
    NX_TRY(nx_webauthn_assert(&asserted, &x, &out->key, &s));
    NX_REQUIRE(out->key.state == NX_PASSKEY_ACTIVE, NX_ERR_PASSKEY_COUNTER);
    r = nx_administrator_count(house->registry, out->key.id.s, asserted.counter, &regressed);
    NX_REQUIRE(r.e != NX_ERR_NOT_FOUND, NX_ERR_PASSKEY_UNKNOWN);
    NX_TRY(r);
    if (!regressed) return NX_OK;
    NX_TRY(append_audit(house, a, "administrator.flagged", out, "system"));
    NX_FAIL(NX_ERR_PASSKEY_COUNTER);
}

nx_result nx_administrator_prove(struct nx_administrator *out, struct nx_house *house, nx_arena *a,
                                 const struct nx_passkey_try *t, int64_t *retry_after_s)
{
    struct nx_throttled throttled = {.allowed = false, .retry_after_s = 1};
    struct nx_attempt attempt = {.row = NX_THROTTLE_PASSKEY, .source = t->source};
    NX_TRY(nx_throttle_take(house->store, a, &attempt, &throttled));
    *retry_after_s = throttled.retry_after_s;
    NX_REQUIRE(throttled.allowed, NX_ERR_HTTP_RATE);
    NX_TRY(prove(out, house, a, t));
    return nx_throttle_refund(house->store, a, &attempt);
}
