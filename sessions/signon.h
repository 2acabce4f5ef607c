/* Sign-on sessions: a person is signed in at this browser.
 *
 * The cookie holds a handle (NX_HANDLE_SESSION, no holder). The session's id, an nx_id, is its name in lists
 * and in the admin API; it stays the same when the person steps up, while the cookie changes (no fixation). A
 * session ends when idle, at its absolute end, by sign-out, or by revocation; "not my device" is a session
 * for one client only that ends after 10 idle minutes (rule 7).
 *
 * The clients signed in with it are kept in the record; the `sid` that a client knows is an HMAC over session
 * and client, so that two clients cannot tell that theirs are one session. */
#ifndef NX_SESSIONS_SIGNON_H
#define NX_SESSIONS_SIGNON_H

#include "sessions/grant.h"
#include "sessions/store.h"

#define NX_SIGNON_CLIENTS_MAX 64
#define NX_SIGNON_LIST_MAX                                                                                   \
    256 /* live sessions of one person; the next sign-in is refused with NX_ERR_LIMIT */
#define NX_SIGNON_AGENT_MAX 120
#define NX_SIGNON_ELSEWHERE_IDLE_S 600
#define NX_SID_LEN 26
typedef nx_id nx_sid;

struct nx_signon {
    nx_id id;
    const char *subject; /* person */
    const char *qid;     /* bound to it for the session's life (rule 23); NULL: none */
    const char *upstream; /* the provider that it came through: epochs name it too; NULL: none */
    nx_id upstream_subject, upstream_session; /* digests of its names for her and for its session
                                                 (sessions/upstream.h); "": not told */
    int level;           /* policies/level.h */
    int rung;            /* -1: no QR */
    unsigned means;
    nx_time auth_time;       /* when she last proved who she is, to us or to somebody whose word we take */
    nx_time came;            /* when that came to us: later than auth_time where a provider had asked her before; 0: the
                                same */
    const char *agent;       /* label of the browser, for lists */
    const char *only_client; /* "not my device": this client only; NULL: any */
    const char *vouched_by;  /* the officer who vouched for her (assisted sign-in); NULL: none */
    bool persistent;         /* the cookie outlives the browser */
    int64_t idle_s;
    nx_time ends;            /* absolute */
    struct nx_epochs epochs; /* person; QR identity and upstream where there is one */
    /* Filled by the store. */
    nx_time created;
    nx_time last_seen; /* to about 30 s */
    nx_time expires;   /* idle or absolute end, the nearer */
    const char *const *clients;
    size_t client_count;
    uint16_t shard;
    uint32_t link; /* of the cookie; grows at each step up */
};
struct nx_signon_list {
    struct nx_signon *v;
    size_t n;
};

/* Makes a session and its cookie. s: everything but what the store fills; id, created … are set in *s. *found
 * is NX_STALE when a revocation was faster than the sign-in. NX_ERR_LIMIT when the person has
 * NX_SIGNON_LIST_MAX. */
NX_FALLIBLE nx_signon_begin(nx_handle_text *cookie, nx_store *st, nx_arena *a, struct nx_signon *s,
                            const struct nx_note *note, enum nx_found *found);

/* The session of a cookie; slides its idle end. One round trip. Strings in the arena; *out is valid when
 * NX_FOUND. */
NX_FALLIBLE nx_signon_find(nx_store *st, nx_arena *a, nx_span cookie, struct nx_signon *out,
                           enum nx_found *found);
/* The same with a replay guard (guard.h) in its round trip: *first is said whatever becomes of the session. */
struct nx_guard;
NX_FALLIBLE nx_signon_find_once(nx_store *st, nx_arena *a, nx_span cookie, const struct nx_guard *guard,
                                struct nx_signon *out, enum nx_found *found, bool *first);
/* The same by id, without sliding: for lists and operators. */
NX_FALLIBLE nx_signon_get(nx_store *st, nx_arena *a, const char *id, struct nx_signon *out,
                          enum nx_found *found);

/* A further proof in the same session: level, rung, means, auth_time, came, agent and upstream's names of *s are stored, the cookie
 * is a new one and the old one is NX_GONE from then on. NX_SPENT when another tab was faster: find again. */
NX_FALLIBLE nx_signon_raise(nx_handle_text *cookie, nx_store *st, nx_arena *a, struct nx_signon *s,
                            const struct nx_note *note, enum nx_found *found);

/* Ends a session that nobody was told of: one whose cookie was not given out. NX_OK when it is gone already. */
NX_FALLIBLE nx_signon_drop(nx_store *st, nx_arena *a, const struct nx_signon *s, const struct nx_note *note);

/* Live sessions of a person, the most recently seen first. Filter on .qid for those of a QR identity. */
NX_FALLIBLE nx_signon_list(nx_store *st, nx_arena *a, const char *subject, struct nx_signon_list *out);

/* The `sid` that this client knows the session by. */
NX_FALLIBLE nx_signon_sid(nx_sid *out, const nx_store *st, const char *session, const char *client_id);

/* The `SessionIndex` that this client knows the session by (SAML core section 2.7.2): the same each time, another one
 * for each client, and nobody but us can tell which session it is. No round trip. */
NX_FALLIBLE nx_signon_index(nx_id *out, const nx_store *st, const char *session, const char *client_id);
/* Back again. NX_GONE: none of ours, or another client's; whether the session still lives is not asked. */
NX_FALLIBLE nx_signon_of_index(nx_id *session, const nx_store *st, const char *client_id, nx_span index,
                               enum nx_found *found);

/* Ending a session, by its holder too, is the durable act of idp/revoke (portals must be told):
 * nx_revoke_session. */

#endif
