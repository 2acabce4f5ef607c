#include "endpoints/oidc/oidc.h"
#include "http/router.h"

#define CALL (NX_GUARD_FORM | NX_GUARD_NO_STORE | NX_AS_OAUTH)
#define BARE (NX_GUARD_NO_STORE | NX_AS_OAUTH)
#define FORM_MAX (32u << 10) /* a client assertion has up to 16 KiB */

#define PREFLIGHT(path)                                                                                      \
    {                                                                                                        \
        NX_OPTIONS, path, 0, NX_AS_OAUTH | NX_GUARD_PUBLIC, NX_RATE_PAGE, NX_LANE_PURE, nx_ep_preflight      \
    }

static const struct nx_route rows[] = {
    PREFLIGHT("/oidc/token"),
    PREFLIGHT("/oidc/revoke"),
    PREFLIGHT("/oidc/userinfo"),
    {NX_GET, "/oidc/authorize", 0, NX_GUARD_NO_STORE, NX_RATE_PAGE, NX_LANE_FAST, nx_ep_authorize},
    {NX_POST, "/oidc/authorize", FORM_MAX, NX_GUARD_FORM | NX_GUARD_NO_STORE, NX_RATE_PAGE, NX_LANE_FAST,
     nx_ep_authorize},
    {NX_POST, "/oidc/token", FORM_MAX, CALL | NX_GUARD_PUBLIC | NX_GUARD_ALSO_MTLS, NX_RATE_TOKEN, NX_LANE_FAST, nx_ep_token},
    {NX_POST, "/oidc/introspect", FORM_MAX, CALL | NX_GUARD_ALSO_MTLS, NX_RATE_TOKEN, NX_LANE_FAST, nx_ep_introspect},
    {NX_POST, "/oidc/revoke", FORM_MAX, CALL | NX_GUARD_PUBLIC | NX_GUARD_ALSO_MTLS, NX_RATE_TOKEN, NX_LANE_FAST, nx_ep_revoke},
    {NX_GET, "/oidc/userinfo", 0, BARE | NX_GUARD_PUBLIC, NX_RATE_TOKEN, NX_LANE_FAST, nx_ep_userinfo},
    {NX_POST, "/oidc/userinfo", FORM_MAX, BARE | NX_GUARD_PUBLIC, NX_RATE_TOKEN, NX_LANE_FAST,
     nx_ep_userinfo},
    {NX_GET, "/oidc/jwks", 0, NX_AS_OAUTH | NX_GUARD_PUBLIC, NX_RATE_PAGE, NX_LANE_PURE, nx_ep_jwks},
    {NX_GET, "/oidc/logout", 0, NX_GUARD_NO_STORE, NX_RATE_PAGE, NX_LANE_FAST, nx_ep_logout},
    {NX_POST, "/oidc/logout", FORM_MAX, NX_GUARD_FORM | NX_GUARD_NO_STORE, NX_RATE_PAGE, NX_LANE_FAST,
     nx_ep_logout},
};
extern const struct nx_route_table nx_routes_oidc;
const struct nx_route_table nx_routes_oidc = NX_ROUTE_TABLE("oidc", rows);
