/* Grants in records; inside this folder only. */
#ifndef NX_SESSIONS_GRANT_RECORD_H
#define NX_SESSIONS_GRANT_RECORD_H

#include "sessions/commit.h"

/* The grant as a code, a family or a client's own token keeps it: without what the record says beside the
 * body. */
NX_FALLIBLE nx_grant_body(nx_span *out, nx_arena *a, const struct nx_grant *g);
/* The grant of a record, whole again. */
NX_FALLIBLE nx_grant_of_record(struct nx_grant *g, const nx_store *st, nx_arena *a, const struct nx_rec *r);

#endif
