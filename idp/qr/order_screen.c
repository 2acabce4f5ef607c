/* The screen that began the order ends it: by digits that were transferred, or by the response code in the
 * same browser. Whatever happens, an order is done for one caller only: the step that wins. */
#include "base/json.h"
#include "base/secret.h"
#include "qr/order.h"
#include "qr/order_body.h"
#include "registry/audit.h"
#include "sessions/throttle.h"
#include "sessions/ticket.h"

#define WATCH_HOLDER "watch"

/* Rule 9: attempts count for the person from this source, over all orders. */
static nx_result throttle(struct nx_house *house, nx_arena *a, const struct nx_qr_order *q,
                          struct nx_attempt *attempt)
{
    struct nx_throttled throttled;
    char *account = nx_arena_printf(a, "digits:%s", q->person);
    NX_NEED(account);
    *attempt = (struct nx_attempt){.row = NX_THROTTLE_PIN, .account = account, .source = q->address};
    NX_TRY(nx_throttle_take(house->store, a, attempt, &throttled));
    NX_REQUIRE(throttled.allowed, NX_ERR_HTTP_RATE);
    return NX_OK;
}

static nx_result finish(struct nx_qr_order *q, nx_arena *a, struct nx_house *house, enum nx_order_state to)
{
    bool won;
    NX_TRY(nx_qr_order_step(q, a, house, to, &won));
    NX_REQUIRE(won, NX_ERR_QR_ORDER_GONE);
    return NX_OK;
}

NX_FALLIBLE nx_qr_digits(struct nx_qr_order *q, nx_arena *a, struct nx_house *house, nx_span typed, int *left)
{
    *left = 0;
    enum nx_found found;
    struct nx_attempt attempt;
    NX_REQUIRE(q->o.state == NX_ORDER_APPROVED && q->digits, NX_ERR_QR_ORDER_STATE);
    NX_TRY(throttle(house, a, q, &attempt));
    /* Counted before it is compared: tries in parallel gain nothing. */
    NX_TRY(nx_order_try(house->store, a, q->o.id.s, &q->o, &found));
    NX_REQUIRE(found == NX_FOUND, NX_ERR_QR_ORDER_GONE);
    if (nx_ct_equal(typed, nx_span_str(q->digits))) {
        nx_ignore(nx_throttle_refund(house->store, a, &attempt)); /* at worst her next burst is one shorter */
        return finish(q, a, house, NX_ORDER_DONE);
    }
    *left = NX_ORDER_TRIES - (int)q->o.tries;
    if (*left <= 0) NX_TRY(nx_qr_order_end(house, a, q->o.id.s, "digits"));
    NX_FAIL(NX_ERR_QR_DIGITS);
}

NX_FALLIBLE nx_qr_finish(struct nx_qr_order *q, nx_arena *a, struct nx_house *house)
{
    bool kiosk = q->kiosk && q->rung == NX_P2 && q->via == NX_VIA_SCAN;
    NX_REQUIRE(q->o.state == NX_ORDER_APPROVED && kiosk, NX_ERR_QR_ORDER_STATE);
    NX_TRY(nx_qr_check_kiosk(q, a, house));
    return finish(q, a, house, NX_ORDER_DONE);
}

/* Rule 1: no matching cookie, and the order dies and is audited. */
static nx_result refuse_browser(nx_arena *a, struct nx_house *house, const struct nx_qr_order *q)
{
    NX_TRY(nx_qr_order_end(house, a, q->o.id.s, "other-browser"));
    char *detail = nx_arena_printf(a, "{\"qid\":\"%s\",\"client\":\"%s\"}", q->qid, q->client_id);
    NX_NEED(detail);
    NX_TRY(nx_audit_append(house->registry, &(struct nx_audit_entry){.actor = "system",
                                                                     .type = "qr.other-browser",
                                                                     .subject = q->person,
                                                                     .detail = detail}));
    NX_FAIL(NX_ERR_QR_OTHER_BROWSER);
}

NX_FALLIBLE nx_qr_return(struct nx_qr_order *out, nx_arena *a, struct nx_house *house, const char *id,
                         nx_span code, nx_span browser_cookie)
{
    struct nx_ticket ticket;
    enum nx_found found;
    NX_TRY(nx_ticket_take(house->store, a, NX_HANDLE_RESPONSE, nx_span_str(id), code, &ticket, &found));
    NX_REQUIRE(found == NX_FOUND, NX_ERR_QR_ORDER_GONE);
    nx_result r = nx_qr_order_of_browser(out, a, house, id, browser_cookie);
    if (r.e == NX_ERR_QR_OTHER_BROWSER) return refuse_browser(a, house, out);
    NX_TRY(r);
    NX_REQUIRE(out->o.state == NX_ORDER_APPROVED && out->via == NX_VIA_SAME, NX_ERR_QR_ORDER_GONE);
    out->rung = NX_P3;
    return finish(out, a, house, NX_ORDER_DONE);
}

/* ---- watching
 * ------------------------------------------------------------------------------------------------ */

NX_FALLIBLE nx_qr_watch_make(char **out, nx_arena *a, const struct nx_house *house, const char *id)
{
    struct nx_handle h = {.shard = 0};
    nx_handle_text text;
    memcpy(h.id.s, id, sizeof h.id.s);
    NX_TRY(nx_handle_seal(&text, house->master, NX_HANDLE_ORDER, NX_LIT(WATCH_HOLDER), &h));
    *out = nx_arena_strdup(a, text.s);
    NX_NEED(*out);
    return NX_OK;
}

static const char *watched_state(enum nx_order_state s)
{
    switch (s) {
    case NX_ORDER_SHOWN:
    case NX_ORDER_TAKEN:
    case NX_ORDER_CONTEXT:
        return "taken";
    case NX_ORDER_APPROVED:
    case NX_ORDER_DIGITS:
        return "approved";
    case NX_ORDER_DONE:
        return "done";
    case NX_ORDER_DEAD:
        break;
    }
    return "ended";
}

NX_FALLIBLE nx_qr_watch(const char **state, const char **reason, nx_arena *a, struct nx_house *house,
                        nx_span watch)
{
    struct nx_handle h;
    struct nx_qr_order q;
    nx_result r = nx_handle_open(&h, house->master, NX_HANDLE_ORDER, NX_LIT(WATCH_HOLDER), watch);
    NX_REQUIRE(nx_ok(r), NX_ERR_QR_MALFORMED);
    *state = "ended";
    *reason = "expired";
    r = nx_qr_order_find(&q, a, house, h.id.s);
    if (r.e == NX_ERR_QR_ORDER_GONE) return NX_OK;
    NX_TRY(r);
    *state = watched_state(q.o.state);
    *reason = nx_qr_why(&q.o) ? nx_arena_strdup(a, nx_qr_why(&q.o)) : NULL;
    return NX_OK;
}
