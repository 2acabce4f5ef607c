/* The discovery document: OpenID Connect Discovery 1.0 and RFC 8414. What it lists is read from the rows that
 * the endpoints themselves run on, so that nothing is announced that does not work. */
#ifndef NX_OIDC_METADATA_H
#define NX_OIDC_METADATA_H

#include "base/arena.h"

struct nx_house;

/* One document for both well-known addresses. *json is in the arena. */
NX_FALLIBLE nx_metadata(nx_span *json, struct nx_house *house, nx_arena *a);

#endif
