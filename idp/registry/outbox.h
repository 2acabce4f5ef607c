/* The outbox: what must be told to portals, written before the 204 (rule 20), delivered at least once.
 *
 * A deliverer leases due notices for a while, so that two never deliver the same one at the same time; a
 * lease that runs out makes the notice due again. Nothing is dropped: a notice ends only by an
 * acknowledgement or by nx_outbox_give_up, which keeps the row and why. */
#ifndef NX_REGISTRY_OUTBOX_H
#define NX_REGISTRY_OUTBOX_H

#include "registry/registry.h"

#define NX_OUTBOX_PAYLOAD_MAX (16u << 10)
#define NX_OUTBOX_LEASE_MAX 64

#define NX_NOTICE_PERSON "person-told" /* target: her id; payload: {"type"}, of the audit trail */

struct nx_notice {
    int64_t id;
    const char *kind;    /* "backchannel-logout", … : which deliverer */
    const char *target;  /* client id or address, the deliverer's own */
    const char *payload; /* JSON of the deliverer; never a signed token: each try signs a new one (rule 18) */
    int64_t revocation;  /* seq of the revocation it tells about, 0: none */
    int64_t tries;
    nx_time created;
    nx_time due;
    nx_time delivered;      /* 0: not yet */
    nx_time given_up;       /* 0: no */
    const char *last_error; /* a fixed word, NULL: none */
};
struct nx_notice_list {
    struct nx_notice *v;
    size_t n;
};

/* id and created are drawn here; due 0 means at once. */
NX_FALLIBLE nx_outbox_put(nx_registry *r, struct nx_notice *n);
/* Takes up to limit due notices, oldest first, and counts the try. */
NX_FALLIBLE nx_outbox_lease(nx_registry *r, nx_arena *a, nx_time now, int lease_s, size_t limit,
                            struct nx_notice_list *out);
NX_FALLIBLE nx_outbox_delivered(nx_registry *r, int64_t id, nx_time at);
NX_FALLIBLE nx_outbox_retry(nx_registry *r, int64_t id, nx_time due, const char *error);
NX_FALLIBLE nx_outbox_give_up(nx_registry *r, int64_t id, nx_time at, const char *error);
/* All notices of a revocation, for its receipt. */
NX_FALLIBLE nx_outbox_of_revocation(nx_registry *r, nx_arena *a, int64_t seq, struct nx_notice_list *out);

struct nx_outbox_depth {
    int64_t waiting;
    nx_time oldest; /* created; 0 when nothing waits */
};
NX_FALLIBLE nx_outbox_depth(nx_registry *r, struct nx_outbox_depth *out);

#endif
