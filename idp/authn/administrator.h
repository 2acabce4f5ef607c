/* Administrators and their passkeys: enrolled in a console session, entering the console afterwards
 * (SECURITY.md 24). */
#ifndef NX_AUTHN_ADMINISTRATOR_H
#define NX_AUTHN_ADMINISTRATOR_H

#include "authn/passkey.h"
#include "registry/administrator.h"

/* Options for a script of the console, as nx_passkey_creation_json and nx_passkey_request_json; owned. */
NX_FALLIBLE nx_administrator_creation_json(json_t **out, struct nx_house *house, nx_arena *a,
                                           const struct nx_passkey_challenge *c, const char *actor);
NX_FALLIBLE nx_administrator_request_json(json_t **out, struct nx_house *house, nx_arena *a,
                                          const struct nx_passkey_challenge *c);

/* Enrols: who->scopes and who->made_by are those of the console session, who->key.name a name
 * (nx_passkey_name_ok). The rest is filled in. Audited as "administrator.enrolled". Errors of
 * nx_passkey_enrol. */
NX_FALLIBLE nx_administrator_enrol(struct nx_administrator *who, struct nx_house *house, nx_arena *a,
                                   const struct nx_passkey_scene *scene,
                                   const struct nx_passkey_answer *answer);
/* Who answers the challenge. Errors of nx_passkey_prove. */
NX_FALLIBLE nx_administrator_prove(struct nx_administrator *out, struct nx_house *house, nx_arena *a,
                                   const struct nx_passkey_try *t, int64_t *retry_after_s);

#endif
