/* The one form of signature that is looked at at all; for the files of this folder. */
#ifndef NX_XML_SIGNATURE_FORM_H
#define NX_XML_SIGNATURE_FORM_H

#include "xml/reader.h"
#include "xml/sigalg.h"

struct nx_xml_signature_form {
    const nx_xml_node *signature;
    nx_xml_sigalg alg;
};

/* Checks everything about the element's signature that needs no key; see xml/verify.h. */
NX_FALLIBLE nx_xml_signature_check(struct nx_xml_signature_form *out, const nx_xml_node *element);

#endif
