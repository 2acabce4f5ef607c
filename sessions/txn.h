/* Login transactions: an authorization request on its way to its answer, bound to one browser cookie.
 *
 * Each tab has its own transaction. request is written once; steps is the page's scratch (step data) and is
 * replaced as the person goes on; a save that raced with another tab's fails with NX_SPENT and changes
 * nothing. */
#ifndef NX_SESSIONS_TXN_H
#define NX_SESSIONS_TXN_H

#include "sessions/store.h"

#define NX_TXN_LIFE_S 600
#define NX_TXN_BODY_MAX (16u << 10) /* request and steps together */

struct nx_txn {
    struct nx_handle ref;
    uint32_t version;
    nx_time created;
    nx_time expires;
    nx_span request; /* opaque; in the arena */
    nx_span steps;   /* opaque; may be empty */
};

/* browser: the value of the browser cookie. NX_ERR_LIMIT. */
NX_FALLIBLE nx_txn_begin(nx_handle_text *out, nx_store *st, nx_arena *a, nx_span browser, nx_span request);
/* *found is NX_FOUND or NX_GONE (also for another browser's, a malformed or an expired one). */
NX_FALLIBLE nx_txn_find(nx_store *st, nx_arena *a, nx_span browser, nx_span text, struct nx_txn *out,
                        enum nx_found *found);
/* Replaces steps; t->version grows. The lifetime stays. */
NX_FALLIBLE nx_txn_save(nx_store *st, nx_arena *a, struct nx_txn *t, nx_span steps, enum nx_found *found);
/* Ends it: NX_FOUND for exactly one caller, NX_GONE or NX_SPENT for every other. Call it before the answer is
 * given. */
NX_FALLIBLE nx_txn_end(nx_store *st, nx_arena *a, const struct nx_txn *t, enum nx_found *found);

#endif
