/* Proving both accounts in one session, the one way in which a person herself makes a link: signed in here a moment
 * ago, she goes to the upstream from her own page, signs in there, comes back to the same session, sees both names and
 * says yes. What she came back with waits under a one-time handle of this browser, ten minutes at most. */
#ifndef NX_HUB_LINKING_H
#define NX_HUB_LINKING_H

#include "hub/hub.h"
#include "sessions/signon.h"

enum nx_linking {
    NX_LINKING_ASK,   /* show both, with the handle */
    NX_LINKING_HERS,  /* it is linked to her already */
};

/* session: hers of now, which must be the one that set out. NX_ERR_LINK_TAKEN: somebody else's.
 * NX_ERR_UPSTREAM_STATE: another session set out. */
NX_FALLIBLE nx_linking_offer(enum nx_linking *out, nx_handle_text *handle, struct nx_house *house, nx_arena *a,
                             const struct nx_identity *who, const char *linker, const struct nx_signon *session,
                             nx_span browser);
/* Her yes. *upstream is its id, in the arena. NX_ERR_UPSTREAM_STATE, NX_ERR_UPSTREAM_OFF, NX_ERR_LINK_TAKEN. */
NX_FALLIBLE nx_linking_accept(const char **upstream, struct nx_house *house, nx_arena *a,
                              const struct nx_signon *session, nx_span browser, nx_span handle);
/* Removes a link of hers, audited, and ends her sessions that came through that upstream. NX_ERR_NOT_FOUND. actor as in
 * the audit trail. */
NX_FALLIBLE nx_linking_remove(struct nx_house *house, nx_arena *a, const char *person, const char *upstream,
                              const char *subject, const char *actor);
/* After a session was made by a link: one that was removed meanwhile did not see the session yet, so it ends here. */
NX_FALLIBLE nx_linking_settle(struct nx_house *house, nx_arena *a, const struct nx_identity *who, const char *person);

#endif
