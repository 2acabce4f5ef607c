/* The verifier, with the keys that signed the seeds: whatever verifies says what the genuine signer has said.
 */
#include "base/text.h"
#include "xml/verify.h"

#include <stdlib.h>

#define KEYS 2

/* SubjectPublicKeyInfo of tests/saml/attacks/keys: idp-rsa, idp-p256. */
static const char *const spki[KEYS] = {
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA3BOJ2jc6WrLXzqIkU71ujeUAEfbmwGqvIGsntOjbJqGMzagWgeRD"
    "KM4wMlY9esFHYwLUEHyo9N/VCZGo53T5q6raXmjDlxt6vc4EecCEAJ97YX6W0AItWeqwbKcXdkp1Uzz25QzyErE0SazaBrwC"
    "uppA6YTTRhRX0LbLdUSA23k+p9eiqR4zBjtndfts7kQLw3Wp4p3HXxyPlY2870vY77hkXASlO2oTRvEZHTTiBlfGixmtwQFC"
    "C/8yjsh7Eo4WWW70Jsa3DN4U+16nJevliumUCGPusIwqtEWEaYedpuY+YrXNgu6RlFE2lEI3d63XbB+a4xNz//vdQHJEAvtB"
    "qwIDAQAB",
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEGNvLTwRj6w+Ty6/I3PQRwMZzVWCiJdmbW890qmrIEnK/wbw8yWJrjk30UXh4"
    "ReTB3DeFXpL+ENeENvki6sXfxw==",
};

static nx_xml_key *keys[KEYS];

static void load(void)
{
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 16);
    for (int i = 0; i < KEYS; i++) {
        nx_span der;
        if (!nx_ok(nx_b64_decode_dup(&der, a, nx_span_str(spki[i]))) ||
            !nx_ok(nx_xml_key_make(&keys[i], der)))
            abort();
    }
}

/* The names that the seeds' genuine assertions have. */
static void check_name(const nx_xml_node *e)
{
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 16);
    char *text;
    const nx_xml_node *subject = nx_xml_child(e, NX_NS_SAML, "Subject");
    const nx_xml_node *name = subject ? nx_xml_child(subject, NX_NS_SAML, "NameID") : NULL;
    if (!name || !nx_ok(nx_xml_text(&text, a, name, 64))) abort();
    if (strcmp(text, "an.nguyen") != 0 && strcmp(text, "admin.evil") != 0) abort();
}

static void verify(nx_xml_doc *d, const nx_xml_node *e)
{
    struct nx_xml_keys pinned = {.v = keys, .n = KEYS};
    NX_AUTO(nx_xml_doc) out = NULL;
    if (!nx_ok(nx_xml_verify(&out, d, e, &pinned))) return;
    const nx_xml_node *root = nx_xml_root(out), *inner = nx_xml_child(root, NX_NS_SAML, "Assertion");
    if (nx_xml_signed(root)) abort();
    if (nx_xml_is(root, NX_NS_SAML, "Assertion"))
        check_name(root);
    else if (inner)
        check_name(inner);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!keys[0]) load();
    NX_AUTO(nx_xml_doc) d = NULL;
    if (!nx_ok(nx_xml_parse(&d, nx_span_of(data, size), &nx_xml_message))) return 0;
    verify(d, nx_xml_root(d));
    for (const nx_xml_node *e = nx_xml_first(nx_xml_root(d)); e; e = nx_xml_next(e))
        verify(d, e);
    return 0;
}
