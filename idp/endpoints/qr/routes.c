/* The rows of the QR face. Approving and setting PINs hash: their lane is bounded and nice. */
#include "endpoints/qr/qr.h"

/* Rule 4: what an ordinary camera opens explains; it knows nothing of the order and changes nothing. */
nx_result nx_qr_link_page(nx_request *rq, nx_reply *rp)
{
    nx_reply_page(rp, 200, "qr_link", nx_view_new(rq->arena));
    return NX_OK;
}

#define BODY 8192
#define CALL (NX_GUARD_NO_STORE | NX_AS_WALLET)
/* A call of the wallet, and what a browser asks before it when the wallet is of another origin. */
#define V1(path, lane, handler) V1_OF(path, BODY, lane, handler)
#define V1_OF(path, body, lane, handler)                                                                              \
    {NX_POST, path, body, CALL, NX_RATE_QR, lane, handler},                                                  \
    {                                                                                                        \
        NX_OPTIONS, path, 0, CALL, NX_RATE_QR, NX_LANE_PURE, nx_qr_preflight                                 \
    }
#define FORM (NX_GUARD_FORM | NX_GUARD_CSRF | NX_GUARD_NO_STORE)

static const struct nx_route rows[] = {
    {NX_GET, "/Q/{rest*}", 0, NX_GUARD_NO_STORE, NX_RATE_QR, NX_LANE_PURE, nx_qr_link_page},

    V1("/qr/v1/enrol/start", NX_LANE_FAST, nx_qr_v1_enrol_start),
    V1("/qr/v1/enrol/finish", NX_LANE_HASH, nx_qr_v1_enrol_finish),
    V1("/qr/v1/enrol/watch", NX_LANE_FAST, nx_qr_v1_enrol_watch),
    V1("/qr/v1/orders/take", NX_LANE_FAST, nx_qr_v1_take),
    V1("/qr/v1/orders/approve", NX_LANE_HASH, nx_qr_v1_approve),
    V1("/qr/v1/orders/decline", NX_LANE_FAST, nx_qr_v1_decline),
    V1("/qr/v1/orders/watch", NX_LANE_FAST, nx_qr_v1_watch),
    V1("/qr/v1/sync", NX_LANE_FAST, nx_qr_v1_sync),
    V1("/qr/v1/sessions/end", NX_LANE_FAST, nx_qr_v1_session_end),
    V1("/qr/v1/notices/undo", NX_LANE_FAST, nx_qr_v1_undo),
    V1("/qr/v1/pin", NX_LANE_HASH, nx_qr_v1_pin),
    V1("/qr/v1/passkey/start", NX_LANE_HASH, nx_qr_v1_passkey_start),
    V1_OF("/qr/v1/passkey/finish", 32768, NX_LANE_FAST, nx_qr_v1_passkey_finish),
    V1("/qr/v1/revoke", NX_LANE_FAST, nx_qr_v1_revoke),

    {NX_GET, "/qr/jwks", 0, NX_GUARD_PUBLIC, NX_RATE_NONE, NX_LANE_FAST, nx_qr_jwks_file},
    {NX_GET, "/qr/bundle", 0, NX_GUARD_PUBLIC, NX_RATE_QR, NX_LANE_FAST, nx_qr_bundle_file},
    {NX_GET, "/status/lists", 0, NX_GUARD_PUBLIC | NX_AS_PROBLEM, NX_RATE_QR, NX_LANE_FAST,
     nx_qr_status_lists},
    {NX_GET, "/status/{generation}/{list}", 0, NX_GUARD_PUBLIC | NX_AS_PROBLEM, NX_RATE_QR, NX_LANE_FAST,
     nx_qr_status_tokens},
    {NX_GET, "/s/{list}", 0, NX_GUARD_PUBLIC | NX_AS_PROBLEM, NX_RATE_QR, NX_LANE_FAST, nx_qr_status_cards},

    {NX_GET, "/login/qr", 0, NX_GUARD_NO_STORE, NX_RATE_PAGE, NX_LANE_FAST, nx_qr_login_page},
    {NX_GET, "/login/qr/frames", 0, NX_GUARD_NO_STORE, NX_RATE_PAGE, NX_LANE_FAST, nx_qr_login_frames},
    {NX_GET, "/login/qr/return", 0, NX_GUARD_NO_STORE, NX_RATE_LOGIN, NX_LANE_FAST, nx_qr_login_return},
    {NX_POST, "/login/qr/digits", 1024, FORM, NX_RATE_LOGIN, NX_LANE_FAST, nx_qr_login_digits},
    {NX_POST, "/login/qr/same", 1024, FORM, NX_RATE_LOGIN, NX_LANE_FAST, nx_qr_login_same},
    {NX_POST, "/login/qr/cancel", 1024, FORM, NX_RATE_LOGIN, NX_LANE_FAST, nx_qr_login_cancel},

    {NX_GET, "/login/paper", 0, NX_GUARD_NO_STORE, NX_RATE_PAGE, NX_LANE_FAST, nx_paper_page},
    {NX_POST, "/login/paper", 4096, FORM, NX_RATE_LOGIN, NX_LANE_HASH, nx_paper_post},

    {NX_GET, "/me/phones/enrol", 0, NX_GUARD_NO_STORE, NX_RATE_PAGE, NX_LANE_FAST, nx_qr_enrol_page},
    {NX_GET, "/me/phones/frames", 0, NX_GUARD_NO_STORE, NX_RATE_PAGE, NX_LANE_FAST, nx_qr_enrol_frames},
    {NX_POST, "/me/phones/digits", 1024, FORM, NX_RATE_LOGIN, NX_LANE_FAST, nx_qr_enrol_digits_page},
};
extern const struct nx_route_table nx_routes_qr;
const struct nx_route_table nx_routes_qr = NX_ROUTE_TABLE("qr", rows);
