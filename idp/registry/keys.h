/* Signing keys at rest: the rows behind crypto/keyring.h. */
#ifndef NX_REGISTRY_KEYS_H
#define NX_REGISTRY_KEYS_H

#include "crypto/keyring.h"
#include "registry/registry.h"

/* The store that the keyring is opened with; borrows the registry, which must outlive the ring. save() and
 * drop() are durable changes of their own; two active or two next keys of one use are refused by the schema.
 */
struct nx_key_store nx_registry_key_store(nx_registry *r);

#endif
