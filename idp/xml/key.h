/* What is behind nx_xml_key; for the files of this folder. */
#ifndef NX_XML_KEY_H
#define NX_XML_KEY_H

#include "xml/sigalg.h"

struct nx_xml_key {
    EVP_PKEY *pkey;
    nx_kty kty;
};

nx_kty nx_xml_sigalg_kty(nx_xml_sigalg alg);
/* NX_ERR_XML_KEY when none of the keys is of that kind, or there are more than NX_XML_KEYS_MAX. */
NX_FALLIBLE nx_xml_keys_fit(const struct nx_xml_keys *keys, nx_kty kty);

#endif
