/* What decodes must encode back to the same text. */
#include "crypto/base45.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    nx_span plain;
    char *back;
    if (!a || !nx_ok(nx_base45_decode(&plain, a, nx_span_of(data, size)))) return 0;
    if (!nx_ok(nx_base45_encode(&back, a, plain)) || !nx_span_eq(nx_span_str(back), nx_span_of(data, size)))
        abort();
    return 0;
}
