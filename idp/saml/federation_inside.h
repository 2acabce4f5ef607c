/* Between the files of federation*.c. */
#ifndef NX_SAML_FEDERATION_INSIDE_H
#define NX_SAML_FEDERATION_INSIDE_H

#include "saml/entity.h"
#include "xml/verify.h"

/* A signed EntitiesDescriptor of a federation, and who must have signed it. */
struct nx_saml_aggregate {
    nx_span xml;
    const struct nx_xml_keys *keys;
};

/* The entity of rules->entity_id; the validity of the aggregate counts too. Errors of nx_saml_entity_read and
 * nx_xml_verify_each; NX_ERR_SAML_UNKNOWN when it is not there, NX_ERR_MISSING when none is named. */
NX_FALLIBLE nx_saml_pick(nx_saml_entity **out, nx_arena *a, const struct nx_saml_rules *rules, enum nx_saml_role role,
                         const struct nx_saml_aggregate *from, struct nx_saml_findings *found);

#endif
