/* A Response of an upstream whose signature is good: the reading of what it says. */
#include "hub/saml_assertion.h"

#include "saml/message.h"

#include <stdlib.h>

static void read_assertion(nx_arena *a, const nx_xml_node *assertion)
{
    static const struct nx_sp_rules rules = {.issuer = "https://idp.example/metadata",
                                             .audience = "https://localhost:8443/saml/metadata",
                                             .recipient = "https://localhost:8443/saml/acs",
                                             .request_id = "_q"};
    struct nx_sp_facts f;
    const char *value;
    nx_ignore(nx_sp_attribute(&value, a, assertion, "displayName"));
    if (nx_ok(nx_sp_assertion(&f, a, assertion, &rules)) && !f.id) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    NX_AUTO(nx_arena) a = nx_arena_open(4u << 20);
    NX_AUTO_SAML(m);
    const struct nx_saml_in in = {.binding = NX_SAML_POST, .response = true, .xml = nx_span_of(data, size)};
    if (!nx_ok(nx_saml_open(&m, a, &in))) return 0;
    const nx_xml_node *e = nx_xml_child(m.root, NX_NS_SAML, "Assertion");
    for (; e; e = nx_xml_again(e))
        read_assertion(a, e);
    return 0;
}
