#include "endpoints/oidc/oidc.h"
#include "endpoints/pages/pages.h"
#include "oidc/authorize.h"

nx_result nx_ep_authorize(nx_request *rq, nx_reply *rp)
{
    struct nx_visitor who;
    struct nx_params params;
    struct nx_step step;
    if (nx_browser_by_get(rq, rp)) return NX_OK;
    NX_TRY(nx_visitor_of(&who, rq, rp));
    NX_TRY(nx_oidc_params(&params, rq->arena, rq->method == NX_POST ? &rq->form : &rq->query));
    NX_TRY(nx_authorize_begin(&step, nx_house_of(rq), rq->arena, &who, &params));
    return nx_step_reply(&step, rq, rp);
}
