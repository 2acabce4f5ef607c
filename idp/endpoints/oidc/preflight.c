/* Apps in a browser ask before they send an Authorization header to another origin (Fetch standard, CORS
 * preflight). The endpoints that they may call take no cookie: the bearer or the code is all that counts, so
 * any origin may ask. */
#include "endpoints/oidc/oidc.h"

nx_result nx_ep_preflight(nx_request *rq, nx_reply *rp)
{
    (void)rq;
    nx_reply_nothing(rp);
    nx_reply_header(rp, "Access-Control-Allow-Methods", "GET, POST");
    nx_reply_header(rp, "Access-Control-Allow-Headers", "Authorization, Content-Type");
    nx_reply_header(rp, "Access-Control-Max-Age", "3600");
    return NX_OK;
}
