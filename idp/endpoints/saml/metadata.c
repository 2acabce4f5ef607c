/* /saml/metadata. In the FAST lane: the first one after a key turned is signed. */
#include "saml/metadata.h"

#include "endpoints/server.h"
#include "saml/names.h"

static nx_result metadata(nx_request *rq, nx_reply *rp)
{
    nx_span xml;
    int64_t max_age;
    NX_TRY(nx_saml_own_metadata(&xml, &max_age, nx_house_of(rq), rq->arena));
    nx_reply_body(rp, 200, "application/samlmetadata+xml", xml);
    nx_reply_header(rp, "Cache-Control", nx_arena_printf(rq->arena, "public, max-age=%lld", (long long)max_age));
    nx_reply_header(rp, "Content-Disposition", "inline; filename=\"metadata.xml\"");
    return NX_OK;
}

static const struct nx_route rows[] = {
    {NX_GET, NX_SAML_PATH_METADATA, 0, NX_GUARD_PUBLIC | NX_AS_TEXT, NX_RATE_PAGE, NX_LANE_FAST, metadata},
};
extern const struct nx_route_table nx_routes_saml_metadata;
const struct nx_route_table nx_routes_saml_metadata = NX_ROUTE_TABLE("saml_metadata", rows);
