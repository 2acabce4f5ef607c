/* Decryption by a key of the ring. One error for whatever is wrong with the cipher text: which padding check failed
 * is what an attacker who sends many would like to learn (RFC 8017 section 7.1.2, note). */
#include "crypto/signing_key.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

static inline void pkey_ctx_auto(EVP_PKEY_CTX **c)
{
    EVP_PKEY_CTX_free(*c);
}
#define AUTO_PKEY_CTX __attribute__((cleanup(pkey_ctx_auto))) EVP_PKEY_CTX *

static const EVP_MD *digest_of(const char *name)
{
    static const char *const names[] = {"SHA1", "SHA256", "SHA384", "SHA512"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0) return EVP_get_digestbyname(name);
    return NULL;
}

static nx_result prepare(EVP_PKEY_CTX *c, const char *digest, const char *mgf1_digest)
{
    const EVP_MD *oaep = digest_of(digest), *mgf1 = digest_of(mgf1_digest);
    NX_REQUIRE(oaep && mgf1, NX_ERR_JOSE_ALG);
    bool ok = EVP_PKEY_decrypt_init(c) == 1 && EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_OAEP_PADDING) == 1 &&
              EVP_PKEY_CTX_set_rsa_oaep_md(c, oaep) == 1 && EVP_PKEY_CTX_set_rsa_mgf1_md(c, mgf1) == 1;
    NX_REQUIRE(ok, NX_ERR_CRYPTO);
    return NX_OK;
}

NX_FALLIBLE nx_signing_key_open(const nx_signing_key *k, nx_secret *out, const char *digest, const char *mgf1_digest,
                                nx_span wrapped)
{
    NX_REQUIRE(nx_key_use_opens(k->use), NX_ERR_JOSE_ALG);
    AUTO_PKEY_CTX c = EVP_PKEY_CTX_new_from_pkey(NULL, k->pair, NULL);
    NX_NEED(c);
    NX_TRY(prepare(c, digest, mgf1_digest));
    out->n = sizeof out->bytes;
    bool opened = EVP_PKEY_decrypt(c, out->bytes, &out->n, wrapped.p, wrapped.n) == 1;
    if (!opened) nx_secret_wipe(out);
    ERR_clear_error();
    NX_REQUIRE(opened, NX_ERR_SEAL);
    return NX_OK;
}
