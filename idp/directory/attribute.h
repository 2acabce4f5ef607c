/* The attributes of SCIM (RFC 7643) that NIXA knows, as rows. The schema documents, the spelling of names (which
 * SCIM compares without case), what a client may write and what is ignored are all read from them. */
#ifndef NX_DIRECTORY_ATTRIBUTE_H
#define NX_DIRECTORY_ATTRIBUTE_H

#include "base/json.h"

#define NX_SCIM_USER "urn:ietf:params:scim:schemas:core:2.0:User"
#define NX_SCIM_IDENTITY "urn:ietf:params:scim:schemas:extension:nixa:2.0:Identity"
#define NX_SCIM_PATCH "urn:ietf:params:scim:api:messages:2.0:PatchOp"
#define NX_SCIM_LIST "urn:ietf:params:scim:api:messages:2.0:ListResponse"
#define NX_SCIM_ERROR "urn:ietf:params:scim:api:messages:2.0:Error"

enum nx_attribute_type { NX_ATTR_STRING, NX_ATTR_BOOLEAN, NX_ATTR_COMPLEX, NX_ATTR_REFERENCE, NX_ATTR_DATETIME };
enum nx_mutability { NX_ATTR_READ_WRITE, NX_ATTR_READ_ONLY, NX_ATTR_WRITE_ONLY };

struct nx_attribute {
    const char *name;
    enum nx_attribute_type type;
    bool multi;
    bool required;
    bool kept;        /* false: of the core schema, accepted and not stored (RFC 7644 section 3.3) */
    bool exact;       /* values compare with case */
    enum nx_mutability mutability;
    const char *const *words; /* canonical values, NULL-terminated; NULL: any */
    const struct nx_attribute *sub;
    size_t sub_count;
    const char *help;
};

struct nx_attribute_set {
    const char *schema;
    const char *name;
    const struct nx_attribute *row;
    size_t count;
};

/* The core User and the Identity extension, in this order. */
extern const struct nx_attribute_set nx_attribute_sets[2];

/* The row of a name, compared without case; NULL when it is not known. */
const struct nx_attribute *nx_attribute_find(const struct nx_attribute *rows, size_t count, nx_span name);

/* A copy of a resource with every name in its canonical spelling and every value of its type; what is read-only or
 * not kept is left out. *why names the attribute on failure, in the arena.
 * NX_ERR_SCIM_VALUE (unknown name, wrong type), NX_ERR_DUPLICATE (one name in two spellings), NX_ERR_LIMIT. */
NX_FALLIBLE nx_attributes_canonical(json_t **out, const char **why, nx_arena *a, const json_t *resource);

/* The schema resources of RFC 7643 section 7; index 0 or 1. The reference is the caller's. */
json_t *nx_attribute_schema(size_t index, const char *base_url);

#endif
