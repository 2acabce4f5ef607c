/* The config of an upstream of kind saml; its issuer is the entity id of the identity provider. Members:
 *
 *   metadata            the provider's metadata, XML text; this or metadata_url is needed at first. It is taken out and
 *                       kept as the entity of the upstream (registry/saml_entity.h): keys and places come from there
 *                       and from no message
 *   metadata_url        where it is fetched instead, and again before its time is over (saml/federation.h)
 *   metadata_certificate, metadata_fingerprint   who signs it there: PEM, or the certificate's SHA-256
 *   sign                rsa [it] or ec: the key that signs our requests
 *   allow_cbc           [false]: its assertions may be encrypted by AES-CBC, and then only inside a signed Response
 *   subject_attribute   name of the attribute that identifies a person [the NameID, which must be persistent]
 *   claims              object of field of struct nx_identity_person → name of the attribute
 *   contexts            object of level → AuthnContextClassRef to ask for when a portal asks for that level
 *   require_context     [false]: an assertion whose class is not in `levels` is refused
 *   levels, level       hub.h; words are AuthnContextClassRefs
 *   pass                ["force_authn"]: what of a portal's wishes goes along
 *   rp_logout           [false]: signing out of us signs out there (persistent NameIDs only)
 *   person_kind, hints, acr   as for kind oidc */
#ifndef NX_HUB_SAML_ROW_H
#define NX_HUB_SAML_ROW_H

#include "hub/hub.h"
#include "saml/federation.h"

/* What the config says of the metadata, read or fetched; without an entity it says nothing. */
struct nx_saml_row_metadata {
    struct nx_saml_fetched got;
    const char *url; /* NULL: it was sent */
};

/* *why names what is wrong, static. NX_ERR_UPSTREAM_CONFIG. */
NX_FALLIBLE nx_saml_row_check(struct nx_house *house, const struct nx_upstream_record *record, const char **why);
/* The config without its metadata, for the row; owned. */
json_t *nx_saml_row_config(const json_t *config);
/* Reads the metadata, or fetches it: that blocks. *why as above. NX_ERR_UPSTREAM_CONFIG; NX_ERR_EGRESS_…,
 * NX_ERR_SAML_METADATA_SIGNATURE, NX_ERR_SAML_UNKNOWN of what was fetched. */
NX_FALLIBLE nx_saml_row_open(struct nx_saml_row_metadata *out, struct nx_house *house, nx_arena *a,
                             const struct nx_upstream_record *record, const char **why);
void nx_saml_row_close(struct nx_saml_row_metadata *m);
#define NX_AUTO_ROW_METADATA(name) __attribute__((cleanup(nx_saml_row_close))) struct nx_saml_row_metadata name = {.url = NULL}
/* Stores it as the upstream's entity; what says nothing leaves what stands. Inside the caller's change. */
NX_FALLIBLE nx_saml_row_store(struct nx_house *house, const struct nx_upstream_record *record,
                              const struct nx_saml_row_metadata *m, const char **why);
/* Removes the entity. Inside the caller's change. */
NX_FALLIBLE nx_saml_row_forget(struct nx_house *house, const char *upstream);

#endif
