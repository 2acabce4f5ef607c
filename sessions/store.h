/* The store: everything that expires, behind one seam (docs/architecture.md section 6).
 *
 * A store answers a few named atomic acts (sessions/acts.def). Redis answers them with one Lua script each,
 * memory (tests) with one function each; a contract test walks both. Everything above calls the typed modules
 * of this folder, which compose the acts: signon.h, txn.h, code.h, family.h, token.h, ticket.h, order.h,
 * guard.h, throttle.h, status.h, stream.h, kill.h.
 *
 * Thread safe: connections are lent from a bounded pool inside, so a call may wait for one (at most a
 * second). Errors that every function of this folder may give: NX_ERR_AWAY (no answer, loading, not yet
 * replayed, or the breaker is open; nothing was acknowledged, and whether it happened is unknown),
 * NX_ERR_BUSY (no free connection in time), NX_ERR_MEMORY, NX_ERR_LIMIT (a stated maximum), NX_ERR_RANDOM,
 * NX_ERR_CRYPTO. A record that is not there, stale or used up is no error but a value, enum nx_found. */
#ifndef NX_SESSIONS_STORE_H
#define NX_SESSIONS_STORE_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"
#include "crypto/handle.h"
#include "sessions/epoch.h"

typedef struct nx_store nx_store;

#define NX_SHARDS_MAX 1024
#define NX_STORE_CONNECTIONS_MAX 128
#define NX_STORE_SKEW_MS 2000 /* a node further off the store's clock is not ready (rule 9) */

struct nx_store_options {
    /* "unix:/path?db=0&password=…", "redis://:password@host:port/db", or "memory:" (test builds). */
    const char *url;
    const nx_master *master; /* borrowed, outlives the store */
    unsigned shards;         /* 1..NX_SHARDS_MAX; fixed when the store is created; 1 for a private one */
    unsigned connections;    /* 1..NX_STORE_CONNECTIONS_MAX */
    struct nx_epoch_source epochs; /* where a missing copy of an epoch is loaded from (the registry) */
    /* true: nothing is served before nx_store_watch gave a watcher and it has run. Production sets it, so
     * that a forgotten watcher fails closed. */
    bool watched;
};

/* Does not connect yet: the first call does. NX_ERR_STORE_URL for a scheme that is refused or malformed,
 * after one line in the log that says which ("redis+cluster:" and "redis+sentinel:" belong to a later
 * version). */
NX_FALLIBLE nx_store_open(nx_store **out, const struct nx_store_options *o);
/* No other call may be under way. */
void nx_store_close(nx_store *s);
NX_AUTO_DEFINE(nx_store, nx_store_close)

/* Rule 19: called by one thread whenever the store was met with a run id that this node has not seen: at the
 * first connection, after a restart, after a change of role. Until it succeeds every other thread gets
 * NX_ERR_AWAY; the thread inside may use the store. It replays what the store has not applied
 * (sessions/kill.h). Calls nothing yet. */
struct nx_store_watch {
    nx_result (*on_new_run)(void *ctx, nx_store *s);
    void *ctx;
};
void nx_store_watch(nx_store *s, struct nx_store_watch w);

/* Whether the last thing known is that the store answers, was replayed, and its clock is near ours. No round
 * trip. */
bool nx_store_ready(const nx_store *s);
/* One round trip; also what makes a store that was away come back without traffic. Call it each second. */
NX_FALLIBLE nx_store_ping(nx_store *s);

/* The shard of a subject (person, or client for its own tokens): first two bytes of SHA-256(subject) mod the
 * count. */
uint16_t nx_store_shard(const nx_store *s, const char *subject);
unsigned nx_store_shards(const nx_store *s);
const nx_master *nx_store_master(const nx_store *s);

/* The store's own clock in milliseconds (Redis TIME; one round trip). */
NX_FALLIBLE nx_store_time_ms(nx_store *s, int64_t *ms);

/* What doctor prints and readiness counts. */
struct nx_store_info {
    char kind[16]; /* "redis", "memory" */
    char version[32];
    char run_id[48];
    bool noeviction; /* maxmemory-policy; anything else is a fault to report: guards could vanish */
    bool append_only;
    char fsync[16];       /* appendfsync: "always", "everysec", "no" */
    bool fsync_always;    /* false: a crash of the store loses up to its last second */
    int64_t skew_ms;      /* the store's clock minus ours */
    int64_t recovered_at; /* Unix seconds: codes, orders and assertions made before are refused (rule 19) */
    int64_t used_bytes;
    unsigned connections; /* open now */
};
NX_FALLIBLE nx_store_info(nx_store *s, struct nx_store_info *out);

/* What was found under a handle or id. */
enum nx_found {
    NX_FOUND, /* live, and every epoch it was made under is still the present one */
    NX_GONE,  /* never was, expired, killed, or made for somebody else */
    NX_STALE, /* revoked: an epoch has moved on, or what it hangs on is gone */
    NX_SPENT, /* was good once, or another act was faster: used code, old link of a family, wrong state */
};
/* "found", "gone", "stale", "spent". Static. */
const char *nx_found_text(enum nx_found f);

/* One audit line that enters the shard's stream in the same act (rule 20: chained into the registry in
 * batches, see stream.h). type NULL: no line. detail: a JSON object of ours without secrets, NULL for {}. */
struct nx_note {
    const char *type;
    const char *actor;
    const char *subject;
    const char *detail;
};
#define NX_NOTE_NONE ((struct nx_note){NULL, NULL, NULL, NULL})
#define NX_NOTE_MAX 2048

#endif
