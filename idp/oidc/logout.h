/* RP-initiated logout 1.0 without HTTP. */
#ifndef NX_OIDC_LOGOUT_H
#define NX_OIDC_LOGOUT_H

#include "flow/step.h"

enum nx_logout_kind {
    NX_LOGOUT_ASK,      /* nothing proves that the person herself asks: show a page with a yes and a no */
    NX_LOGOUT_REDIRECT, /* done; on to location */
    NX_LOGOUT_PAGE      /* done; show the signed-out page */
};

struct nx_logout {
    enum nx_logout_kind kind;
    bool ended;              /* a session of this browser ended: remove its cookie … */
    int64_t revocation;      /* … by this revocation: its SAML portals may need the browser (saml/logout.h); 0: none */
    const char *location;    /* REDIRECT: registered, with state */
    const char *ticket;      /* ASK: the handle of the waiting logout, for nx_logout_answer */
    const char *person_name; /* ASK: who would be signed out */
    const char *client_name; /* the portal that asked; NULL where nothing proves which */
    const char *client_host;
};

/* The end_session_endpoint. Signs out at once where a verified id_token_hint is of the person who is signed
 * in, or nobody is; asks otherwise, so that no link signs people out. Never an open redirect: location is
 * exactly a registered post_logout_redirect_uri of the client that the hint, or the confirmed client_id,
 * names. The portals of the session are told durably (idp/revoke). NX_ERR_REQUEST: a hint that is not ours,
 * or contradicts client_id. */
NX_FALLIBLE nx_logout(struct nx_logout *out, struct nx_house *house, nx_arena *a,
                      const struct nx_visitor *who, const struct nx_params *request);
/* The answer to ASK; the edge has checked the form's CSRF token. Staying signed in shows no portal anything:
 * PAGE with ended false. NX_ERR_NOT_FOUND: answered already, expired, or of another browser. */
NX_FALLIBLE nx_logout_answer(struct nx_logout *out, struct nx_house *house, nx_arena *a,
                             const struct nx_visitor *who, const char *ticket, bool yes);

#endif
