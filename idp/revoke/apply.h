/* Steps 2 and 3 of the act, from the registry's row alone, so that any node can do them. */
#ifndef NX_REVOKE_APPLY_H
#define NX_REVOKE_APPLY_H

#include "registry/revocation.h"
#include "revoke/revoke.h"
#include "sessions/kill.h"

/* Step 2. */
NX_FALLIBLE nx_revoke_strike(struct nx_house *h, nx_arena *a, const struct nx_revocation *v, struct nx_killed_list *out);
/* Step 3: notices, receipt, row applied, in one change; nothing when it is applied already. */
NX_FALLIBLE nx_revoke_settle(struct nx_house *h, nx_arena *a, const struct nx_revocation *v,
                             const struct nx_killed_list *killed);
/* Both, and the list that the store kept for step 3 is forgotten. A row that is applied is struck again and no more. */
NX_FALLIBLE nx_revoke_finish(struct nx_house *h, nx_arena *a, const struct nx_revocation *v);

#endif
