/* Names in records; inside this folder only. */
#ifndef NX_SESSIONS_NAME_RECORD_H
#define NX_SESSIONS_NAME_RECORD_H

#include "sessions/commit.h"
#include "sessions/name.h"

/* The act that notes a name, to be run alone or beside another. */
NX_FALLIBLE nx_name_put(struct nx_commit *c, nx_store *st, nx_arena *a, const struct nx_name *n, const char *person,
                        int64_t life_s);

#endif
