/* Sign-in by a Kerberos ticket (RFC 4559): asked for by its own link alone, since a browser that has no
 * ticket may show a dialog of its own. What is shown beside the challenge leads back in one click. A token
 * that was refused is not asked for again: browsers would send the same one. */
#include "authn/kerberos.h"
#include "endpoints/pages/agency.h"
#include "house/house.h"

#define PAGE "/login/kerberos"

static nx_result show(struct nx_agency_look *l, int status, const char *error)
{
    nx_view *v = nx_view_new(l->rq->arena);
    NX_TRY(nx_agency_keys(v, l, PAGE));
    nx_view_label(v, "error", error);
    if (status == 401) nx_reply_header(l->rp, "WWW-Authenticate", "Negotiate");
    nx_reply_page(l->rp, status, "login_kerberos", v);
    return NX_OK;
}

static nx_result refused(struct nx_agency_look *l, nx_result r)
{
    switch ((int)r.e) {
    case NX_ERR_TOKEN_ABSENT:
        return show(l, 401, NULL);
    case NX_ERR_NEGOTIATE:
    case NX_ERR_NEGOTIATE_REPLAYED:
        return show(l, 403, "form.ticket");
    case NX_ERR_NEGOTIATE_MECH:
        return show(l, 403, "form.ticket_ntlm");
    case NX_ERR_NEGOTIATE_REALM:
        return show(l, 403, "form.ticket_realm");
    case NX_ERR_UPSTREAM_CONFIG:
        return show(l, 503, "form.agency_away");
    default:
        return r;
    }
}

static nx_result prove(struct nx_kerberos_outcome *out, struct nx_agency_look *l)
{
    nx_span token;
    NX_TRY(nx_negotiate_token(&token, l->rq->arena, nx_header(l->rq, "Authorization")));
    return nx_kerberos_prove(out, l->house, l->rq->arena, l->row, token);
}

static nx_result sign_in(struct nx_agency_look *l)
{
    struct nx_kerberos_outcome out;
    nx_result r = prove(&out, l);
    if (!nx_ok(r)) return refused(l, r);
    NX_TRY(nx_agency_end(l, &out.who));
    if (!out.answer) return NX_OK;
    const char *answer = nx_arena_printf(l->rq->arena, "Negotiate %s", out.answer);
    NX_NEED(answer);
    nx_reply_header(l->rp, "WWW-Authenticate", answer);
    return NX_OK;
}

static nx_result kerberos_page(nx_request *rq, nx_reply *rp)
{
    struct nx_agency_look l;
    NX_AUTO_UPSTREAM row = NULL;
    NX_TRY(nx_agency_visit(&l, rq, rp, &rq->query));
    NX_TRY(nx_agency_pick(&l, &row, nx_query(rq, "u"), NX_AGENCY_BY_TICKET));
    return row ? sign_in(&l) : nx_agency_choose(&l, PAGE, NX_AGENCY_BY_TICKET);
}

static const struct nx_route rows[] = {
    {NX_GET, PAGE, 0, NX_GUARD_NO_STORE, NX_RATE_LOGIN, NX_LANE_FAST, kerberos_page},
};
extern const struct nx_route_table nx_routes_kerberos;
const struct nx_route_table nx_routes_kerberos = NX_ROUTE_TABLE("kerberos", rows);
