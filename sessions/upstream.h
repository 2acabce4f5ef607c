/* Sessions that came from an upstream provider, found again by that provider's names for them, so that its logout ends
 * ours (SAML LogoutRequest with NameID and SessionIndex; OpenID Connect Back-Channel Logout with sub and sid).
 *
 *     nx_upstream_note(&mark, st, a, &u, person, life)    before the session is made (idp/authn/sign_in.c does both)
 *     nx_signon_begin(…)                                  s.upstream_subject, s.upstream_session: their digests
 *     nx_upstream_ended(&ended, st, a, &u, &mark)         after: a logout that came in between is seen here
 *
 *     nx_upstream_sessions(&list, st, a, &u)              a logout from there: marks, then finds
 *     nx_revoke(NX_REVOKE_SESSION) each */
#ifndef NX_SESSIONS_UPSTREAM_H
#define NX_SESSIONS_UPSTREAM_H

#include "sessions/name.h"
#include "sessions/signon.h"

struct nx_upstream_names {
    const char *upstream; /* its id */
    const char *subject;  /* how it names her: NameID, sub; NULL: not named */
    const char *session;  /* how it names its session: SessionIndex, sid; NULL: not named */
};
struct nx_upstream_mark {
    int64_t subject_ms, session_ms;
};

/* Notes both names for the person. */
NX_FALLIBLE nx_upstream_note(struct nx_upstream_mark *out, nx_store *st, nx_arena *a,
                             const struct nx_upstream_names *u, const char *person, int64_t life_s);
/* Whether the upstream has ended her session since, or that very session within the last NX_NAME_ENDED_S. */
NX_FALLIBLE nx_upstream_ended(bool *ended, nx_store *st, nx_arena *a, const struct nx_upstream_names *u,
                              const struct nx_upstream_mark *mark);
/* The digests that a session keeps; empty ids for names that are not told. */
NX_FALLIBLE nx_upstream_keys(nx_id *subject, nx_id *session, const nx_store *st, const struct nx_upstream_names *u);

/* An upstream's logout: marks the names as ended and gives the live sessions through this upstream that match every name
 * that is told (with session: that one alone; with subject alone: all of hers). At least one must be told:
 * NX_ERR_MISSING. Empty when there are none; that is no error. */
NX_FALLIBLE nx_upstream_sessions(struct nx_signon_list *out, nx_store *st, nx_arena *a,
                                 const struct nx_upstream_names *u);

#endif
