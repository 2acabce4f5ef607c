/* COSE_Sign1 (RFC 9052 section 4.2) and the text form of QR codes around it.
 *
 *   QR text = Base45( zlib( [tag 61] [tag 18] [ protected, unprotected, payload, signature ] ) )
 *   signed  = [ "Signature1", protected, external_aad = h'', payload ]
 *
 * Strict: the protected header is exactly {1: -7, 16: typ}, the unprotected one empty or {4: kid}; the
 * algorithm is that of the key, and the header must agree with it. typ (RFC 9596) keeps objects of one kind
 * from passing for another (docs/PROTOCOL-qr.md section 3). The foreign mode reads other issuers' objects:
 * other headers, kid on either side, ES256, PS256 and EdDSA; nothing that was read so ever authenticates
 * anybody. */
#ifndef NX_CRYPTO_COSE_H
#define NX_CRYPTO_COSE_H

#include "crypto/alg.h"
#include "crypto/cbor.h"

#define NX_COSE_TYP_MAX 16
#define NX_COSE_KID_MAX 64
#define NX_COSE_TAG_SIGN1 18
#define NX_COSE_TAG_CWT 61

/* Algorithms by their COSE numbers (IANA). */
#define NX_COSE_ES256 (-7)
#define NX_COSE_EDDSA (-8)
#define NX_COSE_PS256 (-37)

/* Spans are borrowed from the parsed bytes or the arena. */
struct nx_cose {
    int64_t alg;     /* as the header says */
    const char *typ; /* NULL when absent (foreign only) */
    nx_span kid;     /* empty when absent */
    nx_span header;  /* the protected header's bytes, as signed */
    nx_span payload;
    nx_span signature;
};

/* What signs: the server's key, or a device key in tests. */
struct nx_cose_signer {
    /* Writes the ES256 signature (r | s) of message. */
    nx_result (*sign)(void *ctx, uint8_t out[NX_SIGNATURE_MAX], size_t *n, nx_span message);
    void *ctx;
};

/* Signs with ES256: header {1: -7, 16: typ}, {4: kid} unless kid is empty; tag 18. *out is in the arena. */
NX_FALLIBLE nx_cose_sign(nx_span *out, nx_arena *a, const char *typ, nx_span kid, nx_span payload,
                         const struct nx_cose_signer *signer);

/* Takes the object apart; nothing is verified. NX_ERR_COSE_FORM, NX_ERR_JOSE_ALG, and the errors of
 * nx_cbor_parse. */
NX_FALLIBLE nx_cose_parse(struct nx_cose *out, nx_arena *a, nx_span bytes, enum nx_cbor_mode mode);
/* Verifies with a key that the caller found by kid; the key decides the algorithm. typ must be the header's.
 * NX_ERR_JOSE_TYP, NX_ERR_JOSE_ALG, NX_ERR_SIGNATURE. */
NX_FALLIBLE nx_cose_verify(const struct nx_cose *c, nx_arena *a, const char *typ, EVP_PKEY *key);
/* The same for what was parsed in the foreign mode: typ is not looked at; EC P-256, RSA and Ed25519 keys. */
NX_FALLIBLE nx_cose_verify_foreign(const struct nx_cose *c, nx_arena *a, EVP_PKEY *key);

/* bytes → zlib → Base45. */
NX_FALLIBLE nx_cose_text_encode(char **out, nx_arena *a, nx_span bytes);
/* Text → bytes: at most NX_QR_TEXT_MAX characters, NX_CBOR_MAX bytes, one whole zlib stream with nothing
 * behind it. NX_ERR_LIMIT, NX_ERR_ENCODING, NX_ERR_ZLIB. */
NX_FALLIBLE nx_cose_text_decode(nx_span *out, nx_arena *a, nx_span text);

/* An EC2 P-256 COSE_Key (RFC 9053 section 7.1.1) as a map, with a compressed point: {1: 2, -1: 1, -2: x, -3:
 * sign}. */
NX_FALLIBLE nx_cose_key_put(nx_buf *b, const EVP_PKEY *key);
/* Reads one, compressed or not; the point must be on the curve. *out is owned. NX_ERR_JWK. */
NX_FALLIBLE nx_cose_key_get(EVP_PKEY **out, const struct nx_cbor *map);
/* RFC 9679 thumbprint: SHA-256 over the deterministic form with an uncompressed point. */
#define NX_CKT_LEN 32
NX_FALLIBLE nx_cose_key_thumbprint(uint8_t out[NX_CKT_LEN], const EVP_PKEY *key);

#endif
