/* The rows of the hub's face. */
#include "endpoints/hub/hub.h"

#define PAGE NX_GUARD_NO_STORE
#define RETURN (NX_GUARD_NO_STORE | NX_GUARD_FORM)

static const struct nx_route rows[] = {
    {NX_GET, "/login/ways", 0, PAGE, NX_RATE_PAGE, NX_LANE_FAST, nx_hub_ways_page},
    {NX_GET, "/upstream/{id}/go", 0, PAGE, NX_RATE_LOGIN, NX_LANE_EGRESS, nx_hub_go},
    {NX_GET, "/upstream/{id}/callback", 0, PAGE, NX_RATE_LOGIN, NX_LANE_EGRESS, nx_hub_callback},
    {NX_POST, "/upstream/{id}/callback", 16384, RETURN, NX_RATE_LOGIN, NX_LANE_EGRESS, nx_hub_callback},
};
extern const struct nx_route_table nx_routes_hub;
const struct nx_route_table nx_routes_hub = NX_ROUTE_TABLE("hub", rows);
