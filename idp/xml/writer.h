/* Writing XML: every document that we issue is written in the form that exclusive canonicalisation
 * (http://www.w3.org/2001/10/xml-exc-c14n#) would give it: a namespace is declared where it is first used by
 * a name, declarations and attributes are sorted, characters are escaped by its rules. So a digest and a
 * signature are taken over the bytes that were written, and nothing is ever canonicalised on the way out.
 *
 * Namespaces have the prefixes of ns.def. An attribute value or text that uses a prefix
 * (xsi:type="xs:string") cannot be written: canonicalisation would drop the declaration.
 *
 * A writer fails once for all: errors stick, and nx_xml_done says whether the document is whole. NULL as the
 * writer is allowed everywhere and is out of memory. */
#ifndef NX_XML_WRITER_H
#define NX_XML_WRITER_H

#include "base/buf.h"
#include "xml/ns.h"

#define NX_XML_WRITE_DEPTH 24      /* nested elements */
#define NX_XML_WRITE_ATTRIBUTES 16 /* of one element */

typedef struct nx_xml_writer nx_xml_writer;

/* In the arena; the document has at most max bytes. NULL when the arena is full. */
nx_xml_writer *nx_xml_writer_new(nx_arena *a, size_t max);

/* Begins an element; names are literals of ours. */
void nx_xml_begin(nx_xml_writer *w, nx_ns ns, const char *name);
/* Attributes follow their nx_xml_begin at once, in any order. A NULL value writes nothing. Values are copied;
 * they must be UTF-8 of characters that XML 1.0 has (NX_ERR_ENCODING). */
void nx_xml_put_attr(nx_xml_writer *w, const char *name, const char *value);
void nx_xml_put_attr_in(nx_xml_writer *w, nx_ns ns, const char *name, const char *value);
void nx_xml_put_attr_bool(nx_xml_writer *w, const char *name, bool value);
void nx_xml_put_attr_number(nx_xml_writer *w, const char *name, uint64_t value);
void nx_xml_put_attr_time(nx_xml_writer *w, const char *name, int64_t unix_time);
void nx_xml_put_text(nx_xml_writer *w, nx_span text);
void nx_xml_put_base64(nx_xml_writer *w, nx_span bytes);
void nx_xml_end(nx_xml_writer *w);
/* An element that holds a text and nothing else. A NULL text writes nothing at all. */
void nx_xml_put(nx_xml_writer *w, nx_ns ns, const char *name, const char *text);
/* A whole element that another writer (or nx_xml_sign) made, as a child. Signatures in it stay valid. */
void nx_xml_put_element(nx_xml_writer *w, nx_span element);

/* Says that the signature of the document element stands here: a child of it, behind saml:Issuer in messages,
 * first in metadata. */
void nx_xml_signature_here(nx_xml_writer *w);

/* The document, complete; borrowed from the arena. NX_ERR_LIMIT, NX_ERR_ENCODING, NX_ERR_MEMORY;
 * NX_ERR_INTERNAL when elements are still open or something was written that no XML is. */
NX_FALLIBLE nx_xml_done(nx_span *out, nx_xml_writer *w);

#endif
