/* Random bytes, from the generator of OpenSSL, with the fault hook of tests. Thread safe. */
#ifndef NX_CRYPTO_RANDOM_H
#define NX_CRYPTO_RANDOM_H

#include "base/result.h"
#include "base/text.h"

/* Fills n bytes. On NX_ERR_RANDOM the room is zeroed: nobody goes on with bytes that only look random. */
NX_FALLIBLE nx_random(void *out, size_t n);

/* A new id: 128 random bits as 26 lower-case base32 characters. */
NX_FALLIBLE nx_id_make(nx_id *out);

#endif
