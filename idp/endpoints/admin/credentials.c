/* A person's credentials: listed, made, removed. */
#include "endpoints/admin/admin.h"
#include "operate/second.h"

nx_result nx_admin_credential_list(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    json_t *j = NULL;
    NX_TRY(nx_admin_begin(&c, rq));
    nx_result r = nx_operate_credential_list(&j, &c, nx_path(rq, "id"));
    return nx_admin_answer(rp, &c, 200, r, j);
}

nx_result nx_admin_credential_create(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    json_t *j = NULL;
    NX_AUTO_JSON body = NULL;
    NX_TRY(nx_admin_begin(&c, rq));
    NX_TRY(nx_admin_body(&body, rq));
    nx_result r = nx_operate_credential_create(&j, &c, nx_path(rq, "id"), body);
    return nx_admin_answer(rp, &c, 201, r, j);
}

nx_result nx_admin_credential_delete(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    NX_TRY(nx_admin_begin(&c, rq));
    return nx_admin_nothing(rp, &c,
                            nx_operate_credential_delete(&c, nx_path(rq, "id"), nx_path(rq, "credential")));
}
