/* One reading of metadata, for the files that do it (entity_*.c). */
#ifndef NX_SAML_ENTITY_READING_H
#define NX_SAML_ENTITY_READING_H

#include "saml/entity.h"
#include "xml/reader.h"

#define NX_SAML_TEXT_MAX 256 /* bytes of a name for people */
#define NX_SAML_URI_MAX 1024

struct nx_saml_reading {
    nx_arena *arena;
    const struct nx_saml_rules *rules;
    struct nx_saml_findings *found;
    nx_saml_entity *entity;
    const nx_xml_node *descriptor; /* EntityDescriptor */
    const nx_xml_node *role;       /* its SPSSODescriptor or IDPSSODescriptor */
    bool refused;                  /* something fatal was found */
    bool expired;
};

/* Tells that something is wrong with the element (NULL: the whole); text is static. */
void nx_saml_refuse(struct nx_saml_reading *r, const nx_xml_node *at, const char *text);
/* Tells what is odd, or left out. */
void nx_saml_note(struct nx_saml_reading *r, const nx_xml_node *at, const char *text);

/* A document of one entity, or one of several, from its verified root. As nx_saml_entity_read. */
NX_FALLIBLE nx_saml_entity_read_from(nx_saml_entity **out, nx_arena *a, const struct nx_saml_rules *rules,
                                     enum nx_saml_role role, const nx_xml_node *root,
                                     struct nx_saml_findings *found);

/* Parts of the role; what is wrong is told, failures are ours (NX_ERR_MEMORY). */
NX_FALLIBLE nx_saml_read_endpoints(struct nx_saml_reading *r);
NX_FALLIBLE nx_saml_read_keys(struct nx_saml_reading *r);
NX_FALLIBLE nx_saml_read_names(struct nx_saml_reading *r);
NX_FALLIBLE nx_saml_read_attributes(struct nx_saml_reading *r);

/* Whether a location may stand in metadata: https, or http for a loopback host where the rules allow it. */
bool nx_saml_location_ok(const struct nx_saml_rules *rules, const char *location);

#endif
