/* Authorization responses: what is sent to the portal through the browser (RFC 6749 section 4.1.2, RFC 9207,
 * OAuth 2.0 Multiple Response Types, Form Post Response Mode). */
#ifndef NX_OIDC_RESPONSE_H
#define NX_OIDC_RESPONSE_H

#include "oidc/ask.h"
#include "flow/step.h"

#define NX_RESPONSE_FIELDS_MAX 8
#define NX_LOCATION_MAX (16u << 10)

/* Makes the step that sends the fields, with iss and state behind them, in the mode of the request. */
NX_FALLIBLE nx_response_step(struct nx_step *out, struct nx_house *house, nx_arena *a,
                             const struct nx_oidc_ask *ask, const struct nx_param *fields, size_t count);
/* The same for an error of ours. Errors that only we can mend (NX_FAULT_AWAY, NX_FAULT_OURS) fail instead:
 * the browser gets our own error page with a way to try again. */
NX_FALLIBLE nx_response_error(struct nx_step *out, struct nx_house *house, nx_arena *a,
                              const struct nx_oidc_ask *ask, nx_err e);

#endif
