#include "crypto/certificate.h"

#include "crypto/digest.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#define DAY 86400
#define SERIAL_LEN 16

static inline void x509_auto(X509 **c)
{
    X509_free(*c);
}
static inline void bio_auto(BIO **b)
{
    BIO_free(*b);
}
static inline void bn_auto(BIGNUM **b)
{
    BN_free(*b);
}
#define AUTO_X509 __attribute__((cleanup(x509_auto))) X509 *
#define AUTO_BIO __attribute__((cleanup(bio_auto))) BIO *
#define AUTO_BN __attribute__((cleanup(bn_auto))) BIGNUM *

/* The library queues a reason per thread that nobody would ever read. */
static nx_result malformed(void)
{
    ERR_clear_error();
    NX_FAIL(NX_ERR_SYNTAX);
}

NX_FALLIBLE nx_spki(nx_span *der, nx_arena *a, EVP_PKEY *key)
{
    uint8_t *made = NULL;
    int n = i2d_PUBKEY(key, &made);
    NX_REQUIRE(n > 0, NX_ERR_CRYPTO);
    char *copy = nx_arena_dup(a, nx_span_of(made, (size_t)n));
    OPENSSL_free(made);
    NX_NEED(copy);
    *der = nx_span_of(copy, (size_t)n);
    return NX_OK;
}

/* Positive and not zero (RFC 5280 section 4.1.2.2), the same whoever makes it. */
static nx_result set_serial(X509 *c, nx_arena *a, EVP_PKEY *pair)
{
    nx_span spki;
    uint8_t digest[NX_SHA256_LEN];
    NX_TRY(nx_spki(&spki, a, pair));
    NX_TRY(nx_sha256(digest, spki));
    digest[0] = (digest[0] & 0x7f) | 0x40;
    AUTO_BN serial = BN_bin2bn(digest, SERIAL_LEN, NULL);
    NX_REQUIRE(serial && BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(c)), NX_ERR_MEMORY);
    return NX_OK;
}

static nx_result set_dates(X509 *c, nx_time from)
{
    time_t start = (time_t)(from - DAY), end = (time_t)(from + (int64_t)NX_CERTIFICATE_YEARS * 365 * DAY);
    NX_REQUIRE(X509_time_adj_ex(X509_getm_notBefore(c), 0, 0, &start) &&
                   X509_time_adj_ex(X509_getm_notAfter(c), 0, 0, &end),
               NX_ERR_CRYPTO);
    return NX_OK;
}

static nx_result set_name(X509 *c, const char *name)
{
    X509_NAME *subject = X509_get_subject_name(c);
    bool ok = X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0) == 1 &&
              X509_set_issuer_name(c, subject) == 1;
    NX_REQUIRE(ok, NX_ERR_CRYPTO);
    return NX_OK;
}

static nx_result dup_der(nx_span *der, nx_arena *a, X509 *c)
{
    uint8_t *made = NULL;
    int n = i2d_X509(c, &made);
    NX_REQUIRE(n > 0, NX_ERR_CRYPTO);
    char *copy = nx_arena_dup(a, nx_span_of(made, (size_t)n));
    OPENSSL_free(made);
    NX_NEED(copy);
    *der = nx_span_of(copy, (size_t)n);
    return NX_OK;
}

NX_FALLIBLE nx_certificate_make(nx_span *der, nx_arena *a, EVP_PKEY *pair, const char *name, nx_time from)
{
    AUTO_X509 c = X509_new();
    NX_REQUIRE(c && X509_set_version(c, X509_VERSION_3) == 1, NX_ERR_MEMORY);
    NX_TRY(set_serial(c, a, pair));
    NX_TRY(set_dates(c, from));
    NX_TRY(set_name(c, name));
    NX_REQUIRE(X509_set_pubkey(c, pair) == 1 && X509_sign(c, pair, EVP_sha256()) > 0, NX_ERR_CRYPTO);
    return dup_der(der, a, c);
}

NX_FALLIBLE nx_certificate_key(EVP_PKEY **key, nx_span der)
{
    NX_REQUIRE(der.n <= NX_CERTIFICATE_MAX, NX_ERR_LIMIT);
    const uint8_t *at = der.p;
    AUTO_X509 c = d2i_X509(NULL, &at, (long)der.n);
    if (!c || at != der.p + der.n) return malformed();
    *key = X509_get_pubkey(c);
    return *key ? NX_OK : malformed();
}

NX_FALLIBLE nx_certificate_pem(nx_span *der, nx_arena *a, nx_span pem)
{
    NX_REQUIRE(pem.n <= 2 * NX_CERTIFICATE_MAX, NX_ERR_LIMIT);
    AUTO_BIO b = BIO_new_mem_buf(pem.p, (int)pem.n);
    NX_NEED(b);
    AUTO_X509 c = PEM_read_bio_X509(b, NULL, NULL, NULL);
    AUTO_X509 second = c ? PEM_read_bio_X509(b, NULL, NULL, NULL) : NULL;
    ERR_clear_error(); /* the end of the file is an error of the library's */
    NX_REQUIRE(c && !second, NX_ERR_SYNTAX);
    return dup_der(der, a, c);
}
