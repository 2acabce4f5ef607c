/* NameID: by which name a portal knows a person (saml-core section 8.3).
 *
 *     persistent   the pairwise `sub` of the portal's sector: the same as an OIDC client of that sector is told
 *     transient    an HMAC over (session, portal): of one session, and useless for anything else
 *     emailAddress the verified address, only where the portal is told it as an attribute
 *     unspecified  the first of these that the portal's metadata lists; otherwise persistent */
#ifndef NX_SAML_NAMEID_H
#define NX_SAML_NAMEID_H

#include "registry/client.h"
#include "saml/entity.h"
#include "sessions/assertion.h"
#include "xml/reader.h"
#include "xml/writer.h"

struct nx_house;
struct nx_person;

struct nx_saml_named {
    struct nx_house *house;
    const nx_saml_entity *portal;
    const nx_client *client;
    const struct nx_person *person;
    const char *session; /* id */
    bool email_allowed;  /* the claim is released */
};
/* *out is in the arena. NX_ERR_SAML_NAMEID_POLICY when she cannot be named so. */
NX_FALLIBLE nx_saml_name_of(struct nx_given_name *out, nx_arena *a, const struct nx_saml_named *n,
                            enum nx_saml_format format);
/* What an unspecified format means for this portal. */
enum nx_saml_format nx_saml_format_for(const nx_saml_entity *portal, enum nx_saml_format asked);

/* saml:NameID into an open element, and out of one. NX_ERR_SAML_MESSAGE. */
void nx_saml_name_write(nx_xml_writer *w, const struct nx_given_name *n);
NX_FALLIBLE nx_saml_name_read(struct nx_given_name *out, nx_arena *a, const nx_xml_node *name_id);

#endif
