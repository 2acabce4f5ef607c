/* Signing what xml/writer.h wrote: an enveloped signature (XMLDSig core 1.1) over the document element, by
 * its ID, with exclusive canonicalisation and SHA-256. Costs the bare signature and two digests. */
#ifndef NX_XML_SIGN_H
#define NX_XML_SIGN_H

#include "crypto/keyring.h"
#include "xml/sigalg.h"
#include "xml/writer.h"

struct nx_xml_signer {
    nx_xml_sigalg alg; /* RSA_SHA256 or ECDSA_SHA256 */
    /* The raw signature: PKCS#1 v1.5, or r | s. */
    nx_result (*sign)(void *ctx, uint8_t out[NX_SIGNATURE_MAX], size_t *n, nx_span message);
    void *ctx;
    const char *certificate; /* base64 of the DER, for KeyInfo; NULL for no KeyInfo */
};

/* A key of the ring signs; k and certificate are borrowed as long as the signer is used. NX_ERR_JOSE_ALG when
 * such a key makes no XML signatures. */
NX_FALLIBLE nx_xml_signer_of(struct nx_xml_signer *out, const nx_signing_key *k, const char *certificate);

/* The document of a finished writer with its signature in the place of nx_xml_signature_here; in the arena.
 * The document element has an attribute ID. NX_ERR_INTERNAL when place or ID is missing; NX_ERR_LIMIT when
 * signed it is longer than the writer's maximum. */
NX_FALLIBLE nx_xml_sign(nx_span *out, nx_arena *a, nx_xml_writer *w, const struct nx_xml_signer *signer);

#endif
