/* What is encrypted here opens here; nothing else does, and nothing tells why not. */
#include "material.h"

#include "xml/encrypt.h"

struct sides {
    EVP_PKEY *keys[3]; /* ours, and two that are not */
    nx_xml_key *to;
    struct nx_xml_unwrapper by[3];
};

static struct sides us;

static nx_span encrypted(nx_arena *a, nx_xml_cipher cipher, nx_xml_oaep oaep, nx_span element)
{
    struct nx_xml_recipient to = {.key = us.to, .cipher = cipher, .oaep = oaep};
    nx_xml_writer *w = nx_xml_writer_new(a, 256 << 10);
    nx_span out;
    nx_xml_begin(w, NX_NS_SAML, "EncryptedAssertion");
    assert_true(nx_ok(nx_xml_encrypt(w, a, &to, element)));
    nx_xml_end(w);
    assert_true(nx_ok(nx_xml_done(&out, w)));
    return out;
}

static nx_span plain_assertion(nx_arena *a)
{
    nx_span out;
    assert_true(nx_ok(nx_xml_done(&out, assertion(a, "_1", "an.nguyen"))));
    return out;
}

static nx_err decrypt_error(nx_span bytes, size_t first, size_t count)
{
    NX_AUTO(nx_xml_doc) d = parsed(bytes);
    NX_AUTO(nx_xml_doc) out = NULL;
    struct nx_xml_opening o = {.v = us.by + first, .n = count};
    nx_err e = nx_xml_decrypt(&out, nx_xml_root(d), &o).e;
    assert_true((e == NX_ERR_NONE) == (out != NULL));
    if (out) assert_true(nx_xml_is(nx_xml_root(out), NX_NS_SAML, "Assertion"));
    return e;
}

static void test_what_is_encrypted_opens(void **state)
{
    (void)state;
    static const nx_xml_cipher ciphers[] = {NX_XML_AES256_GCM, NX_XML_AES128_GCM};
    static const nx_xml_oaep oaeps[] = {NX_XML_OAEP_MGF1P, NX_XML_OAEP_SHA256};
    for (int i = 0; i < 4; i++) {
        NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
        nx_span bytes = encrypted(a, ciphers[i & 1], oaeps[i >> 1], plain_assertion(a));
        assert_null(memmem(bytes.p, bytes.n, "an.nguyen", 9));
        assert_int_equal(decrypt_error(bytes, 0, 1), NX_ERR_NONE);
        assert_int_equal(decrypt_error(bytes, 0, 3), NX_ERR_NONE);
        assert_int_equal(decrypt_error(bytes, 1, 2), NX_ERR_XML_DECRYPT);
        assert_int_equal(decrypt_error(bytes, 0, 0), NX_ERR_XML_DECRYPT);
        nx_span again = encrypted(a, ciphers[i & 1], oaeps[i >> 1], plain_assertion(a));
        assert_false(nx_span_eq(bytes, again));
    }
}

/* Our key is the third that is tried. */
static void test_key_roll(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    NX_AUTO(nx_xml_doc) d = parsed(encrypted(a, NX_XML_AES256_GCM, NX_XML_OAEP_MGF1P, plain_assertion(a)));
    NX_AUTO(nx_xml_doc) out = NULL;
    struct nx_xml_unwrapper turned[] = {us.by[2], us.by[1], us.by[0]};
    struct nx_xml_opening o = {.v = turned, .n = 3};
    assert_true(nx_ok(nx_xml_decrypt(&out, nx_xml_root(d), &o)));
}

/* Every byte of both values: one and the same error. */
static void test_no_byte_can_be_changed(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(8 << 20);
    char *xml = nx_arena_dup(a, encrypted(a, NX_XML_AES256_GCM, NX_XML_OAEP_MGF1P, plain_assertion(a)));
    char *value = xml;
    for (int which = 0; which < 2; which++) {
        value = strstr(value, "<xenc:CipherValue>") + 18;
        size_t n = strcspn(value, "=<");
        for (size_t i = 0; i + 4 < n; i += which ? 7 : 41) { /* the last characters may not be canonical */
            char was = value[i];
            value[i] = was == 'A' ? 'B' : 'A';
            assert_int_equal(decrypt_error(nx_span_str(xml), 0, 1), NX_ERR_XML_DECRYPT);
            value[i] = was;
        }
    }
    assert_int_equal(decrypt_error(nx_span_str(xml), 0, 1), NX_ERR_NONE);
}

/* What a reader must refuse is refused inside too, and looks like every other failure. */
static void test_the_content_is_read_strictly(void **state)
{
    (void)state;
    static const char *const contents[] = {"<a/><b/>", "<!DOCTYPE a><a/>", "<a><!-- --></a>",
                                           "text",     "<saml:A/>",        "<a ID='1 2'/>"};
    for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
        NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
        nx_span bytes = encrypted(a, NX_XML_AES128_GCM, NX_XML_OAEP_SHA256, nx_span_str(contents[i]));
        assert_int_equal(decrypt_error(bytes, 0, 1), NX_ERR_XML_DECRYPT);
    }
}

static void test_a_signed_assertion_in_a_signed_response(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    EVP_PKEY *pair = private_of("idp-p256");
    nx_xml_key *key = public_of("idp-p256");
    struct nx_xml_signer signer = signer_ec(pair);
    struct nx_xml_keys keys = {.v = &key, .n = 1};
    struct nx_xml_recipient to = {.key = us.to};
    nx_xml_writer *w = nx_xml_writer_new(a, 64 << 10);
    nx_xml_begin(w, NX_NS_SAMLP, "Response");
    nx_xml_put_attr(w, "ID", "_r");
    nx_xml_signature_here(w);
    nx_xml_begin(w, NX_NS_SAML, "EncryptedAssertion");
    assert_true(nx_ok(nx_xml_encrypt(w, a, &to, signed_assertion(a, "_a", &signer))));
    nx_xml_end(w);
    nx_xml_end(w);
    nx_span bytes;
    assert_true(nx_ok(nx_xml_sign(&bytes, a, w, &signer)));
    NX_AUTO(nx_xml_doc) d = parsed(bytes);
    NX_AUTO(nx_xml_doc) response = NULL;
    NX_AUTO(nx_xml_doc) opened = NULL;
    NX_AUTO(nx_xml_doc) verified = NULL;
    struct nx_xml_opening o = {.v = us.by, .n = 1};
    assert_true(nx_ok(nx_xml_verify(&response, d, nx_xml_root(d), &keys)));
    assert_true(nx_ok(nx_xml_decrypt(&opened, nx_xml_first(nx_xml_root(response)), &o)));
    assert_true(nx_ok(nx_xml_verify(&verified, opened, nx_xml_root(opened), &keys)));
    nx_xml_key_free(key);
    EVP_PKEY_free(pair);
}

static void test_only_rsa_keys_take_encryption(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    nx_xml_key *key = public_of("idp-p256");
    struct nx_xml_recipient to = {.key = key};
    nx_xml_writer *w = nx_xml_writer_new(a, 4096);
    nx_xml_begin(w, NX_NS_SAML, "EncryptedAssertion");
    assert_int_equal(nx_xml_encrypt(w, a, &to, NX_LIT("<a></a>")).e, NX_ERR_XML_KEY);
    nx_xml_key_free(key);
}

/* A key that unwraps to another length than the cipher's is as wrong as any. */
static nx_result unwrap_short(void *ctx, nx_secret *out, const char *digest, const char *mask,
                              nx_span wrapped)
{
    nx_result r = nx_xml_unwrap_evp(ctx, out, digest, mask, wrapped);
    out->n = 16;
    return r;
}

static void test_a_key_of_another_length(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    NX_AUTO(nx_xml_doc) d = parsed(encrypted(a, NX_XML_AES256_GCM, NX_XML_OAEP_MGF1P, plain_assertion(a)));
    NX_AUTO(nx_xml_doc) out = NULL;
    struct nx_xml_unwrapper by = {.unwrap = unwrap_short, .ctx = us.keys[0]};
    struct nx_xml_opening o = {.v = &by, .n = 1};
    assert_int_equal(nx_xml_decrypt(&out, nx_xml_root(d), &o).e, NX_ERR_XML_DECRYPT);
}

/* Whatever allocation fails: an error and nothing half written. */
static nx_result sign_and_encrypt(nx_arena *a, const struct nx_xml_signer *signer)
{
    nx_span out;
    struct nx_xml_recipient to = {.key = us.to};
    NX_TRY(nx_xml_sign(&out, a, assertion(a, "_a", "an.nguyen"), signer));
    nx_xml_writer *w = nx_xml_writer_new(a, 64 << 10);
    nx_xml_begin(w, NX_NS_SAML, "EncryptedAssertion");
    NX_TRY(nx_xml_encrypt(w, a, &to, out));
    nx_xml_end(w);
    return nx_xml_done(&out, w);
}

static void test_with_too_little_memory(void **state)
{
    (void)state;
    EVP_PKEY *pair = private_of("idp-p256");
    struct nx_xml_signer signer = signer_ec(pair);
    nx_result r = {NX_ERR_MEMORY};
    size_t tries = 0;
    for (size_t max = 64; !nx_ok(r) && max < (1 << 20); max += 331, tries++) {
        NX_AUTO(nx_arena) a = nx_arena_open(max);
        r = sign_and_encrypt(a, &signer);
        if (!nx_ok(r)) assert_int_equal(r.e, NX_ERR_MEMORY);
    }
    assert_true(nx_ok(r) && tries > 10);
    EVP_PKEY_free(pair);
}

static int start(void **state)
{
    static const char *const names[] = {"sp-rsa", "idp-rsa", "foreign-rsa"};
    (void)state;
    us.to = public_of("sp-rsa");
    for (int i = 0; i < 3; i++) {
        us.keys[i] = private_of(names[i]);
        us.by[i] = (struct nx_xml_unwrapper){.unwrap = nx_xml_unwrap_evp, .ctx = us.keys[i]};
    }
    return 0;
}

static int stop(void **state)
{
    (void)state;
    nx_xml_key_free(us.to);
    for (int i = 0; i < 3; i++)
        EVP_PKEY_free(us.keys[i]);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_encrypted_opens),
        cmocka_unit_test(test_key_roll),
        cmocka_unit_test(test_no_byte_can_be_changed),
        cmocka_unit_test(test_the_content_is_read_strictly),
        cmocka_unit_test(test_a_signed_assertion_in_a_signed_response),
        cmocka_unit_test(test_only_rsa_keys_take_encryption),
        cmocka_unit_test(test_a_key_of_another_length),
        cmocka_unit_test(test_with_too_little_memory),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
