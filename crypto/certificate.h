/* X.509 certificates as containers of keys (SAML V2.0 Metadata Interoperability Profile 2.5): a key is trusted
 * because metadata that is trusted names it. Neither dates nor issuers of these certificates mean anything; those
 * of people and clients are checked elsewhere. */
#ifndef NX_CRYPTO_CERTIFICATE_H
#define NX_CRYPTO_CERTIFICATE_H

#include "base/arena.h"
#include "base/clock.h"

#include <openssl/evp.h>

#define NX_CERTIFICATE_MAX (16u << 10) /* DER of a peer's certificate */
#define NX_CERTIFICATE_YEARS 20        /* peers that do look at dates must not find an old one */

/* A self-signed certificate (v3, CN=name, SHA-256) of an EC or RSA key pair, in the arena as DER: valid from a day
 * before `from`. The serial number comes from the key. */
NX_FALLIBLE nx_certificate_make(nx_span *der, nx_arena *a, EVP_PKEY *pair, const char *name, nx_time from);

/* The public key of a DER certificate that fills the span. *key is owned (EVP_PKEY_free). NX_ERR_SYNTAX,
 * NX_ERR_LIMIT. */
NX_FALLIBLE nx_certificate_key(EVP_PKEY **key, nx_span der);
/* The one certificate of a PEM file's text, as DER in the arena. NX_ERR_SYNTAX, NX_ERR_LIMIT. */
NX_FALLIBLE nx_certificate_pem(nx_span *der, nx_arena *a, nx_span pem);
/* SubjectPublicKeyInfo of a key, DER in the arena. */
NX_FALLIBLE nx_spki(nx_span *der, nx_arena *a, EVP_PKEY *key);

#endif
