#include "oidc/authorize.h"

#include "house/house.h"
#include "oidc/response.h"

const struct nx_protocol nx_protocol_oidc = {
    .name = "oidc", .grant = "authorization_code", .issue = nx_oidc_issue, .refuse = nx_oidc_refuse};

NX_FALLIBLE nx_authorize_begin(struct nx_step *out, struct nx_house *house, nx_arena *a,
                               const struct nx_visitor *who, const struct nx_params *request)
{
    NX_AUTO_FLOW(f);
    struct nx_oidc_ask ask;
    f = (struct nx_flow){.protocol = &nx_protocol_oidc, .house = house, .arena = a, .who = who};
    NX_TRY(nx_oidc_ask_target(&ask, &f.client, house, a, request));
    nx_result r = nx_oidc_ask_parse(&ask, house, a, f.client, request);
    if (!nx_ok(r)) return nx_response_error(out, house, a, &ask, r.e);
    NX_TRY(nx_oidc_ask_close(&f.ask, a, &ask));
    return nx_flow_begin(out, &f);
}
