/* The house: what everything above stands on, opened once by a composition root and then read only.
 *
 * Nothing here decides anything. The functions of idp/qr, gate, authn, revoke, oidc, directory and operate
 * take a `struct nx_house *` and reach the store, the registry, the keys and the settings through it. All
 * members are thread safe by themselves. Members are borrowed by whoever reads them; the house owns them. */
#ifndef NX_HOUSE_HOUSE_H
#define NX_HOUSE_HOUSE_H

#include "base/arena.h"
#include "base/clock.h"
#include "crypto/keyring.h"
#include "crypto/master.h"
#include "registry/registry.h"

struct nx_settings;     /* config/settings.h */
struct nx_store;        /* sessions/store.h */
struct nx_egress;       /* egress/egress.h */
struct nx_epoch_source; /* sessions/epoch.h */

struct nx_house {
    const struct nx_settings *settings; /* borrowed from whoever opened the house */
    struct nx_store *store;
    nx_registry *registry;
    nx_master *master;
    nx_keyring *keyring;
    struct nx_egress *egress;             /* NULL in tests that call nothing */
    const struct nx_epoch_source *epochs; /* the registry's epochs, as sessions/epoch.h asks for them */

    /* Read out of the settings once. */
    const char *issuer;         /* "https://localhost:8443", no slash behind */
    const char *issuer_host;    /* "localhost:8443": host and port as in the issuer */
    const char *admin_audience; /* ISSUER/admin (rule 12) */
    const char *data;           /* the data folder */
    bool loopback;              /* the issuer's host is loopback: rules 4 and 27 */
    int shards;                 /* of the store, fixed when the registry was made */
    nx_arena *arena;            /* of these texts */

    /* Called after a commit that wrote notices, so that delivery begins at once; set by the composition root
     * before the first request, NULL where nobody delivers. */
    void (*notices_waiting)(void *ctx);
    void *notices_ctx;
};

/* What a house is opened from. */
struct nx_house_parts {
    const struct nx_settings *settings; /* must outlive the house; may be NULL in tests that read none */
    const char *issuer;
    const char *data;         /* folder that exists, mode 0700; keys/ is made in it */
    const char *database;     /* "sqlite:PATH" */
    unsigned readers;         /* connections of the registry, 0: 8 */
    int shards;               /* wanted when the registry is made now; 0: 1 */
    struct nx_store *store;   /* taken over: the house closes it, on failure too */
    struct nx_egress *egress; /* taken over likewise; may be NULL */
};

/* Opens the registry (migrating it), the master key and the keyring, and settles issuer and shard count in
 * the registry. NX_ERR_HOUSE_ISSUER when the folder was made with another issuer. Errors of the parts. */
NX_FALLIBLE nx_house_open(struct nx_house **out, const struct nx_house_parts *parts);
/* No thread may be inside. NULL is allowed. */
void nx_house_close(struct nx_house *h);

/* The shard (0..shards-1) of a subject's or client's expiring state: the first two bytes of SHA-256(id), big
 * endian, modulo the shard count. */
int nx_house_shard(const struct nx_house *h, const char *id);

#endif
