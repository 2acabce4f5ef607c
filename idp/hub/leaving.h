/* Signing out of an upstream when she signs out of us (OpenID Connect RP-Initiated Logout 1.0; SAML single logout,
 * saml-profiles section 4.4, from the side of the service provider), where its row says so.
 *
 *   at sign-in    a cookie of this browser: ID.HANDLE, the handle's ticket has the ID token for an hour
 *   at sign-out   /upstream/ID/leave?p=HANDLE ─▶ the provider's end_session_endpoint ─▶ /upstream/ID/left?state=HANDLE
 *                 or ─▶ LogoutRequest by redirect ─▶ LogoutResponse at /saml/logout, RelayState=HANDLE
 *                 ─▶ where the sign-out was to end
 *
 * By then the session here is over: whatever the provider does or does not do, she is signed out of us. After an hour the
 * provider is asked by client_id alone, and asks her. */
#ifndef NX_HUB_LEAVING_H
#define NX_HUB_LEAVING_H

#include "hub/hub.h"

#define NX_LEAVING_S 3600
#define NX_LEAVING_WAY_S 600

/* The cookie's value; NULL where the row does not ask for it. hint: what signing out there needs, an ID token, or for SAML
 * the NameID and the SessionIndex with a line break between; NULL: none. */
NX_FALLIBLE nx_leaving_keep(const char **cookie, struct nx_house *house, nx_arena *a, nx_span browser,
                            const nx_upstream *u, const char *hint);
/* The path to go to instead of goal (which it leads to in the end); goal itself when the cookie says nothing. */
NX_FALLIBLE nx_leaving_begin(const char **path, struct nx_house *house, nx_arena *a, nx_span browser,
                             const char *cookie, const char *goal);
/* Where /leave sends the browser: the provider, or the goal when it cannot be asked. EGRESS lane.
 * NX_ERR_UPSTREAM_STATE. */
NX_FALLIBLE nx_leaving_url(const char **url, struct nx_house *house, nx_arena *a, nx_span browser,
                           const char *upstream, const char *handle);
/* Where /left, or a LogoutResponse of the upstream, sends it: the goal. upstream NULL: whichever the handle is of.
 * NX_ERR_UPSTREAM_STATE. */
NX_FALLIBLE nx_leaving_end(const char **goal, struct nx_house *house, nx_arena *a, nx_span browser,
                           const char *upstream, const char *handle);

#endif
