/* Artifacts: a SAML message that waits for the portal to fetch it (SAML bindings section 3.6).
 *
 * The message handle is 20 bytes: 16 that only we can read (shard, random), 4 that bind it to the portal. One use, 60 s.
 * The record hangs on the session and keeps the epochs of the assertion: what ends meanwhile is never handed over. A
 * second use kills what the first one gave, as with an authorization code: the assertion's record dies, its status bit
 * is set. Artifacts of before the store's last recovery are NX_GONE (rule 19). */
#ifndef NX_SESSIONS_ARTIFACT_H
#define NX_SESSIONS_ARTIFACT_H

#include "sessions/assertion.h"

#define NX_ARTIFACT_HANDLE_LEN 20
#define NX_ARTIFACT_LIFE_S 60
#define NX_ARTIFACT_MAX (64u << 10) /* the message; NX_ERR_LIMIT */

/* x: the assertion in the message; NULL for a message without one (a refusal): it hangs on nothing, and epochs are those
 * of client and system. */
NX_FALLIBLE nx_artifact_make(uint8_t handle[NX_ARTIFACT_HANDLE_LEN], nx_store *st, nx_arena *a, const char *client_id,
                             const struct nx_assertion *x, const struct nx_epochs *epochs, nx_span message,
                             enum nx_found *found);
/* Hands it over: NX_FOUND for exactly one caller, and only to the client it was made for; NX_SPENT for the second (what
 * the first was given is dead now), NX_STALE when something that it stands on ended, NX_GONE. */
NX_FALLIBLE nx_artifact_take(nx_store *st, nx_arena *a, const char *client_id,
                             const uint8_t handle[NX_ARTIFACT_HANDLE_LEN], nx_span *message, enum nx_found *found);

#endif
