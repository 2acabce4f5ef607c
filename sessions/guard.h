/* Replay guards: a value that may be seen once (client assertions, DPoP proofs, wallet nonces). */
#ifndef NX_SESSIONS_GUARD_H
#define NX_SESSIONS_GUARD_H

#include "sessions/store.h"

#define NX_GUARD_LIFE_MAX_S 3600

struct nx_guard {
    const char *purpose; /* a fixed word of ours: "assertion", "dpop", "wallet" */
    const char *holder;  /* client id, key thumbprint … */
    nx_span value;       /* jti, nonce; any length, kept as a digest */
    nx_time
        issued; /* of the thing; 0: it carries none. Made before the store's recovery: not first (rule 19) */
    nx_time expires; /* until when the thing would be accepted */
};
/* *first: whether this is the first time. NX_ERR_RANGE when it would have to be kept over
 * NX_GUARD_LIFE_MAX_S. */
NX_FALLIBLE nx_guard_once(nx_store *st, const struct nx_guard *g, bool *first);

#endif
