/* Officers at counters over the admin API. */
#include "operate/counters.h"

#include "endpoints/admin/admin.h"

nx_result nx_admin_counter_list(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    json_t *j = NULL;
    NX_TRY(nx_admin_begin(&c, rq));
    nx_result r = nx_operate_counter_list(&j, &c);
    return nx_admin_answer(rp, &c, 200, r, j);
}

nx_result nx_admin_counter_put(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    json_t *j = NULL;
    NX_AUTO_JSON body = NULL;
    NX_TRY(nx_admin_begin(&c, rq));
    NX_REQUIRE(nx_content_is(rq, "application/json"), NX_ERR_HTTP_MEDIA_TYPE);
    NX_TRY(nx_json_parse_object(&body, rq->body));
    nx_result r = nx_operate_counter_put(&j, &c, body);
    return nx_admin_answer(rp, &c, 201, r, j);
}

nx_result nx_admin_counter_remove(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    NX_TRY(nx_admin_begin(&c, rq));
    nx_result r = nx_operate_counter_remove(&c, nx_path(rq, "id"));
    if (!nx_ok(r)) return nx_admin_refuse(rp, &c, r);
    nx_reply_nothing(rp);
    return NX_OK;
}
