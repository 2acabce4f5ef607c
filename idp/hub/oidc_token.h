/* The token call (OpenID Connect Core 3.1.3) and the call of the userinfo endpoint (5.3). Inside this folder only. */
#ifndef NX_HUB_OIDC_TOKEN_H
#define NX_HUB_OIDC_TOKEN_H

#include "hub/oidc_provider.h"

struct nx_rp_exchange {
    struct nx_house *house;
    nx_arena *arena;
    const struct nx_oidc_row *row;
    const struct nx_oidc_provider *provider;
};

struct nx_rp_tokens {
    const char *id_token;
    const char *access_token; /* NULL: none */
};

/* verifier may be NULL. NX_ERR_UPSTREAM_TOKEN: refused, or not an answer of the standard; errors of nx_hub_call. */
NX_FALLIBLE nx_rp_redeem(struct nx_rp_tokens *out, const struct nx_rp_exchange *x, const char *code,
                         const char *verifier);
/* Claims of the userinfo endpoint; owned. They must be of this subject (5.3.2): NX_ERR_UPSTREAM_SUBJECT. */
NX_FALLIBLE nx_rp_userinfo(json_t **out, const struct nx_rp_exchange *x, const char *access_token, const char *sub);

#endif
