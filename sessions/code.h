/* Authorization codes (RFC 6749 section 4.1.2, RFC 9700): 60 s, one use, for one client. A second use kills
 * what the first one gave. Codes made before the store's last recovery are NX_GONE (rule 19). */
#ifndef NX_SESSIONS_CODE_H
#define NX_SESSIONS_CODE_H

#include "sessions/family.h"
#include "sessions/signon.h"

#define NX_CODE_LIFE_S 60

/* Creates a code for a grant of this session and notes the client among those signed in with it, in one act.
 * The grant's epochs: those of the session (copied from s->epochs here) plus client and system, set by the
 * caller in g->epochs from the registry's rows. g->session and g->sid are set here. *found: NX_STALE, NX_GONE
 * (the session ended). */
NX_FALLIBLE nx_code_issue(nx_handle_text *out, nx_store *st, nx_arena *a, const struct nx_signon *s,
                          struct nx_grant *g, const struct nx_note *note, enum nx_found *found);

struct nx_code {
    struct nx_handle ref;
    struct nx_grant grant;
};
/* Reads a code without using it, to check redirect_uri, verifier and policy. NX_SPENT: it was used before,
 * and what that use gave is dead now. One round trip (two when spent). */
NX_FALLIBLE nx_code_find(nx_store *st, nx_arena *a, const char *client_id, nx_span text, struct nx_code *out,
                         enum nx_found *found);

struct nx_redeemed {
    struct nx_family family;
    nx_handle_text refresh; /* empty unless the grant refreshes */
};
/* Uses the code: creates the family with its status index (drawn here when `with_status`) and the record of
 * t, under the grant's epochs, in one act. g: the code's grant with what the decision settled (lifetimes,
 * refreshes, rotates, offline, jkt). NX_SPENT: somebody else used it meanwhile; what that gave is dead now.
 */
struct nx_redeem {
    const struct nx_code *code;
    const struct nx_grant *grant;
    const struct nx_token_new *token;
    bool with_status;
};
NX_FALLIBLE nx_code_redeem(nx_store *st, nx_arena *a, const struct nx_redeem *r, const struct nx_note *note,
                           struct nx_redeemed *out, enum nx_found *found);

#endif
