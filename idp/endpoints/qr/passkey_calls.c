/* A passkey of a phone (docs/PROTOCOL-qr.md section 9): it approves where the PIN would. Enrolling it takes
 * the device key and the PIN, so that it stands on the same two factors and never above their level (rule 3).
 */
#include "authn/passkey.h"
#include "crypto/digest.h"
#include "endpoints/qr/qr.h"
#include "registry/person.h"
#include "sessions/throttle.h"

/* What an authenticator's answer lacks is one code to a wallet; what we lack is told as everywhere. */
static nx_result one_code(nx_result r)
{
    nx_fault_of fault = nx_err_fault(r.e);
    bool theirs = fault == NX_FAULT_PEER || fault == NX_FAULT_DENIED || fault == NX_FAULT_STATE;
    NX_REQUIRE(nx_ok(r) || !theirs, NX_ERR_PASSKEY_UNKNOWN);
    return r;
}

static struct nx_passkey_scene scene_of(const struct nx_qr_call *c)
{
    return (struct nx_passkey_scene){.purpose = NX_PASSKEY_ENROL_PHONE,
                                     .browser = nx_span_str(c->proof.who.qid.s),
                                     .about = c->proof.who.qid.s};
}

static nx_result holder_of(struct nx_passkey_holder *out, struct nx_person *person,
                           const struct nx_qr_call *c)
{
    const struct nx_qr_identity *q = &c->proof.who;
    NX_TRY(nx_person_get(c->house->registry, c->a, q->person.s, person));
    *out = (struct nx_passkey_holder){.person = q->person.s,
                                      .qid = q->qid.s,
                                      .user_name = person->user_name,
                                      .name = person->name,
                                      .bound_at = q->bound_at};
    return NX_OK;
}

static nx_result start(struct nx_qr_call *c)
{
    static const char *const members[] = {"proof", "pin", NULL};
    struct nx_passkey_challenge challenge;
    struct nx_passkey_holder holder;
    struct nx_person person;
    json_t *options = NULL;
    int bound_at;
    NX_AUTO_SECRET(pin);
    NX_TRY(nx_qr_members(c, members));
    NX_TRY(nx_qr_take_pin(&pin, c, "pin"));
    NX_TRY(nx_qr_prove(c, NX_QR_PROOF_PASSKEY, false));
    NX_TRY(nx_qr_throttle(c, NX_THROTTLE_ENROL, c->proof.who.qid.s));
    NX_TRY(nx_qr_check_pin(&bound_at, c, &pin));
    const struct nx_passkey_scene scene = scene_of(c);
    NX_TRY(holder_of(&holder, &person, c));
    NX_TRY(nx_passkey_challenge(&challenge, c->house, c->a, &scene));
    NX_TRY(nx_passkey_creation_json(&options, c->house, c->a, &challenge, &holder));
    c->answer = json_pack("{s:s, s:o, s:i}", "ticket", challenge.ticket.s, "publicKey", options, "expires_in",
                          NX_PASSKEY_CHALLENGE_S);
    NX_NEED(c->answer);
    return NX_OK;
}

nx_result nx_qr_v1_passkey_start(nx_request *rq, nx_reply *rp)
{
    return nx_qr_run(rq, rp, start);
}

static nx_result finish(struct nx_qr_call *c)
{
    static const char *const members[] = {"proof", "credential", NULL};
    struct nx_passkey_holder holder;
    struct nx_person person;
    struct nx_passkey k;
    NX_TRY(nx_qr_members(c, members));
    NX_TRY(nx_qr_prove(c, NX_QR_PROOF_PASSKEY_BIND, false));
    NX_TRY(holder_of(&holder, &person, c));
    const struct nx_passkey_scene scene = scene_of(c);
    const struct nx_passkey_answer answer = {.ticket = nx_span_str(nx_json_str(c->proof.payload, "ticket")),
                                             .response = nx_json_str(c->json, "credential")};
    NX_TRY(one_code(nx_passkey_enrol(&k, c->house, c->a, &scene, &holder, &answer, c->proof.who.label)));
    const char *id = nx_b64u_dup(c->a, k.credential_id);
    NX_NEED(id);
    c->answer = json_pack("{s:s}", "id", id);
    NX_NEED(c->answer);
    return NX_OK;
}

nx_result nx_qr_v1_passkey_finish(nx_request *rq, nx_reply *rp)
{
    return nx_qr_run(rq, rp, finish);
}

/* Rule 2: over the digest of what was displayed, with the user verified. */
NX_FALLIBLE nx_qr_check_passkey(struct nx_qr_call *c, struct nx_qr_order *q)
{
    uint8_t digest[NX_SHA256_LEN];
    int bound_at = 0;
    NX_TRY(nx_qr_throttle(c, NX_THROTTLE_PASSKEY, c->proof.who.qid.s));
    NX_TRY(nx_sha256(digest, nx_span_str(q->context)));
    NX_TRY(
        one_code(nx_passkey_approve(&q->means, &bound_at, c->house, c->a, c->proof.who.qid.s,
                                    nx_span_of(digest, sizeof digest), nx_json_str(c->json, "assertion"))));
    if (bound_at < c->proof.who.bound_at) c->proof.who.bound_at = bound_at;
    return NX_OK;
}
