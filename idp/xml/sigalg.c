#include "xml/sigalg.h"

#include "xml/key.h"

#include <openssl/ec.h>
#include <openssl/err.h>

#define HALF_MAX 66 /* P-521 */
#define DER_MAX (2 * HALF_MAX + 16)

static const struct {
    nx_kty kty;
    const char *digest;
    const char *uri;
} rows[NX_XML_SIGALG_COUNT] = {
    [NX_XML_SIGALG_NONE] = {NX_KTY_NONE, "", ""},
#define S(name, kty, digest, uri) [NX_XML_##name] = {NX_KTY_##kty, digest, uri},
#include "xml/sigalg.def"
#undef S
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

const char *nx_xml_sigalg_uri(nx_xml_sigalg alg)
{
    return rows[alg].uri;
}

nx_kty nx_xml_sigalg_kty(nx_xml_sigalg alg)
{
    return rows[alg].kty;
}

nx_xml_sigalg nx_xml_sigalg_of(nx_span uri)
{
    for (int i = NX_XML_SIGALG_NONE + 1; i < NX_XML_SIGALG_COUNT; i++)
        if (nx_span_eq_str(uri, rows[i].uri)) return (nx_xml_sigalg)i;
    return NX_XML_SIGALG_NONE;
}

nx_xml_sigalg nx_xml_sigalg_for(nx_alg alg)
{
    return alg == NX_ALG_RS256   ? NX_XML_RSA_SHA256
           : alg == NX_ALG_ES256 ? NX_XML_ECDSA_SHA256
                                 : NX_XML_SIGALG_NONE;
}

/* r | s, each as long as the curve's order, to the DER of the library; 0 when it is not that. */
static size_t ecdsa_der(uint8_t out[DER_MAX], const EVP_PKEY *key, nx_span raw)
{
    int half = (EVP_PKEY_get_bits(key) + 7) / 8;
    if (raw.n != 2 * (size_t)half) return 0;
    AUTO_ECDSA sig = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw.p, half, NULL), *s = BN_bin2bn(raw.p + half, half, NULL);
    if (!sig || !r || !s || ECDSA_SIG_set0(sig, r, s) != 1) {
        BN_free(r);
        BN_free(s);
        return 0;
    }
    int n = i2d_ECDSA_SIG(sig, NULL);
    return n > 0 && n <= DER_MAX ? (size_t)i2d_ECDSA_SIG(sig, &out) : 0;
}

static bool verifies(nx_xml_sigalg alg, const nx_xml_key *k, nx_span message, nx_span signature)
{
    uint8_t der[DER_MAX];
    if (k->kty == NX_KTY_EC) signature = nx_span_of(der, ecdsa_der(der, k->pkey, signature));
    AUTO_MD_CTX c = EVP_MD_CTX_new();
    bool good = c && signature.n &&
                EVP_DigestVerifyInit_ex(c, NULL, rows[alg].digest, NULL, NULL, k->pkey, NULL) == 1 &&
                EVP_DigestVerify(c, signature.p, signature.n, message.p, message.n) == 1;
    if (!good) ERR_clear_error(); /* the library queues a reason per thread that nobody would ever read */
    return good;
}

NX_FALLIBLE nx_xml_verify_bytes(nx_xml_sigalg alg, const struct nx_xml_keys *keys, nx_span message,
                                nx_span signature)
{
    NX_REQUIRE(alg != NX_XML_SIGALG_NONE, NX_ERR_XML_ALGORITHM);
    NX_TRY(nx_xml_keys_fit(keys, rows[alg].kty));
    for (size_t i = 0; i < keys->n; i++)
        if (keys->v[i]->kty == rows[alg].kty && verifies(alg, keys->v[i], message, signature)) return NX_OK;
    NX_FAIL(NX_ERR_SIGNATURE);
}
