/* Text encodings, strict in and canonical out. Every decoder refuses padding, line breaks, foreign characters
 * and non-canonical last characters: one value has one spelling. */
#ifndef NX_BASE_TEXT_H
#define NX_BASE_TEXT_H

#include "base/arena.h"
#include "base/buf.h"

/* RFC 4648 section 5, no padding. Encoded length of n bytes, without the NUL. */
#define NX_B64U_LEN(n) (((n) * 4 + 2) / 3)
/* Writes NX_B64U_LEN(n) characters and a NUL to out. */
void nx_b64u_encode(char *out, nx_span in);
char *nx_b64u_dup(nx_arena *a, nx_span in);
/* Decodes into out (room for in.n * 3 / 4 bytes); *n is the number of bytes. NX_ERR_ENCODING. */
NX_FALLIBLE nx_b64u_decode(uint8_t *out, size_t room, size_t *n, nx_span in);
NX_FALLIBLE nx_b64u_decode_dup(nx_span *out, nx_arena *a, nx_span in);
/* RFC 4648 section 4, padding required: HTTP Basic and PEM-like values only. */
NX_FALLIBLE nx_b64_decode_dup(nx_span *out, nx_arena *a, nx_span in);
char *nx_b64_dup(nx_arena *a, nx_span in);

/* Lower-case hexadecimal; out has room for 2n + 1. */
void nx_hex_encode(char *out, nx_span in);
NX_FALLIBLE nx_hex_decode(uint8_t *out, size_t room, size_t *n, nx_span in);

/* RFC 4648 base32 without padding, in lower case (ids) or upper case (QR links). 16 bytes are 26 characters. */
#define NX_B32_LEN(n) (((n) * 8 + 4) / 5)
void nx_b32_encode(char *out, nx_span in, bool upper);
NX_FALLIBLE nx_b32_decode(uint8_t *out, size_t room, size_t *n, nx_span in, bool upper);

/* Well-formed UTF-8 (no surrogates, no overlong forms, at most U+10FFFF). */
bool nx_utf8_valid(nx_span s);
/* The same without control characters (C0 but for what `allow` lists, DEL, C1): names and labels of people. */
bool nx_utf8_printable(nx_span s);
bool nx_ascii_printable(nx_span s); /* 0x20..0x7e only */

/* Decimal digits only, no sign, no leading zero but "0" itself; NX_ERR_SYNTAX or NX_ERR_RANGE. */
NX_FALLIBLE nx_parse_u64(uint64_t *out, nx_span s, uint64_t max);

/* Percent-encodes everything but the unreserved characters of RFC 3986. */
void nx_percent_encode(nx_buf *out, nx_span s);
/* application/x-www-form-urlencoded value: '+' is a space, %XX strict, %00 and invalid UTF-8 refused. */
NX_FALLIBLE nx_form_decode(char **out, nx_arena *a, nx_span s);

/* Ids of things that last: 16 random bytes as 26 lower-case base32 characters. */
#define NX_ID_LEN 26
typedef struct nx_id {
    char s[NX_ID_LEN + 1];
} nx_id;
bool nx_id_valid(nx_span s);

#endif
