/* Client authentication at the token, introspection and revocation endpoints. */
#ifndef NX_OIDC_CLIENT_AUTH_H
#define NX_OIDC_CLIENT_AUTH_H

#include "oidc/token.h"
#include "registry/client.h"

/* Authenticates by the method that the client registered and by no other. *out is a counted reference of an
 * active client. NX_ERR_CLIENT_AUTH (unknown client, wrong secret or assertion: one answer for all),
 * NX_ERR_CLIENT_AUTH_METHOD, NX_ERR_REQUEST (two methods at once, no client at all), NX_ERR_CLIENT_KEYS (see
 * token.h). */
NX_FALLIBLE nx_client_authenticate(nx_client **out, struct nx_house *house, nx_arena *a,
                                   const struct nx_oauth_request *rq);

/* Names of client_auth.def in order; NULL past the end. Static. */
const char *nx_client_auth_method(size_t i);
/* Whether this installation takes it: certificates need authorities and a port. */
bool nx_client_auth_offered(const struct nx_house *house, const char *method);

#endif
