#include "xml/key.h"

#include "base/arena.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include <stdlib.h>

#define RSA_MIN 2048
#define RSA_MAX 8192

static bool is_known_curve(const EVP_PKEY *key)
{
    static const char *const curves[] = {"prime256v1", "secp384r1", "secp521r1"};
    char group[32];
    size_t n;
    if (EVP_PKEY_get_group_name(key, group, sizeof group, &n) != 1) return false;
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++)
        if (strcmp(group, curves[i]) == 0) return true;
    return false;
}

static nx_kty kty_of(const EVP_PKEY *key)
{
    int bits = EVP_PKEY_get_bits(key);
    if (EVP_PKEY_is_a(key, "RSA")) return bits >= RSA_MIN && bits <= RSA_MAX ? NX_KTY_RSA : NX_KTY_NONE;
    return EVP_PKEY_is_a(key, "EC") && is_known_curve(key) ? NX_KTY_EC : NX_KTY_NONE;
}

NX_FALLIBLE nx_xml_key_of(nx_xml_key **out, EVP_PKEY *key)
{
    nx_kty kty = kty_of(key);
    NX_REQUIRE(kty != NX_KTY_NONE, NX_ERR_XML_KEY);
    nx_xml_key *k = calloc(1, sizeof *k);
    NX_NEED(k);
    EVP_PKEY_up_ref(key);
    *k = (struct nx_xml_key){.pkey = key, .kty = kty};
    *out = k;
    return NX_OK;
}

/* NULL when it is no certificate, or something stands behind it. */
static EVP_PKEY *of_certificate(nx_span der)
{
    const uint8_t *p = der.p;
    X509 *x = d2i_X509(NULL, &p, (long)der.n);
    EVP_PKEY *key = x && p == der.p + der.n ? X509_get_pubkey(x) : NULL;
    X509_free(x);
    return key;
}

static EVP_PKEY *of_spki(nx_span der)
{
    const uint8_t *p = der.p;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)der.n);
    if (p == der.p + der.n) return key;
    EVP_PKEY_free(key);
    return NULL;
}

NX_FALLIBLE nx_xml_key_make(nx_xml_key **out, nx_span der)
{
    NX_REQUIRE(der.n > 0 && der.n <= NX_XML_KEY_DER_MAX, NX_ERR_XML_KEY);
    EVP_PKEY *key = of_certificate(der);
    if (!key) key = of_spki(der);
    ERR_clear_error(); /* the library queues a reason per thread that nobody would ever read */
    NX_REQUIRE(key, NX_ERR_XML_KEY);
    nx_result r = nx_xml_key_of(out, key);
    EVP_PKEY_free(key);
    return r;
}

void nx_xml_key_free(nx_xml_key *k)
{
    if (!k) return;
    EVP_PKEY_free(k->pkey);
    free(k);
}

nx_kty nx_xml_key_kty(const nx_xml_key *k)
{
    return k->kty;
}

NX_FALLIBLE nx_xml_keys_fit(const struct nx_xml_keys *keys, nx_kty kty)
{
    size_t fit = 0;
    NX_REQUIRE(keys->n <= NX_XML_KEYS_MAX, NX_ERR_XML_KEY);
    for (size_t i = 0; i < keys->n; i++)
        fit += keys->v[i]->kty == kty;
    NX_REQUIRE(fit > 0, NX_ERR_XML_KEY);
    return NX_OK;
}
