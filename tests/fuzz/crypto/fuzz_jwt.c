/* A compact token from anybody, through the guard and the JOSE library, against an EC and an RSA key. None of the
 * keys signed anything, so a token that verifies is a finding too. */
#include "crypto/jws.h"

#include <stdlib.h>

static nx_jwk *key_of(nx_alg alg)
{
    EVP_PKEY *pair = NULL;
    nx_jwk *key = NULL;
    if (!nx_ok(nx_alg_generate(&pair, alg)) || !nx_ok(nx_jwk_from_evp(&key, pair, NX_ALG_NONE, NULL))) abort();
    EVP_PKEY_free(pair);
    return key;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static nx_jwk *keys[2];
    if (!keys[0]) {
        keys[0] = key_of(NX_ALG_ES256);
        keys[1] = key_of(NX_ALG_RS256);
    }
    static const char *const typ[] = {"JWT", "at+jwt", NULL};
    const struct nx_jws_rules rules = {.algs = NX_ALGS_ALL, .typ = typ, .no_typ = true};
    NX_AUTO(nx_arena) a = nx_arena_open(256u << 10);
    for (int i = 0; i < 2; i++) {
        struct nx_jws out;
        if (nx_ok(nx_jws_verify(&out, a, keys[i], &rules, nx_span_of(data, size)))) abort();
    }
    return 0;
}
