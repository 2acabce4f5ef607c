/* The second opinion: liboauth2 verifies an operator's token beside our own checks. The one door to that
 * library.
 *
 * It gets a key in memory and a token that our guard let through, nothing else: no request (its reading of
 * forwarded headers can abort), no URL (it never opens a connection), and a result cache that stores nothing
 * (it is keyed by the token alone and would skip the checks of a second verifier). Its log goes nowhere: its
 * lines hold tokens. */
#ifndef NX_ENDPOINTS_BEARER_SECOND_H
#define NX_ENDPOINTS_BEARER_SECOND_H

#include "crypto/keyring.h"

/* Once per process, after the egress client was opened (both initialise libcurl, the first decides how), and
 * last. */
NX_FALLIBLE nx_second_start(void);
void nx_second_stop(void);

/* NX_OK: the token carries a good signature by the key with that kid, and an exp that has not passed.
 * NX_ERR_TOKEN_INVALID; NX_ERR_INTERNAL before nx_second_start. Thread safe: one at a time. */
NX_FALLIBLE nx_second_verify(const nx_signing_key *key, nx_arena *a, const char *token);

#endif
