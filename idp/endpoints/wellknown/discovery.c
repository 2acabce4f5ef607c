/* The discovery documents, answered from memory. */
#include "endpoints/server.h"
#include "oidc/metadata.h"

static nx_result discovery(nx_request *rq, nx_reply *rp)
{
    nx_span json;
    NX_TRY(nx_metadata(&json, nx_house_of(rq), rq->arena));
    nx_reply_body(rp, 200, "application/json", json);
    nx_reply_header(rp, "Cache-Control", "public, max-age=300");
    return NX_OK;
}

#define ROW(path)                                                                                            \
    {                                                                                                        \
        NX_GET, path, 0, NX_GUARD_PUBLIC | NX_AS_OAUTH, NX_RATE_PAGE, NX_LANE_PURE, discovery                \
    }

static const struct nx_route rows[] = {
    ROW("/.well-known/openid-configuration"),
    ROW("/.well-known/oauth-authorization-server"),
};
extern const struct nx_route_table nx_routes_discovery;
const struct nx_route_table nx_routes_discovery = NX_ROUTE_TABLE("discovery", rows);
