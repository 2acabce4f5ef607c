/* Sign-in by client certificate, and binding one to oneself. Both happen on the port where the edge asks for
 * certificates (NX_GUARD_MTLS); cookies know no ports, so that it is the same browser and the same session there.
 *
 *   /login/certificate ─303─▶ MTLS/certificate (who is this?) ─POST─▶ session ─303─▶ the portal, or her own page
 *
 * A GET changes nothing and asks nobody: it shows what the certificate says once its path holds. */
#include "authn/certificate.h"

#include "endpoints/me/me.h"
#include "endpoints/pages/ways.h"
#include "house/house.h"
#include "http/router.h"
#include "registry/certificate.h"
#include "revoke/revoke.h"

#include <stdio.h>

#define FIELD "Client-Cert"

bool nx_way_certificate(const struct nx_way_ask *ask)
{
    const struct nx_house *h = nx_house_of(ask->rq);
    return h->person_anchors && h->mtls_origin;
}

static const char *with_transaction(nx_request *rq, const char *path, const char *t)
{
    return t ? nx_arena_printf(rq->arena, "%s%ct=%s", path, strchr(path, '?') ? '&' : '?', t) : path;
}

/* On the other port our own pages are reached by their whole URL. */
static nx_result come_home(nx_request *rq, nx_reply *rp)
{
    const char *to = nx_reply_header_get(rp, "Location");
    if (!to || to[0] != '/') return NX_OK;
    const char *url = nx_arena_printf(rq->arena, "%s%s", nx_house_of(rq)->issuer, to);
    NX_NEED(url);
    nx_reply_redirect(rp, url);
    return NX_OK;
}

static nx_result to_port(nx_request *rq, nx_reply *rp)
{
    struct nx_house *h = nx_house_of(rq);
    NX_REQUIRE(h->person_anchors && h->mtls_origin, NX_ERR_HTTP_ROUTE);
    const char *url = nx_arena_printf(rq->arena, "%s/certificate", h->mtls_origin);
    NX_NEED(url);
    nx_reply_redirect(rp, with_transaction(rq, url, nx_query(rq, "t")));
    return NX_OK;
}

/* ---- the page
 * ---------------------------------------------------------------------------------------------- */

/* The certificate that came, as far as its path holds: NULL and why not. */
static nx_cert *look_at(nx_request *rq, const char **why)
{
    nx_cert *c = NULL;
    nx_span der;
    nx_result r = nx_certificate_field(&der, rq->arena, nx_header(rq, FIELD));
    if (r.e == NX_ERR_MISSING) {
        *why = "certificate.none";
        return NULL;
    }
    if (nx_ok(r)) r = nx_cert_open(&c, nx_house_of(rq)->person_anchors, der, nx_now());
    *why = nx_ok(r) ? NULL : r.e == NX_ERR_CERT_EXPIRED ? "certificate.expired" : "certificate.refused";
    return nx_ok(r) ? c : NULL;
}

static nx_result show(nx_request *rq, nx_reply *rp, int status, const char *error, bool binds)
{
    nx_view *v = NULL;
    const char *why = NULL;
    struct nx_house *h = nx_house_of(rq);
    const char *t = rq->method == NX_POST ? nx_form(rq, "t") : nx_query(rq, "t");
    NX_AUTO(nx_cert) c = look_at(rq, &why);
    NX_TRY(nx_form_view(&v, rq, rp, binds ? "/certificate/bind" : "/certificate"));
    nx_view_url(v, "form_url", binds ? "/certificate/bind" : "/certificate");
    nx_view_flag(v, "binds", binds);
    nx_view_text(v, "t", t);
    nx_view_label(v, "error", error ? error : why);
    nx_view_text(v, "name", c ? nx_arena_strdup(rq->arena, nx_cert_facts(c)->common_name) : NULL);
    nx_view_text(v, "issuer_name", c ? nx_arena_strdup(rq->arena, nx_cert_facts(c)->issuer) : NULL);
    const char *back = nx_arena_printf(rq->arena, "%s%s", h->issuer, binds ? "/me/certificate" : "/login");
    NX_NEED(back);
    nx_view_url(v, "back_url", with_transaction(rq, back, binds ? NULL : t));
    nx_view_url(v, "lang_url",
                with_transaction(rq, nx_arena_printf(rq->arena, "/certificate?%slang=%s", binds ? "bind=1&" : "",
                                                     strcmp(rq->lang, "vi") == 0 ? "en" : "vi"), t));
    nx_reply_form_target(rp, NULL); /* the sign-in ends at the portal */
    nx_reply_page(rp, status, "certificate", v);
    return NX_OK;
}

static nx_result page(nx_request *rq, nx_reply *rp)
{
    NX_REQUIRE(nx_house_of(rq)->person_anchors, NX_ERR_HTTP_ROUTE);
    return show(rq, rp, 200, NULL, nx_query(rq, "bind") != NULL);
}

/* ---- signing in
 * -------------------------------------------------------------------------------------------- */

static const char *why_not(nx_err e)
{
    switch ((int)e) {
    case NX_ERR_MISSING:
        return "certificate.none";
    case NX_ERR_CERT_EXPIRED:
        return "certificate.expired";
    case NX_ERR_CERT_REVOKED:
        return "certificate.revoked";
    case NX_ERR_CERT_STANDING:
        return "certificate.standing";
    case NX_ERR_CERT_STRANGER:
        return "certificate.stranger";
    case NX_ERR_CERT:
    case NX_ERR_CERT_USE:
    case NX_ERR_CERT_UNTRUSTED:
        return "certificate.refused";
    default:
        return NULL;
    }
}

static nx_result verify(nx_cert **out, nx_request *rq)
{
    nx_span der;
    NX_TRY(nx_certificate_field(&der, rq->arena, nx_header(rq, FIELD)));
    return nx_certificate_verify(out, nx_house_of(rq), rq->arena, der);
}

static nx_result prove(struct nx_proof *out, nx_request *rq)
{
    NX_AUTO(nx_cert) c = NULL;
    NX_TRY(verify(&c, rq));
    return nx_certificate_prove(out, nx_house_of(rq), rq->arena, c);
}

static nx_result sign_in(nx_request *rq, nx_reply *rp)
{
    struct nx_visitor who;
    struct nx_flow_view about;
    struct nx_proof proof;
    const char *t = nx_form(rq, "t");
    NX_TRY(nx_visitor_of(&who, rq, rp));
    if (t) NX_TRY(nx_flow_view(&about, nx_house_of(rq), rq->arena, &who, t));
    nx_result r = prove(&proof, rq);
    if (why_not(r.e)) return show(rq, rp, 403, why_not(r.e), false);
    NX_TRY(r);
    NX_TRY(nx_login_done(rq, rp, &(struct nx_login_end){&who, t, t ? &about : NULL, &proof, NULL}));
    return come_home(rq, rp);
}

/* ---- binding
 * ----------------------------------------------------------------------------------------------- */

/* At the level that her session proves: no credential lifts itself (SECURITY.md 3). */
static nx_result bind_now(struct nx_self *s, nx_request *rq)
{
    NX_AUTO(nx_cert) c = NULL;
    NX_TRY(verify(&c, rq));
    enum nx_level level = nx_facts_level(&s->gate.facts);
    return nx_certificate_bind(s->house, rq->arena, s->id, level < NX_M1 ? NX_M1 : (int)level, c);
}

static nx_result bind(nx_request *rq, nx_reply *rp)
{
    struct nx_self s;
    nx_result r = nx_self_open(&s, rq, rp, NX_SELF_FRESH);
    if (!nx_ok(r)) {
        NX_TRY(nx_self_answer(&s, r, "/me/certificate"));
        return come_home(rq, rp);
    }
    r = bind_now(&s, rq);
    if (r.e == NX_ERR_CONFLICT || r.e == NX_ERR_LIMIT)
        return show(rq, rp, 409, r.e == NX_ERR_LIMIT ? "certificate.full" : "certificate.taken", true);
    if (why_not(r.e)) return show(rq, rp, 403, why_not(r.e), true);
    NX_TRY(r);
    nx_reply_redirect(rp, "/me/certificate?done=1");
    return come_home(rq, rp);
}

/* ---- hers
 * -------------------------------------------------------------------------------------------------- */

static nx_result list_hers(nx_view *v, struct nx_self *s)
{
    struct nx_certificate *row;
    size_t n;
    NX_TRY(nx_certificate_list(s->house->registry, s->rq->arena, s->id, &row, &n));
    nx_view_list(v, "certificates");
    for (size_t i = 0; i < n; i++) {
        nx_view *item = nx_view_item(v, "certificates");
        NX_NEED(item);
        nx_view_text(item, "id", row[i].id.s);
        nx_view_text(item, "subject", row[i].subject);
        nx_view_text(item, "issuer_name", row[i].issuer);
        nx_view_flag(item, "over", row[i].not_after <= nx_now());
    }
    nx_view_flag(v, "none", n == 0);
    return NX_OK;
}

static nx_result hers(nx_request *rq, nx_reply *rp)
{
    struct nx_self s;
    nx_view *v = NULL;
    NX_REQUIRE(nx_house_of(rq)->person_anchors, NX_ERR_HTTP_ROUTE);
    nx_result r = nx_self_open(&s, rq, rp, NX_SELF_FRESH);
    if (!nx_ok(r)) return nx_self_answer(&s, r, "/me/certificate");
    NX_TRY(nx_form_view(&v, rq, rp, "/me/certificate"));
    nx_view_flag(v, "done", nx_query(rq, "done") != NULL);
    nx_view_url(v, "bind_url", nx_arena_printf(rq->arena, "%s/certificate?bind=1", s.house->mtls_origin));
    NX_TRY(list_hers(v, &s));
    nx_reply_page(rp, 200, "me_certificate", v);
    return NX_OK;
}

/* What was opened with it ends: the card may be in somebody else's hands. */
static nx_result end_sessions(struct nx_self *s)
{
    struct nx_signon_list list;
    NX_TRY(nx_signon_list(s->house->store, s->rq->arena, s->id, &list));
    for (size_t i = 0; i < list.n; i++) {
        if (!(list.v[i].means & NX_MEANS_CERTIFICATE)) continue;
        const struct nx_revoke_order order = {.act = NX_REVOKE,
                                              .scope = NX_REVOKE_SESSION,
                                              .target = list.v[i].id.s,
                                              .subject = s->id,
                                              .reason = "its certificate was removed",
                                              .actor = s->actor};
        nx_result r = nx_revoke(s->house, s->rq->arena, &order, NULL);
        if (r.e != NX_ERR_NOT_FOUND) NX_TRY(r); /* over meanwhile */
    }
    return NX_OK;
}

static nx_result remove_hers(nx_request *rq, nx_reply *rp)
{
    struct nx_self s;
    nx_result r = nx_self_open(&s, rq, rp, NX_SELF_FRESH);
    if (!nx_ok(r)) return nx_self_answer(&s, r, "/me/certificate");
    NX_REQUIRE(nx_form(rq, "id"), NX_ERR_MISSING);
    NX_TRY(nx_certificate_unbind(s.house, rq->arena, s.id, nx_form(rq, "id")));
    NX_TRY(end_sessions(&s));
    nx_reply_redirect(rp, "/me/certificate");
    return NX_OK;
}

#define THERE (NX_GUARD_MTLS | NX_GUARD_NO_STORE)
#define FORM (NX_GUARD_FORM | NX_GUARD_CSRF | NX_GUARD_NO_STORE)

static const struct nx_route rows[] = {
    {NX_GET, "/login/certificate", 0, NX_GUARD_NO_STORE, NX_RATE_PAGE, NX_LANE_FAST, to_port},
    {NX_GET, "/certificate", 0, THERE, NX_RATE_PAGE, NX_LANE_FAST, page},
    {NX_POST, "/certificate", 4096, THERE | FORM, NX_RATE_LOGIN, NX_LANE_EGRESS, sign_in},
    {NX_POST, "/certificate/bind", 4096, THERE | FORM, NX_RATE_LOGIN, NX_LANE_EGRESS, bind},
    {NX_GET, "/me/certificate", 0, NX_GUARD_NO_STORE, NX_RATE_PAGE, NX_LANE_FAST, hers},
    {NX_POST, "/me/certificate", 4096, FORM, NX_RATE_PAGE, NX_LANE_FAST, remove_hers},
};
extern const struct nx_route_table nx_routes_certificate;
const struct nx_route_table nx_routes_certificate = NX_ROUTE_TABLE("certificate", rows);
