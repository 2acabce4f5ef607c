/* Token, introspection, revocation, userinfo. A client whose keys must be fetched first moves to the EGRESS
 * lane: nothing was done before that is known. */
#include "endpoints/oidc/oidc.h"
#include "endpoints/server.h"
#include "http/pairs.h"

static void json(nx_reply *rp, nx_span body)
{
    nx_reply_body(rp, 200, "application/json", body);
    nx_reply_header(rp, "Pragma", "no-cache"); /* RFC 6749 section 5.1 asks for both fields */
}

nx_result nx_ep_token(nx_request *rq, nx_reply *rp)
{
    struct nx_oauth_request call;
    nx_span body;
    NX_TRY(nx_oidc_request(&call, rq, &rq->form));
    nx_result r = nx_token(&body, nx_house_of(rq), rq->arena, &call);
    if (r.e == NX_ERR_CLIENT_KEYS) return nx_reply_move(rp, NX_LANE_EGRESS);
    NX_TRY(r);
    json(rp, body);
    return NX_OK;
}

nx_result nx_ep_introspect(nx_request *rq, nx_reply *rp)
{
    struct nx_oauth_request call;
    nx_span body;
    NX_TRY(nx_oidc_request(&call, rq, &rq->form));
    nx_result r = nx_introspect(&body, nx_house_of(rq), rq->arena, &call);
    if (r.e == NX_ERR_CLIENT_KEYS) return nx_reply_move(rp, NX_LANE_EGRESS);
    NX_TRY(r);
    json(rp, body);
    return NX_OK;
}

nx_result nx_ep_revoke(nx_request *rq, nx_reply *rp)
{
    struct nx_oauth_request call;
    NX_TRY(nx_oidc_request(&call, rq, &rq->form));
    nx_result r = nx_revoke_token(nx_house_of(rq), rq->arena, &call);
    if (r.e == NX_ERR_CLIENT_KEYS) return nx_reply_move(rp, NX_LANE_EGRESS);
    NX_TRY(r);
    nx_reply_body(rp, 200, "application/json", NX_LIT("{}"));
    return NX_OK;
}

/* RFC 6750 section 2.2: the token may stand in a form, which a POST need not have. */
nx_result nx_ep_userinfo(nx_request *rq, nx_reply *rp)
{
    struct nx_oauth_request call;
    nx_pairs form = {NULL, 0};
    nx_span body;
    bool jwt;
    if (rq->body.n > 0) {
        NX_REQUIRE(nx_content_is(rq, "application/x-www-form-urlencoded"), NX_ERR_HTTP_MEDIA_TYPE);
        NX_TRY(nx_pairs_parse(&form, rq->arena, rq->body));
    }
    NX_TRY(nx_oidc_request(&call, rq, &form));
    NX_TRY(nx_userinfo(&body, &jwt, nx_house_of(rq), rq->arena, &call));
    nx_reply_body(rp, 200, jwt ? "application/jwt" : "application/json", body);
    return NX_OK;
}
