/* What an operator wants to know of an upstream before switching it on. */
#ifndef NX_HUB_CHECK_H
#define NX_HUB_CHECK_H

#include "hub/hub.h"

/* Asks the provider for what it publishes and says what was found: {"answers":true,…} or {"answers":false,"problem"}.
 * Blocking. A provider that is away is an answer, not an error. Owned. */
NX_FALLIBLE nx_hub_check(json_t **out, struct nx_house *house, nx_arena *a, const nx_upstream *u);

#endif
