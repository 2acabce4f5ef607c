/* A sign-in on its way to an upstream and back: what we must remember of it, under a handle that goes along as `state`
 * (OpenID Connect Core 3.1.2.1) or RelayState (SAML Bindings 3.4.3, at most 80 bytes: the handle has 79). It opens once,
 * in the browser that it was made for, and only for the upstream that it was made for: an answer that comes back by
 * another provider's address is refused (RFC 9700 section 4.4). Ten minutes. */
#ifndef NX_HUB_TICKET_H
#define NX_HUB_TICKET_H

#include "house/house.h"
#include "policies/level.h"
#include "registry/upstream.h"

#define NX_HUB_TICKET_S 600

struct nx_hub_ticket {
    const char *upstream; /* its id */
    const char *t;        /* the portal's transaction; NULL: her own page */
    const char *linker;   /* id of the session in which she proves both accounts; NULL: a sign-in */
    const char *nonce;    /* of the ID token; id of the AuthnRequest */
    const char *verifier; /* RFC 7636; NULL: none was sent */
    enum nx_level level;  /* asked for; NX_LEVEL_NONE: any */
    bool fresh;           /* she must sign in there anew */
    /* Set when it is made. */
    nx_time began;
    int64_t epoch; /* of the upstream: switched off and on again in between, it is over */
};

NX_FALLIBLE nx_hub_ticket_make(nx_handle_text *out, struct nx_house *house, nx_arena *a, nx_span browser,
                               struct nx_hub_ticket *ticket);
/* Uses it up. *u is a counted reference. NX_ERR_UPSTREAM_STATE: no such ticket for this browser and upstream, or used;
 * NX_ERR_UPSTREAM_OFF: the upstream was switched off since. *out is set in both cases as far as it was read. */
NX_FALLIBLE nx_hub_ticket_take(struct nx_hub_ticket *out, const nx_upstream **u, struct nx_house *house, nx_arena *a,
                               nx_span browser, nx_span handle, nx_span upstream, enum nx_upstream_kind kind);

#endif
