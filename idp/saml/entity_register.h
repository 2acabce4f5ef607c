/* Registering portals by their metadata: the client row and the entity row in one durable change.
 *
 * A portal's client has the grant type of SAML sign-on, no secret and no response type: no OAuth endpoint does
 * anything for it. Its name, home and scopes come from the metadata. Its sector is the host of its
 * AssertionConsumerServices; where they are on several hosts it is a sector of its own, named after its entity id,
 * so that listing a foreign host gives nobody that host's pairwise names. The sector stays when metadata is fetched
 * again. A portal whose SingleLogoutService can be called by a server (SOAP) can be told of a revocation
 * (SECURITY.md 18); by a browser alone it cannot. */
#ifndef NX_SAML_ENTITY_REGISTER_H
#define NX_SAML_ENTITY_REGISTER_H

#include "registry/client.h"
#include "saml/entity.h"

struct nx_house;

/* What is registered, and by whom. */
struct nx_saml_registration {
    const nx_saml_entity *entity;
    nx_span xml;
    enum nx_saml_source source;
    const char *url;
    nx_span pin;
    nx_time refresh;
    const char *settings;    /* checked JSON object; NULL: {} at first, unchanged later */
    const char *actor;       /* for the audit trail */
    const char *legal_basis; /* at first: instead of consent (SECURITY.md 16); NULL */
};

/* *id: the client that was made. NX_ERR_CONFLICT: that entity id is registered. NX_ERR_EGRESS_URL,
 * NX_ERR_EGRESS_ADDRESS: its logout by SOAP is where this server does not call (SECURITY.md 30). */
NX_FALLIBLE nx_saml_register(char id[NX_CLIENT_ID_MAX + 1], struct nx_house *house, nx_arena *a,
                             const struct nx_saml_registration *what);
/* New metadata for a portal; expected: the entity's version, 0 for whichever. settle: an operator does it, so sector
 * and scopes are worked out anew; what was fetched by itself never widens what a portal is told. NX_ERR_NOT_FOUND, NX_ERR_VERSION, NX_ERR_CONFLICT. */
NX_FALLIBLE nx_saml_reregister(struct nx_house *house, nx_arena *a, const char *id,
                               const struct nx_saml_registration *what, int64_t expected, bool settle);
/* What metadata does not say. */
struct nx_saml_settling {
    const char *settings;    /* the whole JSON object, checked */
    const char *legal_basis; /* "" takes it away; NULL: as it is */
    int64_t expected;        /* the entity's version; 0: whichever */
};
/* NX_ERR_NOT_FOUND, NX_ERR_VERSION. */
NX_FALLIBLE nx_saml_settle(struct nx_house *house, nx_arena *a, const char *actor, const char *id,
                           const struct nx_saml_settling *how);
/* Ends everything that the portal holds, then both rows. NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_saml_unregister(struct nx_house *house, nx_arena *a, const char *actor, const char *id);

#endif
