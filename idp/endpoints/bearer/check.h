/* The checks of an operator's token, without HTTP. */
#ifndef NX_ENDPOINTS_BEARER_CHECK_H
#define NX_ENDPOINTS_BEARER_CHECK_H

#include "endpoints/bearer/bearer.h"
#include "house/house.h"

/* The token of an Authorization value ("Bearer …"); NX_ERR_TOKEN_ABSENT for NULL and other schemes. */
NX_FALLIBLE nx_bearer_token(nx_span *out, const char *authorization);
/* See nx_bearer_require. */
NX_FALLIBLE nx_bearer_check(struct nx_bearer *out, struct nx_house *house, nx_arena *a, nx_span token,
                            const char *scope);

#endif
