/* nixactl's commands: one JSON object in, one out (the frames are idp/main/ctl_frame.h). */
#ifndef NX_OPERATE_COMMAND_H
#define NX_OPERATE_COMMAND_H

#include "base/json.h"

#include <sys/types.h>

struct nx_house;

/* What this folder asks of the composition root, since it stands beside idp/oidc and not above it. */
struct nx_operate_host {
    /* Registration (RFC 7591) by an operator's own tools: metadata in, client information response out; on
     * refusal *why names the member, in the arena. */
    nx_result (*register_client)(nx_span *json, const char **why, struct nx_house *house, nx_arena *a,
                                 const char *actor, nx_span metadata);
};

/* Carries out request["do"] for the peer with that uid. *reply is owned and always set but when memory runs
 * out:
 * {"ok":true,…} or {"ok":false,"error":"NOT_FOUND","text":"no such thing"}. May hash a password: tens of
 * milliseconds. */
NX_FALLIBLE nx_operate_command(json_t **reply, struct nx_house *house, const struct nx_operate_host *host,
                               uid_t uid, const json_t *request);

#endif
