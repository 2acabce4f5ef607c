/* Epochs: the numbers whose growth is revocation (rules 19, 21).
 *
 * The registry has the truth; the store holds copies without a lifetime. A record keeps the epochs that it
 * was made under; an act on it compares them with the copies in the same script. A copy that is missing, or
 * lower than what a record claims, is loaded from the source and the act is done again: missing is never
 * zero. A copy never goes down.
 *
 * Person and QR identity live in the subject's shard; client, upstream and system in shards of their own, where they
 * are read in the same pipeline and never cached from one request to the next. */
#ifndef NX_SESSIONS_EPOCH_H
#define NX_SESSIONS_EPOCH_H

#include "base/buf.h"
#include "base/result.h"

#define NX_EPOCH_PERSON 'p'
#define NX_EPOCH_QR 'q'
#define NX_EPOCH_CLIENT 'c'
#define NX_EPOCH_UPSTREAM 'u' /* a provider or directory that people sign in by */
#define NX_EPOCH_SYSTEM 'y' /* id NX_EPOCH_SYSTEM_ID */
#define NX_EPOCH_SYSTEM_ID "system"

#define NX_EPOCH_NAME_MAX 64
#define NX_EPOCHS_MAX 5

/* kind, and the id within it (printable ASCII, at most NX_EPOCH_NAME_MAX). */
struct nx_epoch {
    char kind;
    char id[NX_EPOCH_NAME_MAX + 1];
    int64_t value;
};
struct nx_epochs {
    size_t count;
    struct nx_epoch v[NX_EPOCHS_MAX];
};

/* Adds or replaces the one of that kind. NX_ERR_RANGE for an id that is empty, too long or not printable, a
 * negative value or an unknown kind; NX_ERR_LIMIT. */
NX_FALLIBLE nx_epochs_set(struct nx_epochs *e, char kind, const char *id, int64_t value);
/* Borrowed; NULL when none of that kind is there. */
const struct nx_epoch *nx_epochs_get(const struct nx_epochs *e, char kind);

/* Whether the copy lives in a shard of its own instead of the subject's. */
bool nx_epoch_foreign(char kind);

/* The value of now from the registry. NX_ERR_NOT_FOUND: there is no such thing (any more), so whatever was
 * made under it is stale. Called by any thread, with no connection of the store held. */
struct nx_epoch_source {
    nx_result (*load)(void *ctx, char kind, const char *id, int64_t *value);
    void *ctx;
};

#endif
