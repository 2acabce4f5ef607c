/* The identity map inside a card: MOSIP Claim 169 (v1.2.2) and our keys 75 to 77 of its closed-ecosystem
 * range. The same map stands under 169 for persons and under -70169 for organisations, households and
 * official roles. */
#ifndef NX_CRYPTO_CLAIM169_H
#define NX_CRYPTO_CLAIM169_H

#include "crypto/cbor.h"

#define NX_CLAIM169_TEXT_MAX 512 /* bytes of one text */
#define NX_CLAIM169_CODES_MAX 8

enum nx_claim169_kind {
    NX_169_UNSAID = 0,
    NX_169_PERSON = 1,
    NX_169_ORGANISATION = 2,
    NX_169_HOUSEHOLD = 3,
    NX_169_ROLE = 4,
    NX_169_MANDATE = 5,
};

struct nx_claim169_code {
    const char *scheme;
    const char *value;
};

/* NULL or 0 where absent; borrowed when written, in the arena when read. */
struct nx_claim169 {
    const char *id;                                      /* 1 */
    const char *full_name;                               /* 4 */
    const char *first_name;                              /* 5 */
    const char *middle_name;                             /* 6 */
    const char *last_name;                               /* 7 */
    char birthdate[9];                                   /* 8: YYYYMMDD, "" when absent */
    int gender;                                          /* 9: 1 male, 2 female, 3 other */
    const char *address;                                 /* 10 */
    const char *email;                                   /* 11 */
    const char *phone;                                   /* 12 */
    const char *nationality;                             /* 13 */
    enum nx_claim169_kind kind;                          /* 75 */
    struct nx_claim169_code code[NX_CLAIM169_CODES_MAX]; /* 76 */
    size_t codes;
    int proofing; /* 77: 1..4 */
};

/* The encoded map. A date must be a calendar date, kind, gender and proofing in range (NX_ERR_RANGE), texts
 * valid UTF-8 (NX_ERR_ENCODING) within the limits (NX_ERR_LIMIT). */
NX_FALLIBLE nx_claim169_write(nx_span *out, nx_arena *a, const struct nx_claim169 *c);
/* Reads a map; keys that are not listed above are skipped (forward compatibility), a listed one of another
 * type or range is NX_ERR_CWT. A birth date is taken in both spellings, YYYYMMDD and YYYY-MM-DD. */
NX_FALLIBLE nx_claim169_read(struct nx_claim169 *out, nx_arena *a, const struct nx_cbor *map);

#endif
