/* Revocation: one durable act for every scope of it (SECURITY.md 19 to 23, QR.md section 3).
 *
 *   1. registry, one change: the row (pending), the raised epoch, the new status, the audit entry
 *   2. store, one script a shard: epoch copies, dead records, status bits, the sequence number
 *   3. registry, one change: the notices to portals, the receipt, the row marked applied
 *   4. the reply, then delivery
 *
 * After 1 the act is done for ever: whatever dies in between, any node applies the pending row at its start and each
 * second (nx_revoke_tick), and a store that was lost is replayed before anything is served (nx_revoke_watch). Each
 * step is idempotent. Suspending and resuming are the same act with other bits. */
#ifndef NX_REVOKE_REVOKE_H
#define NX_REVOKE_REVOKE_H

#include "base/json.h"
#include "house/house.h"
#include "sessions/store.h"

enum nx_revoke_act { NX_REVOKE, NX_SUSPEND, NX_RESUME };

enum nx_revoke_scope {
    NX_REVOKE_QR,      /* target: qid; every act */
    NX_REVOKE_SESSION, /* target: session id; NX_REVOKE only */
    /* target: session id; NX_REVOKE only. Its holder signs out: what she allowed to outlive the session
     * (offline_access) stays, as OpenID Connect Back-Channel Logout 1.0 section 2.7 wants it. */
    NX_REVOKE_SIGN_OUT,
    NX_REVOKE_PERSON,  /* target: person: all sessions and tokens; NX_REVOKE only */
    NX_REVOKE_GRANT,   /* target: client id, subject: person: what she gave to that client; NX_REVOKE only */
    NX_REVOKE_CLIENT,  /* target: client id: the client and all its tokens; every act */
    NX_REVOKE_SYSTEM,  /* target: NX_EPOCH_SYSTEM_ID: every token of everybody; NX_REVOKE only */
    /* target: an upstream's id: it is switched off, and every session, token and sign-in under way that came through it is
     * refused from then on; NX_REVOKE only. As for a client and the system, portals learn it when they next ask:
     * introspection, refresh, single sign-on. */
    NX_REVOKE_UPSTREAM,
};

struct nx_revoke_order {
    enum nx_revoke_act act;
    enum nx_revoke_scope scope;
    const char *target;
    const char *subject; /* the person; needed for NX_REVOKE_GRANT, found out otherwise */
    const char *reason;  /* at most NX_REASON_MAX bytes, printable; required */
    const char *actor;   /* as in the audit trail: "uid:0", "person:ID", "client:ID", "system" */
    /* A session whose browser is at hand: its SAML portals that only a browser can tell are told through it
     * (saml/logout.h). NULL: nobody is there, and they count as unreachable. */
    const char *browser;
    const char *asked_by; /* the portal that asks for it, which is answered and not told; NULL */
};

/* Does the act; *seq (may be NULL) is its number, under which the receipt is read. Revoking what is revoked already
 * succeeds again with the number of the first time. Not inside a registry change of the caller: use the halves.
 * NX_ERR_NOT_FOUND (no such target, or a session that is over), NX_ERR_CONFLICT (the act does not fit the state),
 * NX_ERR_RANGE (an act that the scope does not have, a reason that is empty or too long). NX_ERR_AWAY, NX_ERR_BUSY:
 * the act is durable and will be applied; nothing is served meanwhile that it ends. */
NX_FALLIBLE nx_revoke(struct nx_house *h, nx_arena *a, const struct nx_revoke_order *order, int64_t *seq);

/* The two halves, for callers with a change of their own (a person deactivated, a password set): record inside the
 * change, which it joins, and apply after the commit. */
NX_FALLIBLE nx_revoke_record(struct nx_house *h, nx_arena *a, const struct nx_revoke_order *order, int64_t *seq);
NX_FALLIBLE nx_revoke_apply(struct nx_house *h, nx_arena *a, int64_t seq);

/* Applies what is pending; call it each second and at start. NX_ERR_AWAY while the store is. */
NX_FALLIBLE nx_revoke_tick(struct nx_house *h);

/* What nx_store_watch needs: settles a new store and replays the gap of a known one (rule 19). */
struct nx_store_watch nx_revoke_watch(struct nx_house *h);

/* The receipt as JSON, owned by the caller: what was killed and when, and each portal with its state now: "pending",
 * "delivered" with its time, "given-up", "unreachable". NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_revoke_receipt(json_t **out, struct nx_house *h, nx_arena *a, int64_t seq);

#endif
