#include "hub/call.h"

/* What says nothing about the provider: a URL that we refuse to call. */
static bool ours(nx_result r)
{
    return r.e == NX_ERR_EGRESS_URL || r.e == NX_ERR_EGRESS_ADDRESS || r.e == NX_ERR_MEMORY || r.e == NX_ERR_LIMIT;
}

NX_FALLIBLE nx_hub_call(struct nx_egress_reply *out, struct nx_house *house, nx_arena *a, const char *upstream,
                        const struct nx_egress_request *request)
{
    struct nx_fuse_pass pass;
    *out = (struct nx_egress_reply){.status = 0, .content_type = ""};
    NX_REQUIRE(house->egress, NX_ERR_UPSTREAM_AWAY);
    NX_TRY(nx_fuse_enter(&pass, upstream));
    nx_result r = nx_egress_call(out, a, house->egress, request);
    nx_fuse_leave(&pass, ours(r) || (nx_ok(r) && out->status < 500));
    if (ours(r)) return r;
    NX_REQUIRE(r.e != NX_ERR_EGRESS_SIZE, NX_ERR_UPSTREAM_FORM);
    NX_REQUIRE(nx_ok(r) && out->status < 500, NX_ERR_UPSTREAM_AWAY);
    return NX_OK;
}
