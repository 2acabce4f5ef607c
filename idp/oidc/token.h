/* The token, userinfo, introspection and revocation endpoints without HTTP.
 *
 * A call reads as the protocol: authenticate the client, pick the grant's row, redeem (one script of the
 * store), ask may_issue for the terms, sign. Every failure is an error row; its OAuth error is a row of
 * idp/endpoints/answer.def. Answers are JSON texts in the arena. */
#ifndef NX_OIDC_TOKEN_H
#define NX_OIDC_TOKEN_H

#include "flow/params.h"

struct nx_house;

/* How a request presents itself. Borrowed. may_call: this thread may fetch a client's keys (the EGRESS lane);
 * where it may not and must, the call fails with NX_ERR_CLIENT_KEYS before anything was done, and the edge
 * moves it there. */
struct nx_oauth_request {
    struct nx_params form;
    nx_span authorization; /* the Authorization header as sent; empty when absent */
    const char *certificate; /* the Client-Cert header of the edge (RFC 9440); NULL: the client showed none */
    const char *path;      /* of the endpoint: "/oidc/token" */
    bool may_call;
};

/* RFC 6749 section 5, for every grant that has a row in grants.c. */
NX_FALLIBLE nx_token(nx_span *json, struct nx_house *house, nx_arena *a, const struct nx_oauth_request *rq);

/* RFC 7662. A token that is unknown, foreign, dead or malformed is {"active":false} and success. */
NX_FALLIBLE nx_introspect(nx_span *json, struct nx_house *house, nx_arena *a,
                          const struct nx_oauth_request *rq);

/* RFC 7009. Success whether or not the token lived; it is dead for every endpoint afterwards. */
NX_FALLIBLE nx_revoke_token(struct nx_house *house, nx_arena *a, const struct nx_oauth_request *rq);

/* OpenID Connect Core 5.3. The token is from the Authorization header or the form (RFC 6750 2.1, 2.2; both at
 * once is an error; a query never). *jwt: the body is a signed JWT (application/jwt) and no JSON. */
NX_FALLIBLE nx_userinfo(nx_span *body, bool *jwt, struct nx_house *house, nx_arena *a,
                        const struct nx_oauth_request *rq);

#endif
