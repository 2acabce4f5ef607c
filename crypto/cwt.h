/* CBOR Web Tokens (RFC 8392): the claims of handles, cards and live codes (docs/PROTOCOL-qr.md section 3). */
#ifndef NX_CRYPTO_CWT_H
#define NX_CRYPTO_CWT_H

#include "base/clock.h"
#include "crypto/cbor.h"
#include "crypto/cose.h"

/* Claim keys. */
enum {
    NX_CWT_ISS = 1,
    NX_CWT_SUB = 2,
    NX_CWT_EXP = 4,
    NX_CWT_NBF = 5,
    NX_CWT_IAT = 6,
    NX_CWT_CTI = 7,
    NX_CWT_CNF = 8,
    NX_CWT_PERSON = 169,
    NX_CWT_STATUS = 65535,
    NX_CWT_SUBJECT = -70169, /* organisation, household, official role */
    NX_CWT_HANDLE = -70170,  /* the handle inside a live code */
};

#define NX_CWT_URI_MAX 256
#define NX_CWT_CTI_MAX 32

/* What is absent is NULL, empty, or 0 for times (-1 for status_index). Borrowed from the arena. */
struct nx_cwt {
    const char *iss;
    const char *sub;
    nx_time exp;
    nx_time nbf;
    nx_time iat;
    nx_span cti;
    nx_span ckt;                   /* cnf {5: ckt}: 32 bytes */
    const struct nx_cbor *cnf_key; /* cnf {1: COSE_Key} */
    int64_t status_index;
    const char *status_uri;
    const struct nx_cbor *identity; /* the map of 169 or -70169 */
    bool person;                    /* identity stands under 169 */
    nx_span handle;                 /* of a live code */
};

/* Reads the payload of an object. Strict: a claim that is not listed above, or of another type, is refused,
 * and so is status that is no status_list. Foreign: unknown claims are skipped, times may be fractions, 169
 * need not be there. NX_ERR_CWT and the errors of nx_cbor_parse. No time is compared here. */
NX_FALLIBLE nx_cwt_read(struct nx_cwt *out, nx_arena *a, nx_span payload, enum nx_cbor_mode mode);
/* NX_OK, NX_ERR_EXPIRED or NX_ERR_NOT_YET, within NX_SKEW_S. exp 0 never expires. */
NX_FALLIBLE nx_cwt_check_time(const struct nx_cwt *c, nx_time now);

/* Writes a handle's or card's payload: the claims that are set, in the order of the struct; identity_map is
 * the encoded map of crypto/claim169.h or NX_SPAN_NONE. *out is in the arena. */
NX_FALLIBLE nx_cwt_write(nx_span *out, nx_arena *a, const struct nx_cwt *c, nx_span identity_map);
/* Writes a live code's payload: iat, the device key, the handle's COSE bytes. */
NX_FALLIBLE nx_cwt_write_live(nx_span *out, nx_arena *a, nx_time iat, const EVP_PKEY *key, nx_span handle);

#endif
