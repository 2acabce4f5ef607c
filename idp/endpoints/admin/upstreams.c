/* Upstreams and links. */
#include "operate/upstreams.h"

#include "endpoints/admin/admin.h"

static nx_result read_body(json_t **out, nx_request *rq)
{
    NX_REQUIRE(nx_content_is(rq, "application/json"), NX_ERR_HTTP_MEDIA_TYPE);
    return nx_json_parse_object(out, rq->body);
}

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
    NX_TRY(nx_admin_begin(&c, rq));
    NX_TRY(read_body(&body, rq));
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
    NX_TRY(nx_admin_begin(&c, rq));
    NX_TRY(read_body(&body, rq));
    nx_result r = nx_operate_upstream_replace(&j, &c, nx_path(rq, "id"), body);
    return nx_admin_answer(rp, &c, 200, r, j);
}

static nx_result done(nx_reply *rp, const struct nx_operate_call *c, nx_result r)
{
    if (!nx_ok(r)) return nx_admin_refuse(rp, c, r);
    nx_reply_nothing(rp);
    return NX_OK;
}

nx_result nx_admin_upstream_remove(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    NX_TRY(nx_admin_begin(&c, rq));
    return done(rp, &c, nx_operate_upstream_remove(&c, nx_path(rq, "id")));
}

nx_result nx_admin_upstream_on(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    NX_TRY(nx_admin_begin(&c, rq));
    return done(rp, &c, nx_operate_upstream_on(&c, nx_path(rq, "id")));
}

nx_result nx_admin_upstream_off(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    NX_AUTO_JSON body = NULL;
    NX_TRY(nx_admin_begin(&c, rq));
    if (rq->body.n) NX_TRY(read_body(&body, rq));
    return done(rp, &c, nx_operate_upstream_off(&c, nx_path(rq, "id"), nx_json_str(body, "reason")));
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
    return done(rp, &c,
                nx_operate_link_remove(&c, nx_path(rq, "id"), nx_query(rq, "upstream"), nx_query(rq, "subject")));
}
