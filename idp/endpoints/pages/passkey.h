/* Passkeys on the pages: signing in (/login/passkey) and a person's own (/me/passkeys). The scripts are
 * idp/web/static/passkey.js; nothing of them is needed to see, rename or remove one. */
#ifndef NX_ENDPOINTS_PAGES_PASSKEY_H
#define NX_ENDPOINTS_PAGES_PASSKEY_H

#include "endpoints/pages/pages.h"
#include "house/house.h"

/* What part_passkey needs to sign in by the browser's own list of passkeys, on a page that shows another way:
 * the form's token, as `csrf_passkey`. Allows scripts on the page. */
NX_FALLIBLE nx_passkey_view(nx_view *v, nx_request *rq, nx_reply *rp);

nx_result nx_login_passkey_page(nx_request *rq, nx_reply *rp);
nx_result nx_login_passkey_options(nx_request *rq, nx_reply *rp);
nx_result nx_login_passkey(nx_request *rq, nx_reply *rp);

nx_result nx_me_passkeys_page(nx_request *rq, nx_reply *rp);
nx_result nx_me_passkeys_options(nx_request *rq, nx_reply *rp);
nx_result nx_me_passkeys_add(nx_request *rq, nx_reply *rp);
nx_result nx_me_passkeys_act(nx_request *rq, nx_reply *rp);

#endif
