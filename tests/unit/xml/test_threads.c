/* Several threads that sign, verify, encrypt and decrypt at once, with keys that they share; and a
 * federation's metadata, signed as a whole and read one entity at a time. */
#include "material.h"

#include "xml/encrypt.h"

#include <pthread.h>

#define THREADS 4
#define ROUNDS 25
#define ENTITIES 300

struct shared {
    EVP_PKEY *rsa, *ec;
    nx_xml_key *keys[2]; /* of both */
};

static struct shared all;

/* cmocka's assertions belong to the main thread. */
static nx_result round_of(nx_arena *a, unsigned i)
{
    struct nx_xml_signer signer = i & 1 ? signer_rsa(all.rsa) : signer_ec(all.ec);
    struct nx_xml_keys keys = {.v = all.keys, .n = 2};
    struct nx_xml_recipient to = {.key = all.keys[0]};
    struct nx_xml_unwrapper by = {.unwrap = nx_xml_unwrap_evp, .ctx = all.rsa};
    struct nx_xml_opening opening = {.v = &by, .n = 1};
    nx_span bytes;
    NX_AUTO(nx_xml_doc) d = NULL;
    NX_AUTO(nx_xml_doc) opened = NULL;
    NX_AUTO(nx_xml_doc) verified = NULL;
    NX_TRY(nx_xml_sign(&bytes, a, assertion(a, "_a", "an.nguyen"), &signer));
    nx_xml_writer *w = nx_xml_writer_new(a, 64 << 10);
    nx_xml_begin(w, NX_NS_SAML, "EncryptedAssertion");
    NX_TRY(nx_xml_encrypt(w, a, &to, bytes));
    nx_xml_end(w);
    NX_TRY(nx_xml_done(&bytes, w));
    NX_TRY(nx_xml_parse(&d, bytes, &nx_xml_message));
    NX_TRY(nx_xml_decrypt(&opened, nx_xml_root(d), &opening));
    NX_TRY(nx_xml_verify(&verified, opened, nx_xml_root(opened), &keys));
    NX_REQUIRE(nx_xml_parse(&d, NX_LIT("<a><b></a>"), &nx_xml_message).e == NX_ERR_XML_FORM, NX_ERR_INTERNAL);
    return NX_OK;
}

static void *work(void *good)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
        if (!nx_ok(round_of(a, i))) return NULL;
    }
    return good;
}

static void test_threads_share_keys(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    int mark;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, &mark), 0);
    for (int i = 0; i < THREADS; i++) {
        void *good = NULL;
        assert_int_equal(pthread_join(threads[i], &good), 0);
        assert_ptr_equal(good, &mark);
    }
}

/* ---- a federation
 * ------------------------------------------------------------------------------------------------ */

static nx_span federation(nx_arena *a, const struct nx_xml_signer *signer)
{
    nx_xml_writer *w = nx_xml_writer_new(a, 4 << 20);
    nx_xml_begin(w, NX_NS_MD, "EntitiesDescriptor");
    nx_xml_put_attr(w, "ID", "_f");
    nx_xml_put_attr(w, "validUntil", "2027-01-01T00:00:00Z");
    nx_xml_signature_here(w);
    for (int i = 0; i < ENTITIES; i++) {
        nx_xml_put_text(w, NX_LIT("\n  "));
        nx_xml_begin(w, NX_NS_MD, "EntityDescriptor");
        nx_xml_put_attr(w, "entityID", nx_arena_printf(a, "https://sp%d.example", i));
        nx_xml_put(w, NX_NS_MDUI, "DisplayName", "portal");
        nx_xml_end(w);
    }
    nx_xml_end(w);
    nx_span out;
    assert_true(nx_ok(nx_xml_sign(&out, a, w, signer)));
    return out;
}

static nx_result count_root(void *ctx, const nx_xml_node *root)
{
    size_t *n = ctx;
    NX_REQUIRE(*n == 0 && nx_xml_attr(root, "validUntil"), NX_ERR_INTERNAL);
    return NX_OK;
}

static nx_result count_each(void *ctx, const nx_xml_doc *d)
{
    size_t *n = ctx;
    NX_REQUIRE(nx_xml_child(nx_xml_root(d), NX_NS_MDUI, "DisplayName"), NX_ERR_INTERNAL);
    ++*n;
    return NX_OK;
}

static void test_a_signed_federation(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(32 << 20);
    struct nx_xml_signer signer = signer_rsa(all.rsa);
    struct nx_xml_keys keys = {.v = all.keys, .n = 1}, others = {.v = all.keys + 1, .n = 1};
    nx_span bytes = federation(a, &signer);
    size_t n = 0;
    struct nx_xml_walk w = {
        .ns = NX_NS_MD, .name = "EntityDescriptor", .root = count_root, .each = count_each, .ctx = &n};
    assert_true(nx_ok(nx_xml_verify_each(bytes, &nx_xml_metadata, &keys, &w)));
    assert_int_equal(n, ENTITIES);

    n = 0; /* nothing is given before it has been verified */
    assert_int_equal(nx_xml_verify_each(bytes, &nx_xml_metadata, &others, &w).e, NX_ERR_XML_KEY);
    char *changed = nx_arena_dup(a, bytes);
    memcpy(strstr(changed, "sp299"), "sp298", 5);
    assert_int_equal(nx_xml_verify_each(nx_span_str(changed), &nx_xml_metadata, &keys, &w).e,
                     NX_ERR_SIGNATURE);
    assert_int_equal(n, 0);
}

static int start(void **state)
{
    (void)state;
    all.rsa = private_of("idp-rsa");
    all.ec = private_of("idp-p256");
    all.keys[0] = public_of("idp-rsa");
    all.keys[1] = public_of("idp-p256");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    EVP_PKEY_free(all.rsa);
    EVP_PKEY_free(all.ec);
    nx_xml_key_free(all.keys[0]);
    nx_xml_key_free(all.keys[1]);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads_share_keys),
        cmocka_unit_test(test_a_signed_federation),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
