/* URLs: parts stay inside the text, and nothing but the text itself matches it. */
#include "flow/url.h"

#include <stdlib.h>

static void inside(nx_span part, nx_span whole)
{
    if (part.n && (part.p < whole.p || part.p + part.n > whole.p + whole.n)) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nx_arena *a = nx_arena_open(64u << 10);
    char *text = nx_arena_dup(a, nx_span_of(data, size));
    nx_span whole = nx_span_str(text);
    struct nx_url u;
    if (text && nx_ok(nx_url_split(&u, whole))) {
        inside(u.scheme, whole);
        inside(u.host, whole);
        inside(u.port, whole);
        inside(u.rest, whole);
        if (u.authority && u.host.n == 0) abort();
        if (!nx_url_origin(a, &u)) abort();
        const char *list[] = {"https://portal.example/cb", "http://127.0.0.1/cb"};
        struct nx_strings registered = {list, 2};
        bool known = strcmp(text, list[0]) == 0 || strcmp(text, list[1]) == 0;
        if (nx_redirect_uri_matches(registered, text, false) != known) abort();
        if (nx_redirect_uri_matches(registered, text, true) && !known &&
            strncmp(text, "http://127.0.0.1", 16) != 0)
            abort();
    }
    nx_arena_close(a);
    return 0;
}
