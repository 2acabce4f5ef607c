/* What a person could sign in with: her credentials of every kind, each with the level at which it was
 * enrolled. For what a step-up may offer, for whether an essential acr can be reached, and for the
 * explanation. */
#ifndef NX_GATE_ENROLLED_H
#define NX_GATE_ENROLLED_H

#include "house/house.h"
#include "policies/policy.h"
#include "registry/person.h"

/* Only what would serve now: active, not over, of an allowed model, with a gateway to send by. */
NX_FALLIBLE nx_gate_enrolled(struct nx_held *out, struct nx_house *house, nx_arena *a,
                             const struct nx_person *person);

#endif
