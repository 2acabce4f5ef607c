/* XAES-256-GCM (C2SP): the first 12 bytes of the nonce derive a key of their own, by NIST SP 800-108r1 in
 * counter mode over CMAC-AES-256,
 *
 *   K1 = double(AES(K, 0))                           (the CMAC subkey)
 *   Kx = AES(K, (00 01 'X' 00 | N[0..12)) ^ K1) | AES(K, (00 02 'X' 00 | N[0..12)) ^ K1)
 *
 * and AES-256-GCM runs under Kx with the last 12 bytes. */
#include "crypto/seal.h"

#include "base/secret.h"
#include "crypto/random.h"

#include <openssl/evp.h>
#include <pthread.h>

#define HALF 12
#define AES_BLOCK 16

static EVP_CIPHER *ecb, *gcm;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fetch(void)
{
    ecb = EVP_CIPHER_fetch(NULL, "AES-256-ECB", NULL);
    gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
}

static inline void cipher_ctx_auto(EVP_CIPHER_CTX **c)
{
    EVP_CIPHER_CTX_free(*c);
}
#define AUTO_CIPHER_CTX __attribute__((cleanup(cipher_ctx_auto))) EVP_CIPHER_CTX *

static nx_result ready(nx_span key, nx_span aad, nx_span text)
{
    (void)pthread_once(&once, fetch);
    NX_REQUIRE(ecb && gcm && key.n == NX_SEAL_KEY_LEN, NX_ERR_CRYPTO);
    NX_REQUIRE(aad.n <= NX_SEAL_MAX && text.n <= NX_SEAL_MAX + NX_SEAL_OVERHEAD, NX_ERR_LIMIT);
    return NX_OK;
}

/* Multiplication by x in GF(2^128), NIST SP 800-38B section 6.1; no branch on the secret. */
static void double_block(uint8_t b[AES_BLOCK])
{
    uint8_t carry = b[0] >> 7;
    for (size_t i = 0; i + 1 < AES_BLOCK; i++)
        b[i] = (uint8_t)(b[i] << 1 | b[i + 1] >> 7);
    b[AES_BLOCK - 1] = (uint8_t)(b[AES_BLOCK - 1] << 1 ^ (0x87 & -carry));
}

static void derivation_block(uint8_t m[AES_BLOCK], uint8_t counter, const uint8_t *nonce, const uint8_t *k1)
{
    m[0] = 0;
    m[1] = counter;
    m[2] = 'X';
    m[3] = 0;
    memcpy(m + 4, nonce, HALF);
    for (size_t i = 0; i < AES_BLOCK; i++)
        m[i] ^= k1[i];
}

/* The context is left without a cipher, for the next use. */
static nx_result derive_key(uint8_t kx[NX_SEAL_KEY_LEN], EVP_CIPHER_CTX *c, nx_span key, const uint8_t *nonce)
{
    int n;
    uint8_t k1[AES_BLOCK] = {0}, m[2 * AES_BLOCK];
    bool ok = EVP_EncryptInit_ex2(c, ecb, key.p, NULL, NULL) == 1 && EVP_CIPHER_CTX_set_padding(c, 0) == 1 &&
              EVP_EncryptUpdate(c, k1, &n, k1, AES_BLOCK) == 1;
    double_block(k1);
    derivation_block(m, 1, nonce, k1);
    derivation_block(m + AES_BLOCK, 2, nonce, k1);
    ok = ok && EVP_EncryptUpdate(c, kx, &n, m, sizeof m) == 1 && EVP_CIPHER_CTX_reset(c) == 1;
    nx_wipe(k1, sizeof k1);
    NX_REQUIRE(ok, NX_ERR_CRYPTO);
    return NX_OK;
}

static nx_result gcm_begin(EVP_CIPHER_CTX *c, nx_span key, const uint8_t *nonce, nx_span aad, int encrypt)
{
    int n;
    uint8_t kx[NX_SEAL_KEY_LEN];
    nx_result r = derive_key(kx, c, key, nonce);
    bool ok = nx_ok(r) && EVP_CipherInit_ex2(c, gcm, kx, nonce + HALF, encrypt, NULL) == 1 &&
              (aad.n == 0 || EVP_CipherUpdate(c, NULL, &n, aad.p, (int)aad.n) == 1);
    nx_wipe(kx, sizeof kx);
    NX_TRY(r);
    NX_REQUIRE(ok, NX_ERR_CRYPTO);
    return NX_OK;
}

static nx_result seal_with_nonce(uint8_t *out, nx_span key, nx_span aad, nx_span plain)
{
    AUTO_CIPHER_CTX c = EVP_CIPHER_CTX_new();
    NX_REQUIRE(c, NX_ERR_MEMORY);
    NX_TRY(gcm_begin(c, key, out, aad, 1));
    uint8_t *body = out + NX_SEAL_NONCE_LEN;
    int n = 0;
    NX_REQUIRE(plain.n == 0 || EVP_EncryptUpdate(c, body, &n, plain.p, (int)plain.n) == 1, NX_ERR_CRYPTO);
    NX_REQUIRE(EVP_EncryptFinal_ex(c, body + plain.n, &n) == 1, NX_ERR_CRYPTO);
    NX_REQUIRE(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, NX_SEAL_TAG_LEN, body + plain.n) == 1,
               NX_ERR_CRYPTO);
    return NX_OK;
}

NX_FALLIBLE nx_seal(uint8_t *out, nx_span key, nx_span aad, nx_span plain)
{
    NX_TRY(ready(key, aad, plain));
    NX_REQUIRE(plain.n <= NX_SEAL_MAX, NX_ERR_LIMIT);
    NX_TRY(nx_random(out, NX_SEAL_NONCE_LEN));
    return seal_with_nonce(out, key, aad, plain);
}

NX_FALLIBLE nx_seal_open(uint8_t *out, nx_span key, nx_span aad, nx_span sealed)
{
    NX_TRY(ready(key, aad, sealed));
    NX_REQUIRE(sealed.n >= NX_SEAL_OVERHEAD, NX_ERR_SEAL);
    size_t plain = sealed.n - NX_SEAL_OVERHEAD;
    const uint8_t *body = sealed.p + NX_SEAL_NONCE_LEN;
    uint8_t tag[NX_SEAL_TAG_LEN], none[1];
    memcpy(tag, body + plain, sizeof tag);
    AUTO_CIPHER_CTX c = EVP_CIPHER_CTX_new();
    NX_REQUIRE(c, NX_ERR_MEMORY);
    NX_TRY(gcm_begin(c, key, sealed.p, aad, 0));
    int n = 0;
    bool ok = (plain == 0 || EVP_DecryptUpdate(c, out, &n, body, (int)plain) == 1) &&
              EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, sizeof tag, tag) == 1 &&
              EVP_DecryptFinal_ex(c, none, &n) == 1;
    if (ok) return NX_OK;
    nx_wipe(out, plain);
    NX_FAIL(NX_ERR_SEAL);
}

NX_FALLIBLE nx_seal_dup(nx_span *out, nx_arena *a, nx_span key, nx_span aad, nx_span plain)
{
    NX_REQUIRE(plain.n <= NX_SEAL_MAX, NX_ERR_LIMIT);
    uint8_t *p = nx_arena_alloc(a, plain.n + NX_SEAL_OVERHEAD);
    NX_NEED(p);
    NX_TRY(nx_seal(p, key, aad, plain));
    *out = nx_span_of(p, plain.n + NX_SEAL_OVERHEAD);
    return NX_OK;
}

NX_FALLIBLE nx_seal_open_dup(nx_span *out, nx_arena *a, nx_span key, nx_span aad, nx_span sealed)
{
    NX_REQUIRE(sealed.n >= NX_SEAL_OVERHEAD, NX_ERR_SEAL);
    uint8_t *p = nx_arena_alloc(a, sealed.n - NX_SEAL_OVERHEAD);
    NX_NEED(p);
    NX_TRY(nx_seal_open(p, key, aad, sealed));
    *out = nx_span_of(p, sealed.n - NX_SEAL_OVERHEAD);
    return NX_OK;
}
