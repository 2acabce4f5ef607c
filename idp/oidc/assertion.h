/* Client assertions: private_key_jwt (RFC 7523 section 3, OpenID Connect Core section 9). */
#ifndef NX_OIDC_ASSERTION_H
#define NX_OIDC_ASSERTION_H

#include "oidc/token.h"
#include "registry/client.h"

/* Who an assertion says it is from (iss and sub, which must be equal), unverified: to find the key with. *out
 * is in the arena. NX_ERR_CLIENT_AUTH. */
NX_FALLIBLE nx_assertion_client(const char **out, nx_arena *a, nx_span assertion);
/* Verifies signature, iss, sub, aud, exp, nbf, iat, and that its jti was never seen. NX_ERR_CLIENT_AUTH,
 * NX_ERR_CLIENT_KEYS. */
NX_FALLIBLE nx_assertion_check(struct nx_house *house, nx_arena *a, const nx_client *c, nx_span assertion,
                               const struct nx_oauth_request *rq);
/* The algorithms taken from a client of this profile: a set of NX_ALG_BIT. */
uint32_t nx_assertion_algs(const nx_client *c);

#endif
