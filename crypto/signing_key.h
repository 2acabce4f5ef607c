/* One key of the ring, for the files of this folder: immutable after it was made, reference counted, so that
 * a thread may go on signing with a key that a rotation just took out of the ring. */
#ifndef NX_CRYPTO_SIGNING_KEY_H
#define NX_CRYPTO_SIGNING_KEY_H

#include "crypto/keyring.h"

#include <stdatomic.h>

struct nx_signing_key {
    atomic_uint refs;
    nx_key_use use;
    nx_alg alg;
    EVP_PKEY *pair;
    nx_jwk *jwk;
    char *certificate; /* base64 of the DER; NULL: none */
};

/* Takes the key pair and the certificate (NULL: none) over, also when it fails. One reference, the caller's. */
NX_FALLIBLE nx_signing_key_make(nx_signing_key **out, const struct nx_key_row *row, EVP_PKEY *pair,
                                char *certificate);
nx_signing_key *nx_signing_key_hold(nx_signing_key *k);

#endif
