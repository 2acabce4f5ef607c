/* The pages that people see: the front page, sign-in, consent, signing out, and the files of idp/web. */
#ifndef NX_ENDPOINTS_PAGES_PAGES_H
#define NX_ENDPOINTS_PAGES_PAGES_H

#include "endpoints/browser.h"
#include "endpoints/server.h"
#include "flow/step.h"

/* Who asks, from the cookies; makes the browser cookie at first contact. */
NX_FALLIBLE nx_visitor_of(struct nx_visitor *out, nx_request *rq, nx_reply *rp);
/* Turns a step of a transaction into a reply: a redirect to the page that it wants, or back to the portal. */
NX_FALLIBLE nx_step_reply(const struct nx_step *step, nx_request *rq, nx_reply *rp);
/* The keys of part_asks, and the language that the portal asked for unless the person chose one. */
void nx_asks_view(nx_view *v, nx_request *rq, const struct nx_flow_view *about);
/* Catalogue key of a level: "level.m2"; of the means of a sign-in. */
const char *nx_level_key(enum nx_level level);

/* Handlers. */
nx_result nx_root_page(nx_request *rq, nx_reply *rp);
nx_result nx_login_page(nx_request *rq, nx_reply *rp);
nx_result nx_login_password(nx_request *rq, nx_reply *rp);
nx_result nx_login_cancel(nx_request *rq, nx_reply *rp);
nx_result nx_login_select(nx_request *rq, nx_reply *rp);
nx_result nx_consent_page(nx_request *rq, nx_reply *rp);
nx_result nx_consent_decide(nx_request *rq, nx_reply *rp);
nx_result nx_signed_out_page(nx_request *rq, nx_reply *rp);
nx_result nx_static_file(nx_request *rq, nx_reply *rp);
nx_result nx_wallet_page(nx_request *rq, nx_reply *rp);
nx_result nx_wallet_file(nx_request *rq, nx_reply *rp);
nx_result nx_verify_page(nx_request *rq, nx_reply *rp);
nx_result nx_verify_file(nx_request *rq, nx_reply *rp);
/* A file of a folder of idp/web, named by the path parameter `file`. */
NX_FALLIBLE nx_file_reply(nx_request *rq, nx_reply *rp, const char *folder);

#endif
