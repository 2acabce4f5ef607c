/* SAML over HTTP: sign-on, artifact resolution; metadata and single logout in files of their own. */
#ifndef NX_ENDPOINTS_SAML_SAML_H
#define NX_ENDPOINTS_SAML_SAML_H

#include "endpoints/server.h"
#include "saml/binding.h"

/* A message as this request carries it: the query of a GET by the redirect binding, a form by POST. posted: the pairs
 * are those of the POST binding, though they may have come as a query (nx_browser_by_get). */
NX_FALLIBLE nx_saml_take(struct nx_saml_in *out, const nx_request *rq, bool posted);
/* The absolute URL of this request's path, in the arena: what a Destination must say. */
NX_FALLIBLE nx_saml_here(const char **out, const nx_request *rq);
/* Whether the body is an envelope by its media type: text/xml, as SOAP 1.1 has it, or application/soap+xml, as some peers
 * label the same envelope. NX_ERR_HTTP_MEDIA_TYPE. */
NX_FALLIBLE nx_saml_soap_taken(const nx_request *rq);
/* Answers with an envelope. */
void nx_saml_soap_reply(nx_reply *rp, int status, nx_span envelope);

/* Handlers. */
nx_result nx_ep_saml_sso(nx_request *rq, nx_reply *rp);
nx_result nx_ep_saml_sso_post(nx_request *rq, nx_reply *rp);
nx_result nx_ep_saml_artifact(nx_request *rq, nx_reply *rp);
nx_result nx_ep_saml_start(nx_request *rq, nx_reply *rp);
nx_result nx_ep_saml_logout(nx_request *rq, nx_reply *rp);
nx_result nx_ep_saml_logout_post(nx_request *rq, nx_reply *rp);
nx_result nx_ep_saml_logout_soap(nx_request *rq, nx_reply *rp);
nx_result nx_ep_saml_logout_page(nx_request *rq, nx_reply *rp);
nx_result nx_ep_saml_logout_next(nx_request *rq, nx_reply *rp);

#endif
