/* Token Status List (IETF): the list itself, and its token as a JWT.
 *
 * A list is an array of statuses of 1, 2, 4 or 8 bits, packed from the least significant bit of each byte on,
 * and compressed by DEFLATE in the ZLIB format. The token is a JWS of typ "statuslist+jwt":
 *
 *   {"sub": uri, "iat", "exp", "ttl", "status_list": {"bits", "lst": base64url}} */
#ifndef NX_CRYPTO_STATUS_LIST_H
#define NX_CRYPTO_STATUS_LIST_H

#include "base/clock.h"
#include "base/json.h"
#include "crypto/jws.h"

#define NX_TSL_VALID 0
#define NX_TSL_INVALID 1
#define NX_TSL_SUSPENDED 2

#define NX_TSL_TYP "statuslist+jwt"
#define NX_TSL_TTL_S 60
#define NX_TSL_BYTES_MAX (1u << 20) /* of an uncompressed list: 2^20 statuses of 8 bits */

/* Bytes of a list of `count` statuses. */
size_t nx_tsl_bytes(size_t count, unsigned bits);
/* NX_ERR_RANGE: bits is not 1, 2, 4, 8, the index is outside, or the value does not fit. */
NX_FALLIBLE nx_tsl_get(unsigned *value, nx_span list, unsigned bits, uint64_t index);
NX_FALLIBLE nx_tsl_set(uint8_t *list, size_t n, unsigned bits, uint64_t index, unsigned value);

/* The compressed list as base64url. */
NX_FALLIBLE nx_tsl_lst_encode(char **out, nx_arena *a, nx_span list);
/* NX_ERR_ENCODING, NX_ERR_ZLIB, NX_ERR_LIMIT. */
NX_FALLIBLE nx_tsl_lst_decode(nx_span *out, nx_arena *a, nx_span lst);

/* A list as its token says. */
struct nx_tsl {
    const char *uri;
    nx_time iat;
    nx_time exp; /* 0: absent */
    int64_t ttl; /* 0: absent */
    unsigned bits;
    nx_span list; /* uncompressed */
};

/* The claims of a token; owned (json_decref). */
NX_FALLIBLE nx_tsl_claims(json_t **out, nx_arena *a, const struct nx_tsl *l);
/* Signs one with a key of the use STATUS. */
NX_FALLIBLE nx_tsl_token_sign(char **out, nx_arena *a, nx_keyring *r, const struct nx_tsl *l);
/* Reads verified claims: sub must equal uri, exp not past `now`. NX_ERR_STATUS_LIST, NX_ERR_EXPIRED and the
 * errors of nx_tsl_lst_decode. */
NX_FALLIBLE nx_tsl_read(struct nx_tsl *out, nx_arena *a, const json_t *claims, const char *uri, nx_time now);
/* Verifies with one of the keys, then reads. */
NX_FALLIBLE nx_tsl_token_open(struct nx_tsl *out, nx_arena *a, const nx_jwks *keys, nx_span token,
                              const char *uri, nx_time now);

#endif
