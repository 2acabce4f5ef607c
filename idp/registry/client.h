/* Clients: the portals and apps that ask. What was registered (RFC 7591) is kept as JSON; what the hot path
 * reads is parsed once into a struct that is shared, immutable and counted.
 *
 * nx_client_get answers from a cache of this process; a committed change through this header is seen by the
 * next call. Epochs are not in the struct: they are never cached (rule 21), read registry/epoch.h. */
#ifndef NX_REGISTRY_CLIENT_H
#define NX_REGISTRY_CLIENT_H

#include "base/json.h"
#include "crypto/digest.h"
#include "registry/registry.h"

#define NX_CLIENT_ID_MAX 64
#define NX_CLIENT_METADATA_MAX (32u << 10)
#define NX_CLIENT_CACHE_MAX 4096

enum nx_subject_type { NX_SUBJECT_PAIRWISE, NX_SUBJECT_PUBLIC };
enum nx_client_state { NX_CLIENT_ACTIVE, NX_CLIENT_SUSPENDED, NX_CLIENT_REVOKED };

typedef struct nx_client {
    const char *id;
    enum nx_client_state state;
    enum nx_subject_type subject_type;
    const char *sector;          /* host of the sector (OIDC Core 8.1); the registering code computes it */
    nx_span secret_digest;       /* crypto/secret_digest.h, NX_SHA256_LEN bytes; empty: it has no secret */
    nx_time secret_expires;      /* 0 never */
    nx_span registration_digest; /* of the registration access token (RFC 7592); empty: none */
    const char *owner;           /* who registered it: an operator's actor name */
    const char *legal_basis;     /* instead of consent (rule 16), NULL: consent is asked */
    int64_t purpose_version;     /* grows when the purpose of use changes */
    int64_t version;
    nx_time created;
    nx_time updated;

    /* Parsed out of the metadata; the defaults of RFC 7591 section 2 and OIDC Registration section 2 are
     * filled in. */
    const char *name;
    const char *name_vi;     /* client_name#vi, else name */
    const char *auth_method; /* token_endpoint_auth_method */
    const char *auth_signing_alg;
    const char *id_token_alg;
    const char *profile; /* nixa_profile: "base", "fapi2"; default "base" */
    const char *application_type;
    const char *organisation; /* nixa_organisation: code shown on the phone */
    const char *purpose;      /* nixa_purpose */
    const char *client_uri;
    const char *logo_uri;
    const char *policy_uri;
    const char *tos_uri;
    const char *jwks_uri;
    const char *initiate_login_uri;
    const char *backchannel_logout_uri;
    bool backchannel_logout_session_required;
    bool require_auth_time;
    bool saml_logout;        /* nixa_saml_logout: its SAML metadata has a logout service that a server can call */
    bool introspects;        /* nixa_introspects: it says that it introspects each token */
    int64_t default_max_age; /* -1: none */
    struct nx_strings redirect_uris;
    struct nx_strings post_logout_redirect_uris;
    struct nx_strings grant_types;
    struct nx_strings response_types;
    struct nx_strings scopes;
    struct nx_strings resources; /* nixa_resources: audiences it may ask for; the first is the default */
    struct nx_strings default_acr_values;
    const char *jwks; /* JSON text, NULL: none */

    json_t *metadata; /* as registered; read only: shared between threads */
} nx_client;

void nx_client_release(nx_client *c);
NX_AUTO_DEFINE(nx_client, nx_client_release)

/* What is written. Texts are borrowed; NULL where absent. */
struct nx_client_record {
    const char *id;       /* NULL at creation: one is made */
    const char *metadata; /* one JSON object, already validated by the registering code */
    enum nx_subject_type subject_type;
    const char *sector;
    nx_span secret_digest; /* empty or NX_SHA256_LEN bytes */
    nx_time secret_expires;
    nx_span registration_digest;
    const char *owner;
    const char *legal_basis;
    int64_t purpose_version;
};

/* *id is the new client's id. NX_ERR_CONFLICT when record->id is taken; NX_ERR_SYNTAX, NX_ERR_LIMIT for the
 * metadata. */
NX_FALLIBLE nx_client_record_create(nx_registry *r, const struct nx_client_record *record,
                                    char id[NX_CLIENT_ID_MAX + 1]);
/* expected: the version that must stand, 0 for whichever. NX_ERR_NOT_FOUND, NX_ERR_VERSION. */
NX_FALLIBLE nx_client_record_replace(nx_registry *r, const struct nx_client_record *record, int64_t expected);
/* Revoked is final. NX_ERR_NOT_FOUND, NX_ERR_CONFLICT. */
NX_FALLIBLE nx_client_set_state(nx_registry *r, const char *id, enum nx_client_state state);
NX_FALLIBLE nx_client_record_delete(nx_registry *r, const char *id);

/* *out is a counted reference: nx_client_release. NX_ERR_NOT_FOUND; a suspended or revoked client is found.
 */
NX_FALLIBLE nx_client_get(nx_registry *r, nx_span id, nx_client **out);

/* One line of a list. */
struct nx_client_line {
    const char *id;
    const char *name;
    const char *owner;
    enum nx_client_state state;
    bool unreachable;
    nx_time created;
};
struct nx_client_page {
    struct nx_client_line *v;
    size_t n;
    bool more;
};
/* In the order of ids; after: id of the last line of the page before, or NULL; limit 0: NX_PAGE_DEFAULT. */
NX_FALLIBLE nx_client_lines(nx_registry *r, nx_arena *a, const char *after, size_t limit,
                            struct nx_client_page *out);

/* Neither back-channel logout nor SAML logout by SOAP nor introspection: learns of a revocation only when its token ends (rule 18).
 */
bool nx_client_unreachable(const nx_client *c);
/* "active", "suspended", "revoked". */
const char *nx_client_state_name(enum nx_client_state state);

#endif
