#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>

void nx_buf_init(nx_buf *b, nx_arena *a, size_t max)
{
    *b = (nx_buf){.max = max, .arena = a};
}

static bool grow(nx_buf *b, size_t need)
{
    size_t cap = b->cap ? b->cap : 128;
    while (cap < need)
        cap *= 2;
    if (cap > b->max + 1) cap = b->max + 1; /* one more for the NUL of nx_buf_str */
    uint8_t *p = nx_arena_alloc(b->arena, cap);
    if (!p) {
        b->failed = NX_ERR_MEMORY;
        return false;
    }
    if (b->n) memcpy(p, b->p, b->n);
    b->p = p;
    b->cap = cap;
    return true;
}

uint8_t *nx_buf_room(nx_buf *b, size_t n)
{
    if (b->failed) return NULL;
    if (n > b->max - b->n) {
        b->failed = NX_ERR_LIMIT;
        return NULL;
    }
    if (b->n + n + 1 > b->cap && !grow(b, b->n + n + 1)) return NULL;
    uint8_t *p = b->p + b->n;
    b->n += n;
    return p;
}

NX_FALLIBLE nx_buf_put(nx_buf *b, nx_span s)
{
    uint8_t *p = nx_buf_room(b, s.n);
    if (p && s.n) memcpy(p, s.p, s.n);
    return nx_buf_done(b);
}

NX_FALLIBLE nx_buf_puts(nx_buf *b, const char *s)
{
    return nx_buf_put(b, nx_span_str(s));
}

NX_FALLIBLE nx_buf_putc(nx_buf *b, uint8_t c)
{
    return nx_buf_put(b, nx_span_of(&c, 1));
}

/* Into what room there is; only a text that did not fit is written a second time. */
static __attribute__((format(printf, 2, 0))) void vaddf(nx_buf *b, const char *format, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    size_t room = b->failed ? 0 : b->cap - b->n;
    int n = vsnprintf(room ? (char *)b->p + b->n : NULL, room, format, ap);
    uint8_t *p = n >= 0 ? nx_buf_room(b, (size_t)n) : NULL;
    if (p && (size_t)n >= room)
        vsnprintf((char *)p, (size_t)n + 1, format, again); /* the NUL falls into the spare byte */
    va_end(again);
}

NX_FALLIBLE nx_buf_printf(nx_buf *b, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vaddf(b, format, ap);
    va_end(ap);
    return nx_buf_done(b);
}

void nx_buf_add(nx_buf *b, nx_span s)
{
    nx_ignore(nx_buf_put(b, s)); /* the failure sticks and is read by nx_buf_done */
}

void nx_buf_adds(nx_buf *b, const char *s)
{
    nx_buf_add(b, nx_span_str(s));
}

void nx_buf_addf(nx_buf *b, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vaddf(b, format, ap);
    va_end(ap);
}

NX_FALLIBLE nx_buf_done(const nx_buf *b)
{
    NX_REQUIRE(b->failed == NX_ERR_NONE, b->failed);
    return NX_OK;
}

nx_span nx_buf_span(const nx_buf *b)
{
    return (nx_span){b->p, b->n};
}

char *nx_buf_str(nx_buf *b)
{
    if (b->failed) return NULL;
    if (b->n + 1 > b->cap && !grow(b, b->n + 1)) return NULL;
    b->p[b->n] = 0;
    return (char *)b->p;
}
