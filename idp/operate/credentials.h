/* QR identities and sessions of a person, as operators list and make them (CONTRACT.md section 2). */
#ifndef NX_OPERATE_CREDENTIALS_H
#define NX_OPERATE_CREDENTIALS_H

#include "operate/call.h"

/* Items {"id","status","kind","label","issued_at","expires_at","key_thumbprint"}, newest first.
 * NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_operate_qr_list(json_t **out, struct nx_operate_call *c, const char *person);

/* Body {"kind":"device|paper","jwk":{…},"label":"…"}. Paper: {"id","handle","card","pin"}, the PIN this once;
 * hashes. A device with a jwk: {"id","handle","card"}; without: {"id","enrolment"}, a link for a wallet. A
 * device is pending until its holder has used it (SECURITY.md 25). NX_ERR_NOT_FOUND, NX_ERR_UNKNOWN,
 * NX_ERR_JWK…, NX_ERR_CONFLICT. */
NX_FALLIBLE nx_operate_qr_create(json_t **out, struct nx_operate_call *c, const char *person,
                                 const json_t *body);
/* Whether that body makes something with a PIN, so that the caller can choose its lane. */
bool nx_operate_qr_hashes(const json_t *body);

/* Items {"id","subject","acr","amr","client_ids","qr_id","agent","created","last_seen","expires"} of one
 * person. */
NX_FALLIBLE nx_operate_session_list(json_t **out, struct nx_operate_call *c, const char *subject);
/* The same of the people who signed in last, by the audit trail: at most NX_PAGE_MAX sessions. */
NX_FALLIBLE nx_operate_session_recent(json_t **out, struct nx_operate_call *c);

#endif
