/* The discovery documents: OpenID Connect Discovery 1.0 and RFC 8414. Everything in them is read from the rows that
 * the endpoints themselves run on, so that nothing is announced that does not work. */
#ifndef NX_OIDC_METADATA_H
#define NX_OIDC_METADATA_H

#include "base/arena.h"

struct nx_house;

enum nx_metadata_kind { NX_METADATA_OPENID, NX_METADATA_OAUTH };

NX_FALLIBLE nx_metadata(nx_span *json, struct nx_house *house, nx_arena *a, enum nx_metadata_kind kind);

#endif
