/* Chunks form a list, newest first. The first chunk is kept across resets; the others are freed, since a
 * request that needed them is rare. */
#include "base/arena.h"

#include "base/fault.h"
#include "base/secret.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define CHUNK_MIN 8192
#define ALIGN 16

struct chunk {
    struct chunk *next;
    size_t size;
    size_t used;
    _Alignas(ALIGN) uint8_t data[];
};

struct nx_arena {
    struct chunk *head;
    size_t max;
    size_t used;
    bool failed;
};

nx_arena *nx_arena_open(size_t max)
{
    nx_arena *a = calloc(1, sizeof *a);
    if (a) a->max = max;
    return a;
}

static void chunk_free(struct chunk *c)
{
    nx_wipe(c->data, c->used);
    free(c);
}

void nx_arena_reset(nx_arena *a)
{
    while (a->head && a->head->next) {
        struct chunk *c = a->head;
        a->head = c->next;
        chunk_free(c);
    }
    if (a->head) {
        nx_wipe(a->head->data, a->head->used);
        a->head->used = 0;
    }
    a->used = 0;
    a->failed = false;
}

void nx_arena_close(nx_arena *a)
{
    if (!a) return;
    nx_arena_reset(a);
    free(a->head);
    free(a);
}

static struct chunk *chunk_add(nx_arena *a, size_t n)
{
    size_t size = n > CHUNK_MIN ? n : CHUNK_MIN;
    struct chunk *c = nx_fault_hit(NX_ACT_ALLOC) ? NULL : malloc(sizeof *c + size);
    if (!c) return NULL;
    c->size = size;
    c->used = 0;
    c->next = a->head;
    a->head = c;
    return c;
}

void *nx_arena_alloc(nx_arena *a, size_t n)
{
    if (n > a->max || a->used + n > a->max) {
        a->failed = true;
        return NULL;
    }
    size_t room = (n + (ALIGN - 1)) & ~(size_t)(ALIGN - 1);
    if (room == 0) room = ALIGN;
    struct chunk *c = a->head;
    if (!c || c->size - c->used < room) c = chunk_add(a, room);
    if (!c) {
        a->failed = true;
        return NULL;
    }
    void *p = c->data + c->used;
    c->used += room;
    a->used += room;
    memset(p, 0, room);
    return p;
}

void *nx_arena_calloc(nx_arena *a, size_t count, size_t size)
{
    size_t n;
    if (__builtin_mul_overflow(count, size, &n)) {
        a->failed = true;
        return NULL;
    }
    return nx_arena_alloc(a, n);
}

char *nx_arena_dup(nx_arena *a, nx_span s)
{
    char *p = s.n < SIZE_MAX ? nx_arena_alloc(a, s.n + 1) : NULL;
    if (p && s.n) memcpy(p, s.p, s.n);
    return p;
}

char *nx_arena_strdup(nx_arena *a, const char *s)
{
    return nx_arena_dup(a, nx_span_str(s));
}

char *nx_arena_printf(nx_arena *a, const char *format, ...)
{
    va_list ap, again;
    va_start(ap, format);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, format, ap);
    va_end(ap);
    char *p = n >= 0 ? nx_arena_alloc(a, (size_t)n + 1) : NULL;
    if (p) vsnprintf(p, (size_t)n + 1, format, again);
    va_end(again);
    return p;
}

bool nx_arena_failed(const nx_arena *a)
{
    return a->failed;
}

size_t nx_arena_used(const nx_arena *a)
{
    return a->used;
}
