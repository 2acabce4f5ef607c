/* ID tokens of ours that come back as hints: id_token_hint of the authorization and the end-session endpoint.
 */
#ifndef NX_OIDC_HINT_H
#define NX_OIDC_HINT_H

#include "base/arena.h"

struct nx_house;

/* Verifies signature, issuer and type; an expired token is as good (OpenID Connect Core 3.1.2.1, RP-Initiated
 * Logout 2). Gives sub, and where not NULL the first audience and sid (NULL when absent), in the arena.
 * NX_ERR_REQUEST. */
NX_FALLIBLE nx_hint_read(const char **sub, const char **client_id, const char **sid, struct nx_house *house,
                         nx_arena *a, nx_span token);

#endif
