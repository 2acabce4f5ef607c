/* Rights over keys take two operators once an administrator who holds them is enrolled (SECURITY.md 24): one
 * asks by doing the act, another approves, and the first does it again. */
#ifndef NX_OPERATE_APPROVAL_H
#define NX_OPERATE_APPROVAL_H

#include "operate/call.h"

/* NX_OK when the act may go on: the scopes hold no `keys`, no administrator with `keys` is enrolled yet, or a
 * second operator has approved exactly this (used up by this call). Otherwise it is asked for, audited, and
 * NX_ERR_ACCESS_DENIED with c->why. act: "token", "console-link", "administrator", "last-administrator". Not
 * inside a change of the caller. */
NX_FALLIBLE nx_operate_approved(struct nx_operate_call *c, const char *act, const char *scopes);
/* The same for removing the administrator of that id, where nobody who holds `keys` would be left: one operator
 * would be enough for everything from then on. */
NX_FALLIBLE nx_operate_may_remove(struct nx_operate_call *c, const char *id);

/* Items {"id","act","scope","asked_by","approved_by" or null,"asked","expires"}. */
NX_FALLIBLE nx_operate_approval_list(json_t **out, struct nx_operate_call *c);
/* By another actor than the one who asked. NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_operate_approve(struct nx_operate_call *c, const char *id);

#endif
