#include "xml/oaep.h"

#include "base/arena.h"
#include "xml/key.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

static inline void pkey_ctx_auto(EVP_PKEY_CTX **c)
{
    EVP_PKEY_CTX_free(*c);
}
#define AUTO_PKEY_CTX __attribute__((cleanup(pkey_ctx_auto))) EVP_PKEY_CTX *

static bool set_oaep(EVP_PKEY_CTX *c, const char *digest, const char *mgf1_digest)
{
    return EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_OAEP_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_oaep_md_name(c, digest, NULL) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md_name(c, mgf1_digest, NULL) == 1;
}

NX_FALLIBLE nx_xml_wrap(uint8_t *out, size_t *n, const nx_xml_key *key, const char *digest, nx_span secret)
{
    NX_REQUIRE(key->kty == NX_KTY_RSA, NX_ERR_XML_KEY);
    AUTO_PKEY_CTX c = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
    NX_NEED(c);
    *n = NX_SECRET_MAX;
    bool good = EVP_PKEY_encrypt_init(c) == 1 && set_oaep(c, digest, digest) &&
                EVP_PKEY_encrypt(c, out, n, secret.p, secret.n) == 1;
    if (!good) ERR_clear_error();
    NX_REQUIRE(good, NX_ERR_CRYPTO);
    return NX_OK;
}

nx_result nx_xml_unwrap_evp(void *ctx, nx_secret *out, const char *digest, const char *mgf1_digest,
                            nx_span wrapped)
{
    EVP_PKEY *key = ctx;
    AUTO_PKEY_CTX c = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    NX_NEED(c);
    size_t n = sizeof out->bytes;
    bool good = EVP_PKEY_decrypt_init(c) == 1 && set_oaep(c, digest, mgf1_digest) &&
                EVP_PKEY_decrypt(c, out->bytes, &n, wrapped.p, wrapped.n) == 1;
    out->n = good ? n : 0;
    if (!good) ERR_clear_error();
    NX_REQUIRE(good, NX_ERR_XML_DECRYPT);
    return NX_OK;
}
