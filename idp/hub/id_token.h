/* The claims of an ID token, checked: OpenID Connect Core 3.1.3.7 and 3.1.3.8. The signature is verified before. Pure
 * but for the clock. */
#ifndef NX_HUB_ID_TOKEN_H
#define NX_HUB_ID_TOKEN_H

#include "base/clock.h"
#include "base/json.h"

#define NX_ID_TOKEN_AGE_S 600 /* an ID token is an answer, made a moment ago */
#define NX_ID_TOKEN_SUB_MAX 255

/* What it must say. */
struct nx_id_token_rules {
    const char *issuer;
    const char *client_id;
    const char *nonce;        /* NULL: is not looked at */
    const char *code;         /* that came beside it; NULL */
    const char *access_token; /* the same */
    nx_time fresh_since;      /* auth_time must be there and not before (less NX_SKEW_S); 0: any */
};

/* NX_ERR_UPSTREAM_ISSUER, _AUDIENCE, _TIME, _NONCE, _HASH, _SUBJECT, _ACR (not signed in anew), _FORM (a claim of
 * another type). */
NX_FALLIBLE nx_id_token_check(const json_t *claims, const struct nx_id_token_rules *rules);

#endif
