/* The stored form of an authorization request. The store's seal stands in front of it; it is parsed strictly
 * all the same, and what it gives packs again to the same bytes' meaning. */
#include "oidc/ask.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nx_arena *a = nx_arena_open(1u << 20);
    struct nx_ask ask, again;
    nx_span pack;
    struct nx_oidc_ask own;
    if (nx_ok(nx_ask_unpack(&ask, a, nx_span_of(data, size))) && nx_ok(nx_ask_pack(&pack, a, &ask))) {
        if (!nx_ok(nx_ask_unpack(&again, a, pack))) abort();
        if (strcmp(ask.client_id, again.client_id) != 0 || ask.max_age != again.max_age) abort();
        if (ask.scopes.count != again.scopes.count || ask.prompt != again.prompt) abort();
    }
    if (nx_ok(nx_ask_unpack(&ask, a, nx_span_of(data, size)))) (void)nx_ok(nx_oidc_ask_open(&own, a, &ask));
    nx_arena_close(a);
    return 0;
}
