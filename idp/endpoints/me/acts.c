/* POST /me: one form for every act, told apart by its button. Each act is checked to be on something of hers.
 */
#include "endpoints/me/me.h"

#include "authn/passkey.h"
#include "operate/passkeys.h"
#include "endpoints/saml/logout.h"
#include "house/house.h"
#include "qr/enrol.h"
#include "registry/audit.h"
#include "registry/consent.h"
#include "revoke/revoke.h"
#include "sessions/signon.h"

static nx_result done(struct nx_self *s, const char *what)
{
    const char *url = nx_arena_printf(s->rq->arena, "/me?done=%s", what);
    NX_NEED(url);
    nx_reply_redirect(s->rp, url);
    return NX_OK;
}

static nx_result end(struct nx_self *s, enum nx_revoke_act act, enum nx_revoke_scope scope,
                     const char *target, const char *reason)
{
    struct nx_revoke_order order = {
        .act = act, .scope = scope, .target = target, .subject = s->id, .reason = reason, .actor = s->actor};
    return nx_revoke(s->house, s->rq->arena, &order, NULL);
}

/* ---- sessions
 * ---------------------------------------------------------------------------------------------- */

/* Portals of this browser's session that only the browser can tell are told before the page `where`. */
static nx_result leave(struct nx_self *s, enum nx_revoke_scope scope, const char *target, const char *reason,
                       const char *where)
{
    struct nx_slo_start start = {.seq = 0};
    struct nx_revoke_order order = {.act = NX_REVOKE,
                                    .scope = scope,
                                    .target = target,
                                    .subject = s->id,
                                    .reason = reason,
                                    .actor = s->actor,
                                    .browser = s->gate.session.id.s};
    NX_TRY(nx_revoke(s->house, s->rq->arena, &order, &start.seq));
    return nx_signed_out(s->rq, s->rp, &start, where);
}

static nx_result sign_out(struct nx_self *s, const char *id)
{
    (void)id;
    return leave(s, NX_REVOKE_SIGN_OUT, s->gate.session.id.s, "signed out", "/signed-out");
}

static nx_result sign_out_everywhere(struct nx_self *s, const char *id)
{
    (void)id;
    return leave(s, NX_REVOKE_PERSON, s->id, "signed out everywhere", "/signed-out?everywhere=1");
}

static nx_result end_session(struct nx_self *s, const char *id)
{
    struct nx_signon other;
    enum nx_found found;
    NX_TRY(nx_signon_get(s->house->store, s->rq->arena, id, &other, &found));
    NX_REQUIRE(found != NX_FOUND || strcmp(other.subject, s->id) == 0, NX_ERR_NOT_FOUND);
    if (found == NX_FOUND) NX_TRY(end(s, NX_REVOKE, NX_REVOKE_SESSION, id, "ended by its holder"));
    return done(s, "session_ended");
}

/* ---- QR identities
 * ----------------------------------------------------------------------------------------- */

static nx_result own_identity(struct nx_self *s, const char *qid)
{
    struct nx_qr_identity q;
    NX_TRY(nx_qr_identity_get(s->house->registry, s->rq->arena, qid, &q));
    NX_REQUIRE(strcmp(q.person.s, s->id) == 0, NX_ERR_NOT_FOUND);
    return NX_OK;
}

static nx_result revoke_identity(struct nx_self *s, const char *id)
{
    NX_TRY(own_identity(s, id));
    NX_TRY(end(s, NX_REVOKE, NX_REVOKE_QR, id, "revoked by its holder"));
    return done(s, "qr_revoked");
}

static nx_result undo_identity(struct nx_self *s, const char *id)
{
    NX_TRY(own_identity(s, id));
    NX_TRY(end(s, NX_REVOKE, NX_REVOKE_QR, id, "enrolment undone by its holder"));
    return done(s, "undone");
}

static nx_result suspend_identity(struct nx_self *s, const char *id)
{
    NX_TRY(own_identity(s, id));
    NX_TRY(end(s, NX_SUSPEND, NX_REVOKE_QR, id, "suspended by its holder"));
    return done(s, "qr_suspended");
}

static nx_result resume_identity(struct nx_self *s, const char *id)
{
    NX_TRY(own_identity(s, id));
    NX_TRY(end(s, NX_RESUME, NX_REVOKE_QR, id, "resumed by its holder"));
    return done(s, "qr_resumed");
}

/* Rule 25: a phone that an administrator enrolled waits until its holder says, with another factor, that it is hers. */
static nx_result confirm_identity(struct nx_self *s, const char *id)
{
    NX_TRY(own_identity(s, id));
    NX_TRY(nx_qr_confirm(s->house, s->rq->arena, id, s->actor));
    return done(s, "qr_confirmed");
}

static nx_result enrol_phone(struct nx_self *s, const char *id)
{
    (void)id;
    nx_reply_redirect(s->rp, "/me/phones/enrol");
    return NX_OK;
}

/* ---- passkeys
 * ---------------------------------------------------------------------------------------------- */

/* One that is gone already was taken back already. */
static nx_result undo_passkey(struct nx_self *s, const char *id)
{
    nx_result r = nx_passkey_remove(s->house, s->rq->arena, s->id, id, s->actor);
    if (r.e != NX_ERR_NOT_FOUND) NX_TRY(r);
    NX_TRY(nx_passkey_sessions_end(s->house, s->rq->arena, s->id, "its passkey was not hers", s->actor));
    return done(s, "undone");
}

/* ---- consents
 * ---------------------------------------------------------------------------------------------- */

static nx_result forget_consent(struct nx_self *s, const struct nx_revoke_order *order, int64_t *seq)
{
    const char *detail = nx_arena_printf(s->rq->arena, "{\"client\":\"%s\"}", order->target);
    struct nx_audit_entry entry = {
        .actor = s->actor, .type = "consent.withdrawn", .subject = s->id, .detail = detail};
    NX_AUTO_CHANGE(change);
    NX_NEED(detail);
    NX_TRY(nx_registry_begin(&change, s->house->registry, NX_DURABLE));
    NX_TRY(nx_consent_delete(s->house->registry, s->id, order->target));
    NX_TRY(nx_audit_append(s->house->registry, &entry));
    NX_TRY(nx_revoke_record(s->house, s->rq->arena, order, seq));
    return nx_registry_commit(&change);
}

/* Withdrawing ends what was given under it: the portal's tokens of hers die with the consent. */
static nx_result withdraw(struct nx_self *s, const char *id)
{
    struct nx_consent consent;
    int64_t seq = 0;
    NX_TRY(nx_consent_get(s->house->registry, s->rq->arena, s->id, id,
                          &consent)); /* so that id is one of ours */
    struct nx_revoke_order order = {.act = NX_REVOKE,
                                    .scope = NX_REVOKE_GRANT,
                                    .target = consent.client,
                                    .subject = s->id,
                                    .reason = "consent withdrawn",
                                    .actor = s->actor};
    NX_TRY(forget_consent(s, &order, &seq));
    NX_TRY(nx_revoke_apply(s->house, s->rq->arena, seq));
    return done(s, "consent_withdrawn");
}

/* ---- the table
 * --------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum nx_self_for
        needs; /* ending is always allowed; what gives back or adds a means wants a fresh proof */
    bool takes_id;
    nx_result (*run)(struct nx_self *s, const char *id);
    const char *next; /* where to go on after a fresh proof */
} acts[] = {
    {"sign-out", NX_SELF_LOOK, false, sign_out, "/me"},
    {"sign-out-everywhere", NX_SELF_LOOK, false, sign_out_everywhere, "/me"},
    {"end", NX_SELF_LOOK, true, end_session, "/me"},
    {"withdraw", NX_SELF_LOOK, true, withdraw, "/me"},
    {"revoke", NX_SELF_LOOK, true, revoke_identity, "/me"},
    {"undo", NX_SELF_LOOK, true, undo_identity, "/me"},
    {"undo-passkey", NX_SELF_LOOK, true, undo_passkey, "/me"},
    {"suspend", NX_SELF_LOOK, true, suspend_identity, "/me"},
    {"resume", NX_SELF_FRESH, true, resume_identity, "/me"},
    {"confirm", NX_SELF_FRESH, true, confirm_identity, "/me"},
    {"enrol", NX_SELF_FRESH, false, enrol_phone, "/me/phones/enrol"},
};

nx_result nx_me_act(nx_request *rq, nx_reply *rp)
{
    struct nx_self s;
    const char *name = nx_form(rq, "act"), *id = nx_form(rq, "id");
    for (size_t i = 0; name && i < sizeof acts / sizeof acts[0]; i++) {
        if (strcmp(acts[i].name, name) != 0) continue;
        NX_REQUIRE(id || !acts[i].takes_id, NX_ERR_MISSING);
        nx_result r = nx_self_open(&s, rq, rp, acts[i].needs);
        return nx_ok(r) ? acts[i].run(&s, id) : nx_self_answer(&s, r, acts[i].next);
    }
    NX_FAIL(NX_ERR_UNKNOWN);
}
