/* Ending, suspending and resuming: one handler body, a row for each call. The reply comes when the act is
 * durable; its receipt is under Location. */
#include "operate/acts.h"

#include "endpoints/admin/admin.h"

#define REASON_NONE "no reason given"

nx_result nx_admin_reason(const char **out, nx_request *rq)
{
    NX_AUTO_JSON body = NULL;
    *out = REASON_NONE;
    if (rq->body.n == 0) return NX_OK;
    NX_TRY(nx_admin_body(&body, rq));
    const char *reason = nx_json_str(body, "reason");
    NX_REQUIRE(reason || !json_object_get(body, "reason"), NX_ERR_SYNTAX);
    if (reason) NX_NEED(*out = nx_arena_strdup(rq->arena, reason));
    return NX_OK;
}

static void point_to_receipt(nx_reply *rp, nx_arena *a, const json_t *receipt)
{
    int64_t seq = nx_json_int(receipt, "seq", 0);
    if (seq > 0)
        nx_reply_header(rp, "Location",
                        nx_arena_printf(a, NX_ADMIN_ROOT "/revocations/%lld", (long long)seq));
}

static nx_result end(nx_request *rq, nx_reply *rp, enum nx_revoke_act act, const char *what)
{
    struct nx_operate_call c;
    const char *reason;
    NX_AUTO_JSON receipt = NULL;
    NX_TRY(nx_admin_begin(&c, rq));
    NX_TRY(nx_admin_reason(&reason, rq));
    nx_result r = nx_operate_end(&receipt, &c, act, what, nx_path(rq, "id"), reason);
    if (!nx_ok(r)) return nx_admin_refuse(rp, &c, r);
    point_to_receipt(rp, rq->arena, receipt);
    nx_reply_nothing(rp);
    return NX_OK;
}

#define END(handler, act, what)                                                                              \
    nx_result handler(nx_request *rq, nx_reply *rp)                                                          \
    {                                                                                                        \
        return end(rq, rp, act, what);                                                                       \
    }

END(nx_admin_person_revoke, NX_REVOKE, "person")
END(nx_admin_person_suspend, NX_SUSPEND, "person")
END(nx_admin_person_resume, NX_RESUME, "person")
END(nx_admin_qr_revoke, NX_REVOKE, "qr")
END(nx_admin_qr_suspend, NX_SUSPEND, "qr")
END(nx_admin_qr_resume, NX_RESUME, "qr")
END(nx_admin_session_revoke, NX_REVOKE, "session")
END(nx_admin_client_revoke, NX_REVOKE, "client")
END(nx_admin_client_suspend, NX_SUSPEND, "client")
END(nx_admin_client_resume, NX_RESUME, "client")

nx_result nx_admin_receipt(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    json_t *j = NULL;
    uint64_t seq;
    NX_TRY(nx_admin_begin(&c, rq));
    NX_REQUIRE(nx_ok(nx_parse_u64(&seq, nx_span_str(nx_path(rq, "seq")), INT64_MAX)), NX_ERR_NOT_FOUND);
    nx_result r = nx_operate_receipt(&j, &c, (int64_t)seq);
    return nx_admin_answer(rp, &c, 200, r, j);
}
