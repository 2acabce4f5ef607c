/* The demo's SAML portal: its key and certificate, made once and kept, and what it says of itself. */
#ifndef NX_MAIN_NIXACTL_SAML_H
#define NX_MAIN_NIXACTL_SAML_H

#include "nixactl_plan.h"

#include <sys/types.h>

/* Without a port: the portal is the same one wherever it is served. */
#define NX_SAML_PORTAL_ENTITY "https://yte.localhost/saml"

/* Makes sp.key and sp.pem in the portal's folder where they are missing, sp.xml at each start, and sets
 * portal->metadata. owner: who must read the key. Says why it fails. */
NX_FALLIBLE nx_saml_portal_prepare(const struct nx_plan *p, struct nx_portal *portal, const char *folder,
                                   uid_t owner);

#endif
