/* Access tokens of ours that are presented to us: signature, then the record that `jti` points to (rule 13).
 * Used by introspection, userinfo and revocation; nothing is decided here. */
#ifndef NX_OIDC_ACCESS_H
#define NX_OIDC_ACCESS_H

#include "sessions/token.h"

struct nx_house;

struct nx_access {
    const char *client_id; /* whom it was issued to */
    const char *audience;  /* as signed, space separated */
    enum nx_found found;   /* of the record */
    struct nx_token token; /* valid when found */
};

/* Verifies the signature (remembered for a while, so that the same token costs one digest the next time) and
 * reads the record, in one round trip. NX_ERR_TOKEN_INVALID for whatever is no access token of ours, or has
 * expired. */
NX_FALLIBLE nx_access_read(struct nx_access *out, struct nx_house *house, nx_arena *a, nx_span text);

#endif
