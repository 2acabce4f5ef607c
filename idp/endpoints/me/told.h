/* Messages to people about changes to what they sign in by (SECURITY.md 3): by e-mail or SMS, whichever of hers is verified and
 * has a gateway. The notices are the registry's (registry/told.def), delivered like those to portals: at least once, tried
 * again for days. A message says what and where to undo it, and nothing that somebody else could use. */
#ifndef NX_ENDPOINTS_ME_TOLD_H
#define NX_ENDPOINTS_ME_TOLD_H

#include "notify/notify.h"

extern const struct nx_notice_kind nx_notice_person;

#endif
