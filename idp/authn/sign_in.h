/* From a proof to a session: the one place where a sign-on session is made or raised.
 *
 * An authenticator (password.h, the QR order) ends with a proof: who, by what means, enrolled at which level.
 * This module binds it to the person's QR identity (rule 23), takes the epochs of now, and makes the session:
 * a new one, or, when the browser's present session is hers already, the same one raised under a new cookie
 * (no fixation). A session of somebody else in this browser is left alone in the store and its cookie
 * replaced. */
#ifndef NX_AUTHN_SIGN_IN_H
#define NX_AUTHN_SIGN_IN_H

#include "house/house.h"
#include "policies/level.h"
#include "sessions/signon.h"

struct nx_proof {
    const char *person;
    unsigned means;    /* enum nx_means bits of this proof alone */
    int bound_at;      /* level at which the credential used was enrolled (rule 3) */
    enum nx_rung rung; /* NX_RUNG_NONE without a QR */
    const char *qid;   /* the QR identity used; NULL: the person's primary is taken */
    /* The person's epoch as it was read before what was proven was last looked at (the password's row): a
     * change of it in between makes the sign-in stale. Without it the epoch is read when the session is made.
     */
    bool epoch_known;
    int64_t epoch;
    /* The provider or directory that it came through (a row of `upstream`), with its epoch as it was read before the
     * person was sent there or asked for it: switching it off in between makes the sign-in stale, and ends the session
     * later. Its names for her and for its session, where its logout is to end ours; NULL: none told. */
    const char *upstream;
    int64_t upstream_epoch;
    const char *upstream_subject;
    const char *upstream_session;
    const char *vouched_by; /* the officer who vouched (assisted.h); NULL: none */
    /* When she proved herself, where somebody else asked her and says so (a provider with a session of its own, the
     * realm of a ticket): it may be hours ago. 0, or in the future: now. */
    nx_time at;
};

struct nx_sign_in_ask {
    struct nx_proof proof;
    nx_span present;         /* the browser's present session cookie, may be empty */
    const char *agent;       /* label of the browser (nx_agent_label) */
    const char *source;      /* client address, for the audit trail of the sign-in: kept as network only */
    const char *only_client; /* "not my device": this client alone (rule 7); NULL: any */
};

/* Makes or raises the session; *out is as stored, cookie for __Host-nxs. A proof of another means in a
 * session of hers adds to its means when the session's last proof came at most recent_auth_s ago (password and
 * code are two factors of one sign-in), unless it reaches by itself what both would; an older one is replaced. What
 * proves nothing by itself (a code) only ever adds: NX_ERR_LOGIN_REQUIRED where there is nothing recent of hers to add
 * it to. NX_ERR_PERSON_INACTIVE, NX_ERR_QR_DEAD (a
 * named qid that is not active), NX_ERR_GRANT_REVOKED (a revocation was faster), NX_ERR_LIMIT. */
NX_FALLIBLE nx_sign_in(nx_handle_text *cookie, struct nx_signon *out, struct nx_house *house, nx_arena *a,
                       const struct nx_sign_in_ask *ask);

/* "Firefox 128 · Linux" from a User-Agent: known families and systems by name, nothing of the text itself. In
 * the arena; never NULL but when out of memory. */
char *nx_agent_label(nx_arena *a, const char *user_agent);
/* "203.0.113.0/24", "2001:db8:1::/48", "local": what lists and the audit trail keep of an address. */
char *nx_network_label(nx_arena *a, const char *address);

/* How long ago the session's person last proved herself, for changes of credentials: NX_OK when at most
 * recent_auth_s; NX_ERR_LOGIN_REQUIRED otherwise. Somebody else's word that she did it hours ago is no fresh proof
 * (SECURITY.md 3). */
NX_FALLIBLE nx_sign_in_recent(struct nx_house *house, const struct nx_signon *s);
/* Whether a code may still be added to the session's last proof: it came at most recent_auth_s ago. */
bool nx_sign_in_joins(const struct nx_house *house, const struct nx_signon *s);

#endif
