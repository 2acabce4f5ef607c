/* A provider says that its session is over: OpenID Connect Back-Channel Logout 1.0 section 2.4 to 2.6. */
#ifndef NX_HUB_OIDC_LOGOUT_H
#define NX_HUB_OIDC_LOGOUT_H

#include "hub/hub.h"

/* Verifies the logout token and ends, durably, the sessions that came through this upstream in that session of its (sid)
 * or of that subject (sub). *ended counts them. Also for an upstream that is off. EGRESS lane. NX_ERR_UPSTREAM_FORM,
 * _SIGNATURE, _ISSUER, _AUDIENCE, _TIME, _SUBJECT (neither sub nor sid), _REPLAYED; NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_rp_logout(size_t *ended, struct nx_house *house, nx_arena *a, const char *upstream, nx_span token);

#endif
