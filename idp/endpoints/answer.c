#include "endpoints/answer.h"

#include "base/log.h"
#include "endpoints/qr/qr.h"
#include "http/router.h"

#include <stdio.h>

struct nx_answer nx_answer_of(nx_err e)
{
    switch (e) {
#define A(name, status, oauth, text)                                                                         \
    case NX_ERR_##name:                                                                                      \
        return (struct nx_answer){status, oauth, text};
#include "endpoints/answer.def"
#undef A
    case NX_ERR_NONE:
    case NX_ERR_COUNT:
        break;
    }
    return (struct nx_answer){500, "server_error", "internal"};
}

/* RFC 7644 section 3.12; scimType where the standard names one for the status. */
static void write_scim(nx_reply *rp, const struct nx_answer *an, const char *detail)
{
    char status[8];
    snprintf(status, sizeof status, "%d", an->status);
    NX_AUTO_JSON j = json_pack("{s:[s], s:s, s:s}", "schemas", "urn:ietf:params:scim:api:messages:2.0:Error",
                               "status", status, "detail", detail);
    if (j && an->status == 409) json_object_set_new(j, "scimType", json_string("uniqueness"));
    nx_reply_json_as(rp, an->status, "application/scim+json", j);
}

static void write_page(nx_request *rq, nx_reply *rp, const struct nx_answer *an)
{
    nx_view *v = nx_view_new(rq->arena);
    nx_view_number(v, "status", an->status);
    nx_view_label(v, "title", nx_arena_printf(rq->arena, "error.%s.title", an->text));
    nx_view_label(v, "text", nx_arena_printf(rq->arena, "error.%s.text", an->text));
    if (an->status == 503 || an->status == 429) nx_view_url(v, "retry_url", rq->path);
    nx_reply_page(rp, an->status, "error", v);
}

static void write_head(nx_reply *rp, nx_err e, int status)
{
    if (status == 503) nx_reply_header(rp, "Retry-After", "1");
    if (status == 429) nx_reply_header(rp, "Retry-After", "10");
    if (status == 401 && e != NX_ERR_PASSWORD)
        nx_reply_header(rp, "WWW-Authenticate",
                        e == NX_ERR_TOKEN_INVALID  ? "Bearer error=\"invalid_token\""
                        : e == NX_ERR_TOKEN_ABSENT ? "Bearer"
                                                   : "Basic realm=\"nixa\"");
    if (status == 403 && e == NX_ERR_SCOPE_INSUFFICIENT)
        nx_reply_header(rp, "WWW-Authenticate", "Bearer error=\"insufficient_scope\"");
}

void nx_answer_write(nx_request *rq, nx_reply *rp, nx_err e)
{
    struct nx_answer an = nx_answer_of(e);
    unsigned guards = rq->route ? rq->route->guards : 0;
    if (an.status >= 500) nx_log_error("request_failed", (nx_result){e});
    write_head(rp, e, an.status);
    if (guards & NX_AS_OAUTH)
        nx_reply_oauth_error(rp, an.status, an.oauth, nx_err_text(e));
    else if (guards & NX_AS_SCIM)
        write_scim(rp, &an, nx_err_text(e));
    else if (guards & NX_AS_WALLET)
        nx_qr_answer(rq, rp, e);
    else if (guards & NX_AS_PROBLEM)
        nx_reply_problem(rp, an.status, nx_err_text(e), NULL);
    else if (guards & NX_AS_TEXT || !nx_router_views(rq->router))
        nx_reply_text(rp, an.status, nx_err_text(e));
    else
        write_page(rq, rp, &an);
}
