/* Rule 11: a wallet may have an origin of its own, which the settings name. It is the only one whose scripts
 * may call /qr/v1 from elsewhere, and without cookies: these calls take none. */
#include "config/settings.h"
#include "endpoints/qr/qr.h"

void nx_qr_cors(nx_request *rq, nx_reply *rp)
{
    const struct nx_house *house = nx_house_of(rq);
    const char *origin = nx_header(rq, "Origin"), *wallet = house->settings->wallet_origin;
    if (!wallet[0] || strcmp(wallet, house->issuer) == 0) return;
    nx_reply_header(rp, "Vary", "Origin");
    if (origin && strcmp(origin, wallet) == 0) nx_reply_header(rp, "Access-Control-Allow-Origin", wallet);
}

nx_result nx_qr_preflight(nx_request *rq, nx_reply *rp)
{
    nx_reply_nothing(rp);
    nx_qr_cors(rq, rp);
    nx_reply_header(rp, "Access-Control-Allow-Methods", "POST");
    nx_reply_header(rp, "Access-Control-Allow-Headers", "Content-Type");
    nx_reply_header(rp, "Access-Control-Max-Age", "3600");
    return NX_OK;
}
