/* Records of access tokens: what `jti` points to (rules 13, 21).
 *
 * The record of a token hangs on its grant (family.h) and is a few bytes; a client's own token carries its
 * grant itself. A check is one round trip: token, grant, the session the grant ends with, and every epoch.
 * Killing the grant or raising an epoch kills every token without touching it. */
#ifndef NX_SESSIONS_TOKEN_H
#define NX_SESSIONS_TOKEN_H

#include "sessions/grant.h"
#include "sessions/store.h"

/* The part of a grant that one token may narrow; NULL: as granted. */
struct nx_narrow {
    const char *scope;
    const char *audience;
    const char *jkt;
};

/* A token that is to be issued. Made before the act, so that it may be signed before or after it. */
struct nx_token_new {
    struct nx_handle ref;
    nx_handle_text jti; /* the `jti` claim */
    nx_time issued;
    nx_time expires;
    struct nx_narrow narrow;
};
/* No round trip. shard: that of the grant (nx_store_shard of its subject). */
NX_FALLIBLE nx_token_new(struct nx_token_new *out, const nx_store *st, uint16_t shard, const char *client_id,
                         int64_t life_s);

struct nx_token {
    struct nx_handle ref;
    nx_id family;          /* the grant's record; empty for a client's own token */
    struct nx_grant grant; /* as narrowed for this token; status is the grant's */
    const char *granted;   /* the grant's scope before it was narrowed */
    nx_time issued;
    nx_time expires;
};

/* Client credentials: creates the record under g->epochs (client and system) in one round trip. g->subject is
 * the client id. *found is NX_STALE when one of the epochs moved on: do not sign. */
NX_FALLIBLE nx_token_issue(nx_store *st, nx_arena *a, const struct nx_token_new *t, const struct nx_grant *g,
                           const struct nx_note *note, enum nx_found *found);

/* One round trip. client_id: from the token, after its signature was verified. */
NX_FALLIBLE nx_token_find(nx_store *st, nx_arena *a, const char *client_id, nx_span jti, struct nx_token *out,
                          enum nx_found *found);

/* RFC 7009 for an access token: it alone dies. The grant lives. */
NX_FALLIBLE nx_token_kill(nx_store *st, nx_arena *a, const struct nx_token *t, const struct nx_note *note);

#endif
