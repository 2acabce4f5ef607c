/* Assertions in records; inside this folder only. */
#ifndef NX_SESSIONS_ASSERTION_RECORD_H
#define NX_SESSIONS_ASSERTION_RECORD_H

#include "sessions/assertion.h"
#include "sessions/commit.h"

/* The record of a session at a client: its name is a digest of both. */
NX_FALLIBLE nx_assertion_key(nx_rec_key *out, const nx_store *st, const char *session, const char *client_id);
/* The name given, as the word beside the record that a revocation hands on. */
NX_FALLIBLE nx_given_name_seal(nx_span *word, const nx_store *st, nx_arena *a, uint16_t shard, nx_rec_key key,
                               const struct nx_given_name *name);
NX_FALLIBLE nx_given_name_open(struct nx_given_name *out, const nx_store *st, nx_arena *a, uint16_t shard,
                               nx_rec_key key, nx_span word);

#endif
