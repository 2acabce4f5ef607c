/* Operator tokens and console links (rules 12, 24): what was handed out over the control socket, so that it
 * can be listed and revoked. The token itself is a signed JWT and is not kept; a row is known by its jti. A
 * console session is a row too: its jti is the digest of the secret in the operator's cookie. */
#ifndef NX_REGISTRY_OPERATOR_TOKEN_H
#define NX_REGISTRY_OPERATOR_TOKEN_H

#include "registry/registry.h"

enum nx_operator_kind { NX_OPERATOR_TOKEN, NX_OPERATOR_LINK, NX_OPERATOR_CONSOLE };

struct nx_operator_token {
    const char *jti;
    enum nx_operator_kind kind;
    const char *actor;  /* "uid:N" */
    const char *scopes; /* space separated; of a link and console: the scopes of its role */
    nx_time issued;
    nx_time expires;
    nx_time revoked; /* 0: no; of a link: when it was used */
};
struct nx_operator_token_list {
    struct nx_operator_token *v;
    size_t n;
};

/* NX_ERR_CONFLICT when the jti exists. */
NX_FALLIBLE nx_operator_token_put(nx_registry *r, const struct nx_operator_token *t);
/* NX_ERR_NOT_FOUND unless it exists with this kind, is not revoked, and has not expired. */
NX_FALLIBLE nx_operator_token_live(nx_registry *r, nx_arena *a, const char *jti, enum nx_operator_kind kind,
                                   nx_time now, struct nx_operator_token *out);
/* The same and ends it in one act: a link is used once. NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_operator_token_take(nx_registry *r, nx_arena *a, const char *jti, enum nx_operator_kind kind,
                                   nx_time now, struct nx_operator_token *out);
/* NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_operator_token_revoke(nx_registry *r, const char *jti, nx_time now);
/* Those that have not expired, newest first, at most NX_PAGE_MAX. */
NX_FALLIBLE nx_operator_token_list(nx_registry *r, nx_arena *a, nx_time now,
                                   struct nx_operator_token_list *out);
/* Forgets what expired more than a day ago. */
NX_FALLIBLE nx_operator_token_sweep(nx_registry *r, nx_time now);

#endif
