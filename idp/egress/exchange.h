/* One exchange: a checked request out, a bounded answer in. */
#ifndef NX_EGRESS_EXCHANGE_H
#define NX_EGRESS_EXCHANGE_H

#include "egress/breaker.h"
#include "egress/handles.h"
#include "egress/target.h"

/* A row of purpose.def. */
struct nx_budget {
    const char *name;
    long ms;
    size_t bytes;
    bool listable;
};

/* Further trust anchors as PEM; pem NULL for none. */
struct nx_anchors {
    char *pem;
    size_t n;
};

struct nx_exchange {
    const struct nx_budget *budget;
    const struct nx_ranges *listed; /* special addresses that may be connected to */
    const struct nx_anchors *anchors;
    const struct nx_target *target;
    const struct nx_egress_request *request;
};

/* The errors of nx_egress_call. */
NX_FALLIBLE nx_exchange_run(struct nx_egress_reply *out, nx_arena *a, struct nx_handle_curl *h,
                            const struct nx_exchange *x);

#endif
