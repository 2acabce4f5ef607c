/* Reading XML from outside: the one way in which untrusted bytes become a tree.
 *
 * What is refused before the parser sees a byte: more bytes, depth, elements or attributes than the limits
 * say; bytes that are not UTF-8, or declare another encoding; a document type (and with it every entity of
 * its own); processing instructions inside the document element; comments, where the limits do not strip
 * them. What is refused after: an ID (ID, Id, xml:id) that stands twice or is no NCName. There is no network,
 * no inclusion, no validation, and white space is kept, because signatures cover it.
 *
 * The tree is read through opaque nodes. Elements and attributes are named by (namespace, local name), never
 * by a prefix. Texts are exact: nothing is trimmed, and an element that holds other elements has no text. A
 * document belongs to one thread at a time. Any number of threads may each have their own. */
#ifndef NX_XML_READER_H
#define NX_XML_READER_H

#include "base/arena.h"
#include "base/clock.h"
#include "xml/ns.h"

typedef struct nx_xml_doc nx_xml_doc;
typedef struct nx_xml_node nx_xml_node; /* an element; borrowed from its document */

struct nx_xml_limits {
    size_t bytes;
    unsigned depth;      /* of nested elements */
    unsigned nodes;      /* elements and attributes of the whole document */
    unsigned attributes; /* of one element, namespace declarations among them */
    bool strip_comments; /* dropped before anything reads text; otherwise a comment is refused */
};

/* Protocol messages: 256 KiB, no comments. */
extern const struct nx_xml_limits nx_xml_message;
/* Metadata of one entity or of a federation: 64 MiB, comments stripped. */
extern const struct nx_xml_limits nx_xml_metadata;

/* *out is owned: nx_xml_close. bytes are not needed afterwards. NX_ERR_LIMIT, NX_ERR_XML_FORM, _ENCODING,
 * _DTD, _COMMENT, _BOUNDS, _ID; NX_ERR_MEMORY. */
NX_FALLIBLE nx_xml_parse(nx_xml_doc **out, nx_span bytes, const struct nx_xml_limits *limits);
/* NULL is allowed. */
void nx_xml_close(nx_xml_doc *d);
NX_AUTO_DEFINE(nx_xml_doc, nx_xml_close)

/* The document element; never NULL. */
const nx_xml_node *nx_xml_root(const nx_xml_doc *d);

/* ---- elements
 * ------------------------------------------------------------------------------------------------ */

nx_ns nx_xml_ns(const nx_xml_node *e);
/* The local name; borrowed. */
const char *nx_xml_name(const nx_xml_node *e);
/* Whether it is that element. NULL is no element. */
bool nx_xml_is(const nx_xml_node *e, nx_ns ns, const char *name);

/* The line of the document on which it begins, for people who mend it; 0 when not known. */
int nx_xml_line(const nx_xml_node *e);

/* The first child element, the next sibling element, the element around it; NULL where there is none. */
const nx_xml_node *nx_xml_first(const nx_xml_node *e);
const nx_xml_node *nx_xml_next(const nx_xml_node *e);
const nx_xml_node *nx_xml_parent(const nx_xml_node *e);
/* The first child with that name, and the next sibling with the name of e; NULL where there is none. To walk
 * all: for (c = nx_xml_child(e, ns, name); c; c = nx_xml_again(c)) */
const nx_xml_node *nx_xml_child(const nx_xml_node *e, nx_ns ns, const char *name);
const nx_xml_node *nx_xml_again(const nx_xml_node *e);
/* The one child with that name. NX_ERR_MISSING, NX_ERR_DUPLICATE. */
NX_FALLIBLE nx_xml_only(const nx_xml_node **out, const nx_xml_node *e, nx_ns ns, const char *name);
/* The same, and *out is NULL where there is none. NX_ERR_DUPLICATE. */
NX_FALLIBLE nx_xml_optional(const nx_xml_node **out, const nx_xml_node *e, nx_ns ns, const char *name);

/* ---- values
 * -------------------------------------------------------------------------------------------------- */

/* The value of an attribute without a namespace, or in one; NULL when absent. Borrowed from the document. */
const char *nx_xml_attr(const nx_xml_node *e, const char *name);
const char *nx_xml_attr_in(const nx_xml_node *e, nx_ns ns, const char *name);
/* xs:boolean: "true" "1" "false" "0"; otherwise when absent. NX_ERR_SYNTAX. */
NX_FALLIBLE nx_xml_attr_bool(bool *out, const nx_xml_node *e, const char *name, bool otherwise);
/* xs:unsignedShort; otherwise when absent. NX_ERR_SYNTAX, NX_ERR_RANGE. */
NX_FALLIBLE nx_xml_attr_number(unsigned *out, const nx_xml_node *e, const char *name, unsigned otherwise);
/* xs:dateTime in UTC ("Z", or no zone, which SAML core 1.3.3 reads as UTC; an offset is applied); fractions
 * of a second are cut off. otherwise when absent. NX_ERR_SYNTAX. */
NX_FALLIBLE nx_xml_attr_time(nx_time *out, const nx_xml_node *e, const char *name, nx_time otherwise);
/* The same of a text. */
NX_FALLIBLE nx_xml_time(nx_time *out, nx_span text);
/* xs:duration in seconds, a month counted as 30 days and a year as 365: "PT1H". NX_ERR_SYNTAX, NX_ERR_RANGE.
 */
NX_FALLIBLE nx_xml_duration(int64_t *out, nx_span text);

/* The exact text, in the arena; "" for an empty element. NX_ERR_XML_FORM when there are child elements,
 * NX_ERR_LIMIT past max bytes. */
NX_FALLIBLE nx_xml_text(char **out, nx_arena *a, const nx_xml_node *e, size_t max);
/* The text without XML white space at its ends, for URIs and tokens that peers indent. */
NX_FALLIBLE nx_xml_token(char **out, nx_arena *a, const nx_xml_node *e, size_t max);
/* The bytes of a base64 text that may be folded by white space, at most max of them. NX_ERR_ENCODING. */
NX_FALLIBLE nx_xml_base64(nx_span *out, nx_arena *a, const nx_xml_node *e, size_t max);

/* ---- one element at a time
 * ----------------------------------------------------------------------------------- */

/* Walks a document that is too large for a tree: each element of that name that lies in no other such element
 * is given as a document of its own, which lives for the call. A call that fails ends the walk with its
 * error. Memory: the largest such element. IDs are checked within each. */
struct nx_xml_walk {
    nx_ns ns;
    const char *name;
    /* May be NULL. Called first, with the document element: its name and attributes may be read, no children.
     */
    nx_result (*root)(void *ctx, const nx_xml_node *root);
    nx_result (*each)(void *ctx, const nx_xml_doc *element);
    void *ctx;
};
/* As nx_xml_parse; the elements before an error have been given by then. */
NX_FALLIBLE nx_xml_each(nx_span bytes, const struct nx_xml_limits *limits, const struct nx_xml_walk *walk);

#endif
