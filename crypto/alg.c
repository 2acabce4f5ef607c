/* A context is made for each signature and never used twice: initialising a used one with a second key
 * succeeds and signs with the first (seen with OpenSSL 3.0). */
#include "crypto/alg.h"

#include "base/fault.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#define ES256_HALF 32
#define ES256_LEN (2 * ES256_HALF)
#define ES256_DER_MAX 72

struct row {
    const char *name;
    nx_kty kty;
    int low, high;
};

static const struct row rows[NX_ALG_COUNT] = {
    [NX_ALG_NONE] = {"", NX_KTY_NONE, 0, 0},
#define X(name, kty, low, high) [NX_ALG_##name] = {#name, NX_KTY_##kty, low, high},
#include "crypto/alg.def"
#undef X
};

static inline void md_ctx_auto(EVP_MD_CTX **c)
{
    EVP_MD_CTX_free(*c);
}
static inline void ecdsa_auto(ECDSA_SIG **s)
{
    ECDSA_SIG_free(*s);
}
#define AUTO_MD_CTX __attribute__((cleanup(md_ctx_auto))) EVP_MD_CTX *
#define AUTO_ECDSA __attribute__((cleanup(ecdsa_auto))) ECDSA_SIG *

const char *nx_alg_name(nx_alg alg)
{
    return rows[alg].name;
}

nx_alg nx_alg_of(nx_span name)
{
    for (int i = 1; i < NX_ALG_COUNT; i++)
        if (nx_span_eq_str(name, rows[i].name)) return (nx_alg)i;
    return NX_ALG_NONE;
}

nx_kty nx_alg_kty(nx_alg alg)
{
    return rows[alg].kty;
}

static bool is_p256(const EVP_PKEY *key)
{
    char group[32];
    size_t n;
    return EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, group, sizeof group, &n) == 1 &&
           strcmp(group, "prime256v1") == 0;
}

bool nx_alg_fits(nx_alg alg, const EVP_PKEY *key)
{
    const struct row *r = &rows[alg];
    int bits = EVP_PKEY_get_bits(key);
    if (bits < r->low || bits > r->high) return false;
    if (r->kty == NX_KTY_EC) return is_p256(key);
    return r->kty == NX_KTY_RSA && EVP_PKEY_is_a(key, "RSA");
}

size_t nx_alg_signature_len(nx_alg alg, const EVP_PKEY *key)
{
    if (!nx_alg_fits(alg, key)) return 0;
    return rows[alg].kty == NX_KTY_EC ? ES256_LEN : (size_t)EVP_PKEY_get_size(key);
}

/* RFC 7518 section 3.5: MGF1 with the same hash, a salt as long as the hash. */
static bool set_padding(nx_alg alg, EVP_PKEY_CTX *c)
{
    if (alg != NX_ALG_PS256) return true;
    return EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(c, RSA_PSS_SALTLEN_DIGEST) == 1;
}

/* DER of the library to r | s, each 32 bytes. */
static nx_result es256_raw(uint8_t out[ES256_LEN], const uint8_t *der, size_t n)
{
    AUTO_ECDSA sig = d2i_ECDSA_SIG(NULL, &der, (long)n);
    NX_REQUIRE(sig, NX_ERR_CRYPTO);
    bool ok = BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, ES256_HALF) == ES256_HALF &&
              BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + ES256_HALF, ES256_HALF) == ES256_HALF;
    NX_REQUIRE(ok, NX_ERR_CRYPTO);
    return NX_OK;
}

static nx_result es256_der(uint8_t out[ES256_DER_MAX], size_t *n, const uint8_t *raw)
{
    AUTO_ECDSA sig = ECDSA_SIG_new();
    NX_REQUIRE(sig, NX_ERR_MEMORY);
    BIGNUM *r = BN_bin2bn(raw, ES256_HALF, NULL), *s = BN_bin2bn(raw + ES256_HALF, ES256_HALF, NULL);
    if (!r || !s || ECDSA_SIG_set0(sig, r, s) != 1) {
        BN_free(r);
        BN_free(s);
        NX_FAIL(NX_ERR_MEMORY);
    }
    int length = i2d_ECDSA_SIG(sig, &out);
    NX_REQUIRE(length > 0 && length <= ES256_DER_MAX, NX_ERR_CRYPTO);
    *n = (size_t)length;
    return NX_OK;
}

NX_FALLIBLE nx_alg_sign(uint8_t out[NX_SIGNATURE_MAX], size_t *n, nx_alg alg, EVP_PKEY *key, nx_span message)
{
    size_t length = nx_alg_signature_len(alg, key);
    NX_REQUIRE(length > 0 && length <= NX_SIGNATURE_MAX, NX_ERR_JOSE_ALG);
    AUTO_MD_CTX c = EVP_MD_CTX_new();
    NX_REQUIRE(c, NX_ERR_MEMORY);
    EVP_PKEY_CTX *pc = NULL;
    NX_REQUIRE(EVP_DigestSignInit_ex(c, &pc, "SHA256", NULL, NULL, key, NULL) == 1, NX_ERR_CRYPTO);
    NX_REQUIRE(set_padding(alg, pc), NX_ERR_CRYPTO);
    uint8_t made[NX_SIGNATURE_MAX];
    size_t size = sizeof made;
    NX_REQUIRE(EVP_DigestSign(c, made, &size, message.p, message.n) == 1, NX_ERR_CRYPTO);
    *n = length;
    if (rows[alg].kty == NX_KTY_EC) return es256_raw(out, made, size);
    NX_REQUIRE(size == length, NX_ERR_CRYPTO);
    memcpy(out, made, size);
    return NX_OK;
}

NX_FALLIBLE nx_alg_verify(nx_alg alg, EVP_PKEY *key, nx_span message, nx_span signature)
{
    size_t length = nx_alg_signature_len(alg, key);
    NX_REQUIRE(length > 0, NX_ERR_JOSE_ALG);
    NX_REQUIRE(signature.n == length, NX_ERR_SIGNATURE);
    uint8_t der[ES256_DER_MAX];
    size_t der_n = 0;
    if (rows[alg].kty == NX_KTY_EC) {
        NX_TRY(es256_der(der, &der_n, signature.p));
        signature = nx_span_of(der, der_n);
    }
    AUTO_MD_CTX c = EVP_MD_CTX_new();
    NX_REQUIRE(c, NX_ERR_MEMORY);
    EVP_PKEY_CTX *pc = NULL;
    NX_REQUIRE(EVP_DigestVerifyInit_ex(c, &pc, "SHA256", NULL, NULL, key, NULL) == 1, NX_ERR_CRYPTO);
    NX_REQUIRE(set_padding(alg, pc), NX_ERR_CRYPTO);
    bool good = EVP_DigestVerify(c, signature.p, signature.n, message.p, message.n) == 1;
    if (!good) ERR_clear_error(); /* the library queues a reason per thread that nobody would ever read */
    NX_REQUIRE(good, NX_ERR_SIGNATURE);
    return NX_OK;
}

NX_FALLIBLE nx_alg_generate(EVP_PKEY **out, nx_alg alg)
{
    NX_REQUIRE(alg != NX_ALG_NONE, NX_ERR_JOSE_ALG);
    NX_REQUIRE(!nx_fault_hit(NX_ACT_RANDOM), NX_ERR_RANDOM);
    EVP_PKEY *key = rows[alg].kty == NX_KTY_EC ? EVP_EC_gen("P-256") : EVP_RSA_gen((unsigned)rows[alg].low);
    NX_REQUIRE(key, NX_ERR_CRYPTO);
    *out = key;
    return NX_OK;
}
