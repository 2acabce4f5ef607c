/* Throttles: attempts are counted before they are made, in the store, so that parallel guessing gains
 * nothing.
 *
 * A bucket is GCRA: `burst` attempts at once, then one each `period`. The rows are throttle.def. Nobody can
 * lock somebody else out: what refuses is the bucket of (account, source) or of the source. The account's own
 * bucket, which strangers can fill, refuses nobody: while it is over, each source that has not signed in to
 * that account before has one attempt at a time instead of a burst. Account and source are kept as blinded
 * digests. */
#ifndef NX_SESSIONS_THROTTLE_H
#define NX_SESSIONS_THROTTLE_H

#include "sessions/store.h"

enum nx_throttle_row {
#define X(name, pair_burst, pair_period_s, source_burst, source_period_s, account_burst, account_period_s)   \
    NX_THROTTLE_##name,
#include "sessions/throttle.def"
#undef X
    NX_THROTTLE_ROWS
};

struct nx_attempt {
    enum nx_throttle_row row;
    const char *account; /* user name as typed, order, qid …; NULL: only the source counts */
    const char *source;  /* address, of which IPv6 counts by its network, or an enrolled device; NULL: only the account and
                            the pair */
    bool known;          /* this browser has signed in to this account before */
};
struct nx_throttled {
    bool allowed;
    int64_t retry_after_s; /* when not allowed, at least 1 */
};

/* Counts one attempt and says whether it may be made. One round trip. */
NX_FALLIBLE nx_throttle_take(nx_store *st, nx_arena *a, const struct nx_attempt *t, struct nx_throttled *out);
/* The attempt was right: gives it back. */
NX_FALLIBLE nx_throttle_refund(nx_store *st, nx_arena *a, const struct nx_attempt *t);

#endif
