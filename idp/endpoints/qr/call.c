/* A call of the wallet: one JSON object with exactly the named members in, JSON or a problem document with a
 * fixed code out. */
#include "endpoints/qr/qr.h"

#include "base/log.h"
#include "endpoints/answer.h"
#include "qr/pin.h"
#include "revoke/revoke.h"
#include "sessions/throttle.h"

/* docs/PROTOCOL-qr.md section 11. What has no row is "internal", or "unavailable" when its answer is 503. */
static const struct {
    nx_err e;
    int status;
    const char *code;
} codes[] = {
    {NX_ERR_QR_MALFORMED, 400, "malformed"},
    {NX_ERR_QR_PROOF, 401, "proof_invalid"},
    {NX_ERR_QR_CLOCK, 401, "clock"},
    {NX_ERR_QR_REPLAYED, 409, "replayed"},
    {NX_ERR_QR_PENDING, 403, "identity_pending"},
    {NX_ERR_QR_SUSPENDED, 403, "identity_suspended"},
    {NX_ERR_QR_REVOKED, 403, "identity_revoked"},
    {NX_ERR_QR_EXPIRED, 403, "identity_expired"},
    {NX_ERR_QR_FRAME_INVALID, 403, "frame_invalid"},
    {NX_ERR_QR_FRAME_STALE, 409, "frame_stale"},
    {NX_ERR_QR_ORDER_GONE, 410, "order_gone"},
    {NX_ERR_QR_ORDER_TAKEN, 409, "order_taken"},
    {NX_ERR_QR_ORDER_STATE, 409, "order_state"},
    {NX_ERR_QR_CONTEXT, 409, "context_mismatch"},
    {NX_ERR_QR_PIN_WRONG, 403, "pin_wrong"},
    {NX_ERR_QR_PIN_WEAK, 422, "pin_weak"},
    {NX_ERR_QR_ENROLMENT_GONE, 410, "enrolment_gone"},
    {NX_ERR_QR_KEY, 400, "key_unsuitable"},
    {NX_ERR_QR_KEY_TAKEN, 409, "key_taken"},
    {NX_ERR_PASSKEY_UNKNOWN, 403, "passkey_invalid"},
    {NX_ERR_NOT_FOUND, 404, "not_found"},
    {NX_ERR_HTTP_RATE, 429, "rate_limited"},
    {NX_ERR_HTTP_MEDIA_TYPE, 400, "malformed"},
    {NX_ERR_HTTP_TOO_LARGE, 413, "malformed"},
    {NX_ERR_HTTP_METHOD, 405, "malformed"},
    {NX_ERR_HTTP_FRAMING, 400, "malformed"},
    {NX_ERR_HTTP_HOST, 421, "malformed"},
};

static void find_code(nx_err e, int *status, const char **code)
{
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (codes[i].e != e) continue;
        *status = codes[i].status;
        *code = codes[i].code;
        return;
    }
    bool away = nx_answer_of(e).status == 503;
    *status = away ? 503 : 500;
    *code = away ? "unavailable" : "internal";
}

/* name NULL: nothing further to say. */
static void write_problem(nx_request *rq, nx_reply *rp, nx_err e, const char *name, int64_t number)
{
    int status;
    const char *code;
    find_code(e, &status, &code);
    NX_AUTO_JSON j = json_pack("{s:s, s:s, s:i, s:s, s:s}", "type", "about:blank", "title", nx_err_text(e),
                               "status", status, "code", code, "request_id", rq->id);
    if (j && name) json_object_set_new(j, name, json_integer(number));
    if (status == 429 || status == 503) nx_reply_header(rp, "Retry-After", status == 429 ? "10" : "1");
    nx_reply_json_as(rp, status, "application/problem+json", j);
    nx_qr_cors(rq, rp);
}

void nx_qr_answer(nx_request *rq, nx_reply *rp, nx_err e)
{
    write_problem(rq, rp, e, NULL, 0);
}

static void refuse(struct nx_qr_call *c, nx_result r)
{
    if (nx_answer_of(r.e).status >= 500) nx_log_error("request_failed", r);
    if (r.e == NX_ERR_QR_CLOCK)
        write_problem(c->rq, c->rp, r.e, "server_time", c->server_time);
    else if (r.e == NX_ERR_QR_PIN_WRONG)
        write_problem(c->rq, c->rp, r.e, "attempts_left", c->attempts_left);
    else
        write_problem(c->rq, c->rp, r.e, NULL, 0);
}

static nx_result read_body(struct nx_qr_call *c)
{
    NX_REQUIRE(nx_content_is(c->rq, "application/json"), NX_ERR_QR_MALFORMED);
    NX_REQUIRE(nx_ok(nx_json_parse_object(&c->json, c->rq->body)), NX_ERR_QR_MALFORMED);
    return NX_OK;
}

static void release(struct nx_qr_call *c)
{
    json_decref(c->json);
    json_decref(c->answer);
    nx_qr_proof_clear(&c->proof);
}

nx_result nx_qr_run(nx_request *rq, nx_reply *rp, nx_qr_act act)
{
    __attribute__((cleanup(release))) struct nx_qr_call c = {
        .rq = rq, .rp = rp, .house = nx_house_of(rq), .a = rq->arena};
    nx_result r = read_body(&c);
    if (nx_ok(r)) r = act(&c);
    if (!nx_ok(r)) {
        refuse(&c, r);
        return NX_OK;
    }
    if (!c.answer) c.answer = json_object();
    NX_NEED(c.answer);
    nx_reply_json(rp, 200, c.answer);
    nx_qr_cors(rq, rp);
    return NX_OK;
}

NX_FALLIBLE nx_qr_members(const struct nx_qr_call *c, const char *const *names)
{
    size_t n = 0;
    for (; names[n]; n++)
        NX_REQUIRE(nx_json_str(c->json, names[n]), NX_ERR_QR_MALFORMED);
    NX_REQUIRE(json_object_size(c->json) == n, NX_ERR_QR_MALFORMED);
    return NX_OK;
}

NX_FALLIBLE nx_qr_prove(struct nx_qr_call *c, enum nx_qr_proof_label label, bool any_state)
{
    return nx_qr_proof_open(&c->proof, c->a, c->house, label, nx_json_str(c->json, "proof"), any_state,
                            &c->server_time);
}

/* The JSON's copy is overwritten at once; the body's goes with the arena. */
NX_FALLIBLE nx_qr_take_pin(nx_secret *pin, struct nx_qr_call *c, const char *member)
{
    const char *text = nx_json_str(c->json, member);
    NX_REQUIRE(text && *text && strlen(text) <= NX_PIN_MAX, NX_ERR_QR_MALFORMED);
    NX_TRY(nx_secret_set(pin, nx_span_str(text)));
    nx_wipe((void *)(uintptr_t)text, strlen(text));
    return NX_OK;
}

static nx_result suspend(struct nx_qr_call *c)
{
    nx_result r = nx_revoke(c->house, c->a,
                            &(struct nx_revoke_order){.act = NX_SUSPEND,
                                                      .scope = NX_REVOKE_QR,
                                                      .target = c->proof.who.qid.s,
                                                      .subject = c->proof.who.person.s,
                                                      .reason = "five wrong PINs",
                                                      .actor = "system"},
                            NULL);
    if (r.e != NX_ERR_CONFLICT) NX_TRY(r); /* another attempt in parallel has suspended it */
    NX_FAIL(NX_ERR_QR_SUSPENDED);
}

NX_FALLIBLE nx_qr_check_pin(int *bound_at, struct nx_qr_call *c, const nx_secret *pin)
{
    struct nx_pin_result found;
    NX_TRY(nx_pin_check(&found, c->house, c->a, &c->proof.who, pin, c->proof.who.qid.s));
    c->attempts_left = found.left;
    *bound_at = found.bound_at;
    if (found.right) return NX_OK;
    if (found.left == 0) return suspend(c);
    NX_FAIL(NX_ERR_QR_PIN_WRONG);
}

NX_FALLIBLE nx_qr_throttle(struct nx_qr_call *c, int row, const char *account)
{
    struct nx_throttled t;
    const struct nx_attempt attempt = {
        .row = (enum nx_throttle_row)row, .account = account, .source = c->rq->client};
    NX_TRY(nx_throttle_take(c->house->store, c->a, &attempt, &t));
    NX_REQUIRE(t.allowed, NX_ERR_HTTP_RATE);
    return NX_OK;
}
