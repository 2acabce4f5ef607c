#include "crypto/md5.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

static bool digest(EVP_MD_CTX *c, uint8_t out[NX_MD5_LEN], const nx_span *parts, size_t count)
{
    if (EVP_DigestInit_ex(c, EVP_md5(), NULL) != 1) return false;
    for (size_t i = 0; i < count; i++)
        if (EVP_DigestUpdate(c, parts[i].p, parts[i].n) != 1) return false;
    return EVP_DigestFinal_ex(c, out, NULL) == 1;
}

nx_result nx_md5(uint8_t out[NX_MD5_LEN], const nx_span *parts, size_t count)
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool done = c && digest(c, out, parts, count);
    EVP_MD_CTX_free(c);
    NX_REQUIRE(done, NX_ERR_CRYPTO);
    return NX_OK;
}

nx_result nx_hmac_md5(uint8_t out[NX_MD5_LEN], nx_span key, nx_span in)
{
    unsigned n = NX_MD5_LEN;
    NX_REQUIRE(key.n <= INT_MAX && HMAC(EVP_md5(), key.p, (int)key.n, in.p, in.n, out, &n), NX_ERR_CRYPTO);
    return NX_OK;
}
