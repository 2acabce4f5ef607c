/* Writing JSON of ours piece by piece into a buffer: the claims of tokens and the answers of the token
 * endpoint, where building a tree only to dump it would cost more than the signature check. Members are
 * written behind a comma; the first one after nx_jo_open has none. */
#ifndef NX_OIDC_JSON_OUT_H
#define NX_OIDC_JSON_OUT_H

#include "base/buf.h"
#include "base/json.h"

struct nx_jo {
    nx_buf b;
    bool any;
};

void nx_jo_open(struct nx_jo *o, nx_arena *a, size_t max);
/* A NULL value writes no member. Names are ours and need no escape. */
void nx_jo_text(struct nx_jo *o, const char *name, const char *value);
void nx_jo_number(struct nx_jo *o, const char *name, int64_t value);
void nx_jo_bool(struct nx_jo *o, const char *name, bool value);
/* Words of a space-separated list, as one string where it has one and as an array otherwise (`aud`). */
void nx_jo_audience(struct nx_jo *o, const char *name, const char *words);
void nx_jo_list(struct nx_jo *o, const char *name, const char *const *v, size_t n);
/* Anything that is JSON already. */
void nx_jo_raw(struct nx_jo *o, const char *name, const char *json);
/* Every member of a tree's object. */
NX_FALLIBLE nx_jo_members(struct nx_jo *o, nx_arena *a, const json_t *object);
/* Closes the object. NX_ERR_LIMIT, NX_ERR_MEMORY. */
NX_FALLIBLE nx_jo_done(nx_span *out, struct nx_jo *o);

#endif
