/* A replay guard as a call among others of one round trip. Inside this folder only. */
#ifndef NX_SESSIONS_GUARD_CALL_H
#define NX_SESSIONS_GUARD_CALL_H

#include "sessions/guard.h"
#include "sessions/seam.h"

struct nx_guard_call {
    const struct nx_guard *guard;
    bool over; /* the thing is not accepted any more: no call is made, and it is not the first */
    nx_span argv[2];
    struct nx_call call; /* its arguments are above: the struct stays where it was made */
};

/* Errors of nx_guard_once. */
NX_FALLIBLE nx_guard_call_make(struct nx_guard_call *out, nx_store *st, nx_arena *a, const struct nx_guard *g);
/* What the answer says. After the act, when the time of recovery is surely known. */
bool nx_guard_call_first(const nx_store *st, const struct nx_guard_call *c, const struct nx_answer *answer);

#endif
