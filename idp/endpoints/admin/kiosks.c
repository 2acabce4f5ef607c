/* Enrolled kiosks over the admin API. */
#include "operate/kiosks.h"

#include "endpoints/admin/admin.h"

nx_result nx_admin_kiosk_list(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    struct nx_operate_page page;
    json_t *j = NULL;
    NX_TRY(nx_admin_begin(&c, rq));
    NX_TRY(nx_admin_page(&page, rq));
    nx_result r = nx_operate_kiosk_list(&j, &c, &page);
    return nx_admin_answer(rp, &c, 200, r, j);
}

nx_result nx_admin_kiosk_add(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    json_t *j = NULL;
    NX_AUTO_JSON body = NULL;
    NX_TRY(nx_admin_begin(&c, rq));
    NX_TRY(nx_admin_body(&body, rq));
    nx_result r = nx_operate_kiosk_add(&j, &c, body);
    return nx_admin_answer(rp, &c, 201, r, j);
}

nx_result nx_admin_kiosk_revoke(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    const char *reason;
    NX_TRY(nx_admin_begin(&c, rq));
    NX_TRY(nx_admin_reason(&reason, rq));
    return nx_admin_nothing(rp, &c, nx_operate_kiosk_revoke(&c, nx_path(rq, "id"), reason));
}
