/* What waits for a second operator (SECURITY.md 24). */
#include "endpoints/console/console.h"
#include "operate/approval.h"
#include "operate/scope.h"
#include "registry/approval.h"

#define PAGE "/console/approvals"

static nx_result show(const struct nx_console_visit *visit, nx_request *rq, nx_reply *rp)
{
    struct nx_approval *list;
    size_t n;
    nx_view *v;
    const char *token;
    NX_TRY(nx_console_view(&v, visit, rq, rp));
    NX_TRY(nx_csrf_token(&token, rq, rp, PAGE));
    NX_TRY(nx_approval_list(visit->call.house->registry, rq->arena, nx_now(), &list, &n));
    nx_view_text(v, "csrf", token);
    nx_view_list(v, "approvals");
    for (size_t i = 0; i < n; i++) {
        nx_view *item = nx_view_item(v, "approvals");
        nx_view_text(item, "id", list[i].id.s);
        nx_view_text(item, "act", list[i].act);
        nx_view_text(item, "scopes", list[i].scopes);
        nx_view_text(item, "asked_by", list[i].asked_by);
        nx_view_text(item, "approved_by", list[i].approved_by);
        nx_view_flag(item, "may", !list[i].approved_by && strcmp(list[i].asked_by, visit->who.actor) != 0);
        nx_view_time(item, "asked", list[i].asked);
        nx_view_time(item, "expires", list[i].expires);
    }
    nx_reply_page(rp, 200, "console_approvals", v);
    return NX_OK;
}

nx_result nx_console_approvals(nx_request *rq, nx_reply *rp)
{
    struct nx_console_visit visit;
    bool shown;
    NX_TRY(nx_console_open(&visit, &shown, rq, rp, "keys"));
    return shown ? NX_OK : show(&visit, rq, rp);
}

nx_result nx_console_approve(nx_request *rq, nx_reply *rp)
{
    struct nx_console_visit visit;
    NX_TRY(nx_console_visit(&visit, rq, "keys"));
    NX_TRY(nx_operate_approve(&visit.call, nx_form(rq, "id")));
    nx_reply_redirect(rp, PAGE);
    return NX_OK;
}
