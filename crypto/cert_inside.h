/* Inside of certificates; of this folder's cert files only. */
#ifndef NX_CRYPTO_CERT_INSIDE_H
#define NX_CRYPTO_CERT_INSIDE_H

#include "crypto/cert.h"

#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

struct nx_anchors {
    X509_STORE *store;
    STACK_OF(X509) * helpers;
    X509_VERIFY_PARAM *param;
};

struct nx_cert {
    const struct nx_anchors *anchors;
    X509 *x;
    X509 *issuer;
    struct nx_cert_facts facts;
};

/* Fills the facts of a verified certificate. NX_ERR_CERT for a subject without a name that can be shown. */
NX_FALLIBLE nx_cert_read(struct nx_cert *c);
/* Seconds of Unix time. False for a time that is malformed. */
bool nx_asn1_time(nx_time *out, const ASN1_TIME *t);

#endif
