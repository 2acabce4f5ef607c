/* The front page, the signed-out page, and the two apps' pages. */
#include "endpoints/pages/pages.h"

#include "house/house.h"

nx_result nx_signed_out_page(nx_request *rq, nx_reply *rp)
{
    nx_view *v = nx_view_new(rq->arena);
    nx_view_flag(v, "everywhere", nx_query(rq, "everywhere") != NULL);
    nx_view_list(v, "portals");
    nx_view_text(v, "return_url", NULL);
    nx_view_text(v, "client_name", NULL);
    nx_reply_page(rp, 200, "signed_out", v);
    return NX_OK;
}

/* The same for everybody, so that a service worker may keep it: no cookie is read or set. */
static nx_result app_page(nx_request *rq, nx_reply *rp, const char *name)
{
    nx_view *v = nx_view_new(rq->arena);
    nx_view_text(v, "issuer", nx_house_of(rq)->issuer);
    nx_view_flag(v, "paste", nx_house_of(rq)->loopback);
    nx_reply_scripts(rp, true);
    nx_reply_header(rp, "Cache-Control", "no-cache");
    nx_reply_page(rp, 200, name, v);
    return NX_OK;
}

nx_result nx_wallet_page(nx_request *rq, nx_reply *rp)
{
    return app_page(rq, rp, "wallet");
}

nx_result nx_verify_page(nx_request *rq, nx_reply *rp)
{
    return app_page(rq, rp, "verify");
}

#define FORM (NX_GUARD_FORM | NX_GUARD_CSRF | NX_GUARD_NO_STORE)
#define PAGE NX_GUARD_NO_STORE

static const struct nx_route rows[] = {
    {NX_GET, "/", 0, PAGE, NX_RATE_PAGE, NX_LANE_FAST, nx_root_page},
    {NX_GET, "/login", 0, PAGE, NX_RATE_PAGE, NX_LANE_FAST, nx_login_page},
    {NX_POST, "/login/password", 4096, FORM, NX_RATE_LOGIN, NX_LANE_HASH, nx_login_password},
    {NX_POST, "/login/cancel", 4096, FORM, NX_RATE_PAGE, NX_LANE_FAST, nx_login_cancel},
    {NX_POST, "/login/select", 4096, FORM, NX_RATE_PAGE, NX_LANE_FAST, nx_login_select},
    {NX_GET, "/consent", 0, PAGE, NX_RATE_PAGE, NX_LANE_FAST, nx_consent_page},
    {NX_POST, "/consent", 4096, FORM, NX_RATE_PAGE, NX_LANE_FAST, nx_consent_decide},
    {NX_GET, "/signed-out", 0, PAGE, NX_RATE_PAGE, NX_LANE_PURE, nx_signed_out_page},
    {NX_GET, "/static/{file*}", 0, NX_GUARD_ALSO_MTLS, NX_RATE_NONE, NX_LANE_PURE, nx_static_file},
    {NX_GET, "/wallet", 0, 0, NX_RATE_NONE, NX_LANE_PURE, nx_wallet_page},
    {NX_GET, "/wallet/{file*}", 0, 0, NX_RATE_NONE, NX_LANE_PURE, nx_wallet_file},
    {NX_GET, "/verify", 0, 0, NX_RATE_NONE, NX_LANE_PURE, nx_verify_page},
    {NX_GET, "/verify/{file*}", 0, 0, NX_RATE_NONE, NX_LANE_PURE, nx_verify_file},
};
extern const struct nx_route_table nx_routes_pages;
const struct nx_route_table nx_routes_pages = NX_ROUTE_TABLE("pages", rows);
