/* Artifacts as texts (saml-bindings section 3.6.4): what the browser carries instead of the message.
 *
 *     0x0004 | endpoint index (2) | SHA-1 of our entity id (20) | message handle (20)      base64
 *
 * Inside this folder only. */
#ifndef NX_SAML_ARTIFACT_H
#define NX_SAML_ARTIFACT_H

#include "base/arena.h"
#include "sessions/artifact.h"

struct nx_house;

/* In the arena. */
NX_FALLIBLE nx_saml_artifact_text(const char **out, const struct nx_house *house, nx_arena *a,
                                  const uint8_t handle[NX_ARTIFACT_HANDLE_LEN]);
/* NX_ERR_SAML_MESSAGE when it is none of ours. */
NX_FALLIBLE nx_saml_artifact_handle(uint8_t handle[NX_ARTIFACT_HANDLE_LEN], const struct nx_house *house,
                                    nx_arena *a, const char *text);

#endif
