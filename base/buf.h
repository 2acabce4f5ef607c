/* Bounded buffers: bytes being written, with the maximum stated at birth.
 *
 * A buffer lives in an arena and grows there up to its maximum. Writing past it fails with NX_ERR_LIMIT and
 * writes nothing: never a truncated document. One failure sticks: later writes fail too, so that a builder
 * may write a run of pieces and check once, with nx_buf_done. */
#ifndef NX_BASE_BUF_H
#define NX_BASE_BUF_H

#include "base/arena.h"

typedef struct nx_buf {
    uint8_t *p;
    size_t n;
    size_t cap;
    size_t max;
    nx_arena *arena;
    nx_err failed;
} nx_buf;

/* An empty buffer of at most max bytes; the first write allocates. */
void nx_buf_init(nx_buf *b, nx_arena *a, size_t max);

NX_FALLIBLE nx_buf_put(nx_buf *b, nx_span s);
NX_FALLIBLE nx_buf_puts(nx_buf *b, const char *s);
NX_FALLIBLE nx_buf_putc(nx_buf *b, uint8_t c);
NX_FALLIBLE nx_buf_printf(nx_buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Room for n more bytes that the caller fills at once; NULL when there is none (and the buffer has failed). */
uint8_t *nx_buf_room(nx_buf *b, size_t n);

/* The same writes for builders that check once at the end. */
void nx_buf_add(nx_buf *b, nx_span s);
void nx_buf_adds(nx_buf *b, const char *s);
void nx_buf_addf(nx_buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The error of the first failed write, or success. */
NX_FALLIBLE nx_buf_done(const nx_buf *b);
/* What was written; borrowed from the arena, valid until the next write. */
nx_span nx_buf_span(const nx_buf *b);
/* The same as a C string: a NUL is written behind but not counted. NULL if the buffer failed. */
char *nx_buf_str(nx_buf *b);

#endif
