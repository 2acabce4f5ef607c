/* Sign-in by QR: the phone's calls (docs/PROTOCOL-qr.md section 7). */
#include "base/json.h"
#include "endpoints/qr/qr.h"
#include "qr/order.h"
#include "registry/audit.h"
#include "sessions/throttle.h"

static const char *const proof_only[] = {"proof", NULL};

static nx_result take(struct nx_qr_call *c)
{
    struct nx_qr_answer answer;
    nx_id id;
    char *watch;
    NX_TRY(nx_qr_members(c, proof_only));
    NX_TRY(nx_qr_prove(c, NX_QR_PROOF_TAKE, false));
    NX_TRY(nx_qr_throttle(c, NX_THROTTLE_SCAN, c->proof.who.qid.s));
    NX_TRY(nx_qr_take(&answer, c->a, c->house, &c->proof, c->rq->client));
    NX_TRY(nx_qr_order_id(&id, nx_json_str(c->proof.payload, "order")));
    NX_TRY(nx_qr_watch_make(&watch, c->a, c->house, id.s));
    c->answer = json_pack("{s:s, s:s, s:I}", "context", answer.context, "watch", watch, "expires_in",
                          (json_int_t)answer.expires_in);
    NX_NEED(c->answer);
    return NX_OK;
}

nx_result nx_qr_v1_take(nx_request *rq, nx_reply *rp)
{
    return nx_qr_run(rq, rp, take);
}

static const char *verified_by(unsigned means)
{
    if (means == NX_MEANS_QR_BIOMETRIC) return "biometric";
    return means == NX_MEANS_QR_UV ? "passkey" : "pin";
}

/* Rule 2: what was approved, by which verification of the user; the proof holds the digest of what was
 * displayed. */
static nx_result keep_evidence(struct nx_qr_call *c, const struct nx_qr_order *q)
{
    const char *assertion = nx_json_str(c->json, "assertion");
    NX_AUTO_JSON detail = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s*}", "order", q->o.id.s, "qid", q->qid, "client",
                                    q->client_id, "verified_by", verified_by(q->means), "proof", c->proof.text,
                                    "assertion", assertion);
    char *text = detail ? nx_json_dump(c->a, detail) : NULL;
    char *actor = nx_arena_printf(c->a, "person:%s", q->person);
    NX_REQUIRE(text && actor, NX_ERR_MEMORY);
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, c->house->registry, NX_RELAXED));
    NX_TRY(nx_audit_append(c->house->registry,
                           &(struct nx_audit_entry){
                               .actor = actor, .type = "qr.approved", .subject = q->person, .detail = text}));
    return nx_registry_commit(&change);
}

static nx_result check_pin_of_order(struct nx_qr_call *c, struct nx_qr_order *q, const nx_secret *pin)
{
    int bound_at;
    nx_result r = nx_qr_check_pin(&bound_at, c, pin);
    if (r.e == NX_ERR_QR_SUSPENDED) NX_TRY(nx_qr_order_end(c->house, c->a, q->o.id.s, "suspended"));
    c->proof.who.bound_at = bound_at;
    q->means = NX_MEANS_QR_PIN;
    return r;
}

static nx_result approve(struct nx_qr_call *c)
{
    static const char *const by_pin[] = {"proof", "pin", NULL}, *const by_passkey[] = {"proof", "assertion", NULL};
    struct nx_qr_answer answer;
    struct nx_qr_order q;
    NX_AUTO_SECRET(pin);
    bool passkey = nx_json_str(c->json, "assertion") != NULL;
    NX_TRY(nx_qr_members(c, passkey ? by_passkey : by_pin));
    if (!passkey) NX_TRY(nx_qr_take_pin(&pin, c, "pin"));
    NX_TRY(nx_qr_prove(c, NX_QR_PROOF_APPROVE, false));
    NX_TRY(nx_qr_approve_check(&q, c->a, c->house, &c->proof));
    NX_TRY(passkey ? nx_qr_check_passkey(c, &q) : check_pin_of_order(c, &q, &pin));
    NX_TRY(keep_evidence(c, &q));
    NX_TRY(nx_qr_approve(&answer, c->a, c->house, &q, &c->proof));
    const char *state = answer.digits ? "digits" : answer.redirect_to ? "redirect" : "approved";
    c->answer = json_pack("{s:s, s:s*, s:s*, s:I}", "state", state, "digits", answer.digits, "redirect_to",
                          answer.redirect_to, "expires_in", (json_int_t)answer.expires_in);
    NX_NEED(c->answer);
    return NX_OK;
}

nx_result nx_qr_v1_approve(nx_request *rq, nx_reply *rp)
{
    return nx_qr_run(rq, rp, approve);
}

static nx_result decline(struct nx_qr_call *c)
{
    NX_TRY(nx_qr_members(c, proof_only));
    NX_TRY(nx_qr_prove(c, NX_QR_PROOF_DECLINE, false));
    NX_TRY(nx_qr_decline(c->a, c->house, &c->proof));
    c->answer = json_pack("{s:s}", "state", "declined");
    NX_NEED(c->answer);
    return NX_OK;
}

nx_result nx_qr_v1_decline(nx_request *rq, nx_reply *rp)
{
    return nx_qr_run(rq, rp, decline);
}

static nx_result watch(struct nx_qr_call *c)
{
    static const char *const members[] = {"watch", NULL};
    const char *state, *reason;
    NX_TRY(nx_qr_members(c, members));
    NX_TRY(nx_qr_watch(&state, &reason, c->a, c->house, nx_span_str(nx_json_str(c->json, "watch"))));
    c->answer = json_pack("{s:s, s:s?}", "state", state, "reason", reason);
    NX_NEED(c->answer);
    return NX_OK;
}

nx_result nx_qr_v1_watch(nx_request *rq, nx_reply *rp)
{
    return nx_qr_run(rq, rp, watch);
}
