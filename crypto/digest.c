/* The library finds an algorithm by name in microseconds, a short digest takes a fraction of one: so the
 * algorithm is fetched once per process and kept. */
#include "crypto/digest.h"

#include "base/secret.h"

#include <openssl/evp.h>
#include <pthread.h>

#define BLOCK 64 /* of SHA-256 */

static EVP_MD *sha256;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fetch(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
}

static const EVP_MD *md(void)
{
    (void)pthread_once(&once, fetch);
    return sha256;
}

static inline void md_ctx_auto(EVP_MD_CTX **c)
{
    EVP_MD_CTX_free(*c);
}
#define AUTO_MD_CTX __attribute__((cleanup(md_ctx_auto))) EVP_MD_CTX *

static nx_result begin(EVP_MD_CTX *c)
{
    NX_REQUIRE(md() && EVP_DigestInit_ex2(c, md(), NULL) == 1, NX_ERR_CRYPTO);
    return NX_OK;
}

static nx_result add(EVP_MD_CTX *c, nx_span s)
{
    NX_REQUIRE(EVP_DigestUpdate(c, s.p, s.n) == 1, NX_ERR_CRYPTO);
    return NX_OK;
}

static nx_result add_parts(EVP_MD_CTX *c, const nx_span *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t length[8];
        for (int b = 0; b < 8; b++)
            length[b] = (uint8_t)((uint64_t)parts[i].n >> (56 - 8 * b));
        NX_TRY(add(c, nx_span_of(length, sizeof length)));
        NX_TRY(add(c, parts[i]));
    }
    return NX_OK;
}

static nx_result finish(EVP_MD_CTX *c, uint8_t out[NX_SHA256_LEN])
{
    NX_REQUIRE(EVP_DigestFinal_ex(c, out, NULL) == 1, NX_ERR_CRYPTO);
    return NX_OK;
}

NX_FALLIBLE nx_sha256(uint8_t out[NX_SHA256_LEN], nx_span in)
{
    NX_REQUIRE(md() && EVP_Digest(in.p, in.n, out, NULL, md(), NULL) == 1, NX_ERR_CRYPTO);
    return NX_OK;
}

NX_FALLIBLE nx_sha256_parts(uint8_t out[NX_SHA256_LEN], const nx_span *parts, size_t count)
{
    AUTO_MD_CTX c = EVP_MD_CTX_new();
    NX_REQUIRE(c, NX_ERR_MEMORY);
    NX_TRY(begin(c));
    NX_TRY(add_parts(c, parts, count));
    return finish(c, out);
}

/* RFC 2104: H(key ^ opad | H(key ^ ipad | text)). */
struct hmac {
    EVP_MD_CTX *c;
    uint8_t pad[BLOCK]; /* the key, filled up with zeros, xor ipad and later opad */
};

static void hmac_end(struct hmac *h)
{
    EVP_MD_CTX_free(h->c);
    nx_wipe(h->pad, sizeof h->pad);
}

static void pad_xor(struct hmac *h, uint8_t with)
{
    for (size_t i = 0; i < BLOCK; i++)
        h->pad[i] ^= with;
}

static nx_result hmac_begin(struct hmac *h, nx_span key)
{
    h->c = EVP_MD_CTX_new();
    NX_REQUIRE(h->c, NX_ERR_MEMORY);
    if (key.n > BLOCK)
        NX_TRY(nx_sha256(h->pad, key));
    else if (key.n)
        memcpy(h->pad, key.p, key.n);
    pad_xor(h, 0x36);
    NX_TRY(begin(h->c));
    return add(h->c, nx_span_of(h->pad, BLOCK));
}

static nx_result hmac_finish(struct hmac *h, uint8_t out[NX_SHA256_LEN])
{
    uint8_t inner[NX_SHA256_LEN];
    NX_TRY(finish(h->c, inner));
    pad_xor(h, 0x36 ^ 0x5c);
    NX_TRY(begin(h->c));
    NX_TRY(add(h->c, nx_span_of(h->pad, BLOCK)));
    NX_TRY(add(h->c, nx_span_of(inner, sizeof inner)));
    return finish(h->c, out);
}

#define AUTO_HMAC(name) __attribute__((cleanup(hmac_end))) struct hmac name = {.c = NULL}

NX_FALLIBLE nx_hmac_sha256(uint8_t out[NX_SHA256_LEN], nx_span key, nx_span in)
{
    AUTO_HMAC(h);
    NX_TRY(hmac_begin(&h, key));
    NX_TRY(add(h.c, in));
    return hmac_finish(&h, out);
}

NX_FALLIBLE nx_hmac_sha256_parts(uint8_t out[NX_SHA256_LEN], nx_span key, const nx_span *parts, size_t count)
{
    AUTO_HMAC(h);
    NX_TRY(hmac_begin(&h, key));
    NX_TRY(add_parts(h.c, parts, count));
    return hmac_finish(&h, out);
}

/* T(i) = HMAC(prk, T(i-1) | info | i), RFC 5869 section 2.3. */
static nx_result hkdf_block(uint8_t t[NX_SHA256_LEN], nx_span prk, nx_span info, uint8_t i)
{
    AUTO_HMAC(h);
    NX_TRY(hmac_begin(&h, prk));
    if (i > 1) NX_TRY(add(h.c, nx_span_of(t, NX_SHA256_LEN)));
    NX_TRY(add(h.c, info));
    NX_TRY(add(h.c, nx_span_of(&i, 1)));
    return hmac_finish(&h, t);
}

NX_FALLIBLE nx_hkdf_sha256(uint8_t *out, size_t n, nx_span key, nx_span salt, nx_span info)
{
    NX_REQUIRE(n <= NX_HKDF_MAX, NX_ERR_LIMIT);
    NX_AUTO_SECRET(work); /* the extracted key and the current block */
    uint8_t *prk = work.bytes, *t = work.bytes + NX_SHA256_LEN;
    NX_TRY(nx_hmac_sha256(prk, salt, key));
    for (size_t done = 0, i = 1; done < n; i++) {
        NX_TRY(hkdf_block(t, nx_span_of(prk, NX_SHA256_LEN), info, (uint8_t)i));
        size_t take = n - done < NX_SHA256_LEN ? n - done : NX_SHA256_LEN;
        memcpy(out + done, t, take);
        done += take;
    }
    return NX_OK;
}
