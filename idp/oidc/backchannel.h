/* Back-channel logout 1.0: what idp/notify posts to a portal when a session of hers has ended. */
#ifndef NX_OIDC_BACKCHANNEL_H
#define NX_OIDC_BACKCHANNEL_H

#include "notify/notify.h"
#include "registry/client.h"

/* The row for notices that idp/revoke writes (NX_NOTICE_BACKCHANNEL): target is the client, payload
 * {"subject": person, "session": id or null}. */
extern const struct nx_notice_kind nx_notice_backchannel;

/* A logout token for this client, made anew for each try (rule 18): typ logout+jwt, a jti of its own, exp at
 * most 120 s, that client's sid, no nonce. session NULL: every session of hers has ended, `sub` alone. *out
 * is in the arena. */

NX_FALLIBLE nx_logout_token(char **out, struct nx_house *house, nx_arena *a, const nx_client *c,
                            const char *person, const char *session);

#endif
