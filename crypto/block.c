#include "crypto/block.h"

#include <openssl/evp.h>

static nx_result turn(uint8_t out[NX_BLOCK_LEN], nx_span key, const uint8_t in[NX_BLOCK_LEN], int seal)
{
    uint8_t room[2 * NX_BLOCK_LEN];
    int n = 0, more = 0;
    NX_REQUIRE(key.n == 32, NX_ERR_CRYPTO);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    NX_REQUIRE(c, NX_ERR_MEMORY);
    bool done = EVP_CipherInit_ex(c, EVP_aes_256_ecb(), NULL, key.p, NULL, seal) == 1 &&
                EVP_CIPHER_CTX_set_padding(c, 0) == 1 &&
                EVP_CipherUpdate(c, room, &n, in, NX_BLOCK_LEN) == 1 &&
                EVP_CipherFinal_ex(c, room + n, &more) == 1 && n + more == NX_BLOCK_LEN;
    EVP_CIPHER_CTX_free(c);
    NX_REQUIRE(done, NX_ERR_CRYPTO);
    memcpy(out, room, NX_BLOCK_LEN);
    return NX_OK;
}

nx_result nx_block_seal(uint8_t out[NX_BLOCK_LEN], nx_span key, const uint8_t in[NX_BLOCK_LEN])
{
    return turn(out, key, in, 1);
}

nx_result nx_block_open(uint8_t out[NX_BLOCK_LEN], nx_span key, const uint8_t in[NX_BLOCK_LEN])
{
    return turn(out, key, in, 0);
}
