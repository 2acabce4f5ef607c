/* QR identities: one row is one revocable credential of one subject, on a device key or on paper (QR.md
 * section 1).
 *
 * Every token of a person is bound to one of them (rule 23). Changing a status here kills nothing by itself:
 * idp/revoke does, with epochs, the store and the outbox, and calls nx_qr_identity_set_status inside its
 * change. Revoked is final. */
#ifndef NX_REGISTRY_QR_IDENTITY_H
#define NX_REGISTRY_QR_IDENTITY_H

#include "registry/registry.h"

enum nx_qr_kind { NX_QR_DEVICE, NX_QR_PAPER };
enum nx_qr_status { NX_QR_PENDING, NX_QR_ACTIVE, NX_QR_SUSPENDED, NX_QR_REVOKED };

#define NX_QR_LABEL_MAX 80
#define NX_QR_JWK_MAX 1024
#define NX_QR_IDENTITIES_MAX 32 /* not revoked ones of one person */
#define NX_QR_PAPER_LIFETIME_S (5LL * 365 * 86400)
#define NX_QR_DEVICE_LIFETIME_S (5LL * 365 * 86400)

struct nx_qr_identity {
    nx_id qid;
    nx_id person;
    enum nx_qr_kind kind;
    enum nx_qr_status status;
    int bound_at; /* level 1..4 at which it was enrolled; paper is 1 */
    nx_time issued;
    nx_time expires;
    nx_time used; /* last sign-in or approval, 0 never */
    int64_t failures;
    int64_t status_list;  /* number of the list that its cards and handles point into */
    int64_t status_index; /* 0..NX_STATUS_LIST_SIZE-1 */
    bool primary;         /* chosen by its holder before the others */
    /* In the caller's arena; NULL where absent. */
    const char *jwk;        /* public device key, canonical JSON; NULL for paper and for a pending device */
    const char *thumbprint; /* RFC 7638, base64url; NULL with jwk NULL */
    const char *label;
};

/* "device", "paper". */
const char *nx_qr_kind_name(enum nx_qr_kind kind);
NX_FALLIBLE nx_qr_kind_of(enum nx_qr_kind *out, nx_span name);
/* "pending", "active", "suspended", "revoked". */
const char *nx_qr_status_name(enum nx_qr_status status);
NX_FALLIBLE nx_qr_status_of(enum nx_qr_status *out, nx_span name);

/* Makes one: the caller fills person, kind, status, bound_at, expires (0: the kind's lifetime), jwk,
 * thumbprint, label; qid, issued and the status index are drawn here. NX_ERR_CONFLICT when the person does
 * not exist or the key is in use, NX_ERR_LIMIT when she has NX_QR_IDENTITIES_MAX, NX_ERR_RANGE for paper
 * above m1. */
NX_FALLIBLE nx_qr_identity_create(nx_registry *r, struct nx_qr_identity *q);
/* The same under a qid that was drawn before (nx_id_make): an enrolment tells the phone its name before the row may
 * exist. */
NX_FALLIBLE nx_qr_identity_create_named(nx_registry *r, struct nx_qr_identity *q);

/* NX_ERR_NOT_FOUND. An expired one is found: the caller compares expires with the time. */
NX_FALLIBLE nx_qr_identity_get(nx_registry *r, nx_arena *a, const char *qid, struct nx_qr_identity *out);
NX_FALLIBLE nx_qr_identity_by_thumbprint(nx_registry *r, nx_arena *a, const char *thumbprint,
                                         struct nx_qr_identity *out);
/* All of a person's, newest first. */
NX_FALLIBLE nx_qr_identity_list(nx_registry *r, nx_arena *a, const char *person, struct nx_qr_identity **out,
                                size_t *n);
/* How many serve: neither pending nor revoked. */
NX_FALLIBLE nx_qr_identity_count(nx_registry *r, int64_t *out);
/* Rule 23: the active, unexpired device identity marked primary, else the oldest such device; paper only when
 * the person has no active device. One statement. NX_ERR_NOT_FOUND when none can be used. */
NX_FALLIBLE nx_qr_identity_primary(nx_registry *r, nx_arena *a, const char *person, nx_time now,
                                   struct nx_qr_identity *out);
/* Makes this one the holder's primary and the others not. NX_ERR_NOT_FOUND unless it is an active device. */
NX_FALLIBLE nx_qr_identity_make_primary(nx_registry *r, const char *qid);

/* Gives a pending device its key and makes it active or leaves it pending (rule 25). NX_ERR_CONFLICT when it
 * has one already, is not pending, or the key is in use. */
NX_FALLIBLE nx_qr_identity_bind_key(nx_registry *r, const char *qid, const char *jwk, const char *thumbprint,
                                    enum nx_qr_status status);
/* pending → active, revoked; active ⇄ suspended; suspended → revoked, active → revoked. NX_ERR_CONFLICT for
 * any other step (revoked is final), NX_ERR_NOT_FOUND. *was is the former status; may be NULL. Wrong PINs are counted from zero
 * again. */
NX_FALLIBLE nx_qr_identity_set_status(nx_registry *r, const char *qid, enum nx_qr_status status,
                                      enum nx_qr_status *was);
/* Raises the level after a counter ceremony or an approval by a credential of the higher level (rule 3). */
NX_FALLIBLE nx_qr_identity_set_bound_at(nx_registry *r, const char *qid, int level);
NX_FALLIBLE nx_qr_identity_set_label(nx_registry *r, const char *qid, const char *label);

/* Counts a wrong PIN; *failures is the new number of consecutive ones. Suspending at the limit is the
 * caller's act. */
NX_FALLIBLE nx_qr_identity_failed(nx_registry *r, const char *qid, int64_t *failures);
/* Sets the counter back and remembers the use. Writes nothing if the counter is zero and the last use is less
 * than an hour old. */
NX_FALLIBLE nx_qr_identity_succeeded(nx_registry *r, const struct nx_qr_identity *q);

#endif
