/* /me/phones/enrol: the page with the enrolment link, and the digits that end it. Asked for without e it
 * begins one, for a person who has just proved herself; with e (sealed for this session) it shows how that
 * one stands. */
#include "qr/enrol.h"
#include "authn/sign_in.h"
#include "endpoints/qr/qr.h"
#include "gate/gate.h"
#include "qr/order.h"
#include "sessions/throttle.h"

#define PAGE "/me/phones/enrol"
#define CONFIRM "/me/confirm?next=" PAGE

struct look {
    nx_request *rq;
    nx_reply *rp;
    nx_arena *a;
    struct nx_house *house;
    struct nx_gate gate; /* the person's session */
    struct nx_terms terms;
    const char *e; /* the enrolment's handle */
    bool gone;
    struct nx_enrolment it;
};

static nx_result visit(struct look *l, nx_request *rq, nx_reply *rp)
{
    *l = (struct look){.rq = rq, .rp = rp, .a = rq->arena, .house = nx_house_of(rq)};
    nx_gate_open(&l->gate, l->house, l->a, NX_FACE_SELF);
    l->gate.facts.ask.change = true; /* rules 3, 8: a sign-in at p0 or p1, or by paper, enrols nothing */
    l->gate.facts.ask.max_age = -1;
    NX_TRY(nx_gate_browser(&l->gate, nx_span_str(nx_browser_session(rq)), NULL));
    return nx_gate_require(&l->terms, &l->gate);
}

/* ---- beginning
 * --------------------------------------------------------------------------------------------------- */

static nx_result throttle(struct look *l)
{
    struct nx_throttled t;
    const struct nx_attempt attempt = {
        .row = NX_THROTTLE_ENROL, .account = l->gate.session.subject, .source = l->rq->client};
    NX_TRY(nx_throttle_take(l->house->store, l->a, &attempt, &t));
    NX_REQUIRE(t.allowed, NX_ERR_HTTP_RATE);
    return NX_OK;
}

static nx_result handle_of(nx_handle_text *out, const struct look *l)
{
    const struct nx_handle h = {.shard = 0, .id = l->it.o.id};
    return nx_handle_seal(out, l->house->master, NX_HANDLE_ENROL, nx_span_str(l->gate.session.id.s), &h);
}

/* What is enrolled now never proves more than this session does (bound_at). */
static nx_result begin(struct look *l)
{
    char *link;
    nx_handle_text handle;
    enum nx_level level = nx_facts_level(&l->gate.facts);
    const struct nx_enrol_ask ask = {.person = l->gate.session.subject,
                                     .session = l->gate.session.id.s,
                                     .bound_at = level > NX_M1 ? (int)level : NX_M1};
    NX_TRY(throttle(l));
    NX_TRY(nx_enrol_begin(&l->it, &link, l->a, l->house, &ask));
    NX_TRY(handle_of(&handle, l));
    const char *url = nx_arena_printf(l->a, PAGE "?e=%s", handle.s);
    NX_NEED(url);
    nx_reply_redirect(l->rp, url);
    return NX_OK;
}

/* ---- finding and drawing
 * ------------------------------------------------------------------------------------------- */

static nx_result find(struct look *l, const char *e, nx_id *id)
{
    struct nx_handle h;
    nx_span holder = nx_span_str(l->gate.session.id.s);
    NX_REQUIRE(e, NX_ERR_MISSING);
    NX_TRY(nx_handle_open(&h, l->house->master, NX_HANDLE_ENROL, holder, nx_span_str(e)));
    l->e = e;
    *id = h.id;
    nx_result r = nx_enrol_find(&l->it, l->a, l->house, h.id.s);
    l->gone = r.e == NX_ERR_QR_ENROLMENT_GONE;
    return l->gone ? NX_OK : r;
}

static const char *page_state(const struct nx_enrolment *e)
{
    switch (e->o.state) {
    case NX_ORDER_SHOWN:
        return "waiting";
    case NX_ORDER_TAKEN:
    case NX_ORDER_CONTEXT:
        return "taken";
    case NX_ORDER_APPROVED:
        return "digits";
    case NX_ORDER_DIGITS:
    case NX_ORDER_DONE:
        return "done";
    case NX_ORDER_DEAD:
        break;
    }
    return "dead";
}

static nx_result draw_waiting(nx_view *v, struct look *l)
{
    char *link = nx_link_enrol(l->a, l->house->issuer, &l->it.o.id);
    NX_NEED(link);
    nx_view_flag(v, "paste", l->house->loopback);
    return nx_qr_symbol_view(v, l->a, link);
}

static nx_result draw(struct look *l, int status, const char *error)
{
    static const char *const states[] = {"waiting", "taken", "digits", "done", "dead"};
    const char *state = l->gone ? "dead" : page_state(&l->it),
               *why = l->gone ? "expired" : nx_qr_why(&l->it.o);
    nx_view *v = NULL;
    NX_TRY(nx_form_view(&v, l->rq, l->rp, "/me/phones/digits"));
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        nx_view_flag(v, states[i], strcmp(states[i], state) == 0);
    nx_view_text(v, "e", l->e);
    nx_view_text(v, "phone", l->it.label);
    nx_view_number(v, "tries", NX_ORDER_TRIES - (int)l->it.o.tries);
    nx_view_label(v, "error", error);
    nx_view_label(v, "why", nx_arena_printf(l->a, "why.%s", why ? why : "used"));
    if (strcmp(state, "waiting") == 0) NX_TRY(draw_waiting(v, l));
    nx_reply_scripts(l->rp, false);
    nx_reply_page(l->rp, status, "enrol_phone", v);
    return NX_OK;
}

nx_result nx_qr_enrol_page(nx_request *rq, nx_reply *rp)
{
    struct look l;
    nx_id id;
    NX_TRY(visit(&l, rq, rp));
    const char *e = nx_query(rq, "e");
    if (e) {
        NX_TRY(find(&l, e, &id));
        return draw(&l, 200, NULL);
    }
    if (nx_ok(nx_sign_in_recent(l.house, &l.gate.session))) return begin(&l);
    nx_reply_redirect(rp, CONFIRM);
    return NX_OK;
}

/* ---- the stream and the digits
 * --------------------------------------------------------------------------------------- */

static nx_result state_of(const struct nx_qr_watcher *w, nx_arena *a, const char **state, const char **frame)
{
    struct nx_enrolment e;
    *frame = NULL; /* one link, the same for its whole life */
    *state = "dead";
    nx_result r = nx_enrol_find(&e, a, w->house, w->id.s);
    if (r.e == NX_ERR_QR_ENROLMENT_GONE) return NX_OK;
    NX_TRY(r);
    *state = page_state(&e);
    return NX_OK;
}

nx_result nx_qr_enrol_frames(nx_request *rq, nx_reply *rp)
{
    struct look l;
    struct nx_qr_watcher w = {.house = nx_house_of(rq), .state_of = state_of};
    NX_TRY(visit(&l, rq, rp));
    NX_TRY(find(&l, nx_query(rq, "e"), &w.id));
    w.first = l.gone ? "" : page_state(&l.it);
    return nx_qr_stream(rq, rp, &w);
}

nx_result nx_qr_enrol_digits_page(nx_request *rq, nx_reply *rp)
{
    struct look l;
    nx_id id;
    int left;
    NX_TRY(visit(&l, rq, rp));
    NX_TRY(find(&l, nx_form(rq, "e"), &id));
    const char *typed = nx_form(rq, "digits");
    if (l.gone || !typed || strcmp(page_state(&l.it), "digits") != 0) return draw(&l, 200, NULL);
    nx_result r = nx_enrol_digits(&l.it, l.a, l.house, l.gate.session.id.s, nx_span_str(typed), &left);
    if (nx_ok(r)) return draw(&l, 200, NULL);
    if (r.e == NX_ERR_HTTP_RATE) return draw(&l, 429, "form.throttled");
    if (r.e != NX_ERR_QR_DIGITS && r.e != NX_ERR_QR_ENROLMENT_GONE) return r;
    NX_TRY(find(&l, l.e, &id));
    return draw(&l, 403, r.e == NX_ERR_QR_DIGITS ? "form.digits" : NULL);
}
