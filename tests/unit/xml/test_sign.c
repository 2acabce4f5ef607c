/* What is signed here verifies here, with each kind of key, and in the places where messages put it. */
#include "../crypto/memory_keys.h"
#include "material.h"

static struct nx_xml_keys one(nx_xml_key **k)
{
    return (struct nx_xml_keys){.v = k, .n = 1};
}

static nx_err verify_error(nx_span bytes, struct nx_xml_keys keys)
{
    NX_AUTO(nx_xml_doc) d = parsed(bytes);
    NX_AUTO(nx_xml_doc) out = NULL;
    return nx_xml_verify(&out, d, nx_xml_root(d), &keys).e;
}

static void test_a_signed_assertion_verifies(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    EVP_PKEY *pair[] = {private_of("idp-rsa"), private_of("idp-p256")};
    nx_xml_key *key[] = {public_of("idp-rsa"), public_of("idp-p256")};
    struct nx_xml_signer signer[] = {signer_rsa(pair[0]), signer_ec(pair[1])};
    for (int i = 0; i < 2; i++) {
        nx_span bytes = signed_assertion(a, "_a1", &signer[i]);
        NX_AUTO(nx_xml_doc) d = parsed(bytes);
        NX_AUTO(nx_xml_doc) out = NULL;
        struct nx_xml_keys keys = one(&key[i]);
        assert_true(nx_xml_signed(nx_xml_root(d)));
        assert_true(nx_ok(nx_xml_verify(&out, d, nx_xml_root(d), &keys)));
        assert_true(nx_xml_is(nx_xml_root(out), NX_NS_SAML, "Assertion"));
        assert_false(nx_xml_signed(nx_xml_root(out)));
        assert_int_equal(verify_error(bytes, one(&key[1 - i])), NX_ERR_XML_KEY);
        assert_int_equal(verify_error(bytes, (struct nx_xml_keys){.v = key, .n = 2}), NX_ERR_NONE);
        assert_int_equal(verify_error(bytes, (struct nx_xml_keys){.v = key, .n = 0}), NX_ERR_XML_KEY);
        EVP_PKEY_free(pair[i]);
    }
    nx_xml_key_free(key[0]);
    nx_xml_key_free(key[1]);
}

/* Key roll: whichever of the peer's keys made it. */
static void test_any_pinned_key_may_verify(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    EVP_PKEY *pair = private_of("idp-rsa");
    nx_xml_key *key[] = {public_of("foreign-rsa"), public_of("sp-rsa"), public_of("idp-rsa")};
    struct nx_xml_signer signer = signer_rsa(pair);
    nx_span bytes = signed_assertion(a, "_a1", &signer);
    assert_int_equal(verify_error(bytes, (struct nx_xml_keys){.v = key, .n = 3}), NX_ERR_NONE);
    assert_int_equal(verify_error(bytes, (struct nx_xml_keys){.v = key, .n = 2}), NX_ERR_SIGNATURE);
    for (int i = 0; i < 3; i++)
        nx_xml_key_free(key[i]);
    EVP_PKEY_free(pair);
}

/* Response with a signature of its own around an assertion with one, inside a signed ArtifactResponse in
 * SOAP: each verifies where it stands. */
static nx_span nested(nx_arena *a, const struct nx_xml_signer *signer)
{
    nx_span inner = signed_assertion(a, "_assertion", signer);
    static const char *const names[] = {"Response", "ArtifactResponse"};
    for (int i = 0; i < 2; i++) {
        nx_xml_writer *w = nx_xml_writer_new(a, 64 << 10);
        nx_xml_begin(w, NX_NS_SAMLP, names[i]);
        nx_xml_put_attr(w, "ID", names[i]);
        nx_xml_put(w, NX_NS_SAML, "Issuer", "https://localhost");
        nx_xml_signature_here(w);
        nx_xml_put_element(w, inner);
        nx_xml_end(w);
        assert_true(nx_ok(nx_xml_sign(&inner, a, w, signer)));
    }
    nx_xml_writer *w = nx_xml_writer_new(a, 64 << 10);
    nx_xml_begin(w, NX_NS_SOAP, "Envelope");
    nx_xml_begin(w, NX_NS_SOAP, "Body");
    nx_xml_put_element(w, inner);
    nx_xml_end(w);
    nx_xml_end(w);
    assert_true(nx_ok(nx_xml_done(&inner, w)));
    return inner;
}

static void test_signatures_in_signed_messages(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    EVP_PKEY *pair = private_of("idp-rsa");
    nx_xml_key *key = public_of("idp-rsa");
    struct nx_xml_signer signer = signer_rsa(pair);
    struct nx_xml_keys keys = one(&key);
    NX_AUTO(nx_xml_doc) d = parsed(nested(a, &signer));
    const nx_xml_node *e = nx_xml_child(nx_xml_root(d), NX_NS_SOAP, "Body");
    static const struct {
        nx_ns ns;
        const char *name;
    } down[] = {{NX_NS_SAMLP, "ArtifactResponse"}, {NX_NS_SAMLP, "Response"}, {NX_NS_SAML, "Assertion"}};
    for (int i = 0; i < 3; i++) {
        NX_AUTO(nx_xml_doc) out = NULL;
        e = nx_xml_child(e, down[i].ns, down[i].name);
        assert_true(nx_ok(nx_xml_verify(&out, d, e, &keys)));
        assert_string_equal(nx_xml_name(nx_xml_root(out)), down[i].name);
        /* and once more inside of what was verified */
        const nx_xml_node *inner =
            i < 2 ? nx_xml_child(nx_xml_root(out), down[i + 1].ns, down[i + 1].name) : NULL;
        NX_AUTO(nx_xml_doc) again = NULL;
        if (inner) assert_true(nx_ok(nx_xml_verify(&again, out, inner, &keys)));
    }
    nx_xml_key_free(key);
    EVP_PKEY_free(pair);
}

/* Every byte of a signed message: changed, it does not parse, is refused, or says the same thing. */
static bool same_meaning(nx_arena *a, const nx_xml_doc *x, nx_span bytes)
{
    const nx_xml_node *subject = nx_xml_child(nx_xml_root(x), NX_NS_SAML, "Subject");
    const nx_xml_node *name = subject ? nx_xml_child(subject, NX_NS_SAML, "NameID") : NULL;
    char *text;
    (void)bytes;
    return name && nx_ok(nx_xml_text(&text, a, name, 100)) && strcmp(text, "an.nguyen") == 0;
}

static void test_no_byte_can_be_changed(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(8 << 20);
    EVP_PKEY *pair = private_of("idp-p256");
    nx_xml_key *key = public_of("idp-p256");
    struct nx_xml_signer signer = signer_ec(pair);
    struct nx_xml_keys keys = one(&key);
    nx_span bytes = signed_assertion(a, "_a1", &signer);
    uint8_t *changed = nx_arena_alloc(a, bytes.n);
    size_t passed = 0;
    for (size_t i = 0; i < bytes.n; i++) {
        memcpy(changed, bytes.p, bytes.n);
        changed[i] ^= 1;
        NX_AUTO(nx_xml_doc) d = NULL;
        NX_AUTO(nx_xml_doc) out = NULL;
        if (!nx_ok(nx_xml_parse(&d, nx_span_of(changed, bytes.n), &nx_xml_message))) continue;
        if (!nx_ok(nx_xml_verify(&out, d, nx_xml_root(d), &keys))) continue;
        assert_true(same_meaning(a, out, bytes));
        passed++;
    }
    assert_int_equal(passed, 0);
    nx_xml_key_free(key);
    EVP_PKEY_free(pair);
}

static void test_the_certificate_is_told(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    EVP_PKEY *pair = private_of("idp-rsa");
    nx_xml_key *key = public_of("idp-rsa");
    struct nx_xml_signer signer = signer_rsa(pair);
    signer.certificate = "TUlJ";
    nx_span bytes = signed_assertion(a, "_a1", &signer);
    assert_non_null(strstr(nx_arena_dup(a, bytes), "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>TUlJ</"));
    assert_int_equal(verify_error(bytes, one(&key)), NX_ERR_NONE);
    nx_xml_key_free(key);
    EVP_PKEY_free(pair);
}

static void test_what_cannot_be_signed(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    EVP_PKEY *pair = private_of("idp-p256");
    struct nx_xml_signer signer = signer_ec(pair);
    nx_span out;
    nx_xml_writer *w = nx_xml_writer_new(a, 4096); /* without a place */
    nx_xml_begin(w, NX_NS_SAML, "Assertion");
    nx_xml_put_attr(w, "ID", "_1");
    nx_xml_end(w);
    assert_int_equal(nx_xml_sign(&out, a, w, &signer).e, NX_ERR_INTERNAL);
    w = nx_xml_writer_new(a, 4096); /* without an ID */
    nx_xml_begin(w, NX_NS_SAML, "Assertion");
    nx_xml_signature_here(w);
    nx_xml_end(w);
    assert_int_equal(nx_xml_sign(&out, a, w, &signer).e, NX_ERR_INTERNAL);
    w = nx_xml_writer_new(a, 400); /* without room */
    nx_xml_begin(w, NX_NS_SAML, "Assertion");
    nx_xml_put_attr(w, "ID", "_1");
    nx_xml_signature_here(w);
    nx_xml_end(w);
    assert_int_equal(nx_xml_sign(&out, a, w, &signer).e, NX_ERR_LIMIT);
    EVP_PKEY_free(pair);
}

/* A key of the ring, as it signs in the house: TOKEN keys are EC, SAML keys RSA. */
static void test_a_key_of_the_ring_signs(void **state)
{
    (void)state;
    static struct memory_keys rows;
    static const nx_key_use uses[] = {NX_USE_TOKEN, NX_USE_SAML};
    nx_master *master = memory_master();
    struct nx_keyring_terms terms = NX_KEYRING_TERMS;
    struct nx_key_store store = memory_keys_store(&rows);
    NX_AUTO(nx_keyring) ring = NULL;
    assert_true(nx_ok(nx_keyring_open(&ring, master, &store, &terms)));
    for (int i = 0; i < 2; i++) {
        NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
        NX_AUTO(nx_signing_key) k = NULL;
        nx_xml_key *key = NULL;
        struct nx_xml_signer signer;
        assert_true(nx_ok(nx_keyring_active(&k, ring, uses[i])));
        assert_true(nx_ok(nx_xml_signer_of(&signer, k, NULL)));
        assert_true(nx_ok(nx_xml_key_of(&key, nx_jwk_evp(nx_signing_key_jwk(k)))));
        assert_int_equal(verify_error(signed_assertion(a, "_a", &signer), one(&key)), NX_ERR_NONE);
        nx_xml_key_free(key);
    }
    nx_keyring_close(NX_STEAL(ring));
    nx_master_close(master);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_signed_assertion_verifies),
        cmocka_unit_test(test_any_pinned_key_may_verify),
        cmocka_unit_test(test_signatures_in_signed_messages),
        cmocka_unit_test(test_no_byte_can_be_changed),
        cmocka_unit_test(test_the_certificate_is_told),
        cmocka_unit_test(test_what_cannot_be_signed),
        cmocka_unit_test(test_a_key_of_the_ring_signs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
