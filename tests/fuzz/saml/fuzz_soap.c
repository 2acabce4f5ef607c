/* SOAP envelopes: one element or an error. */
#include "saml/message.h"
#include "saml/soap.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nx_arena *a = nx_arena_open(4u << 20);
    NX_AUTO(nx_xml_doc) d = NULL;
    const nx_xml_node *body;
    if (nx_ok(nx_xml_parse(&d, nx_span_of(data, size), &nx_xml_message)) && nx_ok(nx_saml_soap_body(&body, d)))
        if (!body || nx_xml_next(body)) abort();
    struct nx_saml_in in = {.binding = NX_SAML_SOAP, .xml = nx_span_of(data, size)};
    NX_AUTO_SAML(m);
    nx_ignore(nx_saml_open(&m, a, &in));
    nx_arena_close(a);
    return 0;
}
