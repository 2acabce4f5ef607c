/* A call to an upstream: the egress client behind the upstream's bulkhead and breaker. */
#ifndef NX_HUB_CALL_H
#define NX_HUB_CALL_H

#include "hub/breaker.h"
#include "house/house.h"

/* Blocking: EGRESS lane only. NX_ERR_UPSTREAM_AWAY: it rests, or did not answer in time, or answered with a 5xx (then
 * *out is set); NX_ERR_UPSTREAM_BUSY; errors of nx_egress_call for URLs that are not called at all. */
NX_FALLIBLE nx_hub_call(struct nx_egress_reply *out, struct nx_house *house, nx_arena *a, const char *upstream,
                        const struct nx_egress_request *request);

#endif
