/* The phone approves or declines what it displayed. */
#include "base/json.h"
#include "base/secret.h"
#include "crypto/digest.h"
#include "qr/order.h"
#include "qr/order_body.h"
#include "sessions/ticket.h"

/* The order of a proof, if this very phone took it. */
static nx_result find_mine(struct nx_qr_order *q, nx_arena *a, struct nx_house *house,
                           const struct nx_qr_proof *p)
{
    nx_id id;
    NX_TRY(nx_qr_order_id(&id, nx_json_str(p->payload, "order")));
    NX_TRY(nx_qr_order_find(q, a, house, id.s));
    NX_REQUIRE(q->o.state != NX_ORDER_DONE && q->o.state != NX_ORDER_DEAD, NX_ERR_QR_ORDER_GONE);
    bool mine = q->qid && strcmp(q->qid, p->who.qid.s) == 0 && strcmp(q->o.by, p->who.thumbprint) == 0;
    NX_REQUIRE(mine, NX_ERR_QR_ORDER_STATE);
    return NX_OK;
}

static bool says(const json_t *payload, const char *member, const char *wanted)
{
    const char *text = nx_json_str(payload, member);
    return text && nx_ct_equal(nx_span_str(text), nx_span_str(wanted));
}

/* Rule 2: the proof is over the digest of what was displayed, the order, t and the server's nonce. */
NX_FALLIBLE nx_qr_approve_check(struct nx_qr_order *q, nx_arena *a, struct nx_house *house,
                                const struct nx_qr_proof *p)
{
    uint8_t digest[NX_SHA256_LEN];
    char wanted[NX_B64U_LEN(NX_SHA256_LEN) + 1];
    NX_REQUIRE(json_is_boolean(json_object_get(p->payload, "own_screen")), NX_ERR_QR_MALFORMED);
    NX_TRY(find_mine(q, a, house, p));
    NX_REQUIRE(q->o.state == NX_ORDER_CONTEXT, NX_ERR_QR_ORDER_STATE);
    NX_TRY(nx_sha256(digest, nx_span_str(q->context)));
    nx_b64u_encode(wanted, nx_span_of(digest, sizeof digest));
    bool same = says(p->payload, "ctx", wanted) && says(p->payload, "nonce", q->nonce) &&
                nx_json_int(p->payload, "t", -1) == q->t;
    NX_REQUIRE(same, NX_ERR_QR_CONTEXT);
    return NX_OK;
}

/* Rule 1: a one-time code that is worth something only in the browser that began the order. */
static nx_result response_url(const char **out, nx_arena *a, struct nx_house *house,
                              const struct nx_qr_order *q)
{
    nx_handle_text code;
    NX_TRY(nx_ticket_make(&code, house->store, a, NX_HANDLE_RESPONSE, nx_span_str(q->o.id.s), NX_LIT("1"),
                          NX_ORDER_TAKEN_S));
    *out = nx_arena_printf(a, "%s/login/qr/return?o=%s&c=%s", house->issuer, q->o.id.s, code.s);
    NX_NEED(*out);
    return NX_OK;
}

static nx_result make_digits(const char **out, nx_arena *a)
{
    char *digits = nx_arena_alloc(a, NX_QR_DIGITS + 1);
    NX_NEED(digits);
    NX_TRY(nx_qr_make_digits(digits, NX_QR_DIGITS));
    *out = digits;
    return NX_OK;
}

NX_FALLIBLE nx_qr_approve(struct nx_qr_answer *out, nx_arena *a, struct nx_house *house,
                          struct nx_qr_order *q, const struct nx_qr_proof *p)
{
    bool won, same = q->via == NX_VIA_SAME;
    q->own_screen = nx_json_bool(p->payload, "own_screen", false);
    q->proof = p->text;
    q->bound_at = p->who.bound_at;
    q->digits = NULL;
    if (!same && q->rung < NX_P2) NX_TRY(make_digits(&q->digits, a));
    *out = (struct nx_qr_answer){.digits = q->digits};
    if (same) NX_TRY(response_url(&out->redirect_to, a, house, q));
    NX_TRY(nx_qr_order_step(q, a, house, NX_ORDER_APPROVED, &won));
    NX_REQUIRE(won, NX_ERR_QR_ORDER_STATE);
    out->expires_in = (q->o.deadline_ms - q->o.now_ms) / 1000;
    return NX_OK;
}

NX_FALLIBLE nx_qr_decline(nx_arena *a, struct nx_house *house, const struct nx_qr_proof *p)
{
    struct nx_qr_order q;
    const char *reason = nx_json_str(p->payload, "reason");
    bool known = reason && (strcmp(reason, "declined") == 0 || strcmp(reason, "not-me") == 0);
    NX_REQUIRE(known, NX_ERR_QR_MALFORMED);
    NX_TRY(find_mine(&q, a, house, p));
    return nx_qr_order_end(house, a, q.o.id.s, reason);
}
