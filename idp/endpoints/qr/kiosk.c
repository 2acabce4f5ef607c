#include "endpoints/qr/kiosk.h"

#include "base/text.h"
#include "endpoints/qr/qr.h"

#define YEARS_S (5 * 365 * 86400LL)

bool nx_kiosk_is_here(const nx_request *rq)
{
    const char *id = nx_cookie(rq, NX_KIOSK_COOKIE);
    return id && nx_id_valid(nx_span_str(id));
}

nx_result nx_kiosk_page(nx_request *rq, nx_reply *rp, const char *txn)
{
    nx_view *v = NULL;
    nx_handle_text challenge;
    struct nx_visitor who;
    NX_TRY(nx_visitor_of(&who, rq, rp));
    NX_TRY(nx_kiosk_challenge(&challenge, nx_house_of(rq), rq->arena, who.browser));
    NX_TRY(nx_form_view(&v, rq, rp, "/login/qr/kiosk"));
    nx_view_text(v, "t", txn);
    nx_view_text(v, "issuer", nx_house_of(rq)->issuer);
    nx_view_text(v, "challenge", nx_arena_strdup(rq->arena, challenge.s));
    nx_view_text(v, "kiosk", nx_cookie(rq, NX_KIOSK_COOKIE));
    nx_view_url(v, "plain_url", nx_arena_printf(rq->arena, "/login/qr?plain=1&t=%s", txn));
    nx_reply_scripts(rp, false);
    nx_reply_page(rp, 200, "kiosk", v);
    return NX_OK;
}

nx_result nx_kiosk_proven(struct nx_kiosk *out, nx_request *rq, const struct nx_visitor *who)
{
    const char *challenge = nx_form(rq, "challenge"), *id = nx_form(rq, "kiosk"), *signature = nx_form(rq, "signature");
    NX_REQUIRE(challenge && id && signature, NX_ERR_MISSING);
    return nx_kiosk_prove(out, nx_house_of(rq), rq->arena, who->browser, nx_span_str(challenge), id,
                          nx_span_str(signature));
}

nx_result nx_kiosk_is_none(nx_request *rq, nx_reply *rp, const char *txn)
{
    const char *url = nx_arena_printf(rq->arena, "/login/qr?plain=1&t=%s", txn);
    NX_NEED(url);
    nx_reply_cookie(rp, &(struct nx_cookie_out){.name = NX_KIOSK_COOKIE, .value = "", .max_age = -1});
    nx_reply_redirect(rp, url);
    return NX_OK;
}

/* GET: the secret is in the fragment, which no log and no Referer ever holds. */
static nx_result enrol_page(nx_request *rq, nx_reply *rp)
{
    nx_view *v = NULL;
    NX_TRY(nx_form_view(&v, rq, rp, "/kiosk"));
    nx_view_text(v, "issuer", nx_house_of(rq)->issuer);
    nx_view_text(v, "name", NULL);
    nx_view_text(v, "place", NULL);
    nx_view_label(v, "error", NULL);
    nx_reply_scripts(rp, false);
    nx_reply_page(rp, 200, "kiosk_enrol", v);
    return NX_OK;
}

static nx_result show_enrolled(nx_request *rq, nx_reply *rp, int status, const struct nx_kiosk *k)
{
    nx_view *v = NULL;
    NX_TRY(nx_form_view(&v, rq, rp, "/kiosk"));
    nx_view_text(v, "issuer", nx_house_of(rq)->issuer);
    nx_view_text(v, "name", k ? k->name : NULL);
    nx_view_text(v, "place", k ? k->place : NULL);
    nx_view_label(v, "error", k ? NULL : "kiosk.refused");
    nx_reply_scripts(rp, false);
    nx_reply_page(rp, status, "kiosk_enrol", v);
    return NX_OK;
}

static nx_result enrol(nx_request *rq, nx_reply *rp)
{
    struct nx_kiosk k;
    const char *secret = nx_form(rq, "secret"), *jwk = nx_form(rq, "jwk"), *signature = nx_form(rq, "signature");
    NX_REQUIRE(secret && jwk && signature, NX_ERR_MISSING);
    nx_result r =
        nx_kiosk_key(&k, nx_house_of(rq), rq->arena, nx_span_str(secret), jwk, nx_span_str(signature));
    bool theirs = r.e == NX_ERR_NOT_FOUND || r.e == NX_ERR_QR_KEY || r.e == NX_ERR_SIGNATURE;
    if (theirs) return show_enrolled(rq, rp, 403, NULL);
    NX_TRY(r);
    nx_reply_cookie(rp, &(struct nx_cookie_out){
                            .name = NX_KIOSK_COOKIE, .value = nx_arena_strdup(rq->arena, k.id.s), .max_age = YEARS_S});
    return show_enrolled(rq, rp, 200, &k);
}

#define FORM (NX_GUARD_FORM | NX_GUARD_CSRF | NX_GUARD_NO_STORE)

static const struct nx_route rows[] = {
    {NX_GET, "/kiosk", 0, NX_GUARD_NO_STORE, NX_RATE_PAGE, NX_LANE_FAST, enrol_page},
    {NX_POST, "/kiosk", 4096, FORM, NX_RATE_LOGIN, NX_LANE_FAST, enrol},
    {NX_POST, "/login/qr/kiosk", 4096, FORM, NX_RATE_LOGIN, NX_LANE_FAST, nx_qr_login_kiosk},
    {NX_POST, "/login/qr/finish", 1024, FORM, NX_RATE_LOGIN, NX_LANE_FAST, nx_qr_login_finish},
};
extern const struct nx_route_table nx_routes_kiosk;
const struct nx_route_table nx_routes_kiosk = NX_ROUTE_TABLE("kiosk", rows);
