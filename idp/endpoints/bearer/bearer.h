/* Operators' bearer tokens on the routes of the admin API, SCIM and registration (SECURITY.md 12).
 *
 * A token passes when the guard takes it, our key of use `token` signed it with typ at+jwt, liboauth2
 * verifies the same with the same keys given to it in memory, iss is the issuer, aud is ISSUER/admin and
 * nothing else, exp and nbf hold, its row in the registry is live, and it carries the scope. Access tokens of
 * clients never pass: their audience is another. The last word is the gate's. */
#ifndef NX_ENDPOINTS_BEARER_BEARER_H
#define NX_ENDPOINTS_BEARER_BEARER_H

#include "base/clock.h"
#include "http/request.h"

struct nx_bearer {
    const char *actor;  /* "uid:N", for the audit trail */
    const char *scopes; /* space separated */
    const char *jti;
    nx_time expires;
};

/* Once per process before threads, and last. NX_ERR_INTERNAL. */
NX_FALLIBLE nx_bearer_start(void);
void nx_bearer_stop(void);

/* The operator who asks, with that scope ("scim", "clients", "revoke", "audit", "keys"); memory of the
 * request's arena. Only the Authorization header counts (RFC 6750 section 2.1): a cookie, form or query token
 * is nothing. NX_ERR_TOKEN_ABSENT, NX_ERR_TOKEN_INVALID, and the gate's error for a scope that is not held.
 */
NX_FALLIBLE nx_bearer_require(struct nx_bearer *out, nx_request *rq, const char *scope);

/* Whether the operator holds a scope: nobody grants what he does not hold. */
bool nx_bearer_holds(const struct nx_bearer *b, const char *scope);

#endif
