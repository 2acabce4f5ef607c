/* Both ways with another implementation, xmlsec1's command line: it verifies and decrypts what we make, and
 * we what it makes. Skipped where the program is not installed. */
#include "material.h"

#include "xml/encrypt.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static char folder[] = "/tmp/nixa-xml-XXXXXX";

static const char *in_folder(nx_arena *a, const char *name)
{
    return nx_arena_printf(a, "%s/%s", folder, name);
}

/* Runs xmlsec1 with its output in the folder's file `out`; gives its exit code. */
static int xmlsec1(nx_arena *a, const char *const *args)
{
    char *argv[24] = {nx_arena_strdup(a, "xmlsec1")};
    size_t n = 1;
    for (; args[n - 1]; n++)
        argv[n] = nx_arena_strdup(a, args[n - 1]);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, in_folder(a, "out"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_addopen(&actions, 2, in_folder(a, "err"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    pid_t pid;
    int status = 127, failed = posix_spawnp(&pid, "xmlsec1", &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed) return 127;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 127;
}

static bool have_xmlsec1(void)
{
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 16);
    const char *args[] = {"--version", NULL};
    return xmlsec1(a, args) != 127;
}

static void put_file(nx_arena *a, const char *name, nx_span bytes)
{
    FILE *f = fopen(in_folder(a, name), "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes.p, 1, bytes.n, f), bytes.n);
    fclose(f);
}

static nx_span take_out(nx_arena *a)
{
    FILE *f = fopen(in_folder(a, "out"), "rb");
    assert_non_null(f);
    uint8_t *bytes = nx_arena_alloc(a, 65536);
    size_t n = fread(bytes, 1, 65536, f);
    fclose(f);
    return nx_span_of(bytes, n);
}

static void test_it_verifies_what_we_sign(void **state)
{
    (void)state;
    if (!have_xmlsec1()) skip();
    static const char *const names[] = {"idp-rsa", "idp-p256"};
    for (int i = 0; i < 2; i++) {
        NX_AUTO(nx_arena) a = nx_arena_open(2 << 20);
        EVP_PKEY *pair = private_of(names[i]);
        struct nx_xml_signer signer = i ? signer_ec(pair) : signer_rsa(pair);
        nx_xml_writer *w = nx_xml_writer_new(a, 64 << 10);
        nx_xml_begin(w, NX_NS_SAMLP, "Response");
        nx_xml_put_attr(w, "ID", "_r");
        nx_xml_put(w, NX_NS_SAML, "Issuer", "https://localhost/'\"<&>\r\n\t");
        nx_xml_signature_here(w);
        nx_xml_put_element(w, signed_assertion(a, "_a", &signer));
        nx_xml_end(w);
        nx_span bytes;
        assert_true(nx_ok(nx_xml_sign(&bytes, a, w, &signer)));
        put_file(a, "signed.xml", bytes);
        const char *key = nx_arena_printf(a, KEYS "%s.crt", names[i]), *file = in_folder(a, "signed.xml");
        static const char *const nodes[] = {"/*/*[local-name()='Signature']",
                                            "/*/*[local-name()='Assertion']/*[local-name()='Signature']"};
        for (int n = 0; n < 2; n++) {
            const char *args[] = {"--verify",
                                  "--pubkey-cert-pem",
                                  key,
                                  "--id-attr:ID",
                                  "urn:oasis:names:tc:SAML:2.0:protocol:Response",
                                  "--id-attr:ID",
                                  "urn:oasis:names:tc:SAML:2.0:assertion:Assertion",
                                  "--node-xpath",
                                  nodes[n],
                                  file,
                                  NULL};
            assert_int_equal(xmlsec1(a, args), 0);
        }
        EVP_PKEY_free(pair);
    }
}

#define TEMPLATE                                                                                             \
    "<saml:Assertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" xmlns:unused='urn:u' ID=\"_a\">\n" \
    "  <ds:Signature "                                                                                       \
    "xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:SignedInfo>\n<ds:CanonicalizationMethod "           \
    "Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/><ds:SignatureMethod "                            \
    "Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#%s\"/><ds:Reference "                                \
    "URI=\"#_a\"><ds:Transforms><ds:Transform "                                                              \
    "Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/><ds:Transform "                    \
    "Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/></ds:Transforms><ds:DigestMethod "               \
    "Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha512\"/><ds:DigestValue/></ds:Reference></"              \
    "ds:SignedInfo>"                                                                                         \
    "<ds:SignatureValue/></ds:Signature>\n <saml:Subject a='&quot;&#9;'>x &gt; "                             \
    "y</saml:Subject></saml:Assertion>"

static void test_we_verify_what_it_signs(void **state)
{
    (void)state;
    if (!have_xmlsec1()) skip();
    static const char *const names[] = {"idp-rsa", "idp-p256", "idp-p384", "idp-p521"};
    static const char *const algorithms[] = {"rsa-sha512", "ecdsa-sha256", "ecdsa-sha384", "ecdsa-sha512"};
    for (int i = 0; i < 4; i++) {
        NX_AUTO(nx_arena) a = nx_arena_open(2 << 20);
        NX_AUTO(nx_xml_doc) out = NULL;
        nx_xml_key *key = public_of(names[i]);
        struct nx_xml_keys keys = {.v = &key, .n = 1};
        put_file(a, "template.xml", nx_span_str(nx_arena_printf(a, TEMPLATE, algorithms[i])));
        const char *args[] = {"--sign",
                              "--privkey-pem",
                              nx_arena_printf(a, KEYS "%s.key", names[i]),
                              "--id-attr:ID",
                              "urn:oasis:names:tc:SAML:2.0:assertion:Assertion",
                              in_folder(a, "template.xml"),
                              NULL};
        assert_int_equal(xmlsec1(a, args), 0);
        NX_AUTO(nx_xml_doc) d = parsed(take_out(a));
        assert_true(nx_ok(nx_xml_verify(&out, d, nx_xml_root(d), &keys)));
        nx_xml_key_free(key);
    }
}

static void test_it_opens_what_we_encrypt(void **state)
{
    (void)state;
    if (!have_xmlsec1()) skip();
    for (int i = 0; i < 2; i++) {
        NX_AUTO(nx_arena) a = nx_arena_open(2 << 20);
        nx_xml_key *key = public_of("sp-rsa");
        struct nx_xml_recipient to = {
            .key = key, .cipher = i ? NX_XML_AES128_GCM : NX_XML_AES256_GCM, .oaep = NX_XML_OAEP_MGF1P};
        nx_span plain, bytes;
        assert_true(nx_ok(nx_xml_done(&plain, assertion(a, "_a", "an.nguyen"))));
        nx_xml_writer *w = nx_xml_writer_new(a, 64 << 10);
        nx_xml_begin(w, NX_NS_SAML, "EncryptedAssertion");
        assert_true(nx_ok(nx_xml_encrypt(w, a, &to, plain)));
        nx_xml_end(w);
        assert_true(nx_ok(nx_xml_done(&bytes, w)));
        put_file(a, "encrypted.xml", bytes);
        const char *args[] = {"--decrypt", "--privkey-pem", KEYS "sp-rsa.key", in_folder(a, "encrypted.xml"),
                              NULL};
        assert_int_equal(xmlsec1(a, args), 0);
        nx_span opened = take_out(a);
        assert_non_null(memmem(opened.p, opened.n, "<saml:NameID>an.nguyen</saml:NameID>", 36));
        nx_xml_key_free(key);
    }
}

static int start(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : 1;
}

static int stop(void **state)
{
    (void)state;
    static const char *const files[] = {"out", "err", "signed.xml", "template.xml", "encrypted.xml"};
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 16);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        unlink(in_folder(a, files[i]));
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_verifies_what_we_sign),
        cmocka_unit_test(test_we_verify_what_it_signs),
        cmocka_unit_test(test_it_opens_what_we_encrypt),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
