/* What a wallet is told about its own identity: docs/PROTOCOL-qr.md section 9. */
#ifndef NX_QR_WALLET_H
#define NX_QR_WALLET_H

#include "house/house.h"
#include "registry/qr_identity.h"

#define NX_NOTICES_MAX 20
#define NX_NOTICE_DAYS 7

/* The answer of /qr/v1/sync. *out is owned. */
NX_FALLIBLE nx_qr_sync(json_t **out, nx_arena *a, struct nx_house *house, const struct nx_qr_identity *q,
                       nx_time now);

/* What a notice's id stands for: "s:SESSION", "q:QID" or "k:PASSKEY". */
enum nx_notice_kind { NX_NOTICE_SESSION, NX_NOTICE_IDENTITY, NX_NOTICE_PASSKEY };
/* Checks that it is this person's. NX_ERR_NOT_FOUND. target is in the arena. */
NX_FALLIBLE nx_qr_notice(enum nx_notice_kind *kind, const char **target, nx_arena *a, struct nx_house *house,
                         const struct nx_qr_identity *q, const char *id);
/* Whether the session is one of this QR identity's. NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_qr_session_of(nx_arena *a, struct nx_house *house, const struct nx_qr_identity *q,
                             const char *session);

#endif
