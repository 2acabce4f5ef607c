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
    NX_TRY(nx_admin_body(&body, rq));
    nx_result r = nx_operate_counter_put(&j, &c, body);
    return nx_admin_answer(rp, &c, 201, r, j);
}

nx_result nx_admin_counter_remove(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    NX_TRY(nx_admin_begin(&c, rq));
    return nx_admin_nothing(rp, &c, nx_operate_counter_remove(&c, nx_path(rq, "id")));
}
