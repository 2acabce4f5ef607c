/* The keys of clients: registered by value (jwks) or fetched from their jwks_uri and kept for a while.
 *
 * A token whose kid is not among the kept keys makes us fetch again, at most once in a few seconds for each
 * client, so that a client may rotate its keys without telling us and a stranger cannot make us call it at
 * will. */
#ifndef NX_OIDC_CLIENT_KEYS_H
#define NX_OIDC_CLIENT_KEYS_H

#include "crypto/jws.h"
#include "registry/client.h"

struct nx_house;

/* Verifies a token of the client. NX_ERR_CLIENT_AUTH when no key of its verifies it or its keys cannot be
 * had; NX_ERR_CLIENT_KEYS when they must be fetched and may_call is false. */
NX_FALLIBLE nx_client_keys_verify(struct nx_jws *out, struct nx_house *house, nx_arena *a, const nx_client *c,
                                  const struct nx_jws_rules *rules, nx_span token, bool may_call);

#endif
