#include "xml/cipher.h"

#include "base/arena.h"
#include "crypto/random.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#define BLOCK 16

static const struct nx_xml_cipher_row ciphers[] = {
#define C(name, cipher, key, iv, tag, uri) {cipher, key, iv, tag, uri},
#include "xml/cipher.def"
#undef C
};

struct digest_row {
    const char *uri;
    const char *name;
};

/* SHA-1 stands here and nowhere else: in OAEP its collisions help nobody (RFC 8017 section 7.1), and peers
 * know no other. */
static const struct digest_row digests[] = {
    {"http://www.w3.org/2000/09/xmldsig#sha1", "SHA1"},
    {"http://www.w3.org/2001/04/xmlenc#sha256", "SHA256"},
    {"http://www.w3.org/2001/04/xmldsig-more#sha384", "SHA384"},
    {"http://www.w3.org/2001/04/xmlenc#sha512", "SHA512"},
};
static const struct digest_row masks[] = {
    {"http://www.w3.org/2009/xmlenc11#mgf1sha1", "SHA1"},
    {"http://www.w3.org/2009/xmlenc11#mgf1sha256", "SHA256"},
    {"http://www.w3.org/2009/xmlenc11#mgf1sha384", "SHA384"},
    {"http://www.w3.org/2009/xmlenc11#mgf1sha512", "SHA512"},
};

static inline void cipher_ctx_auto(EVP_CIPHER_CTX **c)
{
    EVP_CIPHER_CTX_free(*c);
}
#define AUTO_CIPHER_CTX __attribute__((cleanup(cipher_ctx_auto))) EVP_CIPHER_CTX *
static inline void cipher_auto(EVP_CIPHER **c)
{
    EVP_CIPHER_free(*c);
}
#define AUTO_CIPHER __attribute__((cleanup(cipher_auto))) EVP_CIPHER *

const struct nx_xml_cipher_row *nx_xml_cipher_row(nx_xml_cipher cipher)
{
    return &ciphers[cipher == NX_XML_AES128_GCM ? 1 : 0];
}

const struct nx_xml_cipher_row *nx_xml_cipher_of(const char *uri)
{
    for (size_t i = 0; i < sizeof ciphers / sizeof ciphers[0]; i++)
        if (strcmp(uri, ciphers[i].uri) == 0) return &ciphers[i];
    return NULL;
}

static const char *digest_of(const struct digest_row *rows, size_t count, const char *uri)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(uri, rows[i].uri) == 0) return rows[i].name;
    return NULL;
}

const char *nx_xml_oaep_digest_of(const char *uri)
{
    return digest_of(digests, sizeof digests / sizeof digests[0], uri);
}

const char *nx_xml_mgf1_digest_of(const char *uri)
{
    return digest_of(masks, sizeof masks / sizeof masks[0], uri);
}

static bool begin(EVP_CIPHER_CTX *c, const struct nx_xml_cipher_row *row, nx_span key, const uint8_t *iv,
                  int encrypt)
{
    AUTO_CIPHER cipher = EVP_CIPHER_fetch(NULL, row->name, NULL);
    return cipher && key.n == row->key && EVP_CipherInit_ex2(c, cipher, key.p, iv, encrypt, NULL) == 1 &&
           EVP_CIPHER_CTX_set_padding(c, 0) == 1;
}

/* XML Encryption 1.1 section 5.2.4: the last byte says how many bytes of padding there are, the others are
 * any. */
static bool strip_padding(size_t *n, const uint8_t *text)
{
    if (*n == 0 || *n % BLOCK) return false;
    size_t padding = text[*n - 1];
    if (padding == 0 || padding > BLOCK) return false;
    *n -= padding;
    return true;
}

static bool open_with(EVP_CIPHER_CTX *c, uint8_t *out, size_t *n, const struct nx_xml_cipher_row *row,
                      nx_span key, nx_span sealed)
{
    uint8_t tag[BLOCK], none[BLOCK];
    int length = 0, rest = 0;
    size_t text = sealed.n - row->iv - row->tag;
    memcpy(tag, sealed.p + sealed.n - row->tag, row->tag);
    if (!begin(c, row, key, sealed.p, 0)) return false;
    if (EVP_DecryptUpdate(c, out, &length, sealed.p + row->iv, (int)text) != 1) return false;
    if (row->tag && EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, (int)row->tag, tag) != 1) return false;
    if (EVP_DecryptFinal_ex(c, none, &rest) != 1 || rest != 0) return false;
    *n = (size_t)length;
    return row->tag || strip_padding(n, out);
}

NX_FALLIBLE nx_xml_cipher_open(uint8_t *out, size_t *n, const struct nx_xml_cipher_row *row, nx_span key,
                               nx_span sealed)
{
    NX_REQUIRE(sealed.n > row->iv + row->tag && sealed.n < INT32_MAX, NX_ERR_XML_DECRYPT);
    AUTO_CIPHER_CTX c = EVP_CIPHER_CTX_new();
    NX_NEED(c);
    bool good = open_with(c, out, n, row, key, sealed);
    if (!good) nx_wipe(out, sealed.n);
    if (!good) ERR_clear_error();
    NX_REQUIRE(good, NX_ERR_XML_DECRYPT);
    return NX_OK;
}

NX_FALLIBLE nx_xml_cipher_seal(uint8_t *out, const struct nx_xml_cipher_row *row, nx_span key, nx_span plain)
{
    int n = 0, rest = 0;
    uint8_t *body = out + row->iv;
    NX_REQUIRE(row->tag && plain.n < INT32_MAX, NX_ERR_INTERNAL);
    NX_TRY(nx_random(out, row->iv));
    AUTO_CIPHER_CTX c = EVP_CIPHER_CTX_new();
    NX_NEED(c);
    bool good = begin(c, row, key, out, 1) && EVP_EncryptUpdate(c, body, &n, plain.p, (int)plain.n) == 1 &&
                EVP_EncryptFinal_ex(c, body + n, &rest) == 1 &&
                EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, (int)row->tag, body + plain.n) == 1;
    NX_REQUIRE(good, NX_ERR_CRYPTO);
    return NX_OK;
}
