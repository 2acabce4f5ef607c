/* /login/code: a generator's code. /login/recovery: a recovery code. */
#include "authn/recovery.h"
#include "endpoints/pages/second.h"
#include "registry/audit.h"

#define CODE "/login/code"
#define RECOVERY "/login/recovery"

bool nx_way_code(const struct nx_way_ask *ask)
{
    return nx_second_helps(ask, NX_MEANS_OTP);
}

static nx_result show(struct nx_second *s, const char *page, const char *path, nx_err e)
{
    nx_view *v = NULL;
    NX_TRY(nx_second_view(&v, s, path, path));
    nx_view_label(v, "error", nx_second_error(e));
    nx_reply_page(s->rp, nx_second_status(e), page, v);
    return NX_OK;
}

static nx_result page(nx_request *rq, nx_reply *rp, const char *name, const char *path)
{
    struct nx_second s;
    bool gone;
    NX_TRY(nx_second_open(&s, rq, rp, nx_query(rq, "t"), &gone));
    return gone ? NX_OK : show(&s, name, path, NX_ERR_NONE);
}

nx_result nx_code_page(nx_request *rq, nx_reply *rp)
{
    return page(rq, rp, "login_code", CODE);
}

nx_result nx_recovery_page(nx_request *rq, nx_reply *rp)
{
    return page(rq, rp, "login_recovery", RECOVERY);
}

typedef nx_result (*prove_fn)(struct nx_proof *out, struct nx_house *house, nx_arena *a,
                              const struct nx_one_time_try *t, int64_t *retry_after_s);

/* *proven: the form was right and *proof is set; else the reply is made. */
static nx_result take(struct nx_proof *proof, bool *proven, struct nx_second *s, prove_fn prove)
{
    bool recovery = prove == nx_recovery_prove;
    int64_t retry_after_s = 1;
    NX_AUTO_SECRET(code);
    struct nx_one_time_try t = {.person = s->session.subject, .code = &code, .source = s->rq->client};
    nx_result r = nx_form_secret(&code, s->rq, "code");
    if (nx_ok(r)) r = prove(proof, s->house, s->rq->arena, &t, &retry_after_s);
    *proven = nx_ok(r);
    if (*proven || !nx_second_error(r.e)) return r;
    nx_second_retry(s, r.e, retry_after_s);
    return show(s, recovery ? "login_recovery" : "login_code", recovery ? RECOVERY : CODE, r.e);
}

nx_result nx_code_post(nx_request *rq, nx_reply *rp)
{
    struct nx_second s;
    struct nx_proof proof;
    bool gone, proven;
    NX_TRY(nx_second_open(&s, rq, rp, nx_form(rq, "t"), &gone));
    if (gone) return NX_OK;
    NX_TRY(take(&proof, &proven, &s, nx_one_time_prove));
    return proven ? nx_second_done(&s, &proof) : NX_OK;
}

/* She is told on her own page; a list that somebody else has shows there. */
static nx_result note_recovery(struct nx_second *s)
{
    struct nx_audit_entry entry = {.actor = nx_arena_printf(s->rq->arena, "person:%s", s->session.subject),
                                   .type = "recovery.used",
                                   .subject = s->session.subject};
    NX_NEED(entry.actor);
    return nx_audit_append(s->house->registry, &entry);
}

nx_result nx_recovery_post(nx_request *rq, nx_reply *rp)
{
    struct nx_second s;
    struct nx_proof proof;
    bool gone, proven;
    NX_TRY(nx_second_open(&s, rq, rp, nx_form(rq, "t"), &gone));
    if (gone) return NX_OK;
    NX_TRY(take(&proof, &proven, &s, nx_recovery_prove));
    if (!proven) return NX_OK;
    NX_TRY(note_recovery(&s));
    return nx_second_done(&s, &proof);
}

#define FORM (NX_GUARD_FORM | NX_GUARD_CSRF | NX_GUARD_NO_STORE)

static const struct nx_route rows[] = {
    {NX_GET, CODE, 0, NX_GUARD_NO_STORE, NX_RATE_PAGE, NX_LANE_FAST, nx_code_page},
    {NX_POST, CODE, 2048, FORM, NX_RATE_LOGIN, NX_LANE_FAST, nx_code_post},
    {NX_GET, CODE "/sent", 0, NX_GUARD_NO_STORE, NX_RATE_PAGE, NX_LANE_FAST, nx_sent_page},
    {NX_POST, CODE "/send", 2048, FORM, NX_RATE_LOGIN, NX_LANE_EGRESS, nx_sent_order},
    {NX_POST, CODE "/sent", 2048, FORM, NX_RATE_LOGIN, NX_LANE_FAST, nx_sent_post},
    {NX_GET, RECOVERY, 0, NX_GUARD_NO_STORE, NX_RATE_PAGE, NX_LANE_FAST, nx_recovery_page},
    {NX_POST, RECOVERY, 2048, FORM, NX_RATE_LOGIN, NX_LANE_FAST, nx_recovery_post},
};
extern const struct nx_route_table nx_routes_second;
const struct nx_route_table nx_routes_second = NX_ROUTE_TABLE("second", rows);
