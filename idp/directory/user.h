/* A SCIM User and the registry's person: the same thing in two forms. */
#ifndef NX_DIRECTORY_USER_H
#define NX_DIRECTORY_USER_H

#include "base/json.h"
#include "registry/person.h"

struct nx_user {
    struct nx_person person;
    struct nx_identifier identifier[NX_IDENTIFIERS_MAX];
    size_t identifier_count;
    const char *password; /* NULL: not sent; in the arena, which is wiped */
};

/* Reads a resource as a client sends it; texts are copied into the arena. active is true and kind citizen, proofing
 * m1, where absent. *why is a sentence that names the attribute. NX_ERR_SCIM_VALUE, NX_ERR_DUPLICATE, NX_ERR_MISSING
 * (userName), the NX_ERR_IDENTIFIER_* of a linked code. id, version and times are not read. */
NX_FALLIBLE nx_user_read(struct nx_user *out, const char **why, nx_arena *a, const json_t *resource);

/* The resource of a person, canonical, without a password. base_url: "https://…/scim/v2". The reference is the
 * caller's; NULL when out of memory. */
json_t *nx_user_render(const struct nx_user *u, const char *base_url);

/* "W/\"7\"" for version 7. */
#define NX_ETAG_MAX 32
void nx_user_etag(char out[NX_ETAG_MAX], int64_t version);

#endif
