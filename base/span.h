/* Spans: bytes that somebody else owns. A span is passed by value and never outlives its owner. */
#ifndef NX_BASE_SPAN_H
#define NX_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct nx_span {
    const uint8_t *p;
    size_t n;
} nx_span;

#define NX_SPAN_NONE ((nx_span){NULL, 0})
/* A string literal or char array that is one, without its NUL. */
#define NX_LIT(s) ((nx_span){(const uint8_t *)("" s ""), sizeof(s) - 1})

static inline nx_span nx_span_of(const void *p, size_t n)
{
    return (nx_span){(const uint8_t *)p, n};
}

/* NULL gives the empty span. */
static inline nx_span nx_span_str(const char *s)
{
    return (nx_span){(const uint8_t *)s, s ? strlen(s) : 0};
}

/* Not for secrets: stops at the first difference. See nx_ct_equal in base/secret.h. */
static inline bool nx_span_eq(nx_span a, nx_span b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool nx_span_eq_str(nx_span a, const char *s)
{
    return nx_span_eq(a, nx_span_str(s));
}

static inline bool nx_span_starts(nx_span a, nx_span prefix)
{
    return a.n >= prefix.n && (prefix.n == 0 || memcmp(a.p, prefix.p, prefix.n) == 0);
}

/* The part from `from` on; empty when from is past the end. */
static inline nx_span nx_span_from(nx_span a, size_t from)
{
    return from >= a.n ? NX_SPAN_NONE : (nx_span){a.p + from, a.n - from};
}

/* Cuts the piece before the first `sep` off *rest and moves *rest behind it; false when *rest was exhausted
 * (p NULL). "a,,b" gives "a", "", "b". */
bool nx_span_cut(nx_span *rest, uint8_t sep, nx_span *piece);

#endif
