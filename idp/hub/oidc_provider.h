/* What an OpenID provider publishes: its endpoints (OpenID Connect Discovery 1.0) and its keys (RFC 7517), kept in this
 * process by upstream and version of its row.
 *
 * Metadata is read anew after an hour and keys after ten minutes; a key that is not known makes the keys be read once
 * more, at most once a minute whatever tokens come. What was kept is still served, up to a day old, while the provider
 * is away: signing in that is under way there comes to its end. */
#ifndef NX_HUB_OIDC_PROVIDER_H
#define NX_HUB_OIDC_PROVIDER_H

#include "crypto/jws.h"
#include "hub/oidc_row.h"

#define NX_OIDC_METADATA_FRESH_S 3600
#define NX_OIDC_KEYS_FRESH_S 600
#define NX_OIDC_KEYS_AGAIN_S 60
#define NX_OIDC_STALE_S 86400

struct nx_oidc_provider {
    const char *authorization_endpoint;
    const char *token_endpoint;
    const char *jwks_uri;
    const char *userinfo_endpoint;    /* NULL: none */
    const char *end_session_endpoint; /* NULL: none */
    bool says_issuer;                 /* RFC 9207: its answers carry `iss` */
};

/* Strings in the arena or borrowed from the row. EGRESS lane. NX_ERR_UPSTREAM_METADATA: not of this issuer (Discovery
 * section 4.3), or without what is needed, or with addresses that are not called; errors of nx_hub_call. */
NX_FALLIBLE nx_oidc_provider_get(struct nx_oidc_provider *out, struct nx_house *house, nx_arena *a,
                                 const struct nx_oidc_row *row);
/* Verifies a token of the provider. EGRESS lane. NX_ERR_UPSTREAM_SIGNATURE: unknown key, algorithm that the row does
 * not allow, bad signature; NX_ERR_UPSTREAM_FORM: no token at all. */
NX_FALLIBLE nx_oidc_provider_verify(struct nx_jws *out, struct nx_house *house, nx_arena *a,
                                    const struct nx_oidc_row *row, const struct nx_oidc_provider *provider,
                                    const char *const *typ, nx_span token);
/* How many keys it publishes that we can verify with. EGRESS lane. */
NX_FALLIBLE nx_oidc_provider_keys(size_t *n, struct nx_house *house, nx_arena *a, const struct nx_oidc_row *row,
                                  const struct nx_oidc_provider *provider);

#endif
