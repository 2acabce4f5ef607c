/* The corpus of tests/saml/attacks, played against a consumer that does what every consumer of a response
 * does: parse, verify the response or its one assertion with pinned keys, read the name from what was
 * verified. */
#include "material.h"

#include "xml/encrypt.h"

#define FOLDER NX_SOURCE_DIR "/tests/saml/attacks/"
#define PINNED 4

struct consumer {
    nx_xml_key *keys[PINNED];
    EVP_PKEY *decryption;
};

static struct consumer us;

static struct nx_xml_keys pinned(void)
{
    return (struct nx_xml_keys){.v = us.keys, .n = PINNED};
}

/* The name of the subject of a verified assertion. */
static nx_result read_name(char **name, nx_arena *a, const nx_xml_node *assertion)
{
    const nx_xml_node *subject, *id;
    NX_TRY(nx_xml_only(&subject, assertion, NX_NS_SAML, "Subject"));
    NX_TRY(nx_xml_only(&id, subject, NX_NS_SAML, "NameID"));
    return nx_xml_text(name, a, id, 256);
}

static nx_result verified_name(char **name, nx_arena *a, nx_xml_doc *d, const nx_xml_node *assertion)
{
    NX_AUTO(nx_xml_doc) out = NULL;
    struct nx_xml_keys keys = pinned();
    NX_TRY(nx_xml_verify(&out, d, assertion, &keys));
    return read_name(name, a, nx_xml_root(out));
}

static nx_result open_and_verify(char **name, nx_arena *a, const nx_xml_node *encrypted)
{
    NX_AUTO(nx_xml_doc) d = NULL;
    struct nx_xml_unwrapper by = {.unwrap = nx_xml_unwrap_evp, .ctx = us.decryption};
    struct nx_xml_opening opening = {.v = &by, .n = 1};
    NX_TRY(nx_xml_decrypt(&d, encrypted, &opening));
    return verified_name(name, a, d, nx_xml_root(d));
}

static nx_result consume_signed(char **name, nx_arena *a, nx_xml_doc *d)
{
    NX_AUTO(nx_xml_doc) out = NULL;
    const nx_xml_node *assertion;
    struct nx_xml_keys keys = pinned();
    NX_TRY(nx_xml_verify(&out, d, nx_xml_root(d), &keys));
    NX_TRY(nx_xml_only(&assertion, nx_xml_root(out), NX_NS_SAML, "Assertion"));
    return read_name(name, a, assertion);
}

static nx_result consume(char **name, nx_arena *a, nx_span bytes)
{
    NX_AUTO(nx_xml_doc) d = NULL;
    const nx_xml_node *assertion, *encrypted;
    NX_TRY(nx_xml_parse(&d, bytes, &nx_xml_message));
    NX_REQUIRE(nx_xml_is(nx_xml_root(d), NX_NS_SAMLP, "Response"), NX_ERR_UNKNOWN);
    if (nx_xml_signed(nx_xml_root(d))) return consume_signed(name, a, d);
    NX_TRY(nx_xml_optional(&encrypted, nx_xml_root(d), NX_NS_SAML, "EncryptedAssertion"));
    if (encrypted) return open_and_verify(name, a, encrypted);
    NX_TRY(nx_xml_only(&assertion, nx_xml_root(d), NX_NS_SAML, "Assertion"));
    return verified_name(name, a, d, assertion);
}

static nx_span read_whole(nx_arena *a, const char *file)
{
    char path[512];
    snprintf(path, sizeof path, FOLDER "%s", file);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    uint8_t *bytes = nx_arena_alloc(a, 1u << 19);
    size_t n = fread(bytes, 1, 1u << 19, f);
    fclose(f);
    return nx_span_of(bytes, n);
}

static bool ends_as_said(const char *file, const char *error)
{
    NX_AUTO(nx_arena) a = nx_arena_open(2u << 20);
    char *name = NULL;
    nx_result r = consume(&name, a, read_whole(a, file));
    const char *got = nx_ok(r) ? "OK" : nx_err_name(r.e);
    bool as_said = strcmp(got, error) == 0 && (!nx_ok(r) || strcmp(name, "an.nguyen") == 0);
    if (!as_said) print_error("%s: %s and not %s (%s)\n", file, got, error, name ? name : "-");
    return as_said;
}

static void test_each_ends_for_its_own_reason(void **state)
{
    (void)state;
    char line[512], file[128], error[64];
    size_t rows = 0, wrong = 0;
    FILE *table = fopen(FOLDER "xml.table", "r");
    assert_non_null(table);
    while (fgets(line, sizeof line, table)) {
        if (*line == '#' || sscanf(line, "%127s %63s", file, error) != 2) continue;
        rows++;
        wrong += !ends_as_said(file, error);
    }
    fclose(table);
    assert_int_equal(wrong, 0);
    assert_true(rows > 100);
}

static void test_a_weak_key_is_not_pinned(void **state)
{
    (void)state;
    size_t n;
    nx_xml_key *k = NULL;
    uint8_t *der = certificate_of("weak-rsa", &n);
    assert_int_equal(nx_xml_key_make(&k, nx_span_of(der, n)).e, NX_ERR_XML_KEY);
    OPENSSL_free(der);
}

/* What an old peer still sends is opened only where that was allowed. */
static void test_cbc_only_where_allowed(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(2u << 20);
    NX_AUTO(nx_xml_doc) d = NULL;
    NX_AUTO(nx_xml_doc) out = NULL;
    struct nx_xml_unwrapper by = {.unwrap = nx_xml_unwrap_evp, .ctx = us.decryption};
    struct nx_xml_opening opening = {.v = &by, .n = 1, .allow_cbc = true};
    d = parsed(read_whole(a, "encrypted-cbc.xml"));
    const nx_xml_node *encrypted = nx_xml_child(nx_xml_root(d), NX_NS_SAML, "EncryptedAssertion");
    assert_true(nx_ok(nx_xml_decrypt(&out, encrypted, &opening)));
    char *name;
    assert_true(nx_ok(verified_name(&name, a, out, nx_xml_root(out))));
    assert_string_equal(name, "an.nguyen");
}

static int start(void **state)
{
    static const char *const names[PINNED] = {"idp-rsa", "idp-p256", "idp-p384", "idp-p521"};
    (void)state;
    for (int i = 0; i < PINNED; i++)
        us.keys[i] = public_of(names[i]);
    us.decryption = private_of("sp-rsa");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    for (int i = 0; i < PINNED; i++)
        nx_xml_key_free(us.keys[i]);
    EVP_PKEY_free(us.decryption);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_ends_for_its_own_reason),
        cmocka_unit_test(test_a_weak_key_is_not_pinned),
        cmocka_unit_test(test_cbc_only_where_allowed),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
