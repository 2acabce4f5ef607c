/* The tables of ciphers and digests of XML Encryption; for the files of this folder. */
#ifndef NX_XML_CIPHER_H
#define NX_XML_CIPHER_H

#include "xml/encrypt.h"

#define NX_XML_OAEP_MGF1P_URI "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"
#define NX_XML_OAEP_URI "http://www.w3.org/2009/xmlenc11#rsa-oaep"
#define NX_XML_ELEMENT_URI "http://www.w3.org/2001/04/xmlenc#Element"

struct nx_xml_cipher_row {
    const char *name;
    size_t key, iv, tag;
    const char *uri;
};

const struct nx_xml_cipher_row *nx_xml_cipher_row(nx_xml_cipher cipher);
/* NULL for a URI without a row. */
const struct nx_xml_cipher_row *nx_xml_cipher_of(const char *uri);

/* The name that OpenSSL has for a digest, or for the digest of a mask generation function; NULL for a URI
 * without a row. */
const char *nx_xml_oaep_digest_of(const char *uri);
const char *nx_xml_mgf1_digest_of(const char *uri);

/* Sealed is IV, cipher text, tag; out has room for sealed.n bytes. One error, NX_ERR_XML_DECRYPT. */
NX_FALLIBLE nx_xml_cipher_open(uint8_t *out, size_t *n, const struct nx_xml_cipher_row *row, nx_span key,
                               nx_span sealed);
/* out has room for the IV, the plain text and the tag. Of rows with a tag. */
NX_FALLIBLE nx_xml_cipher_seal(uint8_t *out, const struct nx_xml_cipher_row *row, nx_span key, nx_span plain);

#endif
