/* The acts of SCIM on people, without HTTP: RFC 7644 sections 3.3 to 3.6 over the registry.
 *
 * Each change is one change of the registry with its audit entry; what must end sessions (deactivation, deletion,
 * another password, another proofing level: SECURITY.md 25) is recorded as a revocation in the same change and applied
 * after the commit. A password is hashed: call create, replace and patch in the HASH lane when the body has one. */
#ifndef NX_DIRECTORY_PEOPLE_H
#define NX_DIRECTORY_PEOPLE_H

#include "base/json.h"
#include "house/house.h"

struct nx_people_call {
    struct nx_house *house;
    nx_arena *arena;
    const char *actor;    /* as in the audit trail */
    const char *base_url; /* "https://…/scim/v2" */
    const char *why;      /* set on failure where a sentence helps; NULL otherwise */
};

struct nx_people_page {
    json_t *resources; /* array, owned by the caller */
    int64_t total;
};

struct nx_people_query {
    const char *filter; /* NULL: none */
    int64_t start;      /* 1-based startIndex */
    int64_t count;      /* 0..NX_PAGE_MAX */
};

/* *out is the resource as it is now, owned by the caller. NX_ERR_CONFLICT: the user name or a linked code is taken. */
NX_FALLIBLE nx_people_create(json_t **out, struct nx_people_call *c, const json_t *body);
/* NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_people_get(json_t **out, struct nx_people_call *c, const char *id);
/* expected: the version of If-Match, 0 for whichever. NX_ERR_VERSION. A password that is not sent stays. */
NX_FALLIBLE nx_people_replace(json_t **out, struct nx_people_call *c, const char *id, int64_t expected, const json_t *body);
NX_FALLIBLE nx_people_patch(json_t **out, struct nx_people_call *c, const char *id, int64_t expected, const json_t *body);
NX_FALLIBLE nx_people_delete(struct nx_people_call *c, const char *id);
/* A filter must demand a userName or an id (NX_ERR_SCIM_FILTER otherwise): nobody walks through a hundred million
 * people by a filter. */
NX_FALLIBLE nx_people_list(struct nx_people_page *out, struct nx_people_call *c, const struct nx_people_query *q);

/* Whether a body sets a password, so that the caller can choose its lane. */
bool nx_people_sets_password(const json_t *body);

#endif
