/* Signing in at a SAML identity provider: the web browser SSO profile (saml-profiles section 4.1) from the side of the
 * service provider.
 *
 *   nx_sp_begin ─▶ a signed AuthnRequest by redirect       ticket as RelayState, its nonce is the request's ID
 *   nx_sp_finish ◀─ a Response by POST at /saml/acs         signature, then everything else, read from what it covers
 *
 * A response that answers no request of this browser is refused (no unsolicited sign-in, no login CSRF), and so is an
 * assertion whose content nobody signed, encrypted or not. */
#ifndef NX_HUB_SAML_H
#define NX_HUB_SAML_H

#include "hub/oidc.h"
#include "saml/message.h"

#define NX_SP_ACS "/saml/acs" /* in our metadata */
#define NX_SP_SKEW_S 60

/* *url is in the arena. ask: nx_rp_ask without what SAML has no word for. NX_ERR_UPSTREAM_METADATA: none, or its
 * validity is over. */
NX_FALLIBLE nx_sp_begin(const char **url, struct nx_house *house, nx_arena *a, const nx_upstream *u,
                        const struct nx_rp_ask *ask);

/* in: as it was read from the form; here: the URL that it came to. Each error names the check that failed; *out has the
 * ticket as soon as it was read. */
NX_FALLIBLE nx_sp_finish(struct nx_rp_return *out, struct nx_house *house, nx_arena *a, nx_span browser,
                         const struct nx_saml_in *in, const char *here);

#endif
