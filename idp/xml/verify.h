/* Verifying an enveloped XML signature: the one routine.
 *
 * A signature is taken only in one form. The element has exactly one ds:Signature as its child, with exactly
 * one Reference, to the ID of that very element; its transforms are the enveloped signature and exclusive
 * canonicalisation without comments, each once, in that order; algorithms are rows of sigalg.def and SHA-2
 * digests; there is no Object, no Manifest, no HMAC length. KeyInfo is not read: the keys are pinned by the
 * caller.
 *
 * What comes back is a new document, made of exactly the bytes that the digest covered. Nothing outside of
 * the signed element, and nothing that canonicalisation dropped, can be read from it, wherever in the
 * original the element stood. Callers read names, conditions and attributes from this document and never from
 * the original. */
#ifndef NX_XML_VERIFY_H
#define NX_XML_VERIFY_H

#include "xml/reader.h"
#include "xml/sigalg.h"

/* Whether the element has a signature of its own. Says nothing about its worth. */
bool nx_xml_signed(const nx_xml_node *e);

/* *out is owned; its root is the verified element, without its Signature. d is not changed but must not be in
 * use elsewhere meanwhile; element is one of d. NX_ERR_XML_UNSIGNED; NX_ERR_XML_SIGNATURE_FORM, _REFERENCE,
 * _TRANSFORM, _ALGORITHM: not the one form; NX_ERR_XML_KEY: no key of the algorithm's kind is pinned;
 * NX_ERR_SIGNATURE: it does not verify. */
NX_FALLIBLE nx_xml_verify(nx_xml_doc **out, nx_xml_doc *d, const nx_xml_node *element,
                          const struct nx_xml_keys *keys);

/* A signed document that is too large to keep as a tree (a federation's metadata): the document element is
 * verified, and what its signature covers is walked (nx_xml_each). Nothing is given before the signature has
 * been verified. */
NX_FALLIBLE nx_xml_verify_each(nx_span bytes, const struct nx_xml_limits *limits,
                               const struct nx_xml_keys *keys, const struct nx_xml_walk *walk);

#endif
