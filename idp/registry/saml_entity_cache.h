/* The entities that were read, by name and by owner, shared by all threads. Inside this folder only. */
#ifndef NX_REGISTRY_SAML_ENTITY_CACHE_H
#define NX_REGISTRY_SAML_ENTITY_CACHE_H

#include "registry/saml_entity.h"

struct nx_saml_entity_cache;

/* What is looked for: by the entity id, or by the owner. */
struct nx_saml_entity_key {
    enum nx_saml_role role;
    bool owner;
    nx_span text;
};

NX_FALLIBLE nx_saml_entity_cache_open(struct nx_saml_entity_cache **out);
void nx_saml_entity_cache_close(struct nx_saml_entity_cache *c);
/* A counted reference, or NULL. *generation is for nx_saml_entity_cache_put. */
nx_saml_entity *nx_saml_entity_cache_get(struct nx_saml_entity_cache *c, struct nx_saml_entity_key key,
                                         uint64_t *generation);
/* Keeps a reference of its own, unless something was forgotten since `generation` was read. `owner`: it will be
 * looked for by its owner. */
void nx_saml_entity_cache_put(struct nx_saml_entity_cache *c, nx_saml_entity *e, bool owner, uint64_t generation);
/* After the commit of a change of entities or clients. */
void nx_saml_entity_cache_forget(struct nx_saml_entity_cache *c);

#endif
