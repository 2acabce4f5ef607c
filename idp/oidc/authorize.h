/* The authorization endpoint without HTTP: RFC 6749 section 3.1, OpenID Connect Core 3.1.2 and 3.3, RFC 7636,
 * RFC 9207. What follows the first step is idp/flow's (flow/step.h).
 *
 * Faults before the redirect_uri is proven good (client, redirect_uri) are failed results: an error page,
 * never a redirect (RFC 6749 4.1.2.1). Faults after it are a REDIRECT or FORM_POST step that carries the
 * error. */
#ifndef NX_OIDC_AUTHORIZE_H
#define NX_OIDC_AUTHORIZE_H

#include "flow/protocol.h"

extern const struct nx_protocol nx_protocol_oidc;

/* Starts a transaction for the request and computes its first step. The step's texts live in the arena.
 * NX_ERR_CLIENT_UNKNOWN, NX_ERR_REDIRECT_URI (error pages), NX_ERR_AWAY. */
NX_FALLIBLE nx_authorize_begin(struct nx_step *out, struct nx_house *house, nx_arena *a,
                               const struct nx_visitor *who, const struct nx_params *request);

/* The row's functions (flow/protocol.h). */
nx_result nx_oidc_issue(struct nx_step *out, struct nx_flow *f);
nx_result nx_oidc_refuse(struct nx_step *out, struct nx_flow *f, nx_err e);

#endif
