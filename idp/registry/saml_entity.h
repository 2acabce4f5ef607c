/* SAML peers: what the metadata of a portal (service provider) or of an upstream (identity provider) says, as
 * requests read it (SAML 2.0 Metadata, section 2).
 *
 * The XML is kept as it was registered; beside it lies its compact form, made once by saml/entity.h, so that
 * nothing is read at start and a peer's first request parses no XML. nx_saml_entity_get answers from a bounded
 * cache of this process; a committed change through this header is seen by the next call. An entity is shared
 * between threads, immutable and counted. Whether its metadata is still valid is a question of the moment:
 * nx_saml_entity_valid. */
#ifndef NX_REGISTRY_SAML_ENTITY_H
#define NX_REGISTRY_SAML_ENTITY_H

#include "base/json.h"
#include "crypto/digest.h"
#include "registry/registry.h"

#include <openssl/evp.h>

#define NX_SAML_ENTITY_ID_MAX 1024 /* SAML 2.0 Core 8.3.6 */
#define NX_SAML_METADATA_MAX (1u << 20)
#define NX_SAML_ENTITY_CACHE_MAX 4096
#define NX_SAML_LOCATION_MAX 2048

enum nx_saml_role { NX_SAML_SP, NX_SAML_IDP }; /* the peer's: a portal is an SP, an upstream an IDP */
enum nx_saml_source { NX_SAML_UPLOAD, NX_SAML_URL, NX_SAML_MDQ };

struct nx_saml_endpoint {
    int binding; /* an enum nx_saml_binding of saml/names.h */
    const char *location;
    const char *response_location; /* where responses go; equal to location unless the metadata says otherwise */
    int index;                     /* -1: none */
    bool is_default;               /* the one to use when a request names none: exactly one of an indexed list */
};
struct nx_saml_endpoints {
    const struct nx_saml_endpoint *v; /* in the order of the metadata */
    size_t n;
};

#define NX_SAML_FOR_SIGNING 1u
#define NX_SAML_FOR_ENCRYPTION 2u

/* RSA of 2048 bits or more, P-256 or P-384. A KeyDescriptor without `use` is for both. */
struct nx_saml_key {
    unsigned uses;
    EVP_PKEY *key;         /* borrowed from the entity */
    nx_span spki;          /* SubjectPublicKeyInfo, DER */
    struct nx_strings methods; /* EncryptionMethod algorithms of an encryption key; empty: none named */
};

struct nx_saml_attribute {
    const char *name;
    const char *format;   /* NULL: unspecified */
    const char *friendly; /* NULL */
    bool required;
};

/* What the metadata does not say and the operator does. */
enum nx_saml_encrypt { NX_SAML_ENCRYPT_AUTO, NX_SAML_ENCRYPT_ALWAYS, NX_SAML_ENCRYPT_NEVER };
enum nx_saml_sign { NX_SAML_SIGN_RSA, NX_SAML_SIGN_EC };
enum nx_saml_signed { NX_SAML_SIGNED_BOTH, NX_SAML_SIGNED_ASSERTION };

struct nx_saml_settings {
    bool idp_initiated;           /* an unasked response may be sent to it; default no */
    enum nx_saml_encrypt encrypt; /* auto: when the metadata has a key for it */
    enum nx_saml_sign sign;       /* RS256 or ES256 */
    enum nx_saml_signed parts;    /* "signed": the Response around it too, or the assertion alone: half the cost */
    int cap;                      /* level 1..4 at most; 0: none of its own */
    bool claims_listed;           /* claims counts; otherwise the scopes of the client decide */
    struct nx_strings claims;     /* names of flow/claims.def that it may be told */
};

typedef struct nx_saml_entity {
    const char *entity_id;
    enum nx_saml_role role;
    const char *owner; /* the client's id (SP) or the upstream's (IDP) */
    enum nx_saml_source source;
    const char *url; /* where it was fetched from; NULL for an upload */
    nx_time valid_until;    /* the earliest validUntil; 0: the metadata says none */
    int64_t cache_duration; /* seconds; 0: the metadata says none */
    nx_time fetched;
    int64_t version;
    nx_time created;
    nx_time updated;
    struct nx_saml_settings settings;

    /* The role descriptor. */
    struct nx_saml_endpoints acs;      /* AssertionConsumerService, SP: redirect is never among them */
    struct nx_saml_endpoints sso;      /* SingleSignOnService, IDP */
    struct nx_saml_endpoints slo;      /* SingleLogoutService */
    struct nx_saml_endpoints artifact; /* ArtifactResolutionService: always SOAP */
    const struct nx_saml_key *key;
    size_t key_count;
    struct nx_strings name_id_formats;
    const struct nx_saml_attribute *attribute; /* RequestedAttribute of the default AttributeConsumingService */
    size_t attribute_count;
    bool requests_signed;        /* SP: AuthnRequestsSigned */
    bool wants_assertions_signed; /* SP */
    bool wants_requests_signed;  /* IDP: WantAuthnRequestsSigned */

    /* Names for people; NULL when the metadata has none. */
    const char *name;
    const char *name_vi;
    const char *organisation;
    const char *home; /* https URL of the organisation */
} nx_saml_entity;

void nx_saml_entity_release(nx_saml_entity *e);
NX_AUTO_DEFINE(nx_saml_entity, nx_saml_entity_release)

/* By the name it gives itself (Issuer). *out is a counted reference. NX_ERR_NOT_FOUND; one whose validity is
 * over is found. */
NX_FALLIBLE nx_saml_entity_get(nx_registry *r, nx_span entity_id, enum nx_saml_role role, nx_saml_entity **out);
/* By the client or upstream that it belongs to: logout goes this way. */
NX_FALLIBLE nx_saml_entity_of(nx_registry *r, const char *owner, enum nx_saml_role role, nx_saml_entity **out);
/* NX_OK, or NX_ERR_SAML_METADATA_EXPIRED. */
NX_FALLIBLE nx_saml_entity_valid(const nx_saml_entity *e, nx_time now);

/* What is written. Texts are borrowed. `parsed` is the entity whose role descriptor and names are stored: from
 * saml/entity.h; its row fields are not read but for entity_id, role, valid_until and cache_duration. */
struct nx_saml_record {
    const nx_saml_entity *parsed;
    nx_span xml;
    const char *owner;
    enum nx_saml_source source;
    const char *url;      /* NX_SAML_URL, NX_SAML_MDQ */
    nx_span pin;          /* the certificate (DER) that verifies what is fetched; empty for an upload */
    const char *settings; /* JSON object, NULL: {} */
    nx_time refresh;      /* when it is to be fetched again; 0: never */
};

/* NX_ERR_CONFLICT: the entity id has that role already, or the owner has an entity. */
NX_FALLIBLE nx_saml_entity_create(nx_registry *r, const struct nx_saml_record *record);
/* Metadata, source, pin and refresh of the owner's entity; the settings when given. The entity id may change.
 * expected: the version that must stand, 0 for whichever. NX_ERR_NOT_FOUND, NX_ERR_VERSION, NX_ERR_CONFLICT. */
NX_FALLIBLE nx_saml_entity_replace(nx_registry *r, const struct nx_saml_record *record, int64_t expected);
/* Settings alone, a JSON object that nx_saml_settings_check took. NX_ERR_NOT_FOUND, NX_ERR_VERSION. */
NX_FALLIBLE nx_saml_entity_set(nx_registry *r, const char *owner, enum nx_saml_role role, const char *settings,
                               int64_t expected);
NX_FALLIBLE nx_saml_entity_delete(nx_registry *r, const char *owner, enum nx_saml_role role);

/* Checks a settings object: {"idp_initiated":bool,"encrypt":"auto|always|never","sign":"rsa|ec","signed":"both|assertion","cap":0..4,
 * "claims":[…]}; every member may be absent, another one is NX_ERR_UNKNOWN. *member names the faulty one. */
NX_FALLIBLE nx_saml_settings_check(const json_t *settings, const char **member);

/* The row as operators see it: the XML and how fetching goes. */
struct nx_saml_row {
    const char *entity_id;
    enum nx_saml_role role;
    const char *owner;
    enum nx_saml_source source;
    const char *url;
    nx_span pin;
    nx_span xml; /* empty in lists */
    const char *digest; /* SHA-256 of the XML, hexadecimal */
    const char *settings;
    nx_time valid_until;
    int64_t cache_duration;
    nx_time fetched;
    nx_time refresh;
    int64_t failures; /* of fetching, in a row */
    nx_time failed_at;
    const char *last_error; /* the name of the error; NULL */
    int64_t version;
    nx_time created;
    nx_time updated;
};
struct nx_saml_page {
    struct nx_saml_row *v;
    size_t n;
    bool more;
};
/* NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_saml_row_get(nx_registry *r, nx_arena *a, const char *owner, enum nx_saml_role role,
                            struct nx_saml_row *out);
/* In the order of owners; after: the owner of the last row of the page before, or NULL. */
NX_FALLIBLE nx_saml_rows(nx_registry *r, nx_arena *a, enum nx_saml_role role, const char *after, size_t limit,
                         struct nx_saml_page *out);
/* Rows whose time to be fetched has come, oldest first. */
NX_FALLIBLE nx_saml_rows_due(nx_registry *r, nx_arena *a, nx_time now, size_t limit, struct nx_saml_page *out);
/* A fetch that changed nothing (error NULL) or failed: counters, and when to try again. */
NX_FALLIBLE nx_saml_entity_tried(nx_registry *r, const char *owner, enum nx_saml_role role, nx_time refresh,
                                 nx_time valid_until, const char *error);
/* How fetching goes, for health and doctor. */
struct nx_saml_health {
    int64_t entities;
    int64_t failing; /* whose last fetch failed */
    int64_t expired; /* whose metadata is over */
};
NX_FALLIBLE nx_saml_entity_health(nx_registry *r, nx_time now, struct nx_saml_health *out);

/* "upload", "url", "mdq". */
const char *nx_saml_source_name(enum nx_saml_source s);

#endif
