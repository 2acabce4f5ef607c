/* The protocol's endpoints: thin handlers that turn a request into a call of idp/oidc and its result into a
 * reply. */
#ifndef NX_ENDPOINTS_OIDC_OIDC_H
#define NX_ENDPOINTS_OIDC_OIDC_H

#include "http/reply.h"
#include "oidc/token.h"

/* A query or form as idp/oidc reads it; in the request's arena. */
NX_FALLIBLE nx_oidc_params(struct nx_params *out, nx_arena *a, const nx_pairs *pairs);
/* The same with the Authorization header and the path. form may be NULL. */
NX_FALLIBLE nx_oidc_request(struct nx_oauth_request *out, nx_request *rq, const nx_pairs *form);

/* Handlers. */
nx_result nx_ep_authorize(nx_request *rq, nx_reply *rp);
nx_result nx_ep_token(nx_request *rq, nx_reply *rp);
nx_result nx_ep_userinfo(nx_request *rq, nx_reply *rp);
nx_result nx_ep_introspect(nx_request *rq, nx_reply *rp);
nx_result nx_ep_revoke(nx_request *rq, nx_reply *rp);
nx_result nx_ep_preflight(nx_request *rq, nx_reply *rp);
nx_result nx_ep_jwks(nx_request *rq, nx_reply *rp);
nx_result nx_ep_logout(nx_request *rq, nx_reply *rp);
nx_result nx_ep_register(nx_request *rq, nx_reply *rp);
nx_result nx_ep_register_show(nx_request *rq, nx_reply *rp);
nx_result nx_ep_register_replace(nx_request *rq, nx_reply *rp);
nx_result nx_ep_register_delete(nx_request *rq, nx_reply *rp);

#endif
