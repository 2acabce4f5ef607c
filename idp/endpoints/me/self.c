#include "endpoints/me/me.h"

#include "authn/sign_in.h"
#include "house/house.h"

static nx_result decide(struct nx_self *s)
{
    struct nx_decision d = nx_gate_decide(&s->gate);
    if (d.verdict == NX_VERDICT_ALLOW) return NX_OK;
    if (d.verdict == NX_VERDICT_SIGN_IN || !s->gate.has_session) NX_FAIL(NX_ERR_LOGIN_REQUIRED);
    nx_err e = nx_reason_error(d.reason);
    NX_FAIL(e == NX_ERR_NONE ? NX_ERR_INTERNAL : e);
}

nx_result nx_self_open(struct nx_self *s, nx_request *rq, nx_reply *rp, enum nx_self_for what)
{
    *s = (struct nx_self){.rq = rq, .rp = rp, .house = nx_house_of(rq)};
    NX_TRY(nx_visitor_of(&s->who, rq, rp));
    nx_gate_open(&s->gate, s->house, rq->arena, NX_FACE_SELF);
    s->gate.facts.ask.change = what != NX_SELF_LOOK;
    s->gate.facts.ask.max_age = -1;
    NX_TRY(nx_gate_browser(&s->gate, s->who.session, NULL));
    NX_TRY(decide(s));
    s->id = s->gate.session.subject;
    s->actor = nx_arena_printf(rq->arena, "person:%s", s->id);
    NX_NEED(s->actor);
    return what == NX_SELF_FRESH ? nx_sign_in_recent(s->house, &s->gate.session) : NX_OK;
}

nx_result nx_self_answer(struct nx_self *s, nx_result r, const char *next)
{
    if (r.e == NX_ERR_SECOND_FACTOR) {
        nx_reply_redirect(s->rp, "/login/code");
        return NX_OK;
    }
    if (r.e != NX_ERR_LOGIN_REQUIRED) return r;
    const char *url = s->id ? nx_arena_printf(s->rq->arena, "/me/confirm?next=%s", next) : "/login";
    NX_NEED(url);
    nx_reply_redirect(s->rp, url);
    return NX_OK;
}
