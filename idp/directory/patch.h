/* PATCH (RFC 7644 section 3.5.2) over the JSON form of a resource: the caller renders the resource, patches it here,
 * and reads it back as a replacement, so that one set of checks serves both. */
#ifndef NX_DIRECTORY_PATCH_H
#define NX_DIRECTORY_PATCH_H

#include "base/json.h"

#define NX_PATCH_OPERATIONS_MAX 64

/* Applies every operation in order to the resource in place; on failure the resource is to be thrown away.
 * NX_ERR_SCIM_SYNTAX (no PatchOp, unknown op), NX_ERR_SCIM_PATH, NX_ERR_SCIM_TARGET (nothing at the path of a replace
 * or remove with a filter), NX_ERR_SCIM_MUTABILITY (read-only), NX_ERR_SCIM_VALUE, NX_ERR_LIMIT. */
NX_FALLIBLE nx_patch_apply(json_t *resource, nx_arena *a, const json_t *request);

#endif
