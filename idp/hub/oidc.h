/* Signing in at an OpenID provider: OpenID Connect Core 1.0 section 3.1, the code flow, from the side that relies.
 *
 *   nx_rp_begin ─▶ the URL to send the browser to        ticket, PKCE S256, nonce, an address of its own to come back to
 *   nx_rp_finish ◀─ what came back to that address        code → token (one call) → ID token verified → identity
 *
 * Both call out: EGRESS lane. */
#ifndef NX_HUB_OIDC_H
#define NX_HUB_OIDC_H

#include "flow/params.h"
#include "hub/hub.h"
#include "hub/ticket.h"

/* What goes along, as far as the row passes it. Borrowed, NULL where absent. */
struct nx_rp_ask {
    nx_span browser;        /* the browser cookie */
    const char *t;          /* transaction; NULL: her own page */
    const char *linker;     /* id of the session in which she proves both accounts; NULL: a sign-in */
    enum nx_level level;    /* that the portal asks for */
    bool fresh;             /* the portal wants her to sign in anew */
    const char *login_hint;
    const char *ui_locales;
};

/* *url is in the arena. Errors of nx_oidc_provider_get. */
NX_FALLIBLE nx_rp_begin(const char **url, struct nx_house *house, nx_arena *a, const nx_upstream *u,
                        const struct nx_rp_ask *ask);

struct nx_rp_return {
    struct nx_hub_ticket ticket; /* of what came back; upstream NULL when there was none */
    const nx_upstream *upstream; /* counted: the identity borrows from it. NULL until the ticket was read */
    struct nx_identity identity;
    const char *id_token; /* as verified, for signing out there (RP-Initiated Logout) */
};
static inline void nx_rp_return_end(struct nx_rp_return *r)
{
    if (r->upstream) nx_upstream_release(r->upstream);
}
#define NX_AUTO_RP_RETURN(name) __attribute__((cleanup(nx_rp_return_end))) struct nx_rp_return name = {.upstream = NULL}

/* params: of the query or form that came to the address of `upstream`. Each NX_ERR_UPSTREAM_… names the check that
 * failed; *out has the ticket as soon as it was read, so that the page can go on with the transaction. */
NX_FALLIBLE nx_rp_finish(struct nx_rp_return *out, struct nx_house *house, nx_arena *a, nx_span browser,
                         const char *upstream, const struct nx_params *params);

#endif
