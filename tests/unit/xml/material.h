/* Keys and documents for the tests of this folder: the keys of tests/saml/attacks/keys, and a message that is
 * signed by them. */
#ifndef NX_TEST_XML_MATERIAL_H
#define NX_TEST_XML_MATERIAL_H

#include "xml/sign.h"
#include "xml/verify.h"

#include <openssl/pem.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define KEYS NX_SOURCE_DIR "/tests/saml/attacks/keys/"

static inline EVP_PKEY *private_of(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, KEYS "%s.key", name);
    FILE *f = fopen(path, "r");
    EVP_PKEY *key = f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;
    if (f) fclose(f);
    assert_non_null(key);
    return key;
}

/* The DER of the certificate; freed by the caller with OPENSSL_free. */
static inline uint8_t *certificate_of(const char *name, size_t *n)
{
    char path[512];
    snprintf(path, sizeof path, KEYS "%s.crt", name);
    FILE *f = fopen(path, "r");
    X509 *x = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
    if (f) fclose(f);
    assert_non_null(x);
    uint8_t *der = NULL;
    int length = i2d_X509(x, &der);
    X509_free(x);
    assert_true(length > 0);
    *n = (size_t)length;
    return der;
}

static inline nx_xml_key *public_of(const char *name)
{
    size_t n;
    nx_xml_key *k = NULL;
    uint8_t *der = certificate_of(name, &n);
    assert_true(nx_ok(nx_xml_key_make(&k, nx_span_of(der, n))));
    OPENSSL_free(der);
    return k;
}

static inline nx_result sign_rs256(void *key, uint8_t out[NX_SIGNATURE_MAX], size_t *n, nx_span message)
{
    return nx_alg_sign(out, n, NX_ALG_RS256, key, message);
}

static inline nx_result sign_es256(void *key, uint8_t out[NX_SIGNATURE_MAX], size_t *n, nx_span message)
{
    return nx_alg_sign(out, n, NX_ALG_ES256, key, message);
}

static inline struct nx_xml_signer signer_rsa(EVP_PKEY *key)
{
    return (struct nx_xml_signer){.alg = NX_XML_RSA_SHA256, .sign = sign_rs256, .ctx = key};
}

static inline struct nx_xml_signer signer_ec(EVP_PKEY *key)
{
    return (struct nx_xml_signer){.alg = NX_XML_ECDSA_SHA256, .sign = sign_es256, .ctx = key};
}

/* An assertion about the name, not signed yet. */
static inline nx_xml_writer *assertion(nx_arena *a, const char *id, const char *name)
{
    nx_xml_writer *w = nx_xml_writer_new(a, 64 << 10);
    nx_xml_begin(w, NX_NS_SAML, "Assertion");
    nx_xml_put_attr(w, "Version", "2.0");
    nx_xml_put_attr(w, "ID", id);
    nx_xml_put_attr_time(w, "IssueInstant", 1767225600);
    nx_xml_put(w, NX_NS_SAML, "Issuer", "https://localhost:8443/saml/metadata");
    nx_xml_signature_here(w);
    nx_xml_begin(w, NX_NS_SAML, "Subject");
    nx_xml_put(w, NX_NS_SAML, "NameID", name);
    nx_xml_end(w);
    nx_xml_end(w);
    return w;
}

static inline nx_span signed_assertion(nx_arena *a, const char *id, const struct nx_xml_signer *signer)
{
    nx_span out;
    assert_true(nx_ok(nx_xml_sign(&out, a, assertion(a, id, "an.nguyen"), signer)));
    return out;
}

static inline nx_xml_doc *parsed(nx_span bytes)
{
    nx_xml_doc *d = NULL;
    nx_result r = nx_xml_parse(&d, bytes, &nx_xml_message);
    if (!nx_ok(r)) print_error("%s: %.*s\n", nx_err_name(r.e), (int)bytes.n, (const char *)bytes.p);
    assert_true(nx_ok(r));
    return d;
}

#endif
