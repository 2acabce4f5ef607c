/* Links and older codes out of arbitrary text; a link that parses is written again as it was. */
#include "qr/legacy.h"
#include "qr/link.h"

#include <stdlib.h>

#define ORIGIN "https://localhost:8443"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    struct nx_link l;
    struct nx_legacy_hint h;
    nx_span text = nx_span_of(data, size);
    if (!a) return 0;
    nx_ignore(nx_legacy_read(&h, a, text));
    if (!nx_ok(nx_link_parse(&l, ORIGIN, text))) return 0;
    char *back = l.kind == NX_LINK_ORDER ? nx_link_order(a, ORIGIN, &l) : nx_link_enrol(a, ORIGIN, &l.id);
    if (!nx_span_eq_str(text, back)) abort();
    return 0;
}
