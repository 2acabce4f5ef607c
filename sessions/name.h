/* Names from outside: by which name does somebody else know a person, or a session of hers?
 *
 * A portal's LogoutRequest names a NameID, an upstream's logout a subject or a session of its own. None of them says
 * whose shard that is, and names are not reversible. So what is given out, or comes in, is noted here under a blinded
 * digest of (holder, kind, value), in the shard of that digest, and says who the person is; the session itself is then
 * looked for among hers.
 *
 * Two slots cannot change in one act (rule 21), so the order does it: a name is noted before the session that it is a
 * name of is made, and asked about again afterwards. Whoever ends what a name stands for marks it first and looks for
 * sessions then. Whichever was first, either the one who ends sees the session or the one who begins sees the mark. */
#ifndef NX_SESSIONS_NAME_H
#define NX_SESSIONS_NAME_H

#include "sessions/store.h"

#define NX_NAME_VALUE_MAX 1024
#define NX_NAME_ENDED_S 600 /* how long a mark stays */

struct nx_name {
    const char *holder; /* whose name it is: client id, "u:" and the upstream's id */
    const char *kind;   /* a fixed word: a NameID format, "subject", "session" */
    const char *value;  /* 1..NX_NAME_VALUE_MAX bytes */
};
/* The digest: what a record may keep of a name. 26 characters, the same on every node. NX_ERR_RANGE. */
NX_FALLIBLE nx_name_key(nx_id *out, const nx_store *st, const struct nx_name *n);

/* Notes whose name it is for so long (never shorter than it was noted for already by a later end). *at_ms is the
 * store's time of the act, for nx_name_ended. One round trip. */
NX_FALLIBLE nx_name_note(nx_store *st, nx_arena *a, const struct nx_name *n, const char *person, int64_t life_s,
                         int64_t *at_ms);
/* The person; NX_GONE when nobody is known by it. */
NX_FALLIBLE nx_name_find(nx_store *st, nx_arena *a, const struct nx_name *n, const char **person,
                         enum nx_found *found);
/* Marks that what it stands for has ended now. Call it before looking for sessions. */
NX_FALLIBLE nx_name_end(nx_store *st, nx_arena *a, const struct nx_name *n);
/* Whether it was marked at or after since_ms (0: within the last NX_NAME_ENDED_S). */
NX_FALLIBLE nx_name_ended(nx_store *st, nx_arena *a, const struct nx_name *n, int64_t since_ms, bool *ended);

#endif
