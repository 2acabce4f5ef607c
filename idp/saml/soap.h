/* SOAP 1.1 around one SAML message (saml-bindings section 3.2): reading and writing, without HTTP. */
#ifndef NX_SAML_SOAP_H
#define NX_SAML_SOAP_H

#include "xml/reader.h"
#include "xml/writer.h"

#define NX_SAML_SOAP_TYPE "text/xml"

/* The one element in the body of the envelope; borrowed from d. NX_ERR_SAML_BINDING: no envelope, another number of
 * elements, or a header that must be understood (we understand none). */
NX_FALLIBLE nx_saml_soap_body(const nx_xml_node **out, const nx_xml_doc *d);
/* An envelope around a whole element; in the arena. */
NX_FALLIBLE nx_saml_soap_write(nx_span *out, nx_arena *a, nx_span element);
/* A fault: client says whose (saml-bindings 3.2.2.1). text is for operators of the peer. */
NX_FALLIBLE nx_saml_soap_fault(nx_span *out, nx_arena *a, bool client, const char *text);

#endif
