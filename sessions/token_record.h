/* Tokens that hang on a grant; inside this folder only. */
#ifndef NX_SESSIONS_TOKEN_RECORD_H
#define NX_SESSIONS_TOKEN_RECORD_H

#include "sessions/commit.h"
#include "sessions/token.h"

/* Adds the record of t, hanging on the family, to an act. subject: under whose index it is listed, NULL: the
 * lister is the family's, unknown to the caller, and the store finds it. is_new: the family is put by the
 * same act. */
NX_FALLIBLE nx_token_put(struct nx_commit *c, const struct nx_token_new *t, nx_rec_key family,
                         const char *subject, bool is_new);
/* The record's body; empty when nothing is narrowed. */
NX_FALLIBLE nx_narrow_pack(nx_span *out, nx_arena *a, const struct nx_narrow *n);

#endif
