/* Which portals must be told of a revocation (SECURITY.md 18). */
#ifndef NX_REVOKE_PORTALS_H
#define NX_REVOKE_PORTALS_H

#include "base/json.h"
#include "registry/revocation.h"
#include "revoke/revoke.h"
#include "sessions/kill.h"

#define NX_NOTICE_BACKCHANNEL "backchannel-logout"
#define NX_NOTICE_SAML "saml-logout"             /* by SOAP */
#define NX_NOTICE_SAML_BROWSER "saml-browser-logout" /* through the person's browser, while it is at hand */
#define NX_NOTICE_BROWSER_S 600                  /* so long */

/* Puts one notice into the outbox for each portal and session that ended, payload
 * {"subject": person, "session": id or null}; null means that all of her sessions ended, and only `sub` is told. Of a SAML
 * portal the payload has the NameID too that it was given: {"name": {"format","value","nq","spnq"}}; one that only a
 * browser can tell has a notice for as long as a browser is at hand (struct nx_revoke_order). Ids of portals that cannot
 * be told are appended to `unreachable`. Inside the caller's change. */
NX_FALLIBLE nx_revoke_notices(struct nx_house *h, nx_arena *a, const struct nx_revocation *v,
                              const struct nx_killed_list *killed, json_t *unreachable);

#endif
