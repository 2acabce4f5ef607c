/* From the claims of an ID token to an identity, by the row's maps; and the token out of its encryption. Inside this
 * folder only. */
#ifndef NX_HUB_OIDC_CLAIMS_H
#define NX_HUB_OIDC_CLAIMS_H

#include "hub/oidc_row.h"

/* Texts are copied into the arena. NX_ERR_UPSTREAM_ACR: the row wants an acr that its map knows. */
NX_FALLIBLE nx_oidc_identity(struct nx_identity *out, nx_arena *a, const struct nx_oidc_row *row, const json_t *claims);
/* The signed token inside: as it came where the row does not expect encryption. NX_ERR_UPSTREAM_FORM when it is the
 * other way round; NX_ERR_UPSTREAM_SIGNATURE when it does not open with a key of ours. */
NX_FALLIBLE nx_oidc_open(nx_span *out, struct nx_house *house, nx_arena *a, const struct nx_oidc_row *row,
                         nx_span token);

#endif
