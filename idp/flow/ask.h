/* What a portal asks of a sign-in, whatever its protocol: the part of a request that decisions and pages look
 * at. A transaction keeps it (docs/architecture.md section 8), with the protocol's own part beside it as bytes
 * that only the protocol reads. */
#ifndef NX_FLOW_ASK_H
#define NX_FLOW_ASK_H

#include "flow/claims.h"
#include "flow/params.h"
#include "flow/scope.h"
#include "policies/may_issue.h"
#include "sessions/signon.h"

#define NX_LOGIN_HINT_MAX 128
#define NX_UI_LOCALES_MAX 128
#define NX_ACR_VALUES_MAX 256
#define NX_RESOURCES_MAX 8
#define NX_ASK_OWN_MAX (8u << 10)

struct nx_ask {
    const char *protocol; /* name of its row (flow/protocol.h) */
    const char *client_id;
    const char *return_to;  /* where the answer goes: proven to be the client's */
    struct nx_words scopes; /* that may be granted */
    struct nx_words resources;
    struct nx_claims claims;
    unsigned prompt; /* enum nx_prompt bits */
    int64_t max_age; /* -1: none */
    enum nx_level acr; /* the lowest level that satisfies; NX_LEVEL_NONE: any */
    bool acr_essential;
    bool pkce;            /* a proof key came with it */
    const char *hint_sub; /* the person that it must be, by the client's name of her; NULL */
    const char *login_hint;
    const char *acr_values; /* as sent: a word may name an upstream (hub/choose.h); NULL */
    const char *ui_locales;
    nx_span own; /* the protocol's part, packed; at most NX_ASK_OWN_MAX */
    /* The session that the browser had when the request came: a later one is fresh. */
    const char *prior_session;
    uint32_t prior_link;
};

/* The form in which a transaction keeps it. NX_ERR_LIMIT. */
NX_FALLIBLE nx_ask_pack(nx_span *out, nx_arena *a, const struct nx_ask *ask);
/* own is borrowed from pack. NX_ERR_SYNTAX. */
NX_FALLIBLE nx_ask_unpack(struct nx_ask *ask, nx_arena *a, nx_span pack);

/* Whether the session is another one than at the beginning, or has been raised since. */
bool nx_ask_is_fresh(const struct nx_ask *ask, const struct nx_signon *s);

#endif
