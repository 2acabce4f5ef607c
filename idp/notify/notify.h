/* Delivery of the registry's outbox (SECURITY.md 18, 20).
 *
 * A bounded crew of threads leases due notices one by one, oldest first, and delivers them side by side, so
 * that one slow portal holds up nobody. A notice that was not confirmed is tried again after 1, 2, 4, …
 * seconds, at most 15 minutes, each with jitter; past the horizon it is given up with its last error, and the
 * row stays. Nothing is ever dropped: a crash leaves a lease that runs out, and the notice is due again.
 *
 * Notify knows no protocol. What to send, and what counts as an answer, is a const struct that idp/oidc
 * fills; it is asked anew for every try, since each retry is a new token (18). */
#ifndef NX_NOTIFY_NOTIFY_H
#define NX_NOTIFY_NOTIFY_H

#include "egress/egress.h"
#include "house/house.h"
#include "registry/outbox.h"

struct nx_notice_kind {
    const char *name; /* the `kind` of its rows */
    /* Writes the call for this try; memory of the arena. NX_ERR_NOT_FOUND: nobody is left to be told (the
     * client is gone or takes no notices any more); the notice ends as given up. Any other error: a failed
     * try. */
    nx_result (*build)(struct nx_egress_request *out, struct nx_house *house, nx_arena *a,
                       const struct nx_notice *notice);
    /* Whether the answer to this very try (notice->tries) confirms that the portal has taken it. */
    bool (*confirmed)(struct nx_house *house, nx_arena *a, const struct nx_notice *notice,
                      const struct nx_egress_reply *reply);
};

struct nx_notify_plan {
    const struct nx_notice_kind *const *kinds; /* must outlive the deliverer */
    size_t kind_count;
    unsigned threads;  /* of the crew: 1..16 */
    int64_t horizon_s; /* when an undelivered notice is given up */
};

typedef struct nx_notify nx_notify;

/* Starts the threads; the house must outlive them. Owned by the caller. NX_ERR_RANGE, NX_ERR_MEMORY. */
NX_FALLIBLE nx_notify_open(nx_notify **out, struct nx_house *house, const struct nx_notify_plan *plan);
/* Lets running deliveries end (at most one call's time limit) and joins. NULL is allowed. */
void nx_notify_close(nx_notify *n);
NX_AUTO_DEFINE(nx_notify, nx_notify_close)

/* After a commit that wrote notices: delivery begins within milliseconds. Any thread; never blocks long.
 * Without it the outbox is looked at four times a second. */
void nx_notify_wake(nx_notify *n);

struct nx_notify_counts {
    uint64_t delivered, failed, given_up; /* tries since start, for metrics */
};
struct nx_notify_counts nx_notify_counts(nx_notify *n);

#endif
