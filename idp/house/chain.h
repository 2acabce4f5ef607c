/* Chaining the store's audit streams into the registry (ARCHITECTURE.md 3.3): what sign-ins and token issues
 * wrote in the act that made them becomes rows of the hash chain, in batches. Idempotent; any node may do it
 * at any time. */
#ifndef NX_HOUSE_CHAIN_H
#define NX_HOUSE_CHAIN_H

#include "house/house.h"

/* Takes over what each shard's stream holds now, at most a few batches a shard. */
NX_FALLIBLE nx_house_chain(struct nx_house *h);

#endif
