#include "endpoints/oidc/oidc.h"

nx_result nx_oidc_params(struct nx_params *out, nx_arena *a, const nx_pairs *pairs)
{
    struct nx_param *row = nx_arena_new(a, struct nx_param, pairs->n ? pairs->n : 1);
    NX_NEED(row);
    for (size_t i = 0; i < pairs->n; i++)
        row[i] = (struct nx_param){pairs->at[i].name, pairs->at[i].value};
    *out = (struct nx_params){row, pairs->n};
    return NX_OK;
}

nx_result nx_oidc_request(struct nx_oauth_request *out, nx_request *rq, const nx_pairs *form)
{
    static const nx_pairs none = {NULL, 0};
    *out = (struct nx_oauth_request){
        .authorization = nx_span_str(nx_header(rq, "Authorization")),
        .certificate = rq->at_mtls ? nx_header(rq, "Client-Cert") : NULL,
        .path = rq->path,
        .may_call = rq->lane == NX_LANE_EGRESS,
    };
    return nx_oidc_params(&out->form, rq->arena, form ? form : &none);
}
