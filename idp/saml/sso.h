/* Web Browser SSO, the side of the identity provider (saml-profiles section 4.1), without HTTP.
 *
 *   begin ─ binding, message, portal, signature, ACS ─▶ the flow ─▶ Response by POST or artifact
 *
 * Faults before the ACS is proven to be the portal's are failed results: an error page. Faults after it are a
 * signed Response with a Status, sent there. */
#ifndef NX_SAML_SSO_H
#define NX_SAML_SSO_H

#include "flow/protocol.h"
#include "saml/binding.h"

/* The row of this protocol. */
extern const struct nx_protocol nx_protocol_saml;

/* An AuthnRequest, as the redirect or POST binding read it. here: the absolute URL that it was sent to. */
NX_FALLIBLE nx_saml_sso_begin(struct nx_step *out, struct nx_house *house, nx_arena *a,
                              const struct nx_visitor *who, const struct nx_saml_in *in, const char *here);
/* A sign-in at a portal that did not ask (saml-profiles 4.1.5). NX_ERR_SAML_UNSOLICITED unless its row allows it;
 * NX_ERR_SAML_ISSUER. target: RelayState for the portal; NULL. */
NX_FALLIBLE nx_saml_sso_start(struct nx_step *out, struct nx_house *house, nx_arena *a,
                              const struct nx_visitor *who, const char *portal, const char *target);
/* ArtifactResolve over SOAP: the envelope that answers, in the arena. Whatever is wrong with the request is said in
 * it; fails only when we cannot answer at all. *http: the status (200, or 500 for a SOAP fault). */
NX_FALLIBLE nx_saml_artifact_resolve(nx_span *out, int *http, struct nx_house *house, nx_arena *a, nx_span body,
                                     const char *here);

#endif
