/* Which attributes a portal is told, and how they are written (saml-core section 2.7.3, X.500/LDAP and URI naming).
 *
 * Released is what the operator registered for the portal (the claims listed with its metadata, otherwise the
 * scopes of its client row), and of it what the portal's metadata requests where it requests anything. The person's
 * consent covers exactly that. What says how she signed in is no attribute of hers and goes with every assertion:
 * level, amr, and of a QR identity qr_id, qr_px and status. */
#ifndef NX_SAML_ATTRIBUTE_H
#define NX_SAML_ATTRIBUTE_H

#include "flow/claims.h"
#include "registry/client.h"
#include "saml/entity.h"
#include "sessions/assertion.h"
#include "xml/writer.h"

#define NX_SAML_ATTRIBUTE "urn:nixa:attribute:"

/* The claims that this portal is told, and those of them that it cannot do without. */
NX_FALLIBLE nx_saml_release(struct nx_claims *out, nx_arena *a, const nx_saml_entity *portal, const nx_client *c);

/* What an attribute statement is written from. */
struct nx_saml_facts {
    struct nx_house *house;
    const nx_client *client;
    const struct nx_person *person;
    const struct nx_assertion *told;
    uint32_t claims;
    enum nx_level level;
};
/* saml:AttributeStatement into an open saml:Assertion. */
NX_FALLIBLE nx_saml_attributes_write(nx_xml_writer *w, nx_arena *a, const struct nx_saml_facts *f);

#endif
