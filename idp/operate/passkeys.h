/* Passkeys of people, and the models of authenticators, as operators see and change them (docs/passkeys.md).
 */
#ifndef NX_OPERATE_PASSKEYS_H
#define NX_OPERATE_PASSKEYS_H

#include "operate/call.h"

/* Ends the person's sessions in whose sign-in a passkey had part: what a passkey that is gone opened does not
 * stay open. Which of her passkeys it was is kept nowhere, so those of the others end too. */
NX_FALLIBLE nx_passkey_sessions_end(struct nx_house *house, nx_arena *a, const char *person,
                                    const char *reason, const char *actor);

/* Items {"id","name","state":"active|flagged","level","model","attested","backup_eligible","qr_identity" or
 * null, "created_at","used_at"}, oldest first. NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_operate_passkey_list(json_t **out, struct nx_operate_call *c, const char *person);
/* Removes one of hers and ends what passkeys opened. NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_operate_passkey_remove(struct nx_operate_call *c, const char *person, const char *id);
/* After a counter ceremony (rule 3): body {"level":"m1" … "m4"}, at most the person's own proofing. Lowering
 * ends what it opened. NX_ERR_NOT_FOUND, NX_ERR_RANGE. */
NX_FALLIBLE nx_operate_passkey_level(struct nx_operate_call *c, const char *person, const char *id,
                                     const json_t *body);

/* Items {"aaguid","name","allowed","biometric","anchors","updated_at"}. */
NX_FALLIBLE nx_operate_model_list(json_t **out, struct nx_operate_call *c);
/* Body {"name","allowed","biometric","anchors"}: anchors are certificates in PEM, "" for none. NX_ERR_SYNTAX,
 * NX_ERR_RANGE. */
NX_FALLIBLE nx_operate_model_set(json_t **out, struct nx_operate_call *c, const char *aaguid,
                                 const json_t *body);
NX_FALLIBLE nx_operate_model_remove(struct nx_operate_call *c, const char *aaguid);

#endif
