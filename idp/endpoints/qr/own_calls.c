/* The phone's own affairs (docs/PROTOCOL-qr.md section 9). */
#include "authn/passkey.h"
#include "endpoints/qr/qr.h"
#include "operate/passkeys.h"
#include "qr/pin.h"
#include "qr/wallet.h"
#include "revoke/revoke.h"

static const char *const proof_only[] = {"proof", NULL};

static nx_result sync_own(struct nx_qr_call *c)
{
    NX_TRY(nx_qr_members(c, proof_only));
    NX_TRY(nx_qr_prove(c, NX_QR_PROOF_SYNC, true));
    return nx_qr_sync(&c->answer, c->a, c->house, &c->proof.who, nx_now());
}

nx_result nx_qr_v1_sync(nx_request *rq, nx_reply *rp)
{
    return nx_qr_run(rq, rp, sync_own);
}

static nx_result revoke(struct nx_qr_call *c, enum nx_revoke_scope scope, const char *target,
                        const char *reason)
{
    char *actor = nx_arena_printf(c->a, "person:%s", c->proof.who.person.s);
    NX_NEED(actor);
    return nx_revoke(c->house, c->a,
                     &(struct nx_revoke_order){.act = NX_REVOKE,
                                               .scope = scope,
                                               .target = target,
                                               .subject = c->proof.who.person.s,
                                               .reason = reason,
                                               .actor = actor},
                     NULL);
}

static nx_result session_end(struct nx_qr_call *c)
{
    NX_TRY(nx_qr_members(c, proof_only));
    NX_TRY(nx_qr_prove(c, NX_QR_PROOF_END, false));
    const char *session = nx_json_str(c->proof.payload, "session");
    NX_TRY(nx_qr_session_of(c->a, c->house, &c->proof.who, session));
    return revoke(c, NX_REVOKE_SESSION, session, "ended on the phone");
}

nx_result nx_qr_v1_session_end(nx_request *rq, nx_reply *rp)
{
    return nx_qr_run(rq, rp, session_end);
}

static nx_result undo_passkey(struct nx_qr_call *c, const char *id)
{
    const char *person = c->proof.who.person.s;
    char *actor = nx_arena_printf(c->a, "person:%s", person);
    NX_NEED(actor);
    NX_TRY(nx_passkey_remove(c->house, c->a, person, id, actor));
    return nx_passkey_sessions_end(c->house, c->a, person, "undone on the phone", actor);
}

static nx_result undo(struct nx_qr_call *c)
{
    enum nx_notice_kind kind;
    const char *target;
    NX_TRY(nx_qr_members(c, proof_only));
    NX_TRY(nx_qr_prove(c, NX_QR_PROOF_UNDO, false));
    NX_TRY(
        nx_qr_notice(&kind, &target, c->a, c->house, &c->proof.who, nx_json_str(c->proof.payload, "notice")));
    if (kind == NX_NOTICE_PASSKEY) return undo_passkey(c, target);
    return revoke(c, kind == NX_NOTICE_SESSION ? NX_REVOKE_SESSION : NX_REVOKE_QR, target,
                  "undone on the phone");
}

nx_result nx_qr_v1_undo(nx_request *rq, nx_reply *rp)
{
    return nx_qr_run(rq, rp, undo);
}

static nx_result change_pin(struct nx_qr_call *c)
{
    static const char *const members[] = {"proof", "pin", "new_pin", NULL};
    NX_AUTO_SECRET(old);
    NX_AUTO_SECRET(fresh);
    int bound_at;
    NX_TRY(nx_qr_members(c, members));
    NX_TRY(nx_qr_take_pin(&old, c, "pin"));
    NX_TRY(nx_qr_take_pin(&fresh, c, "new_pin"));
    NX_TRY(nx_qr_prove(c, NX_QR_PROOF_PIN, false));
    NX_TRY(nx_qr_check_pin(&bound_at, c, &old));
    return nx_pin_set(c->house, c->a, &c->proof.who, &fresh);
}

nx_result nx_qr_v1_pin(nx_request *rq, nx_reply *rp)
{
    return nx_qr_run(rq, rp, change_pin);
}

static nx_result revoke_own(struct nx_qr_call *c)
{
    NX_TRY(nx_qr_members(c, proof_only));
    NX_TRY(nx_qr_prove(c, NX_QR_PROOF_REVOKE, false));
    const char *qid = nx_json_str(c->proof.payload, "qid"), *why = nx_json_str(c->proof.payload, "reason");
    NX_REQUIRE(qid && strcmp(qid, c->proof.who.qid.s) == 0, NX_ERR_QR_PROOF);
    bool known =
        why && (strcmp(why, "lost") == 0 || strcmp(why, "replaced") == 0 || strcmp(why, "other") == 0);
    NX_REQUIRE(known, NX_ERR_QR_MALFORMED);
    return revoke(c, NX_REVOKE_QR, qid, why);
}

nx_result nx_qr_v1_revoke(nx_request *rq, nx_reply *rp)
{
    return nx_qr_run(rq, rp, revoke_own);
}
