/* Passkeys of people, and models of authenticators. */
#include "operate/passkeys.h"

#include "endpoints/admin/admin.h"

static nx_result read_body(json_t **out, nx_request *rq)
{
    NX_REQUIRE(nx_content_is(rq, "application/json"), NX_ERR_HTTP_MEDIA_TYPE);
    return nx_json_parse_object(out, rq->body);
}

static nx_result nothing(nx_reply *rp, const struct nx_operate_call *c, nx_result r)
{
    if (!nx_ok(r)) return nx_admin_refuse(rp, c, r);
    nx_reply_nothing(rp);
    return NX_OK;
}

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
    return nothing(rp, &c, nx_operate_passkey_remove(&c, nx_path(rq, "id"), nx_path(rq, "passkey")));
}

nx_result nx_admin_passkey_level(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    NX_AUTO_JSON body = NULL;
    NX_TRY(nx_admin_begin(&c, rq));
    NX_TRY(read_body(&body, rq));
    return nothing(rp, &c, nx_operate_passkey_level(&c, nx_path(rq, "id"), nx_path(rq, "passkey"), body));
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
    NX_TRY(read_body(&body, rq));
    nx_result r = nx_operate_model_set(&j, &c, nx_path(rq, "aaguid"), body);
    return nx_admin_answer(rp, &c, 200, r, j);
}

nx_result nx_admin_model_remove(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    NX_TRY(nx_admin_begin(&c, rq));
    return nothing(rp, &c, nx_operate_model_remove(&c, nx_path(rq, "aaguid")));
}
