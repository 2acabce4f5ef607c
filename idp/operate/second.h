/* A person's credentials as operators list, make and remove them (CONTRACT.md section 2). */
#ifndef NX_OPERATE_SECOND_H
#define NX_OPERATE_SECOND_H

#include "operate/call.h"

/* Items {"id","type","state","level","label","left","created_at","used_at"}: password, generators of one-time
 * codes, and recovery codes as one item with how many are left. NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_operate_credential_list(json_t **out, struct nx_operate_call *c, const char *person);

/* Body {"type":"totp|hotp","label":"…"} → {"id","otpauth_uri"}, the secret this once. It is bound at the
 * level at which the person was proofed, for which the operator answers, and pending until its holder uses it
 * beside another factor (SECURITY.md 25). NX_ERR_NOT_FOUND, NX_ERR_UNKNOWN, NX_ERR_LIMIT. */
NX_FALLIBLE nx_operate_credential_create(json_t **out, struct nx_operate_call *c, const char *person,
                                         const json_t *body);
/* Removes a generator, and ends the sessions that used its codes. NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_operate_credential_delete(struct nx_operate_call *c, const char *person, const char *id);

/* The operator has seen that the number or the mailbox of the person's row is hers: codes may go there. What is already
 * so stays. NX_ERR_NOT_FOUND, NX_ERR_MISSING (she has none, or nothing was named). */
NX_FALLIBLE nx_operate_person_verify(struct nx_operate_call *c, const char *person, bool phone, bool email);

#endif
