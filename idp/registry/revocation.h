/* Revocations: numbered, durable, written first (rules 19, 20).
 *
 * A row is made pending inside the change that raises the epoch, writes the audit row and the notices; after
 * the commit the store is told (revoke_apply), then the row is marked applied. Whoever finds a pending row
 * applies it again: applying is idempotent. The receipt is JSON that grows as portals confirm. */
#ifndef NX_REGISTRY_REVOCATION_H
#define NX_REGISTRY_REVOCATION_H

#include "registry/registry.h"

#define NX_REASON_MAX 200
#define NX_RECEIPT_MAX (64u << 10)

struct nx_revocation {
    int64_t seq;         /* drawn by nx_revocation_add; grows, no gaps within committed ones are promised */
    int shard;           /* whose store shard must apply it; -1: every shard */
    const char *act;     /* "revoke", "suspend", "resume" */
    const char *scope;   /* "qr", "session", "person", "client", "family", "system" */
    const char *target;  /* id within the scope */
    const char *subject; /* the person concerned, NULL: none */
    const char *reason;
    const char *actor;
    const char *plan;    /* JSON of what must be applied, the revoking code's own; NULL: none */
    const char *receipt; /* JSON, NULL before it was applied */
    nx_time at;
    nx_time applied; /* 0: pending */
};
struct nx_revocation_list {
    struct nx_revocation *v;
    size_t n;
};

/* seq and at are drawn here and written into *v. */
NX_FALLIBLE nx_revocation_add(nx_registry *r, struct nx_revocation *v);
/* NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_revocation_get(nx_registry *r, nx_arena *a, int64_t seq, struct nx_revocation *out);
/* The newest act of this name upon the target. NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_revocation_find(nx_registry *r, const char *act, const char *scope, const char *target,
                               int64_t *seq);
/* Oldest first, at most limit. */
NX_FALLIBLE nx_revocation_pending(nx_registry *r, nx_arena *a, size_t limit, struct nx_revocation_list *out);
/* Those of a shard (and of every shard) after seq, applied or not, oldest first: the gap to replay. */
NX_FALLIBLE nx_revocation_since(nx_registry *r, nx_arena *a, int shard, int64_t seq, size_t limit,
                                struct nx_revocation_list *out);
/* The newest seq of a shard (and of every shard), 0 when there is none. */
NX_FALLIBLE nx_revocation_last(nx_registry *r, int shard, int64_t *seq);
/* Marks as applied (keeps the first time) and sets the receipt. */
NX_FALLIBLE nx_revocation_applied(nx_registry *r, int64_t seq, const char *receipt);
/* Replaces the receipt: a portal answered. Call it inside a change that read the row. */
NX_FALLIBLE nx_revocation_set_receipt(nx_registry *r, int64_t seq, const char *receipt);
/* Newest first, before a seq (0: from the newest). */
NX_FALLIBLE nx_revocation_page(nx_registry *r, nx_arena *a, int64_t before, size_t limit,
                               struct nx_revocation_list *out);

#endif
