/* The secrets of an upstream: out of its config, sealed, and back. Inside this folder only. */
#ifndef NX_REGISTRY_UPSTREAM_SEAL_H
#define NX_REGISTRY_UPSTREAM_SEAL_H

#include "registry/upstream.h"

/* {} when nothing is sealed. *out is owned: wipe it. NX_ERR_SEAL. */
NX_FALLIBLE nx_upstream_unseal(json_t **out, nx_arena *a, const nx_master *m, const char *id, nx_span sealed);
/* Empty for an empty object. */
NX_FALLIBLE nx_upstream_seal(nx_span *out, nx_arena *a, const nx_master *m, const char *id, const json_t *secrets);
/* Moves the secret members of config over those in secrets: a text replaces, null drops. NX_ERR_UPSTREAM_CONFIG for
 * another type or a text that no secret holds. */
NX_FALLIBLE nx_upstream_take_secrets(json_t *secrets, json_t *config);
/* Overwrites every text of the object. */
void nx_upstream_wipe(json_t *secrets);

#endif
