/* The house: what everything above stands on, opened once by a composition root and then read only.
 *
 * Nothing here decides anything. The functions of idp/qr, gate, authn, revoke, oidc, directory and operate
 * take a `struct nx_house *` and reach the store, the registry, the keys and the settings through it. All
 * members are thread safe by themselves. Members are borrowed by whoever reads them; the house owns them. */
#ifndef NX_HOUSE_HOUSE_H
#define NX_HOUSE_HOUSE_H

#include "base/arena.h"
#include "base/clock.h"
#include "config/settings.h"
#include "crypto/cert.h"
#include "crypto/keyring.h"
#include "crypto/master.h"
#include "egress/egress.h"
#include "registry/registry.h"
#include "sessions/store.h"

struct nx_protocol;

struct nx_house {
    const struct nx_settings *settings; /* borrowed from whoever opened the house; never NULL */
    nx_store *store;
    nx_registry *registry;
    nx_master *master;
    nx_keyring *keyring;
    nx_egress *egress; /* NULL in tests that call nothing */
    nx_anchors *client_anchors; /* of portals' certificates; NULL: none are taken */
    nx_anchors *person_anchors; /* of people's certificates (SECURITY.md 29); NULL: none are taken */

    /* Worked out once. */
    const char *issuer;         /* "https://localhost:8443", no slash behind */
    const char *issuer_host;    /* "localhost:8443": host and port as in the issuer */
    const char *mtls_origin; /* where clients come with certificates: the issuer's host, its own port; NULL: nowhere */
    const char *admin_audience; /* ISSUER/admin (rule 12) */
    const char *data;           /* the data folder */
    bool loopback;              /* the issuer's host is loopback: rules 4 and 27 */
    int shards;                 /* of the store, fixed when the registry was made */
    nx_arena *arena;            /* of these texts; not for others */

    /* The protocols in which portals ask, ending with NULL (flow/protocol.h); set by the composition root before
     * the first request. */
    const struct nx_protocol *const *protocols;

    /* A text of the catalogue in a language ("vi", "en"), in the arena: for messages that no page shows; set by the
     * composition root before the first request. */
    char *(*text)(const void *ctx, nx_arena *a, const char *lang, const char *key);
    const void *text_ctx;

    /* Called after a commit that wrote notices, so that delivery begins at once; set by the composition root
     * before the first request, NULL where nobody delivers. */
    void (*notices_waiting)(void *ctx);
    void *notices_ctx;
};

/* What a house is opened from. */
struct nx_house_parts {
    const struct nx_settings *settings; /* derived; must outlive the house */
    const char *data;                   /* folder that exists; keys/ is made in it. NULL: the settings' */
    const char *database; /* "sqlite:PATH". NULL: the settings', or registry.db in the data folder */
    const char *store;    /* URL (sessions/store.h). NULL: the settings', or run/redis.sock */
    unsigned readers;     /* connections of the registry for reading, 0: 8 */
    unsigned connections; /* of the store, 0: 8 */
    bool watched;         /* see struct nx_store_options; production sets it */
    bool egress;          /* whether it may call out at all */
};

/* Opens the registry (migrating it), settles issuer and shard count in it, and opens master key, keyring,
 * store and egress. NX_ERR_HOUSE_ISSUER when the folder was made with another issuer: its pairwise names and
 * cards would change their meaning. Errors of the parts. */
NX_FALLIBLE nx_house_open(struct nx_house **out, const struct nx_house_parts *parts);
/* No thread may be inside. NULL is allowed. */
void nx_house_close(struct nx_house *h);
static inline void nx_house_auto(struct nx_house **h)
{
    nx_house_close(*h);
}

/* The shard (0..shards-1) of a subject's or client's expiring state. */
int nx_house_shard(const struct nx_house *h, const char *id);

#endif
