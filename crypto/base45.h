/* Base45 (RFC 9285): two bytes are three characters of the QR alphanumeric alphabet, one byte is two.
 *
 * Strict in: only the 45 characters, no triple above 65535, no pair above 255, no lonely last character; one
 * value has one spelling. */
#ifndef NX_CRYPTO_BASE45_H
#define NX_CRYPTO_BASE45_H

#include "base/arena.h"

/* Characters for n bytes, without the NUL. */
#define NX_BASE45_LEN(n) ((n) / 2 * 3 + (n) % 2 * 2)
/* The most that one QR code (version 40, level L) holds in alphanumeric mode. */
#define NX_QR_TEXT_MAX 4296

/* NX_ERR_MEMORY. The text is in the arena. */
NX_FALLIBLE nx_base45_encode(char **out, nx_arena *a, nx_span in);
/* NX_ERR_ENCODING, NX_ERR_LIMIT past NX_QR_TEXT_MAX. */
NX_FALLIBLE nx_base45_decode(nx_span *out, nx_arena *a, nx_span text);

/* Whether every character is of the QR alphanumeric alphabet (one other makes a code half as large again). */
bool nx_base45_alphabet(nx_span text);

#endif
