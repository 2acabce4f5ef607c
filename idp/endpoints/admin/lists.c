/* What is read, and QR identities that are made. */
#include "endpoints/admin/admin.h"
#include "operate/credentials.h"
#include "operate/records.h"

nx_result nx_admin_qr_list(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    json_t *j = NULL;
    NX_TRY(nx_admin_begin(&c, rq));
    nx_result r = nx_operate_qr_list(&j, &c, nx_path(rq, "id"));
    return nx_admin_answer(rp, &c, 200, r, j);
}

/* The body is read before the bearer so that the lane is chosen before anything is done; nothing is told
 * about it. */
nx_result nx_admin_qr_create(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    json_t *j = NULL;
    NX_AUTO_JSON body = NULL;
    nx_result read = nx_admin_body(&body, rq);
    if (nx_ok(read) && nx_operate_qr_hashes(body) && rq->lane != NX_LANE_HASH)
        return nx_reply_move(rp, NX_LANE_HASH);
    NX_TRY(nx_admin_begin(&c, rq));
    NX_TRY(read);
    nx_result r = nx_operate_qr_create(&j, &c, nx_path(rq, "id"), body);
    return nx_admin_answer(rp, &c, 201, r, j);
}

/* Rule 26: of an unknown person as of one without sessions, the list is empty. */
nx_result nx_admin_session_list(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    json_t *j = NULL;
    NX_TRY(nx_admin_begin(&c, rq));
    const char *subject = nx_query(rq, "subject");
    if (!subject) {
        c.why = "subject: the SCIM id of a person";
        return nx_admin_refuse(rp, &c, (nx_result){NX_ERR_MISSING});
    }
    nx_result r = nx_operate_session_list(&j, &c, subject);
    return nx_admin_answer(rp, &c, 200, r, j);
}

nx_result nx_admin_client_list(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    struct nx_operate_page page;
    json_t *j = NULL;
    NX_TRY(nx_admin_begin(&c, rq));
    NX_TRY(nx_admin_page(&page, rq));
    nx_result r = nx_operate_client_list(&j, &c, &page);
    return nx_admin_answer(rp, &c, 200, r, j);
}

nx_result nx_admin_client_show(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    json_t *j = NULL;
    NX_TRY(nx_admin_begin(&c, rq));
    nx_result r = nx_operate_client_show(&j, &c, nx_path(rq, "id"));
    return nx_admin_answer(rp, &c, 200, r, j);
}

nx_result nx_admin_audit_list(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    struct nx_operate_audit_query q = {
        .subject = nx_query(rq, "subject"), .type = nx_query(rq, "type"), .since = nx_query(rq, "since")};
    json_t *j = NULL;
    NX_TRY(nx_admin_begin(&c, rq));
    NX_TRY(nx_admin_page(&q.page, rq));
    nx_result r = nx_operate_audit_list(&j, &c, &q);
    return nx_admin_answer(rp, &c, 200, r, j);
}

nx_result nx_admin_audit_verify(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    json_t *j = NULL;
    NX_TRY(nx_admin_begin(&c, rq));
    nx_result r = nx_operate_audit_verify(&j, &c);
    return nx_admin_answer(rp, &c, 200, r, j);
}

nx_result nx_admin_key_list(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    json_t *j = NULL;
    NX_TRY(nx_admin_begin(&c, rq));
    nx_result r = nx_operate_key_list(&j, &c);
    return nx_admin_answer(rp, &c, 200, r, j);
}

nx_result nx_admin_key_rotate(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    json_t *j = NULL;
    NX_AUTO_JSON body = NULL;
    NX_TRY(nx_admin_begin(&c, rq));
    NX_TRY(nx_admin_body(&body, rq));
    nx_result r = nx_operate_key_rotate(&j, &c, nx_json_str(body, "use"), nx_json_bool(body, "now", false));
    return nx_admin_answer(rp, &c, 200, r, j);
}
