/* Signature algorithms by their URIs, keys of peers, and signatures over bytes (the HTTP-Redirect binding).
 *
 * A peer's keys are pinned: they come from its metadata, never from a message. Any of them may verify, so
 * that a peer can roll its key. A certificate is a container for its key: neither its dates nor its issuer
 * count (SAML metadata interoperability profile 2.5). */
#ifndef NX_XML_SIGALG_H
#define NX_XML_SIGALG_H

#include "base/result.h"
#include "base/span.h"
#include "crypto/alg.h"

typedef enum nx_xml_sigalg {
    NX_XML_SIGALG_NONE = 0,
#define S(name, kty, digest, uri) NX_XML_##name,
#include "xml/sigalg.def"
#undef S
    NX_XML_SIGALG_COUNT
} nx_xml_sigalg;

/* Static; "" for none. */
const char *nx_xml_sigalg_uri(nx_xml_sigalg alg);
/* NX_XML_SIGALG_NONE for a URI without a row. */
nx_xml_sigalg nx_xml_sigalg_of(nx_span uri);
/* What a key of the keyring signs as; NX_XML_SIGALG_NONE for PS256. */
nx_xml_sigalg nx_xml_sigalg_for(nx_alg alg);

/* A public key of a peer: immutable, may be used by many threads. */
typedef struct nx_xml_key nx_xml_key;

#define NX_XML_KEYS_MAX 16      /* that one peer may have at a time */
#define NX_XML_KEY_DER_MAX 8192 /* bytes of a certificate or SubjectPublicKeyInfo */

/* From the DER of an X.509 certificate or of a SubjectPublicKeyInfo. RSA of 2048 to 8192 bits, EC on P-256,
 * P-384 or P-521; anything else is NX_ERR_XML_KEY. Owned by the caller. */
NX_FALLIBLE nx_xml_key_make(nx_xml_key **out, nx_span der);
/* From a public key of ours; takes a reference. The same bounds. */
NX_FALLIBLE nx_xml_key_of(nx_xml_key **out, EVP_PKEY *key);
void nx_xml_key_free(nx_xml_key *k);
static inline void nx_xml_key_auto(nx_xml_key **k)
{
    if (*k) nx_xml_key_free(*k);
}
nx_kty nx_xml_key_kty(const nx_xml_key *k);

/* The keys of one peer; borrowed. */
struct nx_xml_keys {
    nx_xml_key *const *v;
    size_t n;
};

/* Whether one of the keys made the signature over the bytes: PKCS#1 v1.5, or r | s of the curve's length.
 * NX_ERR_XML_ALGORITHM for none; NX_ERR_XML_KEY when no key is of the algorithm's kind; NX_ERR_SIGNATURE. */
NX_FALLIBLE nx_xml_verify_bytes(nx_xml_sigalg alg, const struct nx_xml_keys *keys, nx_span message,
                                nx_span signature);

#endif
