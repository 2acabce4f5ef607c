/* nixad: the composition root of the server. */
#ifndef NX_MAIN_NIXAD_H
#define NX_MAIN_NIXAD_H

#include "endpoints/server.h"
#include "http/server.h"
#include "notify/notify.h"

/* No core dumps, no tracing, no way to more rights: the process holds every key. */
void nx_harden(void);

/* The thread that keeps house each second: pings the store (so that it comes back without traffic), applies
 * pending revocations, tends the keyring, chains the audit streams. */
struct nx_keeper;
NX_FALLIBLE nx_keeper_open(struct nx_keeper **out, struct nx_house *house);
void nx_keeper_close(struct nx_keeper *k);

#endif
