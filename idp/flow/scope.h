/* Scopes: which may be granted to which client. */
#ifndef NX_FLOW_SCOPE_H
#define NX_FLOW_SCOPE_H

#include "flow/params.h"
#include "registry/client.h"

#define NX_SCOPES_MAX 32
#define NX_SCOPE_NAME_MAX 64

/* Rule 12: scim, clients, revoke, audit, keys. No registration, software statement or request grants them. */
bool nx_scope_is_operators(const char *name);
/* RFC 6749 section 3.3 characters, at most NX_SCOPE_NAME_MAX. */
bool nx_scope_valid(nx_span name);
/* Names of scope.def in order; NULL past the end. Static. */
const char *nx_scope_standard(size_t i);

/* What of the asked scopes this client may have: unknown and unregistered ones are left out, as RFC 6749
 * section 3.3 allows, and the answer says what was granted. NX_ERR_SCOPE for a malformed name; an empty
 * result is not an error. */
NX_FALLIBLE nx_scope_allowed(struct nx_words *out, nx_arena *a, const nx_client *c, const char *asked);
/* For a client's own token: only scopes that it registered and that concern no person. asked NULL: all of
 * them. NX_ERR_SCOPE when something else was asked for. */
NX_FALLIBLE nx_scope_own(struct nx_words *out, nx_arena *a, const nx_client *c, const char *asked);

#endif
