/* The rows of the hub's face. */
#include "endpoints/hub/hub.h"

#define PAGE NX_GUARD_NO_STORE
#define FORM (NX_GUARD_FORM | NX_GUARD_CSRF | NX_GUARD_NO_STORE)
#define RETURN (NX_GUARD_NO_STORE | NX_GUARD_FORM)

static const struct nx_route rows[] = {
    {NX_GET, "/login/ways", 0, PAGE, NX_RATE_PAGE, NX_LANE_FAST, nx_hub_ways_page},
    {NX_GET, "/upstream/{id}/go", 0, PAGE, NX_RATE_LOGIN, NX_LANE_EGRESS, nx_hub_go},
    {NX_GET, "/upstream/{id}/callback", 0, PAGE, NX_RATE_LOGIN, NX_LANE_EGRESS, nx_hub_callback},
    {NX_POST, "/upstream/{id}/callback", 16384, RETURN, NX_RATE_LOGIN, NX_LANE_EGRESS, nx_hub_callback},
    {NX_POST, "/saml/acs", 512u << 10, RETURN, NX_RATE_LOGIN, NX_LANE_HASH, nx_hub_acs},
    {NX_GET, "/upstream/{id}/jwks", 0, NX_GUARD_PUBLIC, NX_RATE_PAGE, NX_LANE_HASH, nx_hub_jwks},
    {NX_POST, "/upstream/{id}/logout", 32768, NX_GUARD_FORM | NX_GUARD_NO_STORE | NX_AS_OAUTH, NX_RATE_API,
     NX_LANE_EGRESS, nx_hub_logout},
    {NX_GET, "/upstream/{id}/leave", 0, PAGE, NX_RATE_PAGE, NX_LANE_EGRESS, nx_hub_leave},
    {NX_GET, "/upstream/{id}/left", 0, PAGE, NX_RATE_PAGE, NX_LANE_FAST, nx_hub_left},
    {NX_GET, "/me/links", 0, PAGE, NX_RATE_PAGE, NX_LANE_FAST, nx_hub_links_page},
    {NX_GET, "/me/links/go", 0, PAGE, NX_RATE_LOGIN, NX_LANE_EGRESS, nx_hub_link_begin},
    {NX_POST, "/me/links/accept", 2048, FORM, NX_RATE_PAGE, NX_LANE_FAST, nx_hub_link_accept},
    {NX_POST, "/me/links/remove", 4096, FORM, NX_RATE_PAGE, NX_LANE_FAST, nx_hub_link_remove},
};
extern const struct nx_route_table nx_routes_hub;
const struct nx_route_table nx_routes_hub = NX_ROUTE_TABLE("hub", rows);
