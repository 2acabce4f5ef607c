#include "crypto/key_backend.h"

#include "base/buf.h"
#include "crypto/certificate.h"
#include "crypto/seal.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>

#define NAME_MAX_LEN 64

static inline void pkey_auto(EVP_PKEY **k)
{
    EVP_PKEY_free(*k);
}
static inline void p8_auto(PKCS8_PRIV_KEY_INFO **p)
{
    PKCS8_PRIV_KEY_INFO_free(*p);
}
#define AUTO_PKEY __attribute__((cleanup(pkey_auto))) EVP_PKEY *
#define AUTO_P8 __attribute__((cleanup(p8_auto))) PKCS8_PRIV_KEY_INFO *

/* Additional data of the seal: "use/kid". */
struct name {
    char s[NAME_MAX_LEN];
};

static nx_span name_of(struct name *out, const struct nx_key_row *row)
{
    (void)snprintf(out->s, sizeof out->s, "%s/%s", nx_key_use_name(row->use), row->kid);
    return nx_span_str(out->s);
}

static nx_result kid_of(char kid[NX_KEY_ID_LEN + 1], const EVP_PKEY *key, nx_alg alg)
{
    NX_AUTO(nx_jwk) k = NULL;
    NX_TRY(nx_jwk_from_evp(&k, key, alg, NULL));
    memcpy(kid, nx_jwk_thumbprint(k), NX_KEY_ID_LEN);
    kid[NX_KEY_ID_LEN] = 0;
    return NX_OK;
}

static nx_result add_private(nx_buf *b, const EVP_PKEY *key)
{
    AUTO_P8 p8 = EVP_PKEY2PKCS8(key);
    uint8_t *der = NULL;
    int n = p8 ? i2d_PKCS8_PRIV_KEY_INFO(p8, &der) : 0;
    NX_REQUIRE(n > 0, NX_ERR_CRYPTO);
    nx_result r = nx_buf_put(b, nx_span_of(der, (size_t)n));
    OPENSSL_clear_free(der, (size_t)n);
    return r;
}

/* Behind the key lies its certificate: an ECDSA signature is another one each time it is made, and a certificate
 * must be the same after a restart and on every node. */
static nx_result add_certificate(nx_buf *b, nx_arena *a, const struct nx_key_row *row, EVP_PKEY *key)
{
    nx_span der;
    char name[NAME_MAX_LEN];
    if (!nx_key_use_certified(row->use)) return NX_OK;
    (void)snprintf(name, sizeof name, "NIXA %s %.8s", nx_key_use_name(row->use), row->kid);
    NX_TRY(nx_certificate_make(&der, a, key, name, row->published));
    return nx_buf_put(b, der);
}

static nx_result seal_key(struct nx_key_row *row, nx_arena *a, const nx_master *m, EVP_PKEY *key)
{
    nx_buf plain;
    struct name name;
    nx_buf_init(&plain, a, NX_KEY_SEALED_MAX - 256);
    NX_TRY(add_private(&plain, key));
    NX_TRY(add_certificate(&plain, a, row, key));
    return nx_seal_dup(&row->sealed, a, nx_master_key(m, NX_LABEL_KEK), name_of(&name, row), nx_buf_span(&plain));
}

static nx_result make(EVP_PKEY **key, struct nx_key_row *row, nx_arena *a, const nx_master *m)
{
    AUTO_PKEY made = NULL;
    NX_TRY(nx_alg_generate(&made, row->alg));
    NX_TRY(kid_of(row->kid, made, row->alg));
    NX_TRY(seal_key(row, a, m, made));
    *key = NX_STEAL(made);
    return NX_OK;
}

/* rest: the certificate, or nothing. It is in the same seal as the key, so it is the one that was made with it. */
static nx_result open_key(EVP_PKEY **key, nx_span *rest, nx_arena *a, const struct nx_key_row *row, const nx_master *m)
{
    struct name name;
    nx_span der;
    NX_REQUIRE(row->sealed.n <= NX_KEY_SEALED_MAX, NX_ERR_KEY_ROW);
    nx_result r = nx_seal_open_dup(&der, a, nx_master_key(m, NX_LABEL_KEK), name_of(&name, row), row->sealed);
    NX_REQUIRE(r.e != NX_ERR_SEAL, NX_ERR_KEY_ROW);
    NX_TRY(r);
    const uint8_t *at = der.p;
    AUTO_P8 p8 = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)der.n);
    *key = p8 ? EVP_PKCS82PKEY(p8) : NULL;
    if (!*key) ERR_clear_error();
    NX_REQUIRE(*key, NX_ERR_KEY_ROW);
    *rest = nx_span_from(der, (size_t)(at - der.p));
    return NX_OK;
}

static nx_result dup_base64(char **out, nx_span der)
{
    *out = malloc(4 * ((der.n + 2) / 3) + 1);
    NX_NEED(*out);
    (void)EVP_EncodeBlock((unsigned char *)*out, der.p, (int)der.n);
    return NX_OK;
}

static nx_result load(EVP_PKEY **key, char **certificate, const struct nx_key_row *row, const nx_master *m)
{
    NX_AUTO(nx_arena) a = nx_arena_open(2 * NX_KEY_SEALED_MAX);
    NX_NEED(a);
    AUTO_PKEY got = NULL;
    nx_span rest;
    NX_TRY(open_key(&got, &rest, a, row, m));
    char kid[NX_KEY_ID_LEN + 1];
    NX_TRY(kid_of(kid, got, row->alg));
    NX_REQUIRE(strcmp(kid, row->kid) == 0 && nx_alg_fits(row->alg, got), NX_ERR_KEY_ROW);
    NX_REQUIRE((rest.n > 0) == nx_key_use_certified(row->use), NX_ERR_KEY_ROW);
    if (rest.n > 0) NX_TRY(dup_base64(certificate, rest));
    *key = NX_STEAL(got);
    return NX_OK;
}

const struct nx_key_backend nx_key_sealed = {.name = "sealed", .make = make, .load = load};
