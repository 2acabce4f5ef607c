/* Facts about the registry itself: name → value. */
#ifndef NX_REGISTRY_META_H
#define NX_REGISTRY_META_H

#include "registry/registry.h"

#define NX_META_ISSUER "issuer"                   /* at creation; never changed */
#define NX_META_SHARDS "shards"                   /* at creation; never changed */
#define NX_META_DEMO "demo"                       /* "1" once the demo was loaded */
#define NX_META_LIST_GENERATION "list_generation" /* random part of the URIs of the store's status lists */
#define NX_META_CARD_GENERATION "card_generation" /* the same of the registry's lists */
#define NX_META_STORE_RUN "store_run"             /* the store's run id that was last seen */

/* NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_meta_get(nx_registry *r, nx_arena *a, const char *name, const char **value);
NX_FALLIBLE nx_meta_set(nx_registry *r, const char *name, const char *value);
/* Sets it unless it is there; *value is what stands then. */
NX_FALLIBLE nx_meta_settle(nx_registry *r, nx_arena *a, const char *name, const char *proposed,
                           const char **value);
/* otherwise when absent or no number. */
NX_FALLIBLE nx_meta_number(nx_registry *r, const char *name, int64_t otherwise, int64_t *value);

#endif
