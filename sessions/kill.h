/* Applying a revocation to the store: the middle step of the durable act of idp/revoke, and what a replay
 * repeats.
 *
 * One script a shard: epoch copies raised, the bound records killed, their status bits set, the sequence
 * number stored. Applying the same sequence again changes nothing and gives the same list, which the store
 * keeps until it is forgotten: a node that dies before it has written the notices loses none. */
#ifndef NX_SESSIONS_KILL_H
#define NX_SESSIONS_KILL_H

#include "sessions/assertion.h"
#include "sessions/grant.h"
#include "sessions/status.h"
#include "sessions/store.h"

enum nx_kill_scope {
    NX_KILL_PERSON,  /* everything of the subject */
    NX_KILL_QR,      /* what is bound to the QR identity `target` */
    NX_KILL_SESSION, /* the session `target` and what was made with it */
    NX_KILL_LEAVE,   /* the session `target` and what hangs on it: families with offline_access stay */
    NX_KILL_CLIENT,  /* what the subject gave to the client `target`; subject NULL: nothing but the epoch copy
                      */
    NX_KILL_EPOCH,   /* nothing but the epoch copy (client, system) */
};
enum nx_kill_act {
    NX_KILL_REVOKE,  /* records die, bits become 1 */
    NX_KILL_SUSPEND, /* records stay, bits become 2 */
    NX_KILL_RESUME,  /* bits become 0 again */
};

struct nx_kill {
    int64_t seq; /* of the registry's row */
    uint16_t shard;
    enum nx_kill_act act;
    enum nx_kill_scope scope;
    const char *subject; /* the person */
    const char *target;
    struct nx_epochs epochs; /* the new values; what was made under them is spared */
    /* 0, or: what was made later is spared too. For scopes that raise no epoch, whose replay would otherwise
     * kill what the person granted again since. */
    int64_t made_before_ms;
};

struct nx_killed {
    char kind; /* 's' session, 'c' code, 'f' family or grant, 't' token record, 'a' assertion, 'm' artifact */
    nx_id id;
    struct nx_status_ref status;
    const char *client;         /* of a family, token or assertion; NULL */
    const char *session;        /* that a family or assertion hangs on or was made with; NULL */
    struct nx_given_name name;  /* of an assertion: how the portal knows the person; format NULL */
    const char *const *clients; /* of a session: who is signed in with it */
    size_t client_count;
};
struct nx_killed_list {
    struct nx_killed *v;
    size_t n;
    size_t spared; /* live sessions of the subject that stay: `sub` alone is told only when none does (rule
                      18) */
};
#define NX_KILLED_MAX 4096

NX_FALLIBLE nx_kill_apply(nx_store *st, nx_arena *a, const struct nx_kill *k, struct nx_killed_list *out);
/* The notices are in the registry: the kept list may go. (It goes by itself after a week.) */
NX_FALLIBLE nx_kill_forget(nx_store *st, uint16_t shard, int64_t seq);

/* The last applied sequence of a shard; *known is false when the shard has no mark: the store is new or was
 * lost. */
NX_FALLIBLE nx_kill_applied(nx_store *st, uint16_t shard, int64_t *seq, bool *known);
/* Marks a new or lost shard as clean, with this sequence and this generation of status lists. When another
 * node was faster, its generation stands, and *generation is that one. */
NX_FALLIBLE nx_kill_settle(nx_store *st, uint16_t shard, int64_t seq, nx_id *generation);

#endif
