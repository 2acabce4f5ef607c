/* The `claims` parameter: whatever is taken packs and unpacks to the same sets. */
#include "flow/claims.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nx_arena *a = nx_arena_open(1u << 20);
    char *text = nx_arena_dup(a, nx_span_of(data, size));
    struct nx_claims c = {0}, again;
    struct nx_claims_ask ask = {.acr = NX_LEVEL_NONE};
    const char *packed;
    if (text && nx_ok(nx_claims_parameter(&c, &ask, a, text))) {
        if (!nx_ok(nx_claims_pack(&packed, a, &c)) || !nx_ok(nx_claims_unpack(&again, packed))) abort();
        if (memcmp(&c, &again, sizeof c) != 0) abort();
    }
    nx_arena_close(a);
    return 0;
}
