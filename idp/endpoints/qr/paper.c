/* Sign-in by paper and PIN (rule 8): m1, for this portal alone, nothing remembered. Plain forms: a camera
 * only fills in the field. */
#include "qr/paper.h"
#include "authn/sign_in.h"
#include "endpoints/pages/ways.h"
#include "endpoints/qr/qr.h"
#include "revoke/revoke.h"

#define PAGE "/login/paper"

struct look {
    nx_request *rq;
    nx_reply *rp;
    struct nx_house *house;
    const char *t;
    struct nx_visitor who;
    struct nx_flow_view about;
};

static nx_result visit(struct look *l, nx_request *rq, nx_reply *rp, const char *t)
{
    *l = (struct look){.rq = rq, .rp = rp, .house = nx_house_of(rq), .t = t};
    NX_REQUIRE(t, NX_ERR_MISSING);
    NX_TRY(nx_visitor_of(&l->who, rq, rp));
    return nx_flow_view(&l->about, l->house, rq->arena, &l->who, t);
}

static nx_result draw(struct look *l, int status, const char *error)
{
    nx_view *v = NULL;
    NX_TRY(nx_form_view(&v, l->rq, l->rp, PAGE));
    nx_asks_view(v, l->rq, &l->about);
    nx_view_text(v, "t", l->t);
    nx_view_label(v, "error", error);
    nx_view_url(v, "password_url", nx_arena_printf(l->rq->arena, "/login?t=%s", l->t));
    nx_reply_form_target(l->rp, NULL); /* the form may end at the portal */
    if (l->about.origin && strncmp(l->about.origin, "https://", 8) != 0 && strchr(l->about.origin, ':'))
        nx_reply_form_target(l->rp, l->about.origin);
    nx_reply_scripts(l->rp, false);
    nx_reply_page(l->rp, status, "login_paper", v);
    return NX_OK;
}

nx_result nx_paper_page(nx_request *rq, nx_reply *rp)
{
    struct look l;
    NX_TRY(visit(&l, rq, rp, nx_query(rq, "t")));
    return draw(&l, 200, NULL);
}

static nx_result suspend(struct look *l, const struct nx_qr_identity *q)
{
    nx_result r = nx_revoke(l->house, l->rq->arena,
                            &(struct nx_revoke_order){.act = NX_SUSPEND,
                                                      .scope = NX_REVOKE_QR,
                                                      .target = q->qid.s,
                                                      .subject = q->person.s,
                                                      .reason = "five wrong PINs",
                                                      .actor = "system"},
                            NULL);
    return r.e == NX_ERR_CONFLICT ? NX_OK : r; /* another attempt in parallel has suspended it */
}

static nx_result sign_in(struct look *l, const struct nx_qr_identity *q)
{
    const struct nx_proof proof = {.person = q->person.s,
                                   .means = NX_MEANS_PAPER_PIN,
                                   .bound_at = NX_M1,
                                   .rung = NX_P0,
                                   .qid = q->qid.s};
    return nx_login_done(l->rq, l->rp,
                         &(struct nx_login_end){&l->who, l->t, &l->about, &proof, l->about.client_id});
}

nx_result nx_paper_post(nx_request *rq, nx_reply *rp)
{
    struct look l;
    struct nx_paper_found found;
    NX_AUTO_SECRET(pin);
    NX_TRY(visit(&l, rq, rp, nx_form(rq, "t")));
    const char *code = nx_form(rq, "code");
    nx_result taken = nx_form_secret(&pin, rq, "pin");
    if (!code || taken.e == NX_ERR_MISSING) return draw(&l, 400, "form.missing");
    NX_TRY(taken);
    const struct nx_paper_ask ask = {
        .code = nx_span_str(code), .pin = &pin, .source = rq->client, .client_id = l.about.client_id};
    nx_result r = nx_paper_prove(&found, l.house, rq->arena, &ask);
    if (r.e == NX_ERR_HTTP_RATE) return draw(&l, 429, "form.throttled");
    NX_TRY(r);
    if (found.exhausted) NX_TRY(suspend(&l, &found.who));
    return found.right ? sign_in(&l, &found.who) : draw(&l, 403, "form.paper");
}
