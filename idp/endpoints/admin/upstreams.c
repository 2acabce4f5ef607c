/* Upstreams and links. A SAML provider's metadata may have to be fetched: rows are written in the EGRESS lane. */
#include "operate/upstreams.h"

#include "endpoints/admin/admin.h"

nx_result nx_admin_upstream_list(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    json_t *j = NULL;
    NX_TRY(nx_admin_begin(&c, rq));
    nx_result r = nx_operate_upstream_list(&j, &c);
    return nx_admin_answer(rp, &c, 200, r, j);
}

nx_result nx_admin_upstream_add(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    json_t *j = NULL;
    NX_AUTO_JSON body = NULL;
    if (rq->lane != NX_LANE_EGRESS) return nx_reply_move(rp, NX_LANE_EGRESS);
    NX_TRY(nx_admin_begin(&c, rq));
    NX_TRY(nx_admin_body(&body, rq));
    nx_result r = nx_operate_upstream_add(&j, &c, body);
    if (nx_ok(r))
        nx_reply_header(rp, "Location",
                        nx_arena_printf(rq->arena, NX_ADMIN_ROOT "/upstreams/%s", nx_json_str(j, "id")));
    return nx_admin_answer(rp, &c, 201, r, j);
}

nx_result nx_admin_upstream_show(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    json_t *j = NULL;
    NX_TRY(nx_admin_begin(&c, rq));
    nx_result r = nx_operate_upstream_show(&j, &c, nx_path(rq, "id"));
    return nx_admin_answer(rp, &c, 200, r, j);
}

nx_result nx_admin_upstream_replace(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    json_t *j = NULL;
    NX_AUTO_JSON body = NULL;
    if (rq->lane != NX_LANE_EGRESS) return nx_reply_move(rp, NX_LANE_EGRESS);
    NX_TRY(nx_admin_begin(&c, rq));
    NX_TRY(nx_admin_body(&body, rq));
    nx_result r = nx_operate_upstream_replace(&j, &c, nx_path(rq, "id"), body);
    return nx_admin_answer(rp, &c, 200, r, j);
}

nx_result nx_admin_upstream_remove(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    NX_TRY(nx_admin_begin(&c, rq));
    return nx_admin_nothing(rp, &c, nx_operate_upstream_remove(&c, nx_path(rq, "id")));
}

nx_result nx_admin_upstream_on(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    NX_TRY(nx_admin_begin(&c, rq));
    return nx_admin_nothing(rp, &c, nx_operate_upstream_on(&c, nx_path(rq, "id")));
}

nx_result nx_admin_upstream_off(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    NX_AUTO_JSON body = NULL;
    NX_TRY(nx_admin_begin(&c, rq));
    if (rq->body.n) NX_TRY(nx_admin_body(&body, rq));
    return nx_admin_nothing(rp, &c,
                            nx_operate_upstream_off(&c, nx_path(rq, "id"), nx_json_str(body, "reason")));
}

nx_result nx_admin_link_list(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    json_t *j = NULL;
    NX_TRY(nx_admin_begin(&c, rq));
    nx_result r = nx_operate_link_list(&j, &c, nx_path(rq, "id"));
    return nx_admin_answer(rp, &c, 200, r, j);
}

nx_result nx_admin_link_remove(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    NX_TRY(nx_admin_begin(&c, rq));
    return nx_admin_nothing(
        rp, &c,
        nx_operate_link_remove(&c, nx_path(rq, "id"), nx_query(rq, "upstream"), nx_query(rq, "subject")));
}
