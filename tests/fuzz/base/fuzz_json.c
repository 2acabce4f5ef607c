#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    NX_AUTO_JSON j = NULL;
    if (!nx_ok(nx_json_parse_object(&j, nx_span_of(data, size)))) return 0;
    nx_arena *a = nx_arena_open(4 << 20);
    nx_json_dump(a, j);
    nx_arena_close(a);
    return 0;
}
