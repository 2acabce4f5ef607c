/* The page's half: the digits come back in the session that made the link, and only then the identity exists.
 */
#include "qr/enrol.h"
#include "qr/enrol_body.h"
#include "registry/audit.h"
#include "registry/credential.h"
#include "sessions/throttle.h"

#include "base/secret.h"

/* Rule 9, as for sign-in: over all enrolments of a person. */
static nx_result throttle(struct nx_house *house, nx_arena *a, const struct nx_enrolment *e,
                          struct nx_attempt *attempt)
{
    struct nx_throttled throttled;
    char *account = nx_arena_printf(a, "enrol:%s", e->person);
    NX_NEED(account);
    *attempt = (struct nx_attempt){.row = NX_THROTTLE_PIN, .account = account, .source = e->session};
    NX_TRY(nx_throttle_take(house->store, a, attempt, &throttled));
    NX_REQUIRE(throttled.allowed, NX_ERR_HTTP_RATE);
    return NX_OK;
}

/* Identity, PIN and audit row stand or fall together. */
static nx_result make_identity(const struct nx_enrolment *e, nx_arena *a, struct nx_house *house)
{
    struct nx_qr_identity q = {.kind = NX_QR_DEVICE,
                               .status = NX_QR_ACTIVE,
                               .bound_at = e->bound_at,
                               .jwk = e->jwk,
                               .thumbprint = e->thumbprint,
                               .label = e->label};
    struct nx_credential pin = {.type = NX_CREDENTIAL_PIN,
                                .state = NX_CREDENTIAL_ACTIVE,
                                .bound_at = e->bound_at,
                                .verifier = e->verifier};
    memcpy(q.qid.s, e->qid, sizeof q.qid.s);
    memcpy(q.person.s, e->person, sizeof q.person.s);
    pin.qid = q.qid;
    pin.person = q.person;
    char *actor = nx_arena_printf(a, "person:%s", e->person);
    char *detail = nx_arena_printf(a, "{\"qid\":\"%s\",\"bound_at\":%d}", e->qid, e->bound_at);
    NX_REQUIRE(actor && detail, NX_ERR_MEMORY);
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, house->registry, NX_DURABLE));
    NX_TRY(nx_qr_identity_create_named(house->registry, &q));
    NX_TRY(nx_credential_set(house->registry, &pin));
    NX_TRY(nx_audit_append(
        house->registry, &(struct nx_audit_entry){
                             .actor = actor, .type = "qr.enrolled", .subject = e->person, .detail = detail}));
    return nx_registry_commit(&change);
}

NX_FALLIBLE nx_enrol_digits(struct nx_enrolment *e, nx_arena *a, struct nx_house *house, const char *session,
                            nx_span typed, int *left)
{
    *left = 0;
    enum nx_found found;
    struct nx_attempt attempt;
    bool mine = e->session && strcmp(e->session, session) == 0;
    NX_REQUIRE(mine && e->o.state == NX_ORDER_APPROVED && e->digits, NX_ERR_QR_ENROLMENT_GONE);
    NX_TRY(throttle(house, a, e, &attempt));
    /* Counted before it is compared. */
    NX_TRY(nx_order_try(house->store, a, e->o.id.s, &e->o, &found));
    NX_REQUIRE(found == NX_FOUND, NX_ERR_QR_ENROLMENT_GONE);
    if (!nx_ct_equal(typed, nx_span_str(e->digits))) {
        *left = NX_ORDER_TRIES - (int)e->o.tries;
        if (*left <= 0) NX_TRY(nx_enrol_end(house, a, e->o.id.s, "digits"));
        NX_FAIL(NX_ERR_QR_DIGITS);
    }
    nx_ignore(nx_throttle_refund(house->store, a, &attempt)); /* at worst her next burst is one shorter */
    NX_TRY(nx_enrol_step(e, a, house, NX_ORDER_DIGITS));      /* one caller goes on */
    nx_result r = make_identity(e, a, house);
    if (!nx_ok(r)) {
        nx_ignore(nx_enrol_end(house, a, e->o.id.s, "used"));
        return r;
    }
    return nx_enrol_step(e, a, house, NX_ORDER_DONE);
}

NX_FALLIBLE nx_qr_confirm(struct nx_house *house, nx_arena *a, const char *qid, const char *actor)
{
    struct nx_qr_identity q;
    char *detail = nx_arena_printf(a, "{\"qid\":\"%s\"}", qid);
    NX_NEED(detail);
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, house->registry, NX_DURABLE));
    NX_TRY(nx_qr_identity_get(house->registry, a, qid, &q));
    NX_REQUIRE(q.status == NX_QR_PENDING && q.jwk, NX_ERR_CONFLICT);
    NX_TRY(nx_qr_identity_set_status(house->registry, qid, NX_QR_ACTIVE, NULL));
    NX_TRY(nx_audit_append(house->registry, &(struct nx_audit_entry){.actor = actor,
                                                                     .type = "qr.confirmed",
                                                                     .subject = q.person.s,
                                                                     .detail = detail}));
    return nx_registry_commit(&change);
}
