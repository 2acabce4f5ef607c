/* Enrolled kiosks, as operators register and revoke them (SECURITY.md 5). */
#ifndef NX_OPERATE_KIOSKS_H
#define NX_OPERATE_KIOSKS_H

#include "operate/call.h"

/* Items {"id","name","place","organisation","state","created","enrolled_at"}. */
NX_FALLIBLE nx_operate_kiosk_list(json_t **out, struct nx_operate_call *c, const struct nx_operate_page *page);
/* Body {"name","place","organisation"}: {"id","enrolment","expires_in"}: the link to open on that machine, once. */
NX_FALLIBLE nx_operate_kiosk_add(json_t **out, struct nx_operate_call *c, const json_t *body);
/* Its signature counts for nothing from then on. NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_operate_kiosk_revoke(struct nx_operate_call *c, const char *id, const char *reason);

#endif
