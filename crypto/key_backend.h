/* Where private keys come from. A row of the registry is opaque to the keyring: the backend makes it and
 * makes a key of it again. Sealed PKCS#8 today; a PKCS#11 module would keep the key's URI in the row and give
 * an EVP key whose operations happen in the module. */
#ifndef NX_CRYPTO_KEY_BACKEND_H
#define NX_CRYPTO_KEY_BACKEND_H

#include "crypto/keyring.h"

struct nx_key_backend {
    const char *name;
    /* A new key for use and alg: fills kid and sealed of the row (memory of the arena). *key is owned. */
    nx_result (*make)(EVP_PKEY **key, struct nx_key_row *row, nx_arena *a, const nx_master *m);
    /* The key of a row and, where its use has one, its certificate as base64 of the DER, NULL otherwise;
     * NX_ERR_KEY_ROW when the row does not open or is another key's. *key and *certificate are owned (EVP_PKEY_free,
     * free). */
    nx_result (*load)(EVP_PKEY **key, char **certificate, const struct nx_key_row *row, const nx_master *m);
};

extern const struct nx_key_backend nx_key_sealed;

#endif
