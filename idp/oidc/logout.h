/* RP-initiated logout 1.0 and back-channel logout 1.0 without HTTP. */
#ifndef NX_OIDC_LOGOUT_H
#define NX_OIDC_LOGOUT_H

#include "oidc/authorize.h"

enum nx_logout_kind {
    NX_LOGOUT_ASK,      /* nothing proves that the person herself asks: show a page with one button */
    NX_LOGOUT_REDIRECT, /* done; to location */
    NX_LOGOUT_PAGE      /* done; show the signed-out page */
};

struct nx_logout {
    enum nx_logout_kind kind;
    const char *location;    /* REDIRECT */
    const char *client_name; /* the portal that asked, when it is known; NULL */
};

/* The end_session_endpoint. confirmed: the person pressed the button of the ASK page (the edge checked its CSRF
 * token). Never an open redirect: location is a registered post_logout_redirect_uri of the client that a
 * verified id_token_hint or the confirmed client_id names, exactly. The session's portals are told durably. */
NX_FALLIBLE nx_logout(struct nx_logout *out, struct nx_house *house, nx_arena *a, const struct nx_visitor *who,
                      const struct nx_params *request, bool confirmed);

#endif
