/* Bulkheads and breakers: a provider that is slow or dead is its own trouble and nobody else's.
 *
 * Each upstream has a row of state in this process. A call to it is entered and left: at most NX_BULKHEAD_MAX are
 * under way at a time and as many wait, a second at most, which together is well below the threads of the EGRESS lane;
 * the next one is refused at once. After NX_FUSE_FAILURES failures in a row the provider rests, longer each time, and then one call at a time is let
 * through until one succeeds (half-open). Thread safe. */
#ifndef NX_HUB_BREAKER_H
#define NX_HUB_BREAKER_H

#include "base/arena.h"
#include "base/buf.h"

#define NX_BULKHEAD_MAX 4
#define NX_BULKHEAD_WAIT_MS 1000
#define NX_FUSE_FAILURES 3
#define NX_FUSE_REST_MS 2000
#define NX_FUSE_REST_MAX_MS 30000

enum nx_fuse_state { NX_FUSE_CLOSED, NX_FUSE_OPEN, NX_FUSE_HALF_OPEN };
/* "up", "down", "trying". */
const char *nx_fuse_state_name(enum nx_fuse_state state);

struct nx_fuse_pass {
    void *seat; /* NULL: not entered */
};
/* NX_OK: call, then leave with the outcome. NX_ERR_UPSTREAM_AWAY: it rests; NX_ERR_UPSTREAM_BUSY: too many under way.
 */
NX_FALLIBLE nx_fuse_enter(struct nx_fuse_pass *pass, const char *upstream);
/* answered: it said something, whatever it said. */
void nx_fuse_leave(struct nx_fuse_pass *pass, bool answered);

struct nx_fuse_view {
    enum nx_fuse_state state;
    unsigned under_way;
    unsigned failures;     /* in a row */
    unsigned long refused; /* since start, by breaker and bulkhead */
    int64_t rest_ms;       /* until the next try; 0: none */
};
/* An upstream that was never called is up. */
void nx_fuse_look(struct nx_fuse_view *out, const char *upstream);
/* Prometheus lines nixa_upstream_up, _in_flight, _failures, _refused_total. */
void nx_fuse_metrics(nx_buf *out);
/* How many rest at this moment. */
unsigned nx_fuse_down(void);

#endif
