/* Passkeys of people, and models of authenticators. */
#include "operate/passkeys.h"

#include "endpoints/admin/admin.h"

nx_result nx_admin_passkey_list(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    json_t *j = NULL;
    NX_TRY(nx_admin_begin(&c, rq));
    nx_result r = nx_operate_passkey_list(&j, &c, nx_path(rq, "id"));
    return nx_admin_answer(rp, &c, 200, r, j);
}

nx_result nx_admin_passkey_remove(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    NX_TRY(nx_admin_begin(&c, rq));
    return nx_admin_nothing(rp, &c, nx_operate_passkey_remove(&c, nx_path(rq, "id"), nx_path(rq, "passkey")));
}

nx_result nx_admin_passkey_level(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    NX_AUTO_JSON body = NULL;
    NX_TRY(nx_admin_begin(&c, rq));
    NX_TRY(nx_admin_body(&body, rq));
    return nx_admin_nothing(rp, &c,
                            nx_operate_passkey_level(&c, nx_path(rq, "id"), nx_path(rq, "passkey"), body));
}

nx_result nx_admin_model_list(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    json_t *j = NULL;
    NX_TRY(nx_admin_begin(&c, rq));
    nx_result r = nx_operate_model_list(&j, &c);
    return nx_admin_answer(rp, &c, 200, r, j);
}

nx_result nx_admin_model_set(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    json_t *j = NULL;
    NX_AUTO_JSON body = NULL;
    NX_TRY(nx_admin_begin(&c, rq));
    NX_TRY(nx_admin_body(&body, rq));
    nx_result r = nx_operate_model_set(&j, &c, nx_path(rq, "aaguid"), body);
    return nx_admin_answer(rp, &c, 200, r, j);
}

nx_result nx_admin_model_remove(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    NX_TRY(nx_admin_begin(&c, rq));
    return nx_admin_nothing(rp, &c, nx_operate_model_remove(&c, nx_path(rq, "aaguid")));
}
