#include "base/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nx_pack p;
    if (!nx_ok(nx_pack_open(&p, nx_span_of(data, size)))) return 0;
    nx_arena *a = nx_arena_open(1 << 20);
    for (size_t i = 0; i < p.count; i++) {
        nx_pack_get_text(&p, p.field[i].tag, a);
        nx_pack_get_number(&p, p.field[i].tag, 0);
    }
    nx_arena_close(a);
    return 0;
}
