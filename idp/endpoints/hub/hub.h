/* The hub's pages: choosing how to sign in, the way to an upstream and back, and linking. */
#ifndef NX_ENDPOINTS_HUB_HUB_H
#define NX_ENDPOINTS_HUB_HUB_H

#include "endpoints/pages/ways.h"
#include "hub/hub.h"
#include "hub/ticket.h"

#define NX_LEAVING_COOKIE "__Host-nxu" /* hub/leaving.h: where signing out goes on; nothing of the person */
#define NX_CHOICE_COOKIE "__Host-nxw" /* id of the upstream of the browser's last sign-in; nothing of the person */

/* /login/ways, or the path of one upstream's page, with ?t=; in the arena. */
char *nx_hub_ways_url(nx_arena *a, const char *t);
char *nx_hub_go_url(nx_arena *a, const nx_upstream *u, const char *t);
/* Whether the request chooses an upstream by itself (login_hint, acr_values); *url NULL: it does not. For the sign-in
 * page, when it is shown for the first time. */
NX_FALLIBLE nx_hub_chosen_url(const char **url, nx_request *rq, const char *t, const struct nx_flow_view *about);

/* After her session here has ended: where to go instead of goal, so that she signs out of the upstream too; goal where
 * nothing is to be done. Removes the cookie. */
NX_FALLIBLE nx_hub_goal(const char **out, nx_request *rq, nx_reply *rp, const char *goal);

/* The page of a sign-in that failed on its way: what happened, the same way once more, and the others. Errors that are
 * none of an upstream are given back. u may be NULL; t NULL: her own page. */
NX_FALLIBLE nx_hub_failed(nx_request *rq, nx_reply *rp, nx_result r, const nx_upstream *u, const char *t);
/* What an identity leads to: the session of who she is, or the page for a person whom nobody knows. t as above. */
NX_FALLIBLE nx_hub_arrive(nx_request *rq, nx_reply *rp, const struct nx_identity *who, const char *t);
/* The same, keeping the ID token for signing out there later. */
NX_FALLIBLE nx_hub_arrive_with(nx_request *rq, nx_reply *rp, const struct nx_identity *who, const char *t,
                               const char *id_token);
/* The same for one who came to prove both accounts (hub/linking.h). */
NX_FALLIBLE nx_hub_arrive_linking(nx_request *rq, nx_reply *rp, const struct nx_identity *who, const char *linker);

/* Handlers. */
nx_result nx_hub_ways_page(nx_request *rq, nx_reply *rp);
nx_result nx_hub_go(nx_request *rq, nx_reply *rp);
nx_result nx_hub_callback(nx_request *rq, nx_reply *rp);
nx_result nx_hub_links_page(nx_request *rq, nx_reply *rp);
nx_result nx_hub_acs(nx_request *rq, nx_reply *rp);
nx_result nx_hub_link_begin(nx_request *rq, nx_reply *rp);
nx_result nx_hub_link_accept(nx_request *rq, nx_reply *rp);
nx_result nx_hub_link_remove(nx_request *rq, nx_reply *rp);
nx_result nx_hub_leave(nx_request *rq, nx_reply *rp);
nx_result nx_hub_left(nx_request *rq, nx_reply *rp);
nx_result nx_hub_logout(nx_request *rq, nx_reply *rp);
nx_result nx_hub_jwks(nx_request *rq, nx_reply *rp);

#endif
