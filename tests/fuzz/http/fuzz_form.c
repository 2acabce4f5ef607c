/* Queries and forms, and the target they come in. */
#include "http/framing.h"
#include "http/pairs.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nx_arena *a = nx_arena_open(1u << 20);
    nx_pairs p;
    if (!a) return 0;
    nx_ignore(nx_framing_target(nx_span_of(data, size)));
    if (nx_ok(nx_pairs_parse(&p, a, nx_span_of(data, size)))) {
        if (p.n > NX_PAIRS_MAX) abort();
        for (size_t i = 0; i < p.n; i++)
            if (!p.at[i].name[0] || !p.at[i].value) abort();
    }
    nx_arena_close(a);
    return 0;
}
