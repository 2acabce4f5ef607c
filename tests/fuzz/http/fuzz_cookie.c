/* The Cookie field, and Accept-Language beside it. */
#include "http/cookie.h"
#include "http/language.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nx_arena *a = nx_arena_open(1u << 20);
    char *field = a ? nx_arena_dup(a, nx_span_of(data, size)) : NULL;
    if (field) {
        const char *value = nx_cookie_find(field, "__Host-nxs", a);
        if (value && !nx_cookie_value_ok(nx_span_str(value))) abort();
        if (!nx_language_exact(nx_language_accept(field, "vi"))) abort();
        if (!nx_language_exact(nx_language_pick(field, "en"))) abort();
    }
    nx_arena_close(a);
    return 0;
}
