/* Upstreams: whom people may sign in by besides ourselves. OpenID providers, SAML identity providers, directories
 * of agencies, RADIUS servers and Kerberos realms are rows of one table; what differs between them is in `config`,
 * a JSON object whose layout belongs to the code of the kind (hub/oidc_row.h, hub/saml_row.h, authn/…).
 *
 * Secrets are members of config when it is written and never when it is read: they are taken out, sealed under the
 * key-encryption key with the row's id as additional data, and opened one at a time by nx_upstream_secret when they
 * are used. Their names are those of upstream_secret.def.
 *
 * All rows are kept parsed in one immutable snapshot, which is read anew after a committed change: a row costs no
 * statement. A row is a counted reference; what was changed or switched off meanwhile is seen by the next get.
 * Thread safe. */
#ifndef NX_REGISTRY_UPSTREAM_H
#define NX_REGISTRY_UPSTREAM_H

#include "base/json.h"
#include "base/secret.h"
#include "crypto/master.h"
#include "registry/person.h"
#include "registry/registry.h"

#define NX_UPSTREAM_ID_MAX 32 /* [a-z0-9-] */
#define NX_UPSTREAM_NAME_MAX 128
#define NX_UPSTREAM_ISSUER_MAX 512
#define NX_UPSTREAM_CONFIG_MAX (16u << 10)
#define NX_UPSTREAMS_MAX 1000

enum nx_upstream_kind {
    NX_UPSTREAM_OIDC,
    NX_UPSTREAM_SAML,
    NX_UPSTREAM_LDAP,
    NX_UPSTREAM_RADIUS,
    NX_UPSTREAM_KERBEROS
};
#define NX_UPSTREAM_KINDS 5

struct nx_upstream_snapshot;

typedef struct nx_upstream {
    const char *id;
    enum nx_upstream_kind kind;
    bool on;
    const char *name;
    const char *name_vi;      /* the name when none was given */
    const char *organisation; /* its code, NULL */
    /* Within what its subjects are unique: the issuer, the entity id, the realm. Links are to subjects of this
     * issuer, hence it cannot change while there are links. */
    const char *issuer;
    int level_cap;      /* 1..4: nothing that comes through it is worth more */
    int proofing;       /* 1..4: of a person that it makes */
    unsigned jit;       /* 1 << enum nx_person_kind: whom it may make; 0: nobody */
    bool trusts_number; /* a national number that it states is believed, and finds the person */
    int64_t version;
    nx_time created;
    nx_time updated;
    const json_t *config; /* without its secrets; read only, shared by threads */
    nx_span sealed;       /* its secrets; empty: none */
    struct nx_upstream_snapshot *all;
} nx_upstream;

void nx_upstream_release(const nx_upstream *u);
static inline void nx_upstream_auto(const nx_upstream **u)
{
    if (*u) nx_upstream_release(*u);
}
/* NX_AUTO_UPSTREAM u = NULL; */
#define NX_AUTO_UPSTREAM __attribute__((cleanup(nx_upstream_auto))) const nx_upstream *

/* What is written; texts are borrowed, NULL where absent. */
struct nx_upstream_record {
    const char *id;
    enum nx_upstream_kind kind; /* fixed at creation */
    const char *name;
    const char *name_vi;
    const char *organisation;
    const char *issuer;
    int level_cap;
    int proofing; /* at most level_cap */
    unsigned jit;
    bool trusts_number;
    /* Secrets included. Replacing keeps a secret that is absent and drops one that is null. */
    const json_t *config;
};

/* "oidc", "saml", "ldap", "radius", "kerberos". */
const char *nx_upstream_kind_name(enum nx_upstream_kind kind);
NX_FALLIBLE nx_upstream_kind_of(enum nx_upstream_kind *out, nx_span name);
/* [a-z0-9-]{1,32}, no hyphen at either end. */
bool nx_upstream_id_valid(nx_span id);
/* Whether a member of config of that name is a secret. */
bool nx_upstream_member_secret(const char *name);

/* A new row is off until nx_upstream_set_state. NX_ERR_CONFLICT when the id is taken, NX_ERR_LIMIT past
 * NX_UPSTREAMS_MAX or a stated maximum, NX_ERR_RANGE, NX_ERR_ENCODING, NX_ERR_MISSING. */
NX_FALLIBLE nx_upstream_create(nx_registry *r, const nx_master *m, const struct nx_upstream_record *record);
/* expected: the version that must stand, 0 for whichever. NX_ERR_NOT_FOUND, NX_ERR_VERSION; NX_ERR_CONFLICT for
 * another kind, or another issuer while there are links. */
NX_FALLIBLE nx_upstream_replace(nx_registry *r, const nx_master *m, const struct nx_upstream_record *record,
                                int64_t expected);
/* The row alone: who switches off also revokes what came through it (revoke/revoke.h). NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_upstream_set_state(nx_registry *r, const char *id, bool on);
/* With its links. NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_upstream_delete(nx_registry *r, const char *id);

/* *out is a counted reference. A row that is off is found. NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_upstream_get(nx_registry *r, nx_span id, const nx_upstream **out);
/* The same for signing in: NX_ERR_NOT_FOUND also when it is of another kind, NX_ERR_UPSTREAM_OFF when it is off. */
NX_FALLIBLE nx_upstream_get_on(nx_registry *r, nx_span id, enum nx_upstream_kind kind, const nx_upstream **out);
/* All rows in the order of ids, borrowed from *hold, which is a counted reference to release (NULL when there are
 * no rows). */
struct nx_upstream_list {
    const nx_upstream *v;
    size_t n;
};
NX_FALLIBLE nx_upstream_all(nx_registry *r, struct nx_upstream_list *out, const nx_upstream **hold);

/* Opens one secret of the row. NX_ERR_MISSING when it has none of that name, NX_ERR_SEAL. */
NX_FALLIBLE nx_upstream_secret(nx_secret *out, const nx_master *m, const nx_upstream *u, const char *name);
/* Whether it has one of that name (for lists: "set"). */
NX_FALLIBLE nx_upstream_has_secret(bool *out, const nx_master *m, const nx_upstream *u, const char *name);

#endif
