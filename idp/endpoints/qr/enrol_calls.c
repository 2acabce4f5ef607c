/* Enrolling a phone: the phone's calls (docs/PROTOCOL-qr.md section 6). */
#include "endpoints/qr/qr.h"
#include "qr/enrol.h"
#include "sessions/throttle.h"

static nx_result start(struct nx_qr_call *c)
{
    static const char *const members[] = {"secret", NULL};
    struct nx_enrolment e;
    NX_TRY(nx_qr_members(c, members));
    NX_TRY(nx_qr_throttle(c, NX_THROTTLE_ENROL, NULL));
    NX_TRY(nx_enrol_start(&e, c->a, c->house, nx_span_str(nx_json_str(c->json, "secret"))));
    c->answer = json_pack("{s:s, s:s, s:s, s:s, s:I, s:b}", "enrolment", e.enrolment, "nonce", e.nonce,
                          "issuer", c->house->issuer, "name", e.name, "expires_in",
                          (json_int_t)((e.o.deadline_ms - e.o.now_ms) / 1000), "digits", !e.pending);
    NX_NEED(c->answer);
    return NX_OK;
}

nx_result nx_qr_v1_enrol_start(nx_request *rq, nx_reply *rp)
{
    return nx_qr_run(rq, rp, start);
}

static nx_result finish(struct nx_qr_call *c)
{
    static const char *const members[] = {"proof", "pin", "label", NULL};
    struct nx_enrol_done done;
    NX_AUTO_SECRET(pin);
    NX_TRY(nx_qr_members(c, members));
    NX_TRY(nx_qr_throttle(c, NX_THROTTLE_ENROL, NULL));
    NX_TRY(nx_qr_take_pin(&pin, c, "pin"));
    NX_TRY(nx_enrol_finish(&done, c->a, c->house, nx_json_str(c->json, "proof"), &pin,
                           nx_json_str(c->json, "label"), &c->server_time));
    c->answer =
        json_pack("{s:s, s:s, s:s?, s:s, s:I}", "qid", done.qid, "state", done.digits ? "digits" : "pending",
                  "digits", done.digits, "watch", done.watch, "expires_in", (json_int_t)done.expires_in);
    NX_NEED(c->answer);
    return NX_OK;
}

nx_result nx_qr_v1_enrol_finish(nx_request *rq, nx_reply *rp)
{
    return nx_qr_run(rq, rp, finish);
}

static nx_result watch(struct nx_qr_call *c)
{
    static const char *const members[] = {"watch", NULL};
    const char *state, *reason;
    NX_TRY(nx_qr_members(c, members));
    NX_TRY(nx_enrol_watch(&state, &reason, c->a, c->house, nx_span_str(nx_json_str(c->json, "watch"))));
    c->answer = json_pack("{s:s, s:s?}", "state", state, "reason", reason);
    NX_NEED(c->answer);
    return NX_OK;
}

nx_result nx_qr_v1_enrol_watch(nx_request *rq, nx_reply *rp)
{
    return nx_qr_run(rq, rp, watch);
}
