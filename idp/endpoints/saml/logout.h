/* What the other faces call when they have signed somebody out in her own browser. */
#ifndef NX_ENDPOINTS_SAML_LOGOUT_H
#define NX_ENDPOINTS_SAML_LOGOUT_H

#include "http/reply.h"
#include "saml/logout.h"

/* After nx_revoke with order.browser, which gave start->seq: removes the session's cookie, and goes through the portals
 * that only the browser can tell before it ends at start->goal. otherwise: where to go when there are none, and at the end
 * without a goal. */
nx_result nx_signed_out(nx_request *rq, nx_reply *rp, const struct nx_slo_start *start, const char *otherwise);

#endif
