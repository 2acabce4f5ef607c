/* Handles and cards: the texts that stand for a QR identity (docs/PROTOCOL-qr.md section 3). */
#ifndef NX_QR_ISSUE_H
#define NX_QR_ISSUE_H

#include "house/house.h"
#include "registry/person.h"
#include "registry/qr_identity.h"

/* typ of the objects (rule 10). */
#define NX_QR_TYP_HANDLE "nx-h"
#define NX_QR_TYP_CARD "nx-c"
#define NX_QR_TYP_LIVE "nx-l"

/* A device's texts are made anew at each sync; paper's hold as long as the identity. */
#define NX_QR_DEVICE_TEXT_S (30LL * 86400)
#define NX_QR_LIVE_S 30

struct nx_qr_texts {
    const char *handle;
    const char *card;
};

/* Signs handle and card of an identity that can be used; memory of the arena. Status is the caller's
 * business: a revoked identity's texts would verify and then fail at the status list. Errors of the registry,
 * NX_ERR_LIMIT when the holder's data does not fit (long texts are left out before that, the address first).
 */
NX_FALLIBLE nx_qr_issue(struct nx_qr_texts *out, nx_arena *a, struct nx_house *house,
                        const struct nx_qr_identity *q, nx_time now);

/* The URI of a list of handles and cards: ISSUER/s/N. */
char *nx_qr_list_uri(nx_arena *a, const struct nx_house *house, int64_t list);

#endif
