#include "saml/soap.h"

#include "saml/binding.h"

#define MUST_UNDERSTAND "mustUnderstand"

static bool must_be_understood(const nx_xml_node *block)
{
    const char *must = nx_xml_attr_in(block, NX_NS_SOAP, MUST_UNDERSTAND);
    return must && strcmp(must, "0") != 0 && strcmp(must, "false") != 0;
}

NX_FALLIBLE nx_saml_soap_body(const nx_xml_node **out, const nx_xml_doc *d)
{
    const nx_xml_node *root = nx_xml_root(d), *header, *body;
    NX_REQUIRE(nx_xml_is(root, NX_NS_SOAP, "Envelope"), NX_ERR_SAML_BINDING);
    NX_REQUIRE(nx_ok(nx_xml_optional(&header, root, NX_NS_SOAP, "Header")), NX_ERR_SAML_BINDING);
    NX_REQUIRE(nx_ok(nx_xml_only(&body, root, NX_NS_SOAP, "Body")), NX_ERR_SAML_BINDING);
    for (const nx_xml_node *b = header ? nx_xml_first(header) : NULL; b; b = nx_xml_next(b))
        NX_REQUIRE(!must_be_understood(b), NX_ERR_SAML_BINDING);
    *out = nx_xml_first(body);
    NX_REQUIRE(*out && !nx_xml_next(*out), NX_ERR_SAML_BINDING);
    return NX_OK;
}

NX_FALLIBLE nx_saml_soap_write(nx_span *out, nx_arena *a, nx_span element)
{
    nx_xml_writer *w = nx_xml_writer_new(a, NX_SAML_MESSAGE_MAX);
    nx_xml_begin(w, NX_NS_SOAP, "Envelope");
    nx_xml_begin(w, NX_NS_SOAP, "Body");
    nx_xml_put_element(w, element);
    nx_xml_end(w);
    nx_xml_end(w);
    return nx_xml_done(out, w);
}

NX_FALLIBLE nx_saml_soap_fault(nx_span *out, nx_arena *a, bool client, const char *text)
{
    nx_xml_writer *w = nx_xml_writer_new(a, NX_SAML_MESSAGE_MAX);
    nx_xml_begin(w, NX_NS_SOAP, "Envelope");
    nx_xml_begin(w, NX_NS_SOAP, "Body");
    nx_xml_begin(w, NX_NS_SOAP, "Fault");
    /* The writer has one prefix for a namespace: the one that the fault codes are names in. */
    nx_xml_put(w, NX_NS_NONE, "faultcode", client ? "soap:Client" : "soap:Server");
    nx_xml_put(w, NX_NS_NONE, "faultstring", text);
    nx_xml_end(w);
    nx_xml_end(w);
    nx_xml_end(w);
    return nx_xml_done(out, w);
}
