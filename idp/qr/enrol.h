/* Enrolling a phone (docs/PROTOCOL-qr.md section 6, rule 3).
 *
 * An enrolment is an order of its own kind (sessions/order.h): its id is the secret of the link, the first
 * start takes it, a second start kills it. Fresh re-authentication and the rung of the session that asks are
 * the caller's checks (idp/endpoints/qr); what is bound, and at which level, is fixed here when the link is
 * made. */
#ifndef NX_QR_ENROL_H
#define NX_QR_ENROL_H

#include "base/secret.h"
#include "house/house.h"
#include "qr/link.h"
#include "qr/proof.h"
#include "sessions/order.h"

#define NX_ENROL_LINK_S 120
#define NX_ENROL_LABEL_MAX 40

struct nx_enrolment {
    struct nx_order o;
    const char *person;
    const char *name;    /* the person's, as the phone shows it */
    const char *session; /* sign-on session that made the link; NULL: an administrator did */
    const char
        *qid;     /* of the identity that is made at the end, or, pending, of the one that waits for a key */
    bool pending; /* an administrator made the link: no digits, the identity stays pending */
    int bound_at;
    const char *enrolment; /* since started: what the phone holds */
    const char *nonce;
    const char *label; /* since finished */
    const char *jwk;
    const char *thumbprint;
    const char *verifier; /* of the PIN */
    const char *digits;
};

/* Makes a link for the person of a session (digits will be asked there), or, session NULL, for a pending
 * identity `qid` that an administrator made. */
struct nx_enrol_ask {
    const char *person;
    const char *session;
    const char *qid;
    int bound_at;
};
NX_FALLIBLE nx_enrol_begin(struct nx_enrolment *out, char **link, nx_arena *a, struct nx_house *house,
                           const struct nx_enrol_ask *ask);
/* NX_ERR_QR_ENROLMENT_GONE. A dead one is found. */
NX_FALLIBLE nx_enrol_find(struct nx_enrolment *out, nx_arena *a, struct nx_house *house, const char *id);

/* The phone's steps. */
NX_FALLIBLE nx_enrol_start(struct nx_enrolment *out, nx_arena *a, struct nx_house *house, nx_span secret);
/* proof is verified with the enrolment's nonce inside. Answers the new qid (or the pending one) and, for a
 * link of a session, the digits. HASH lane. NX_ERR_QR_PIN_WEAK leaves everything as it was. */
struct nx_enrol_done {
    const char *qid;
    const char *digits; /* NULL: the identity is pending */
    const char *watch;
    int64_t expires_in;
};
NX_FALLIBLE nx_enrol_finish(struct nx_enrol_done *out, nx_arena *a, struct nx_house *house, const char *proof,
                            const nx_secret *pin, const char *label, nx_time *server_time);

/* The page's step: the digits, typed in the session that made the link. NX_OK: the identity is active, and
 * its holder's other channels are told. NX_ERR_QR_DIGITS with *left; NX_ERR_QR_ENROLMENT_GONE. */
NX_FALLIBLE nx_enrol_digits(struct nx_enrolment *e, nx_arena *a, struct nx_house *house, const char *session,
                            nx_span typed, int *left);
/* Rule 25: a pending device that has its key becomes active; who is asked for it has proven herself by
 * another factor. NX_ERR_CONFLICT for any other state, or without a key. */
NX_FALLIBLE nx_qr_confirm(struct nx_house *house, nx_arena *a, const char *qid, const char *actor);

NX_FALLIBLE nx_enrol_watch(const char **state, const char **reason, nx_arena *a, struct nx_house *house,
                           nx_span watch);

#endif
