/* From a client's row to the shared struct. Inside this folder only. */
#ifndef NX_REGISTRY_CLIENT_PARSE_H
#define NX_REGISTRY_CLIENT_PARSE_H

#include "registry/client.h"

/* A client with one reference, its fields outside of the metadata zero; its arena is *a (borrowed). */
NX_FALLIBLE nx_client_new(nx_client **out, nx_arena **a);
/* Fills the fields that come from the metadata. NX_ERR_SYNTAX, NX_ERR_LIMIT. */
NX_FALLIBLE nx_client_parse(nx_client *c, nx_arena *a, const char *metadata);
/* Another reference. */
nx_client *nx_client_hold(nx_client *c);

#endif
