/* What a browser sends after `Authorization:`, as text and as the bytes inside it, and what a library might
 * call a principal. */
#include "authn/kerberos.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct nx_kerberos_row row = {.realm = "AGENCY.VN"};
    nx_arena *a = nx_arena_open(1u << 20);
    nx_span token, name, bytes = nx_span_of(data, size);
    const char *text = size <= 2u * NX_NEGOTIATE_MAX ? nx_arena_dup(a, bytes) : NULL;
    nx_ignore(nx_negotiate_check(bytes));
    if (text && nx_ok(nx_negotiate_token(&token, a, text)) && !nx_ok(nx_negotiate_check(token))) abort();
    if (nx_ok(nx_kerberos_principal(&name, bytes, &row)) && (name.n == 0 || memchr(name.p, '/', name.n)))
        abort();
    nx_arena_close(a);
    return 0;
}
