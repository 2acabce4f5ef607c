/* Arenas: all memory of one request, born and wiped together.
 *
 * An arena grows in chunks up to the maximum it was opened with; past it an allocation gives NULL and the
 * arena remembers that (nx_arena_failed), so that a builder may allocate freely and check once. Closing or
 * resetting wipes every byte that was handed out: requests hold passwords and tokens.
 * Not thread safe: an arena belongs to the thread that works on its request. */
#ifndef NX_BASE_ARENA_H
#define NX_BASE_ARENA_H

#include "base/result.h"
#include "base/span.h"

typedef struct nx_arena nx_arena;

/* Opens an arena that will never hold more than `max` bytes. NULL when out of memory. Owned by the caller. */
nx_arena *nx_arena_open(size_t max);
/* Wipes and frees. NULL is allowed. */
void nx_arena_close(nx_arena *a);
/* Wipes everything handed out and keeps one chunk for the next request. */
void nx_arena_reset(nx_arena *a);
NX_AUTO_DEFINE(nx_arena, nx_arena_close)

/* Zeroed memory aligned for any type; NULL past the maximum. n == 0 gives a valid pointer. */
void *nx_arena_alloc(nx_arena *a, size_t n);
/* Room for count objects of size bytes; NULL on overflow of the product too. */
void *nx_arena_calloc(nx_arena *a, size_t count, size_t size);
#define nx_arena_new(a, type, count) ((type *)nx_arena_calloc((a), (count), sizeof(type)))

/* Copies, with a NUL behind. NULL past the maximum. */
char *nx_arena_dup(nx_arena *a, nx_span s);
char *nx_arena_strdup(nx_arena *a, const char *s);
char *nx_arena_printf(nx_arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

bool nx_arena_failed(const nx_arena *a);
size_t nx_arena_used(const nx_arena *a);

/* For the usual "allocate or fail" line. */
#define NX_NEED(p) NX_REQUIRE((p) != NULL, NX_ERR_MEMORY)

#endif
