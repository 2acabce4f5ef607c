/* Assertions: what a SAML portal was told about a session (SAML core section 2.3), as the store remembers it.
 *
 * One record for a portal and a session. It hangs on the session and keeps the epochs of everything that may end it:
 * whoever ends the session, the person, the QR identity, the portal, the upstream or the system ends it too, its bit in
 * the status list becomes 1, and the name by which the portal knows the person is handed to whoever tells the portal.
 * A second sign-on of the same session at the same portal finds the record again: same status index, later end. */
#ifndef NX_SESSIONS_ASSERTION_H
#define NX_SESSIONS_ASSERTION_H

#include "sessions/grant.h"
#include "sessions/signon.h"

#define NX_ASSERTION_NAME_MAX 1024

/* The NameID as it was written into the assertion. */
struct nx_given_name {
    const char *format;          /* URI */
    const char *value;
    const char *name_qualifier;  /* NULL: none */
    const char *sp_qualifier;    /* NULL: none */
};

struct nx_assertion {
    const struct nx_signon *session;
    const char *client_id;
    struct nx_given_name name;
    nx_time until;          /* SessionNotOnOrAfter, or the session's end: the portal may rely on it so long */
    bool with_status;       /* draw a status index (rule 22) */
    struct nx_epochs epochs; /* client and system as nx_gate_epochs read them; those of the session are added here */
    /* Filled. */
    nx_id index;                 /* SessionIndex */
    struct nx_status_ref status; /* NX_STATUS_REF_NONE unless with_status */
    nx_time issued;              /* by the store's clock */
};
/* Joins the client to the session and makes or renews the record, in one act: epochs compared, the client noted among
 * those of the session, status index drawn, the note appended. The name is noted beside it in the same round trip, so
 * that a LogoutRequest without SessionIndex finds the person (sessions/name.h). *found: NX_STALE, NX_GONE (the session
 * ended): issue nothing. NX_ERR_MISSING without epochs of client and system; NX_ERR_LIMIT. */
NX_FALLIBLE nx_assertion_join(nx_store *st, nx_arena *a, struct nx_assertion *x, const struct nx_note *note,
                              enum nx_found *found);

/* What this portal was told about the session: NX_GONE when nothing, or when either is over. */
struct nx_told {
    struct nx_given_name name;
    struct nx_status_ref status;
    nx_time issued;
    nx_time until;
};
NX_FALLIBLE nx_assertion_told(nx_store *st, nx_arena *a, const char *session, const char *client_id,
                              struct nx_told *out, enum nx_found *found);

/* Who the portal's NameID is: the person, for a logout without SessionIndex. NX_GONE. */
NX_FALLIBLE nx_assertion_person(nx_store *st, nx_arena *a, const char *client_id, const struct nx_given_name *name,
                                const char **person, enum nx_found *found);

#endif
