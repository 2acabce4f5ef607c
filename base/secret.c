#include "base/secret.h"

void nx_wipe(void *p, size_t n)
{
    if (n) explicit_bzero(p, n);
}

bool nx_ct_equal_n(const void *a, const void *b, size_t n)
{
    const volatile uint8_t *x = a, *y = b;
    uint8_t diff = 0;
    for (size_t i = 0; i < n; i++)
        diff |= (uint8_t)(x[i] ^ y[i]);
    return diff == 0;
}

bool nx_ct_equal(nx_span a, nx_span b)
{
    return a.n == b.n && nx_ct_equal_n(a.p, b.p, a.n);
}

NX_FALLIBLE nx_secret_set(nx_secret *s, nx_span bytes)
{
    NX_REQUIRE(bytes.n <= NX_SECRET_MAX, NX_ERR_LIMIT);
    if (bytes.n) memcpy(s->bytes, bytes.p, bytes.n);
    s->n = bytes.n;
    return NX_OK;
}

NX_FALLIBLE nx_secret_take(nx_secret *s, uint8_t *bytes, size_t n)
{
    nx_result r = nx_secret_set(s, nx_span_of(bytes, n));
    nx_wipe(bytes, n);
    return r;
}

nx_span nx_secret_expose(const nx_secret *s)
{
    return (nx_span){s->bytes, s->n};
}
