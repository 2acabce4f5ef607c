/* The console: what operators look at in a browser, and the one button that revokes.
 *
 * It is entered by a one-time link (SECURITY.md 24): the secret comes in the fragment, which no server and no
 * log sees, a script posts it, and a session of its own begins under the cookie __Host-nxo; or by the passkey of an
 * administrator, enrolled in such a session. Every page checks
 * the role's scope: the audit trail needs `audit`, the button `revoke`, everything else any role. */
#ifndef NX_ENDPOINTS_CONSOLE_CONSOLE_H
#define NX_ENDPOINTS_CONSOLE_CONSOLE_H

#include "endpoints/browser.h"
#include "endpoints/server.h"
#include "operate/token.h"

#define NX_CONSOLE_COOKIE "__Host-nxo"

/* Who looks, and what every act is called with. */
struct nx_console_visit {
    struct nx_console who;
    struct nx_operate_call call;
};

/* NX_ERR_NOT_FOUND without a live console session; NX_ERR_SCOPE_INSUFFICIENT when the role lacks the scope
 * (NULL: any role will do). */
NX_FALLIBLE nx_console_visit(struct nx_console_visit *out, nx_request *rq, const char *scope);
/* The same for a page: without a session the reply is the page that asks for a link, and *shown is true. */
NX_FALLIBLE nx_console_open(struct nx_console_visit *out, bool *shown, nx_request *rq, nx_reply *rp,
                            const char *scope);
/* A view with what part_console reads. */
NX_FALLIBLE nx_console_view(nx_view **out, const struct nx_console_visit *v, nx_request *rq, nx_reply *rp);

nx_result nx_console_home(nx_request *rq, nx_reply *rp);
nx_result nx_console_link_page(nx_request *rq, nx_reply *rp);
nx_result nx_console_link_enter(nx_request *rq, nx_reply *rp);
nx_result nx_console_sign_out(nx_request *rq, nx_reply *rp);
nx_result nx_console_people(nx_request *rq, nx_reply *rp);
nx_result nx_console_person(nx_request *rq, nx_reply *rp);
nx_result nx_console_sessions(nx_request *rq, nx_reply *rp);
nx_result nx_console_clients(nx_request *rq, nx_reply *rp);
nx_result nx_console_audit(nx_request *rq, nx_reply *rp);
nx_result nx_console_revoke(nx_request *rq, nx_reply *rp);
nx_result nx_console_passkeys(nx_request *rq, nx_reply *rp);
nx_result nx_console_passkeys_options(nx_request *rq, nx_reply *rp);
nx_result nx_console_passkeys_add(nx_request *rq, nx_reply *rp);
nx_result nx_console_passkeys_remove(nx_request *rq, nx_reply *rp);
nx_result nx_console_approvals(nx_request *rq, nx_reply *rp);
nx_result nx_console_approve(nx_request *rq, nx_reply *rp);
nx_result nx_console_login_options(nx_request *rq, nx_reply *rp);
nx_result nx_console_login(nx_request *rq, nx_reply *rp);

/* The page that asks for a link or a passkey, with a text of the catalogue. */
NX_FALLIBLE nx_console_ask(nx_request *rq, nx_reply *rp, int status, const char *error);
/* Sets the cookie of a new console session and goes to its first page. */
NX_FALLIBLE nx_console_entered(nx_request *rq, nx_reply *rp, const nx_secret *cookie);

#endif
