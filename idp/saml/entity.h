/* Reading the metadata of a SAML peer (SAML 2.0 Metadata, SAML V2.0 Metadata Extensions for Login and Discovery
 * User Interface), and choosing from what it says.
 *
 * Reading collects what is wrong, in words and with the line, and goes on: the same pass refuses a registration
 * and is the linter (`nixactl saml check`). A location is https, or http for a loopback host where the issuer is
 * on loopback too; bindings that we do not speak are left out with a note; every list has a maximum. */
#ifndef NX_SAML_ENTITY_H
#define NX_SAML_ENTITY_H

#include "registry/saml_entity.h"
#include "saml/names.h"

#define NX_SAML_ENDPOINTS_MAX 64 /* of a kind */
#define NX_SAML_KEYS_MAX 16
#define NX_SAML_FORMATS_MAX 16
#define NX_SAML_METHODS_MAX 16
#define NX_SAML_ATTRIBUTES_MAX 64
#define NX_SAML_FINDINGS_MAX 32

struct nx_saml_finding {
    bool fatal;       /* refused for it; otherwise a note */
    int line;         /* 1…; 0: the whole */
    const char *text; /* a sentence without values from the metadata beyond names of elements */
};
struct nx_saml_findings {
    size_t n;
    struct nx_saml_finding v[NX_SAML_FINDINGS_MAX];
};

struct nx_saml_rules {
    bool loopback;         /* http for loopback hosts is taken */
    nx_time now;           /* what validUntil is compared with */
    const char *entity_id; /* the one to pick out of an EntitiesDescriptor, or that must stand; NULL: the only one */
};

/* Reads the role descriptor of an EntityDescriptor. *out and all its texts are in the arena; its keys are freed by
 * nx_saml_entity_forget. found tells what was wrong or odd, also on success. NX_ERR_SAML_METADATA,
 * NX_ERR_SAML_METADATA_EXPIRED; NX_ERR_LIMIT for a document past its maximum. The signature is not looked at: see
 * federation.h. */
NX_FALLIBLE nx_saml_entity_read(nx_saml_entity **out, nx_arena *a, const struct nx_saml_rules *rules,
                                enum nx_saml_role role, nx_span xml, struct nx_saml_findings *found);
/* Frees the keys of an entity that was read; for those only. */
void nx_saml_entity_forget(nx_saml_entity *e);
/* An identity provider that people can be sent to: it has sign-on by redirect. */
bool nx_saml_entity_signs_on(const nx_saml_entity *e);

/* The one to use when nothing names another (SAML 2.0 Metadata 2.4.4): NULL when there is none. */
const struct nx_saml_endpoint *nx_saml_endpoint_default(const struct nx_saml_endpoints *list);
/* Exactly this location, octet by octet; binding NULL: whichever. */
const struct nx_saml_endpoint *nx_saml_endpoint_at(const struct nx_saml_endpoints *list, nx_span location,
                                                   const enum nx_saml_binding *binding);
/* The first of that binding. */
const struct nx_saml_endpoint *nx_saml_endpoint_by(const struct nx_saml_endpoints *list,
                                                   enum nx_saml_binding binding);

/* The i-th key for a use (NX_SAML_FOR_…): NULL past the last. A signature is tried against all of them. */
const struct nx_saml_key *nx_saml_key_for(const nx_saml_entity *e, unsigned use, size_t i);
/* The key to encrypt to: the first RSA key for encryption, NULL when there is none. */
const struct nx_saml_key *nx_saml_key_encrypting(const nx_saml_entity *e);

#endif
