/* A public key or a set of keys from anybody. What is accepted must come back from its own export unchanged. */
#include "crypto/jwk.h"

#include <stdlib.h>

static void check(const nx_jwk *k)
{
    NX_AUTO_JSON j = nx_jwk_public(k);
    NX_AUTO(nx_jwk) again = NULL;
    if (!j || !nx_ok(nx_jwk_from_json(&again, j))) abort();
    if (strcmp(nx_jwk_thumbprint(k), nx_jwk_thumbprint(again)) != 0) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    NX_AUTO(nx_jwk) k = NULL;
    NX_AUTO(nx_jwks) s = NULL;
    if (nx_ok(nx_jwk_parse(&k, nx_span_of(data, size)))) check(k);
    if (!nx_ok(nx_jwks_parse(&s, nx_span_of(data, size)))) return 0;
    for (size_t i = 0; i < nx_jwks_count(s); i++)
        check(nx_jwks_at(s, i));
    return 0;
}
