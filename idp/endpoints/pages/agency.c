/* Sign-in with the name and password of an agency's account, and with the further code that some agencies
 * want. The agency is asked in the EGRESS lane, behind its own bulkhead and breaker. */
#include "endpoints/pages/agency.h"

#include "base/pack.h"
#include "house/house.h"
#include "hub/breaker.h"
#include "sessions/ticket.h"

#include <stdio.h>

#define PAGE "/login/agency"
#define CODE_PAGE "/login/agency/code"
#define CODE_LIFE_S 120

/* ---- the pages
 * ------------------------------------------------------------------------------------------- */

static nx_result show(struct nx_agency_look *l, int status, const char *error, const char *user_name)
{
    nx_view *v = NULL;
    NX_TRY(nx_form_view(&v, l->rq, l->rp, PAGE));
    NX_TRY(nx_agency_keys(v, l, PAGE));
    nx_view_text(v, "user_name", user_name ? user_name : l->about.login_hint);
    nx_view_label(v, "error", error);
    nx_reply_page(l->rp, status, "login_agency", v);
    return NX_OK;
}

static nx_result agency_page(nx_request *rq, nx_reply *rp)
{
    struct nx_agency_look l;
    NX_AUTO_UPSTREAM row = NULL;
    NX_TRY(nx_agency_visit(&l, rq, rp, &rq->query));
    NX_TRY(nx_agency_pick(&l, &row, nx_query(rq, "u"), NX_AGENCY_BY_PASSWORD));
    return row ? show(&l, 200, NULL, NULL) : nx_agency_choose(&l, PAGE, NX_AGENCY_BY_PASSWORD);
}

/* ---- the further code
 * ------------------------------------------------------------------------------------ */

enum code_field { UPSTREAM = 1, USER_NAME, STATE, TRANSACTION };

static nx_result keep_challenge(nx_handle_text *out, struct nx_agency_look *l, const char *user_name,
                                nx_span state)
{
    nx_buf body;
    nx_buf_init(&body, l->rq->arena, NX_TICKET_BODY_MAX);
    nx_pack_begin(&body, 1);
    nx_pack_text(&body, UPSTREAM, l->row->id);
    nx_pack_text(&body, USER_NAME, user_name);
    nx_pack_bytes(&body, STATE, state);
    nx_pack_text(&body, TRANSACTION, l->t);
    NX_TRY(nx_buf_done(&body));
    return nx_ticket_make(out, l->house->store, l->rq->arena, NX_HANDLE_AGENCY, l->who.browser,
                          nx_buf_span(&body), CODE_LIFE_S);
}

static nx_result show_code(struct nx_agency_look *l, const char *user_name,
                           const struct nx_agency_outcome *said)
{
    nx_view *v = NULL;
    nx_handle_text handle;
    NX_TRY(keep_challenge(&handle, l, user_name, said->state));
    NX_TRY(nx_form_view(&v, l->rq, l->rp, CODE_PAGE));
    NX_TRY(nx_agency_keys(v, l, PAGE));
    nx_view_text(v, "challenge", handle.s);
    nx_view_text(v, "prompt", said->prompt);
    nx_reply_page(l->rp, 200, "login_agency_code", v);
    return NX_OK;
}

/* A challenge answers once, in the browser and for the row and transaction that it was made for. */
static nx_result take_challenge(const char **user_name, nx_span *state, struct nx_agency_look *l,
                                const char *handle)
{
    struct nx_ticket ticket;
    enum nx_found found;
    nx_pack p;
    NX_REQUIRE(handle, NX_ERR_MISSING);
    NX_TRY(nx_ticket_take(l->house->store, l->rq->arena, NX_HANDLE_AGENCY, l->who.browser,
                          nx_span_str(handle), &ticket, &found));
    NX_REQUIRE(found == NX_FOUND, NX_ERR_UPSTREAM_STATE);
    NX_TRY(nx_pack_open(&p, ticket.body));
    bool same = nx_span_eq_str(nx_pack_get(&p, UPSTREAM), l->row->id) &&
                nx_span_eq(nx_pack_get(&p, TRANSACTION), nx_span_str(l->t));
    NX_REQUIRE(same, NX_ERR_UPSTREAM_STATE);
    *user_name = nx_pack_get_text(&p, USER_NAME, l->rq->arena);
    *state = nx_pack_get(&p, STATE);
    NX_REQUIRE(*user_name && state->n > 0, NX_ERR_UPSTREAM_STATE);
    return NX_OK;
}

/* ---- asking
 * ---------------------------------------------------------------------------------------------- */

static nx_result throttled(struct nx_agency_look *l, const char *user_name, int64_t retry_after_s)
{
    char seconds[24];
    (void)snprintf(seconds, sizeof seconds, "%lld", (long long)(retry_after_s > 0 ? retry_after_s : 1));
    nx_reply_header(l->rp, "Retry-After", seconds);
    return show(l, 429, "form.throttled", user_name);
}

/* What went wrong, said on the form itself, where the other ways are a link away. */
static nx_result refused(struct nx_agency_look *l, nx_result r, const char *user_name, int64_t retry_after_s)
{
    switch ((int)r.e) {
    case NX_ERR_PASSWORD:
        return show(l, 403, "form.credentials", user_name);
    case NX_ERR_HTTP_RATE:
        return throttled(l, user_name, retry_after_s);
    case NX_ERR_AGENCY_LOCKED:
        return show(l, 403, "form.agency_locked", user_name);
    case NX_ERR_AGENCY_EXPIRED:
        return show(l, 403, "form.agency_expired", user_name);
    case NX_ERR_AGENCY_CHANGE:
        return show(l, 403, "form.agency_change", user_name);
    case NX_ERR_AGENCY_ENTRY:
        return show(l, 403, "form.agency_entry", user_name);
    case NX_ERR_UPSTREAM_AWAY:
    case NX_ERR_UPSTREAM_BUSY:
    case NX_ERR_AGENCY_AWAY:
    case NX_ERR_EGRESS_ADDRESS:
    case NX_ERR_UPSTREAM_CONFIG:
        return show(l, 503, "form.agency_away", user_name);
    default:
        return r;
    }
}

static nx_result ask_behind_fuse(struct nx_agency_outcome *out, struct nx_agency_look *l,
                                 const struct nx_agency_ask *ask)
{
    struct nx_fuse_pass pass;
    NX_TRY(nx_fuse_enter(&pass, l->row->id));
    nx_result r = nx_agency_prove(out, l->house, l->rq->arena, ask);
    nx_fuse_leave(&pass, nx_agency_answered(r));
    return r;
}

/* A directory that is away has counted nothing against the person, and neither do we. */
static nx_result ask_agency(struct nx_agency_outcome *out, struct nx_agency_look *l,
                            const struct nx_agency_ask *ask)
{
    nx_arena *a = l->rq->arena;
    NX_TRY(nx_agency_admit(l->house, a, ask, &out->retry_after_s));
    nx_result r = ask_behind_fuse(out, l, ask);
    if (nx_ok(r)) return nx_agency_settle(l->house, a, ask, &out->who);
    bool unasked = !nx_agency_answered(r) || r.e == NX_ERR_UPSTREAM_AWAY || r.e == NX_ERR_UPSTREAM_BUSY;
    if (unasked) NX_TRY(nx_agency_unasked(l->house, a, ask));
    return r;
}

static nx_result sign_in(struct nx_agency_look *l, const struct nx_agency_ask *ask, const char *user_name)
{
    struct nx_agency_outcome out = {.retry_after_s = 1};
    nx_result r = ask_agency(&out, l, ask);
    if (!nx_ok(r)) return refused(l, r, user_name, out.retry_after_s);
    if (out.end == NX_AGENCY_CHALLENGED) return show_code(l, user_name, &out);
    return nx_agency_end(l, &out.who);
}

static nx_result agency_post(nx_request *rq, nx_reply *rp)
{
    struct nx_agency_look l;
    NX_AUTO_UPSTREAM row = NULL;
    NX_AUTO_SECRET(password);
    const char *user_name = nx_form(rq, "username");
    NX_REQUIRE(nx_form(rq, "u"), NX_ERR_MISSING);
    NX_TRY(nx_agency_visit(&l, rq, rp, &rq->form));
    NX_TRY(nx_agency_pick(&l, &row, nx_form(rq, "u"), NX_AGENCY_BY_PASSWORD));
    nx_result taken = nx_form_secret(&password, rq, "password");
    if (!user_name || taken.e == NX_ERR_MISSING) return show(&l, 400, "form.missing", user_name);
    NX_TRY(taken);
    const struct nx_agency_ask ask = {
        .row = row, .user_name = nx_span_str(user_name), .password = &password, .source = rq->client};
    return sign_in(&l, &ask, user_name);
}

static nx_result agency_code_post(nx_request *rq, nx_reply *rp)
{
    struct nx_agency_look l;
    NX_AUTO_UPSTREAM row = NULL;
    NX_AUTO_SECRET(code);
    const char *user_name = NULL;
    struct nx_agency_ask ask = {.password = &code, .source = rq->client};
    NX_REQUIRE(nx_form(rq, "u"), NX_ERR_MISSING);
    NX_TRY(nx_agency_visit(&l, rq, rp, &rq->form));
    NX_TRY(nx_agency_pick(&l, &row, nx_form(rq, "u"), NX_AGENCY_BY_PASSWORD));
    NX_TRY(take_challenge(&user_name, &ask.state, &l, nx_form(rq, "challenge")));
    nx_result taken = nx_form_secret(&code, rq, "code");
    if (taken.e == NX_ERR_MISSING) return show(&l, 400, "form.missing", user_name);
    NX_TRY(taken);
    ask.row = row;
    ask.user_name = nx_span_str(user_name);
    return sign_in(&l, &ask, user_name);
}

#define FORM (NX_GUARD_FORM | NX_GUARD_CSRF | NX_GUARD_NO_STORE)

static const struct nx_route rows[] = {
    {NX_GET, PAGE, 0, NX_GUARD_NO_STORE, NX_RATE_PAGE, NX_LANE_FAST, agency_page},
    {NX_POST, PAGE, 4096, FORM, NX_RATE_LOGIN, NX_LANE_EGRESS, agency_post},
    {NX_POST, CODE_PAGE, 4096, FORM, NX_RATE_LOGIN, NX_LANE_EGRESS, agency_code_post},
};
extern const struct nx_route_table nx_routes_agency;
const struct nx_route_table nx_routes_agency = NX_ROUTE_TABLE("agency", rows);
