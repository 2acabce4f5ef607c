/* Consents (rule 16). One row per (person, client): what she agreed to, for which sector and purpose version,
 * and the shape of the client at that time (a digest over its owner and redirect URIs). */
#ifndef NX_REGISTRY_CONSENT_H
#define NX_REGISTRY_CONSENT_H

#include "registry/client.h"
#include "registry/registry.h"

#define NX_CLIENT_SHAPE_LEN 43

struct nx_consent {
    nx_id person;
    const char *client;
    const char *sector;
    const char *shape; /* nx_client_shape of the client */
    struct nx_strings claims;
    struct nx_strings scopes;
    struct nx_strings resources;
    int64_t purpose_version;
    nx_time given;
};

/* A digest over owner and redirect URIs (in any order): a change of either asks again. */
NX_FALLIBLE nx_client_shape(nx_arena *a, const nx_client *c, char out[NX_CLIENT_SHAPE_LEN + 1]);

/* Whether `have` covers `asked` silently: the same person, client, sector, shape and purpose version, and no
 * claim, scope or resource beyond. Pure. */
bool nx_consent_covers(const struct nx_consent *have, const struct nx_consent *asked);

/* Remembers what was agreed to. Where an earlier consent has the same sector, shape and purpose version the
 * two are united, else it is replaced. `given` is drawn here. */
NX_FALLIBLE nx_consent_put(nx_registry *r, nx_arena *a, const struct nx_consent *c);
/* NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_consent_get(nx_registry *r, nx_arena *a, const char *person, const char *client,
                           struct nx_consent *out);
/* Newest first. */
NX_FALLIBLE nx_consent_list(nx_registry *r, nx_arena *a, const char *person, struct nx_consent **out,
                            size_t *n);
/* NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_consent_delete(nx_registry *r, const char *person, const char *client);

#endif
