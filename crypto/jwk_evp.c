/* Between JSON numbers and keys of OpenSSL and of the JOSE library. */
#include "base/text.h"
#include "crypto/jwk_type.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#define COORDINATE 32
#define POINT (1 + 2 * COORDINATE)

static inline void bn_auto(BIGNUM **b)
{
    BN_free(*b);
}
static inline void build_auto(OSSL_PARAM_BLD **b)
{
    OSSL_PARAM_BLD_free(*b);
}
static inline void params_auto(OSSL_PARAM **p)
{
    OSSL_PARAM_free(*p);
}
static inline void pkey_ctx_auto(EVP_PKEY_CTX **c)
{
    EVP_PKEY_CTX_free(*c);
}
#define AUTO_BN __attribute__((cleanup(bn_auto))) BIGNUM *
#define AUTO_BUILD __attribute__((cleanup(build_auto))) OSSL_PARAM_BLD *
#define AUTO_PARAMS __attribute__((cleanup(params_auto))) OSSL_PARAM *
#define AUTO_PKEY_CTX __attribute__((cleanup(pkey_ctx_auto))) EVP_PKEY_CTX *

static nx_result make_public(EVP_PKEY **out, const char *type, OSSL_PARAM *params)
{
    AUTO_PKEY_CTX c = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    NX_REQUIRE(c && EVP_PKEY_fromdata_init(c) == 1, NX_ERR_CRYPTO);
    bool ok = EVP_PKEY_fromdata(c, out, EVP_PKEY_PUBLIC_KEY, params) == 1;
    if (!ok) ERR_clear_error();
    NX_REQUIRE(ok, NX_ERR_JWK);
    return NX_OK;
}

static nx_result load_ec(nx_jwk *k)
{
    uint8_t point[POINT] = {4}; /* uncompressed */
    size_t n;
    NX_TRY(nx_b64u_decode(point + 1, COORDINATE, &n, nx_span_str(k->first)));
    NX_TRY(nx_b64u_decode(point + 1 + COORDINATE, COORDINATE, &n, nx_span_str(k->second)));
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)(uintptr_t) "prime256v1", 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
        OSSL_PARAM_construct_end(),
    };
    return make_public(&k->evp, "EC", params);
}

static nx_result number_of(BIGNUM **out, const char *text)
{
    uint8_t bytes[NX_SIGNATURE_MAX];
    size_t n;
    NX_TRY(nx_b64u_decode(bytes, sizeof bytes, &n, nx_span_str(text)));
    *out = BN_bin2bn(bytes, (int)n, NULL);
    NX_NEED(*out);
    return NX_OK;
}

static nx_result load_rsa(nx_jwk *k)
{
    AUTO_BN n = NULL;
    AUTO_BN e = NULL;
    NX_TRY(number_of(&n, k->first));
    NX_TRY(number_of(&e, k->second));
    AUTO_BUILD build = OSSL_PARAM_BLD_new();
    NX_NEED(build);
    bool ok = OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
              OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) == 1;
    AUTO_PARAMS params = ok ? OSSL_PARAM_BLD_to_param(build) : NULL;
    NX_NEED(params);
    return make_public(&k->evp, "RSA", params);
}

NX_FALLIBLE nx_jwk_load(nx_jwk *k)
{
    return k->kty == NX_KTY_EC ? load_ec(k) : load_rsa(k);
}

NX_FALLIBLE nx_jwk_cjose(cjose_jwk_t **out, const nx_jwk *k)
{
    char json[NX_JWK_CANONICAL_MAX];
    size_t n = nx_jwk_canonical(json, k);
    cjose_err why;
    *out = cjose_jwk_import(json, n, &why);
    NX_REQUIRE(*out, NX_ERR_JWK);
    return NX_OK;
}

static nx_result read_ec(nx_jwk *k, const EVP_PKEY *key)
{
    uint8_t point[POINT];
    size_t n = 0;
    bool ok = EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &n) == 1;
    NX_REQUIRE(ok && n == POINT && point[0] == 4, NX_ERR_JWK);
    nx_b64u_encode(k->first, nx_span_of(point + 1, COORDINATE));
    nx_b64u_encode(k->second, nx_span_of(point + 1 + COORDINATE, COORDINATE));
    return NX_OK;
}

static nx_result write_number(char *out, const EVP_PKEY *key, const char *name)
{
    AUTO_BN number = NULL;
    uint8_t bytes[NX_SIGNATURE_MAX];
    bool ok = EVP_PKEY_get_bn_param(key, name, &number) == 1 && BN_num_bytes(number) <= (int)sizeof bytes;
    NX_REQUIRE(ok, NX_ERR_JWK);
    nx_b64u_encode(out, nx_span_of(bytes, (size_t)BN_bn2bin(number, bytes)));
    return NX_OK;
}

NX_FALLIBLE nx_jwk_read_evp(nx_jwk *k, const EVP_PKEY *key)
{
    if (nx_alg_fits(NX_ALG_ES256, key)) {
        k->kty = NX_KTY_EC;
        return read_ec(k, key);
    }
    NX_REQUIRE(nx_alg_fits(NX_ALG_RS256, key), NX_ERR_JWK);
    k->kty = NX_KTY_RSA;
    NX_TRY(write_number(k->first, key, OSSL_PKEY_PARAM_RSA_N));
    return write_number(k->second, key, OSSL_PKEY_PARAM_RSA_E);
}
