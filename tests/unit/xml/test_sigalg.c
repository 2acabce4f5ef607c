/* Algorithms by URI, keys from certificates, and signatures over bytes. */
#include "material.h"

static void test_what_has_no_row(void **state)
{
    (void)state;
    static const char *const refused[] = {"",
                                          "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
                                          "http://www.w3.org/2000/09/xmldsig#dsa-sha1",
                                          "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
                                          "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
                                          "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
                                          "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256 ",
                                          "http://www.w3.org/2001/04/xmldsig-more#RSA-SHA256"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_int_equal(nx_xml_sigalg_of(nx_span_str(refused[i])), NX_XML_SIGALG_NONE);
    for (int i = 1; i < NX_XML_SIGALG_COUNT; i++)
        assert_int_equal(nx_xml_sigalg_of(nx_span_str(nx_xml_sigalg_uri((nx_xml_sigalg)i))), i);
    assert_int_equal(nx_xml_sigalg_for(NX_ALG_RS256), NX_XML_RSA_SHA256);
    assert_int_equal(nx_xml_sigalg_for(NX_ALG_ES256), NX_XML_ECDSA_SHA256);
    assert_int_equal(nx_xml_sigalg_for(NX_ALG_PS256), NX_XML_SIGALG_NONE);
}

static void test_signatures_over_bytes(void **state)
{
    (void)state;
    EVP_PKEY *pair[] = {private_of("idp-rsa"), private_of("idp-p256")};
    nx_xml_key *keys[] = {public_of("foreign-rsa"), public_of("idp-rsa"), public_of("idp-p384"),
                          public_of("idp-p256")};
    struct nx_xml_keys all = {.v = keys, .n = 4}, others = {.v = keys, .n = 1};
    static const nx_alg algs[] = {NX_ALG_RS256, NX_ALG_ES256};
    static const nx_xml_sigalg xml_algs[] = {NX_XML_RSA_SHA256, NX_XML_ECDSA_SHA256};
    nx_span message = NX_LIT("SAMLRequest=x&SigAlg=y");
    for (int i = 0; i < 2; i++) {
        uint8_t signature[NX_SIGNATURE_MAX + 1];
        size_t n;
        assert_true(nx_ok(nx_alg_sign(signature, &n, algs[i], pair[i], message)));
        nx_span s = nx_span_of(signature, n);
        assert_true(nx_ok(nx_xml_verify_bytes(xml_algs[i], &all, message, s)));
        assert_int_equal(nx_xml_verify_bytes(xml_algs[1 - i], &all, message, s).e, NX_ERR_SIGNATURE);
        assert_int_equal(nx_xml_verify_bytes(NX_XML_RSA_SHA512, &all, message, s).e, NX_ERR_SIGNATURE);
        assert_int_equal(nx_xml_verify_bytes(xml_algs[i], &others, message, s).e,
                         i ? NX_ERR_XML_KEY : NX_ERR_SIGNATURE);
        assert_int_equal(nx_xml_verify_bytes(NX_XML_SIGALG_NONE, &all, message, s).e, NX_ERR_XML_ALGORITHM);
        assert_int_equal(nx_xml_verify_bytes(xml_algs[i], &all, nx_span_from(message, 1), s).e,
                         NX_ERR_SIGNATURE);
        assert_int_equal(nx_xml_verify_bytes(xml_algs[i], &all, message, nx_span_of(signature, n - 1)).e,
                         NX_ERR_SIGNATURE);
        signature[n] = 0;
        assert_int_equal(nx_xml_verify_bytes(xml_algs[i], &all, message, nx_span_of(signature, n + 1)).e,
                         NX_ERR_SIGNATURE);
        assert_int_equal(nx_xml_verify_bytes(xml_algs[i], &all, message, NX_SPAN_NONE).e, NX_ERR_SIGNATURE);
        EVP_PKEY_free(pair[i]);
    }
    for (int i = 0; i < 4; i++)
        nx_xml_key_free(keys[i]);
}

static void test_what_is_no_key(void **state)
{
    (void)state;
    size_t n;
    nx_xml_key *k = NULL;
    uint8_t *der = certificate_of("idp-rsa", &n);
    uint8_t longer[4096];
    memcpy(longer, der, n);
    longer[n] = 0;
    assert_int_equal(nx_xml_key_make(&k, nx_span_of(longer, n + 1)).e,
                     NX_ERR_XML_KEY); /* something behind it */
    assert_int_equal(nx_xml_key_make(&k, nx_span_of(der, n - 1)).e, NX_ERR_XML_KEY);
    assert_int_equal(nx_xml_key_make(&k, NX_SPAN_NONE).e, NX_ERR_XML_KEY);
    assert_int_equal(nx_xml_key_make(&k, NX_LIT("-----BEGIN CERTIFICATE-----")).e, NX_ERR_XML_KEY);
    OPENSSL_free(der);

    EVP_PKEY *pair = private_of("idp-rsa");
    uint8_t *spki = NULL;
    int length = i2d_PUBKEY(pair, &spki);
    assert_true(nx_ok(nx_xml_key_make(&k, nx_span_of(spki, (size_t)length))));
    assert_int_equal(nx_xml_key_kty(k), NX_KTY_RSA);
    nx_xml_key_free(k);
    OPENSSL_free(spki);
    EVP_PKEY_free(pair);

    EVP_PKEY *other = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "secp256k1");
    assert_int_equal(nx_xml_key_of(&k, other).e, NX_ERR_XML_KEY);
    EVP_PKEY_free(other);
    other = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    assert_int_equal(nx_xml_key_of(&k, other).e, NX_ERR_XML_KEY);
    EVP_PKEY_free(other);
}

static void test_more_keys_than_one_peer_has(void **state)
{
    (void)state;
    nx_xml_key *keys[NX_XML_KEYS_MAX + 1], *k = public_of("idp-p256");
    for (int i = 0; i <= NX_XML_KEYS_MAX; i++)
        keys[i] = k;
    struct nx_xml_keys many = {.v = keys, .n = NX_XML_KEYS_MAX + 1};
    assert_int_equal(nx_xml_verify_bytes(NX_XML_ECDSA_SHA256, &many, NX_LIT("a"), NX_LIT("b")).e,
                     NX_ERR_XML_KEY);
    many.n--;
    assert_int_equal(nx_xml_verify_bytes(NX_XML_ECDSA_SHA256, &many, NX_LIT("a"), NX_LIT("b")).e,
                     NX_ERR_SIGNATURE);
    nx_xml_key_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_has_no_row),
        cmocka_unit_test(test_signatures_over_bytes),
        cmocka_unit_test(test_what_is_no_key),
        cmocka_unit_test(test_more_keys_than_one_peer_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
