/* The admin API (CONTRACT.md section 2): thin handlers over idp/operate. Cookies are nothing here
 * (SECURITY.md 11). */
#ifndef NX_ENDPOINTS_ADMIN_ADMIN_H
#define NX_ENDPOINTS_ADMIN_ADMIN_H

#include "endpoints/server.h"
#include "operate/call.h"

#define NX_ADMIN_ROOT "/admin/v1"

/* One call of the API; a row of calls.def. */
struct nx_admin_call {
    nx_method method;
    const char *path; /* below NX_ADMIN_ROOT */
    const char *scope;
    const char *query;
    const char *request;
    int status;
    const char *response;
    const char *summary;
    const char *name; /* of the handler: the operation's id */
};
extern const struct nx_admin_call nx_admin_calls[];
extern const size_t nx_admin_call_count;

#define C(method, path, body, handler, scope, query, request, status, response, summary)                     \
    nx_result handler(nx_request *rq, nx_reply *rp);
#include "endpoints/admin/calls.def"
#undef C

nx_result nx_admin_openapi(nx_request *rq, nx_reply *rp);

/* Checks the bearer for the scope of the request's row and fills the call. */
NX_FALLIBLE nx_admin_begin(struct nx_operate_call *c, nx_request *rq);
/* The answer to a failed act: what the caller did wrong in words (RFC 9457), or r itself for the table of
 * answers. */
NX_FALLIBLE nx_admin_refuse(nx_reply *rp, const struct nx_operate_call *c, nx_result r);
/* Sends j with the status and releases it, or refuses. */
NX_FALLIBLE nx_admin_answer(nx_reply *rp, const struct nx_operate_call *c, int status, nx_result r,
                            json_t *j);
/* 204, or refuses. */
NX_FALLIBLE nx_admin_nothing(nx_reply *rp, const struct nx_operate_call *c, nx_result r);
/* The body, which must be a JSON object; *out is owned. NX_ERR_HTTP_MEDIA_TYPE, NX_ERR_SYNTAX. */
NX_FALLIBLE nx_admin_body(json_t **out, const nx_request *rq);
/* The body is optional; when there is one it is {"reason": "…"}. NX_ERR_SYNTAX, NX_ERR_HTTP_MEDIA_TYPE. */
NX_FALLIBLE nx_admin_reason(const char **out, nx_request *rq);
/* The page parameters. NX_ERR_SYNTAX. */
NX_FALLIBLE nx_admin_page(struct nx_operate_page *out, const nx_request *rq);

#endif
