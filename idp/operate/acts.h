/* Ending things, and what was ended. */
#ifndef NX_OPERATE_ACTS_H
#define NX_OPERATE_ACTS_H

#include "operate/call.h"
#include "revoke/revoke.h"

/* what: "qr", "session", "person", "client", "system". A person is suspended by taking her `active` away and
 * resumed by giving it back. *receipt may be NULL when the caller wants none; owned otherwise. Errors of
 * nx_revoke; NX_ERR_UNKNOWN for another word. */
NX_FALLIBLE nx_operate_end(json_t **receipt, struct nx_operate_call *c, enum nx_revoke_act act,
                           const char *what, const char *id, const char *reason);
NX_FALLIBLE nx_operate_receipt(json_t **out, struct nx_operate_call *c, int64_t seq);

#endif
