/* Every decoder over the same bytes; what decodes must encode back to the same text. */
#include "base/text.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nx_arena *a = nx_arena_open(16 << 20);
    nx_span in = nx_span_of(data, size), out;
    char *text;
    if (nx_ok(nx_b64u_decode_dup(&out, a, in)) && !nx_span_eq_str(in, nx_b64u_dup(a, out))) abort();
    if (nx_ok(nx_b64_decode_dup(&out, a, in)) && !nx_span_eq_str(in, nx_b64_dup(a, out))) abort();
    if (nx_ok(nx_form_decode(&text, a, in)) && !nx_utf8_valid(nx_span_str(text))) abort();
    uint64_t v;
    nx_ignore(nx_parse_u64(&v, in, UINT64_MAX));
    nx_utf8_printable(in);
    nx_arena_close(a);
    return 0;
}
