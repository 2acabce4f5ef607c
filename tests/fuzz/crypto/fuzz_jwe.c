/* An encrypted token from anybody, with keys that the corpus was encrypted to: what opens must be its content. */
#include "crypto/jwe.h"

#include <openssl/pem.h>
#include <stdlib.h>

#define KEYS "tests/data/jwe/"

static EVP_PKEY *key_of(const char *path)
{
    FILE *f = fopen(path, "r");
    EVP_PKEY *key = f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;
    if (f) fclose(f);
    return key;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static EVP_PKEY *keys[2];
    if (!keys[0]) keys[0] = key_of(KEYS "ecdh.pem");
    if (!keys[1]) keys[1] = key_of(KEYS "rsa.pem");
    NX_AUTO(nx_arena) a = nx_arena_open(512u << 10);
    for (int i = 0; i < 2; i++) {
        nx_span plain;
        if (!keys[i] || !nx_ok(nx_jwe_open_with(&plain, a, keys[i], nx_span_of(data, size)))) continue;
        if (!nx_span_starts(plain, NX_LIT("the content of "))) abort();
    }
    return 0;
}
