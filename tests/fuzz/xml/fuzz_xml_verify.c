/* The verifier, with the keys that signed the seeds: whatever verifies says what the genuine signer has said.
 */
#include "seed_keys.h"

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
    NX_AUTO(nx_xml_doc) out = NULL;
    if (!nx_ok(nx_xml_verify(&out, d, e, seed_keys()))) return;
    const nx_xml_node *root = nx_xml_root(out), *inner = nx_xml_child(root, NX_NS_SAML, "Assertion");
    if (nx_xml_signed(root)) abort();
    if (nx_xml_is(root, NX_NS_SAML, "Assertion"))
        check_name(root);
    else if (inner)
        check_name(inner);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    NX_AUTO(nx_xml_doc) d = NULL;
    if (!nx_ok(nx_xml_parse(&d, nx_span_of(data, size), &nx_xml_message))) return 0;
    verify(d, nx_xml_root(d));
    for (const nx_xml_node *e = nx_xml_first(nx_xml_root(d)); e; e = nx_xml_next(e))
        verify(d, e);
    return 0;
}
