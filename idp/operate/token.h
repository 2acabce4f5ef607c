/* Operators' tokens, console links and console sessions (SECURITY.md 12, 24). */
#ifndef NX_OPERATE_TOKEN_H
#define NX_OPERATE_TOKEN_H

#include "base/secret.h"
#include "operate/call.h"

#define NX_OPERATOR_TTL_MAX 3600
#define NX_CONSOLE_LINK_S 60
#define NX_CONSOLE_SESSION_S 3600

/* {"token","jti","scope","expires"}: a JWT of typ at+jwt with aud ISSUER/admin. ttl 0: the setting
 * operator_ttl_s. NX_ERR_SCOPE, NX_ERR_RANGE, NX_ERR_ACCESS_DENIED (operate/approval.h). */
NX_FALLIBLE nx_operate_token_issue(json_t **out, struct nx_operate_call *c, const char *scopes, int64_t ttl);
NX_FALLIBLE nx_operate_token_list(json_t **out, struct nx_operate_call *c);
/* NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_operate_token_revoke(struct nx_operate_call *c, const char *jti);

/* {"url","role","expires"}: ISSUER/console/link#SECRET, good once and for NX_CONSOLE_LINK_S. NX_ERR_UNKNOWN,
 * NX_ERR_ACCESS_DENIED. */
NX_FALLIBLE nx_operate_link_issue(json_t **out, struct nx_operate_call *c, const char *role);

/* Who is signed in to the console. Texts in the arena. */
struct nx_console {
    const char *actor;
    const char *scopes;
    const char *jti;
    nx_time expires;
};
/* Takes the link's secret, once, and makes a console session; *cookie is its secret. NX_ERR_NOT_FOUND:
 * unknown, used or too old. */
NX_FALLIBLE nx_console_enter(nx_secret *cookie, struct nx_console *out, struct nx_house *house, nx_arena *a,
                             nx_span secret);
/* A console session of an administrator who has just proved herself (authn/administrator.h). */
NX_FALLIBLE nx_console_begin(nx_secret *cookie, struct nx_console *out, struct nx_house *house, nx_arena *a,
                             const char *actor, const char *scopes);
/* The session of a cookie. NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_console_find(struct nx_console *out, struct nx_house *house, nx_arena *a, nx_span cookie);
NX_FALLIBLE nx_console_leave(struct nx_house *house, const struct nx_console *c);

#endif
