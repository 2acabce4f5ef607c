/* The sign-in page that shows a code. /login/qr?t=TRANSACTION begins an order and goes on to itself with
 * t=ORDER.TRANSACTION (the order's handle is sealed for this browser), so that reloading shows the same
 * order, and its end when the store has forgotten it. */
#include "authn/sign_in.h"
#include "endpoints/pages/pages.h"
#include "endpoints/qr/kiosk.h"
#include "endpoints/qr/qr.h"
#include "qr/order.h"
#include "registry/client.h"
#include "sessions/throttle.h"

#define PAGE "/login/qr"

/* One look at an order from the browser that began it. */
struct look {
    nx_request *rq;
    nx_reply *rp;
    nx_arena *a;
    struct nx_house *house;
    struct nx_visitor who;
    const char *t; /* ORDER.TRANSACTION */
    const char *txn;
    bool gone; /* the store has forgotten it */
    struct nx_qr_order q;
};

/* ---- beginning
 * ------------------------------------------------------------------------------------------------- */

static nx_result throttle(struct look *l, const char *client_id)
{
    struct nx_throttled t;
    const struct nx_attempt attempt = {
        .row = NX_THROTTLE_ORDER, .account = client_id, .source = l->rq->client};
    NX_TRY(nx_throttle_take(l->house->store, l->a, &attempt, &t));
    NX_REQUIRE(t.allowed, NX_ERR_HTTP_RATE);
    return NX_OK;
}

static nx_result begin_order(struct look *l, const struct nx_kiosk *kiosk)
{
    struct nx_flow_view about;
    NX_TRY(nx_flow_view(&about, l->house, l->a, &l->who, l->txn));
    NX_TRY(throttle(l, about.client_id));
    NX_AUTO(nx_client) client = NULL;
    NX_TRY(nx_client_get(l->house->registry, nx_span_str(about.client_id), &client));
    const char *acr = nx_acr_of_level(about.level > NX_LEVEL_NONE ? about.level : NX_M1);
    const struct nx_qr_display display = {
        .client_id = about.client_id,
        .client_name = client->name_vi ? client->name_vi : about.client_id,
        .organisation_code = client->organisation,
        .origin = about.origin ? about.origin : "",
        .broker = l->house->issuer_host,
        .acr = acr,
        .claims = about.claim,
        .claim_count = about.claim_count,
        .browser = nx_agent_label(l->a, nx_header(l->rq, "User-Agent")),
        .network = nx_network_label(l->a, l->rq->client),
        .place = kiosk ? kiosk->place : NULL,
    };
    NX_NEED(display.browser);
    return nx_qr_order_begin(&l->q, l->a, l->house,
                             &(struct nx_qr_begin){.txn = l->txn,
                                                   .browser = l->who.browser,
                                                   .address = l->rq->client,
                                                   .kiosk = kiosk ? kiosk->id.s : NULL,
                                                   .display = &display});
}

static nx_result order_handle(nx_handle_text *out, const struct look *l)
{
    const struct nx_handle h = {.shard = 0, .id = l->q.o.id};
    return nx_handle_seal(out, l->house->master, NX_HANDLE_ORDER, l->who.browser, &h);
}

static nx_result begin(struct look *l, const struct nx_kiosk *kiosk)
{
    nx_handle_text handle;
    NX_TRY(begin_order(l, kiosk));
    NX_TRY(order_handle(&handle, l));
    const char *url = nx_arena_printf(l->a, PAGE "?t=%s.%s", handle.s, l->txn);
    NX_NEED(url);
    nx_reply_redirect(l->rp, url);
    return NX_OK;
}

/* ---- finding
 * ----------------------------------------------------------------------------------------------------- */

static nx_result visit(struct look *l, nx_request *rq, nx_reply *rp)
{
    *l = (struct look){.rq = rq, .rp = rp, .a = rq->arena, .house = nx_house_of(rq)};
    return nx_visitor_of(&l->who, rq, rp);
}

/* Takes t apart; false when it is no order of this browser's. */
static bool order_of(nx_id *id, struct look *l, const char *t)
{
    struct nx_handle h;
    nx_span rest = nx_span_str(t), order;
    l->t = t;
    if (!t || !nx_span_cut(&rest, '.', &order) || !rest.p) return false;
    l->txn = (const char *)rest.p; /* the end of t */
    if (!nx_ok(nx_handle_open(&h, l->house->master, NX_HANDLE_ORDER, l->who.browser, order))) return false;
    *id = h.id;
    return true;
}

static nx_result find(struct look *l, const nx_id *id)
{
    nx_result r = nx_qr_order_of_browser(&l->q, l->a, l->house, id->s, l->who.browser);
    l->gone = r.e == NX_ERR_QR_ORDER_GONE;
    if (l->gone) return NX_OK;
    NX_TRY(r);
    l->txn = l->q.txn;
    return NX_OK;
}

/* For the forms of the page: t must be an order of this browser. */
static nx_result open_form(struct look *l, nx_request *rq, nx_reply *rp)
{
    nx_id id;
    NX_TRY(visit(l, rq, rp));
    NX_REQUIRE(order_of(&id, l, nx_form(rq, "t")), NX_ERR_HANDLE);
    return find(l, &id);
}

/* ---- drawing
 * ------------------------------------------------------------------------------------------------------ */

static const char *page_state(const struct nx_qr_order *q)
{
    switch (q->o.state) {
    case NX_ORDER_SHOWN:
        return "waiting";
    case NX_ORDER_TAKEN:
    case NX_ORDER_CONTEXT:
        return "taken";
    case NX_ORDER_APPROVED:
        if (q->digits) return "digits";
        return q->via == NX_VIA_SAME ? "taken" : "finish"; /* by redirect: that tab goes on */
    case NX_ORDER_DIGITS:
    case NX_ORDER_DONE:
        return "done";
    case NX_ORDER_DEAD:
        break;
    }
    return "dead";
}

static nx_result set_token(nx_view *v, struct look *l, const char *key, const char *form)
{
    const char *token = NULL;
    NX_TRY(nx_csrf_token(&token, l->rq, l->rp, form));
    nx_view_text(v, key, token);
    return NX_OK;
}

static const char *via_txn(struct look *l, const char *path)
{
    return l->txn ? nx_arena_printf(l->a, "%s?t=%s", path, l->txn) : "/login";
}

static nx_result draw_waiting(nx_view *v, struct look *l)
{
    char *link, *paste = NULL;
    /* Rule 4: pasting exists on loopback issuers only, and has a frame of its own. */
    if (l->house->loopback) NX_TRY(nx_qr_frame(&paste, l->a, l->house, &l->q, NX_VIA_LINK));
    nx_view_flag(v, "paste", paste != NULL);
    nx_view_text(v, "paste_link", paste);
    NX_TRY(nx_qr_frame(&link, l->a, l->house, &l->q, NX_VIA_SCAN));
    return nx_qr_symbol_view(v, l->a, link);
}

static nx_result draw_state(nx_view *v, struct look *l, const char *state)
{
    static const char *const states[] = {"waiting", "taken", "digits", "finish", "dead"};
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        nx_view_flag(v, states[i], strcmp(states[i], state) == 0);
    nx_view_text(v, "phone", l->q.label);
    nx_view_number(v, "tries", NX_ORDER_TRIES - (int)l->q.o.tries);
    const char *why = l->gone ? "expired" : nx_qr_why(&l->q.o);
    nx_view_label(v, "why", nx_arena_printf(l->a, "why.%s", why ? why : "used"));
    return strcmp(state, "waiting") == 0 ? draw_waiting(v, l) : NX_OK;
}

static void draw_client(nx_view *v, struct look *l)
{
    struct nx_flow_view about;
    bool known = l->txn && nx_ok(nx_flow_view(&about, l->house, l->a, &l->who, l->txn));
    nx_asks_view(v, l->rq, known ? &about : NULL);
    nx_reply_form_target(l->rp, NULL); /* the digits' form may end at the portal */
    if (known && about.origin && strncmp(about.origin, "https://", 8) != 0 && strchr(about.origin, ':'))
        nx_reply_form_target(l->rp, about.origin);
}

static nx_result draw(struct look *l, int status, const char *error)
{
    nx_view *v = nx_view_new(l->a);
    draw_client(v, l);
    nx_view_text(v, "t", l->t);
    nx_view_label(v, "error", error);
    nx_view_url(v, "again_url", via_txn(l, PAGE));
    nx_view_url(v, "password_url", via_txn(l, "/login"));
    nx_view_url(v, "paper_url", via_txn(l, "/login/paper"));
    NX_TRY(set_token(v, l, "csrf", PAGE "/digits"));
    NX_TRY(set_token(v, l, "csrf_finish", PAGE "/finish"));
    NX_TRY(set_token(v, l, "csrf_same", PAGE "/same"));
    NX_TRY(set_token(v, l, "csrf_cancel", PAGE "/cancel"));
    NX_TRY(draw_state(v, l, l->gone ? "dead" : page_state(&l->q)));
    nx_reply_scripts(l->rp, false);
    nx_reply_page(l->rp, status, "login_qr", v);
    return NX_OK;
}

static nx_result go_on(struct look *l)
{
    const char *url = via_txn(l, "/login");
    NX_NEED(url);
    nx_reply_redirect(l->rp, url);
    return NX_OK;
}

nx_result nx_qr_login_page(nx_request *rq, nx_reply *rp)
{
    struct look l;
    nx_id id;
    NX_TRY(visit(&l, rq, rp));
    const char *t = nx_query(rq, "t");
    NX_REQUIRE(t, NX_ERR_MISSING);
    if (!order_of(&id, &l, t)) {
        if (!l.txn) l.txn = t;
        return nx_kiosk_is_here(rq) && !nx_query(rq, "plain") ? nx_kiosk_page(rq, rp, l.txn) : begin(&l, NULL);
    }
    NX_TRY(find(&l, &id));
    bool done = !l.gone && strcmp(page_state(&l.q), "done") == 0;
    return done ? go_on(&l) : draw(&l, 200, NULL);
}

/* The screen has proven that it is a kiosk: the order is begun at its place. */
nx_result nx_qr_login_kiosk(nx_request *rq, nx_reply *rp)
{
    struct look l;
    struct nx_kiosk kiosk;
    NX_TRY(visit(&l, rq, rp));
    l.txn = nx_form(rq, "t");
    NX_REQUIRE(l.txn, NX_ERR_MISSING);
    nx_result r = nx_kiosk_proven(&kiosk, rq, &l.who);
    if (r.e == NX_ERR_NOT_FOUND || r.e == NX_ERR_SIGNATURE) return nx_kiosk_is_none(rq, rp, l.txn);
    NX_TRY(r);
    return begin(&l, &kiosk);
}

/* ---- the stream
 * ---------------------------------------------------------------------------------------------------- */

static nx_result state_of(const struct nx_qr_watcher *w, nx_arena *a, const char **state, const char **frame)
{
    struct nx_qr_order q;
    char *link;
    *state = "dead";
    nx_result r = nx_qr_order_find(&q, a, w->house, w->id.s);
    if (r.e == NX_ERR_QR_ORDER_GONE) return NX_OK;
    NX_TRY(r);
    *state = page_state(&q);
    if (q.o.state != NX_ORDER_SHOWN) return NX_OK;
    NX_TRY(nx_qr_frame(&link, a, w->house, &q, NX_VIA_SCAN));
    *frame = link;
    return NX_OK;
}

nx_result nx_qr_login_frames(nx_request *rq, nx_reply *rp)
{
    struct look l;
    struct nx_qr_watcher w = {.house = nx_house_of(rq), .state_of = state_of};
    NX_TRY(visit(&l, rq, rp));
    NX_REQUIRE(order_of(&w.id, &l, nx_query(rq, "t")), NX_ERR_HANDLE);
    NX_TRY(find(&l, &w.id));
    w.first = l.gone ? "" : page_state(&l.q); /* forgotten: the first event says so */
    return nx_qr_stream(rq, rp, &w);
}

/* ---- the end
 * -------------------------------------------------------------------------------------------------------- */

/* Rule 7: for this portal alone, unless the person said on the phone that the screen is her own. */
static nx_result sign_in(struct look *l)
{
    nx_handle_text *cookie = nx_arena_new(l->a, nx_handle_text, 1);
    struct nx_signon session;
    struct nx_step next;
    const struct nx_sign_in_ask ask = {
        .proof = {.person = l->q.person,
                  .means = l->q.means ? l->q.means : NX_MEANS_QR_PIN,
                  .bound_at = l->q.bound_at,
                  .rung = l->q.rung,
                  .qid = l->q.qid},
        .present = l->who.session,
        .agent = nx_agent_label(l->a, nx_header(l->rq, "User-Agent")),
        .source = l->rq->client,
        .only_client = l->q.own_screen ? NULL : l->q.client_id,
    };
    NX_NEED(cookie);
    NX_TRY(nx_sign_in(cookie, &session, l->house, l->a, &ask));
    nx_browser_session_set(l->rp, cookie->s, 0);
    l->who.session = nx_span_str(cookie->s);
    l->who.made = &session;
    NX_TRY(nx_flow_phone_consent(&next, l->house, l->a, &l->who, l->q.txn));
    return nx_step_reply(&next, l->rq, l->rp);
}

nx_result nx_qr_login_digits(nx_request *rq, nx_reply *rp)
{
    struct look l;
    int left;
    NX_TRY(open_form(&l, rq, rp));
    const char *typed = nx_form(rq, "digits");
    if (l.gone || !typed || strcmp(page_state(&l.q), "digits") != 0) return draw(&l, 200, NULL);
    nx_result r = nx_qr_digits(&l.q, l.a, l.house, nx_span_str(typed), &left);
    if (nx_ok(r)) return sign_in(&l);
    if (r.e == NX_ERR_HTTP_RATE) return draw(&l, 429, "form.throttled");
    if (r.e != NX_ERR_QR_DIGITS && r.e != NX_ERR_QR_ORDER_GONE && r.e != NX_ERR_QR_ORDER_STATE) return r;
    const nx_id id = l.q.o.id;
    NX_TRY(find(&l, &id));
    return draw(&l, 403, r.e == NX_ERR_QR_DIGITS ? "form.digits" : NULL);
}

nx_result nx_qr_login_finish(nx_request *rq, nx_reply *rp)
{
    struct look l;
    NX_TRY(open_form(&l, rq, rp));
    if (l.gone) return draw(&l, 200, NULL);
    nx_result r = nx_qr_finish(&l.q, l.a, l.house);
    if (nx_ok(r)) return sign_in(&l);
    if (r.e != NX_ERR_QR_ORDER_GONE && r.e != NX_ERR_QR_ORDER_STATE) return r;
    const nx_id id = l.q.o.id;
    NX_TRY(find(&l, &id));
    return draw(&l, 200, NULL);
}

/* Rule 1: until this moment no session exists, and it comes to the browser that began the order or to nobody.
 */
nx_result nx_qr_login_return(nx_request *rq, nx_reply *rp)
{
    struct look l;
    const char *order = nx_query(rq, "o"), *code = nx_query(rq, "c"),
               *browser = nx_cookie(rq, NX_BROWSER_COOKIE);
    NX_TRY(visit(&l, rq, rp));
    NX_REQUIRE(order && nx_id_valid(nx_span_str(order)) && code, NX_ERR_QR_ORDER_GONE);
    NX_TRY(nx_qr_return(&l.q, l.a, l.house, order, nx_span_str(code), nx_span_str(browser)));
    return sign_in(&l);
}

/* "On this device": the wallet gets a frame of its own, once. */
nx_result nx_qr_login_same(nx_request *rq, nx_reply *rp)
{
    struct look l;
    char *link;
    nx_buf b;
    NX_TRY(open_form(&l, rq, rp));
    if (l.gone || l.q.o.state != NX_ORDER_SHOWN) return draw(&l, 200, NULL);
    NX_TRY(nx_qr_frame(&link, l.a, l.house, &l.q, NX_VIA_SAME));
    nx_buf_init(&b, l.a, 1024);
    nx_buf_adds(&b, "/wallet#launch=");
    nx_percent_encode(&b, nx_span_str(link));
    NX_TRY(nx_buf_done(&b));
    nx_reply_redirect(rp, nx_buf_str(&b));
    return NX_OK;
}

nx_result nx_qr_login_cancel(nx_request *rq, nx_reply *rp)
{
    struct look l;
    NX_TRY(open_form(&l, rq, rp));
    if (l.gone) return draw(&l, 200, NULL);
    NX_TRY(nx_qr_order_end(l.house, l.a, l.q.o.id.s, "cancelled"));
    return go_on(&l);
}
