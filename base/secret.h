/* Secrets: bytes that must not be printed, must be wiped, and are compared in constant time.
 *
 * nx_secret has a fixed room, lives on the stack or inside an owner, and no function formats it. Declare one
 * with NX_AUTO_SECRET(name): it is wiped on every way out of the block. */
#ifndef NX_BASE_SECRET_H
#define NX_BASE_SECRET_H

#include "base/result.h"
#include "base/span.h"

#define NX_SECRET_MAX 1024

typedef struct nx_secret {
    size_t n;
    uint8_t bytes[NX_SECRET_MAX];
} nx_secret;

/* Overwrites n bytes in a way that the compiler keeps. */
void nx_wipe(void *p, size_t n);
/* Time depends on n alone. */
bool nx_ct_equal_n(const void *a, const void *b, size_t n);
/* Time depends on the lengths alone; different lengths are unequal. */
bool nx_ct_equal(nx_span a, nx_span b);

/* NX_ERR_LIMIT past NX_SECRET_MAX. */
NX_FALLIBLE nx_secret_set(nx_secret *s, nx_span bytes);
/* Copies and wipes the source, for values parsed out of a request. */
NX_FALLIBLE nx_secret_take(nx_secret *s, uint8_t *bytes, size_t n);
/* A view for a cryptographic call; never for a log. */
nx_span nx_secret_expose(const nx_secret *s);

static inline void nx_secret_wipe(nx_secret *s)
{
    nx_wipe(s, sizeof *s);
}
#define NX_AUTO_SECRET(name) __attribute__((cleanup(nx_secret_wipe))) nx_secret name = {.n = 0}

#endif
