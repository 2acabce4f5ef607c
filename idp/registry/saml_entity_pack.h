/* The stored form of an entity's role descriptor, and the shared struct. Inside this folder only. */
#ifndef NX_REGISTRY_SAML_ENTITY_PACK_H
#define NX_REGISTRY_SAML_ENTITY_PACK_H

#include "registry/saml_entity.h"

#define NX_SAML_PACK_MAX (64u << 10)

/* An entity with one reference and nothing in it; its arena is *a (borrowed). */
NX_FALLIBLE nx_saml_entity_new(nx_saml_entity **out, nx_arena **a);
/* Another reference. */
nx_saml_entity *nx_saml_entity_hold(nx_saml_entity *e);

/* The role descriptor and the names as a pack in the arena. NX_ERR_LIMIT. */
NX_FALLIBLE nx_saml_entity_pack(nx_span *out, nx_arena *a, const nx_saml_entity *e);
/* Fills the same fields of e; the bytes are copied into the arena. NX_ERR_REGISTRY when they are not a pack of
 * ours. */
NX_FALLIBLE nx_saml_entity_unpack(nx_saml_entity *e, nx_arena *a, nx_span bytes);
/* Fills e->settings from a JSON object that was checked. NX_ERR_SYNTAX. */
NX_FALLIBLE nx_saml_settings_parse(struct nx_saml_settings *out, nx_arena *a, const char *json);

#endif
