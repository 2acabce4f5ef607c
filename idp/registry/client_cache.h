/* The clients that were read, by id, shared by all threads. Inside this folder only. */
#ifndef NX_REGISTRY_CLIENT_CACHE_H
#define NX_REGISTRY_CLIENT_CACHE_H

#include "registry/client.h"

struct nx_client_cache;

NX_FALLIBLE nx_client_cache_open(struct nx_client_cache **out);
void nx_client_cache_close(struct nx_client_cache *c);
/* A counted reference, or NULL. *generation is for nx_client_cache_put. */
nx_client *nx_client_cache_get(struct nx_client_cache *c, nx_span id, uint64_t *generation);
/* Keeps a reference of its own, unless something was forgotten since `generation` was read: what was read
 * from the registry before a change must not outlive it here. */
void nx_client_cache_put(struct nx_client_cache *c, nx_client *client, uint64_t generation);
/* After the commit of a change of clients. */
void nx_client_cache_forget(struct nx_client_cache *c);

#endif
