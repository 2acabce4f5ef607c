/* RSA-OAEP (RFC 8017 section 7.1) by EVP; for the files of this folder. */
#ifndef NX_XML_OAEP_H
#define NX_XML_OAEP_H

#include "xml/encrypt.h"

/* out has room for NX_SECRET_MAX bytes. */
NX_FALLIBLE nx_xml_wrap(uint8_t *out, size_t *n, const nx_xml_key *key, const char *digest, nx_span secret);

#endif
