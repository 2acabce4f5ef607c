/* Key agreement, key unwrapping and content decryption. */
#include "crypto/jwe.h"

#include "base/buf.h"
#include "crypto/digest.h"
#include "crypto/jwe_header.h"
#include "crypto/signing_key.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#define AGREED 32
#define KEK 32

static inline void cipher_ctx_auto(EVP_CIPHER_CTX **c)
{
    EVP_CIPHER_CTX_free(*c);
}
static inline void pkey_ctx_auto(EVP_PKEY_CTX **c)
{
    EVP_PKEY_CTX_free(*c);
}
static inline void pkey_auto(EVP_PKEY **k)
{
    EVP_PKEY_free(*k);
}
#define AUTO_CIPHER __attribute__((cleanup(cipher_ctx_auto))) EVP_CIPHER_CTX *
#define AUTO_PKEY_CTX __attribute__((cleanup(pkey_ctx_auto))) EVP_PKEY_CTX *
#define AUTO_PKEY __attribute__((cleanup(pkey_auto))) EVP_PKEY *

/* What a library says about a token that does not open is nobody's business. */
static nx_result shut(void)
{
    ERR_clear_error();
    NX_FAIL(NX_ERR_JWE_KEY);
}

/* ---- ECDH-ES+A256KW (RFC 7518 section 4.6.2) */

/* A point off the curve does not become a key (invalid-curve attacks end here). */
static nx_result peer_of(EVP_PKEY **out, const struct nx_jwe *j)
{
    AUTO_PKEY_CTX c = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)(uintptr_t) "prime256v1", 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)(uintptr_t)j->epk, NX_JWE_POINT),
        OSSL_PARAM_construct_end(),
    };
    NX_NEED(c);
    bool ok = EVP_PKEY_fromdata_init(c) == 1 && EVP_PKEY_fromdata(c, out, EVP_PKEY_PUBLIC_KEY, params) == 1;
    return ok ? NX_OK : shut();
}

static nx_result agree(uint8_t z[AGREED], EVP_PKEY *key, const struct nx_jwe *j)
{
    size_t n = AGREED;
    AUTO_PKEY peer = NULL;
    NX_TRY(peer_of(&peer, j));
    AUTO_PKEY_CTX c = EVP_PKEY_CTX_new(key, NULL);
    NX_NEED(c);
    bool ok = EVP_PKEY_derive_init(c) == 1 && EVP_PKEY_derive_set_peer_ex(c, peer, 1) == 1 &&
              EVP_PKEY_derive(c, z, &n) == 1 && n == AGREED;
    return ok ? NX_OK : shut();
}

static void put_number(nx_buf *b, size_t n)
{
    const uint8_t bytes[4] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
    nx_buf_add(b, nx_span_of(bytes, sizeof bytes));
}

static void put_party(nx_buf *b, nx_span s)
{
    put_number(b, s.n);
    nx_buf_add(b, s);
}

/* Concat KDF of NIST SP 800-56A with one round, since the key is as long as the digest. */
static nx_result derive(uint8_t kek[KEK], nx_arena *a, const uint8_t z[AGREED], const struct nx_jwe *j)
{
    nx_buf b;
    nx_buf_init(&b, a, 4096);
    put_number(&b, 1);
    nx_buf_add(&b, nx_span_of(z, AGREED));
    put_party(&b, NX_LIT("ECDH-ES+A256KW"));
    put_party(&b, j->apu);
    put_party(&b, j->apv);
    put_number(&b, KEK * 8);
    NX_TRY(nx_buf_done(&b));
    return nx_sha256(kek, nx_buf_span(&b));
}

/* RFC 3394. */
static nx_result unwrap(nx_secret *cek, const uint8_t kek[KEK], nx_span wrapped)
{
    int n = 0, rest = 0;
    AUTO_CIPHER c = EVP_CIPHER_CTX_new();
    NX_NEED(c);
    NX_REQUIRE(wrapped.n <= NX_SECRET_MAX, NX_ERR_JWE_KEY);
    EVP_CIPHER_CTX_set_flags(c, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    bool ok = EVP_DecryptInit_ex2(c, EVP_aes_256_wrap(), kek, NULL, NULL) == 1 &&
              EVP_DecryptUpdate(c, cek->bytes, &n, wrapped.p, (int)wrapped.n) == 1 &&
              EVP_DecryptFinal_ex(c, cek->bytes + n, &rest) == 1;
    if (!ok) return shut();
    cek->n = (size_t)(n + rest);
    return NX_OK;
}

static nx_result by_agreement(nx_secret *cek, nx_arena *a, EVP_PKEY *key, const struct nx_jwe *j)
{
    NX_AUTO_SECRET(z);
    NX_AUTO_SECRET(kek);
    NX_REQUIRE(nx_alg_fits(NX_ALG_ES256, key), NX_ERR_JWE_KEY);
    NX_TRY(agree(z.bytes, key, j));
    NX_TRY(derive(kek.bytes, a, z.bytes, j));
    return unwrap(cek, kek.bytes, j->wrapped);
}

/* ---- RSA-OAEP-256 (RFC 7518 section 4.3) */

static nx_result by_transport(nx_secret *cek, EVP_PKEY *key, const struct nx_jwe *j)
{
    size_t n = NX_SECRET_MAX;
    NX_REQUIRE(nx_alg_fits(NX_ALG_RS256, key), NX_ERR_JWE_KEY);
    AUTO_PKEY_CTX c = EVP_PKEY_CTX_new(key, NULL);
    NX_NEED(c);
    bool ok = EVP_PKEY_decrypt_init(c) == 1 && EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_OAEP_PADDING) == 1 &&
              EVP_PKEY_CTX_set_rsa_oaep_md(c, EVP_sha256()) == 1 &&
              EVP_PKEY_CTX_set_rsa_mgf1_md(c, EVP_sha256()) == 1 &&
              EVP_PKEY_decrypt(c, cek->bytes, &n, j->wrapped.p, j->wrapped.n) == 1;
    if (!ok) return shut();
    cek->n = n;
    return NX_OK;
}

/* ---- the content */

static nx_result decrypt(nx_span *out, nx_arena *a, const struct nx_jwe *j, const uint8_t *key)
{
    int n = 0, rest = 0;
    bool gcm = !j->enc->digest;
    uint8_t *plain = nx_arena_alloc(a, j->cipher.n + 16);
    AUTO_CIPHER c = EVP_CIPHER_CTX_new();
    NX_REQUIRE(plain && c, NX_ERR_MEMORY);
    bool ok = EVP_DecryptInit_ex2(c, j->enc->cipher(), key, j->iv.p, NULL) == 1;
    if (ok && gcm) ok = EVP_DecryptUpdate(c, NULL, &n, j->aad.p, (int)j->aad.n) == 1;
    ok = ok && EVP_DecryptUpdate(c, plain, &n, j->cipher.p, (int)j->cipher.n) == 1;
    if (ok && gcm)
        ok = EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, (int)j->tag.n, (void *)(uintptr_t)j->tag.p) == 1;
    ok = ok && EVP_DecryptFinal_ex(c, plain + n, &rest) == 1;
    if (!ok) {
        nx_wipe(plain, j->cipher.n + 16);
        return shut();
    }
    *out = nx_span_of(plain, (size_t)(n + rest));
    return NX_OK;
}

/* RFC 7518 section 5.2.2.2: the tag first, in constant time; only then anything is decrypted. */
static nx_result check_mac(nx_arena *a, const struct nx_jwe *j, nx_span mac_key)
{
    uint8_t mac[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    nx_buf b;
    nx_buf_init(&b, a, j->aad.n + j->iv.n + j->cipher.n + 8);
    nx_buf_add(&b, j->aad);
    nx_buf_add(&b, j->iv);
    nx_buf_add(&b, j->cipher);
    put_number(&b, 0);
    put_number(&b, j->aad.n * 8);
    NX_TRY(nx_buf_done(&b));
    nx_span in = nx_buf_span(&b);
    NX_REQUIRE(HMAC(j->enc->digest(), mac_key.p, (int)mac_key.n, in.p, in.n, mac, &n), NX_ERR_CRYPTO);
    NX_REQUIRE(n >= j->tag.n && nx_ct_equal_n(mac, j->tag.p, j->tag.n), NX_ERR_JWE_KEY);
    return NX_OK;
}

static nx_result open_content(nx_span *out, nx_arena *a, const struct nx_jwe *j, const nx_secret *cek)
{
    NX_REQUIRE(cek->n == j->enc->key, NX_ERR_JWE_KEY);
    if (!j->enc->digest) return decrypt(out, a, j, cek->bytes);
    size_t half = j->enc->key / 2;
    NX_TRY(check_mac(a, j, nx_span_of(cek->bytes, half)));
    return decrypt(out, a, j, cek->bytes + half);
}

static nx_result open_parsed(nx_span *out, nx_arena *a, EVP_PKEY *key, const struct nx_jwe *j)
{
    NX_AUTO_SECRET(cek);
    NX_TRY(j->alg == NX_JWE_ECDH_A256KW ? by_agreement(&cek, a, key, j) : by_transport(&cek, key, j));
    return open_content(out, a, j, &cek);
}

NX_FALLIBLE nx_jwe_open_with(nx_span *out, nx_arena *a, EVP_PKEY *key, nx_span token)
{
    struct nx_jwe j;
    NX_TRY(nx_jwe_parse(&j, a, token));
    return open_parsed(out, a, key, &j);
}

/* ---- with the ring's keys */

static nx_key_use use_of(enum nx_jwe_alg alg)
{
    return alg == NX_JWE_ECDH_A256KW ? NX_USE_UPSTREAM_EC : NX_USE_UPSTREAM_RSA;
}

/* A token that names a key is opened by that one alone. */
static bool may_open(const nx_signing_key *k, const struct nx_jwe *j)
{
    return !j->kid || strcmp(j->kid, nx_signing_key_kid(k)) == 0;
}

NX_FALLIBLE nx_jwe_open(nx_span *out, nx_arena *a, nx_keyring *ring, const char *alg, nx_span token)
{
    struct nx_jwe j;
    nx_signing_key *key[NX_KEYS_OF_USE_MAX];
    size_t n = 0;
    NX_TRY(nx_jwe_parse(&j, a, token));
    NX_REQUIRE(!alg || strcmp(alg, nx_jwe_alg_name(j.alg)) == 0, NX_ERR_JWE_ALG);
    NX_TRY(nx_keyring_keys(key, &n, ring, use_of(j.alg)));
    nx_result r = {NX_ERR_JWE_KEY};
    for (size_t i = 0; i < n; i++) {
        if (r.e == NX_ERR_JWE_KEY && may_open(key[i], &j)) r = open_parsed(out, a, key[i]->pair, &j);
        nx_signing_key_release(key[i]);
    }
    NX_REQUIRE(r.e != NX_ERR_JWE_KEY, NX_ERR_JWE_KEY);
    return r;
}

static nx_result publish(json_t *keys, nx_keyring *ring, enum nx_jwe_alg alg)
{
    nx_key_use use = use_of(alg);
    nx_signing_key *key[NX_KEYS_OF_USE_MAX];
    size_t n = 0;
    bool ok = true;
    NX_AUTO(nx_signing_key) active = NULL;
    NX_TRY(nx_keyring_active(&active, ring, use)); /* made at first need */
    NX_TRY(nx_keyring_keys(key, &n, ring, use));
    for (size_t i = 0; i < n; i++) {
        json_t *jwk = nx_jwk_public(nx_signing_key_jwk(key[i]));
        ok = ok && jwk && json_object_set_new(jwk, "use", json_string("enc")) == 0 &&
             json_object_set_new(jwk, "alg", json_string(nx_jwe_alg_name(alg))) == 0 && json_array_append(keys, jwk) == 0;
        json_decref(jwk);
        nx_signing_key_release(key[i]);
    }
    NX_REQUIRE(ok, NX_ERR_MEMORY);
    return NX_OK;
}

NX_FALLIBLE nx_jwe_publish(json_t *keys, nx_keyring *ring, const char *alg)
{
    static const enum nx_jwe_alg each[] = {NX_JWE_ECDH_A256KW, NX_JWE_RSA_OAEP_256};
    NX_REQUIRE(!alg || nx_jwe_alg_known(alg), NX_ERR_JWE_ALG);
    for (size_t i = 0; i < sizeof each / sizeof *each; i++)
        if (!alg || strcmp(alg, nx_jwe_alg_name(each[i])) == 0) NX_TRY(publish(keys, ring, each[i]));
    return NX_OK;
}
