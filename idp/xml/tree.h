/* What is behind the opaque types; for the files of this folder, the only ones that see libxml2. */
#ifndef NX_XML_TREE_H
#define NX_XML_TREE_H

#include "xml/reader.h"

#include <libxml/tree.h>

struct nx_xml_doc {
    xmlDoc *tree;
    const struct nx_xml_limits *limits; /* those it was parsed under */
};

/* Starts the libraries once for the process and silences them for the calling thread: what they would print
 * about a message may be personal data, and what went wrong is told by the error. NX_ERR_CRYPTO when they do
 * not start. */
NX_FALLIBLE nx_xml_ready(void);

/* Takes the tree over, also when it fails, after the checks that need a tree: IDs. */
NX_FALLIBLE nx_xml_adopt(nx_xml_doc **out, xmlDoc *tree, const struct nx_xml_limits *limits);

static inline const nx_xml_node *nx_xml_node_of(const xmlNode *n)
{
    return (const nx_xml_node *)(const void *)n;
}
/* The libraries know no const. */
static inline xmlNode *nx_xml_tree_of(const nx_xml_node *n)
{
    union {
        const nx_xml_node *in;
        xmlNode *out;
    } u = {.in = n};
    return u.out;
}
static inline const char *nx_xml_chars(const xmlChar *s)
{
    return (const char *)s;
}
static inline const xmlChar *nx_xml_xchars(const char *s)
{
    return (const xmlChar *)s;
}

#endif
