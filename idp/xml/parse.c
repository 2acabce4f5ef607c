#include "xml/scan.h"
#include "xml/tree.h"

#include <libxml/SAX2.h>
#include <libxml/hash.h>
#include <libxml/parser.h>

#include <stdlib.h>

/* No entities (NOENT), no DTD options, no XInclude, no NOBLANKS: white space is under the signature. */
#define OPTIONS                                                                                              \
    (XML_PARSE_NONET | XML_PARSE_NOCDATA | XML_PARSE_COMPACT | XML_PARSE_NOERROR | XML_PARSE_NOWARNING)
#define ID_MAX 512
#define NAMESPACE_MAX 256

static inline void parser_auto(xmlParserCtxt **c)
{
    xmlFreeParserCtxt(*c);
}
#define AUTO_PARSER __attribute__((cleanup(parser_auto))) xmlParserCtxt *

static inline void hash_auto(xmlHashTable **t)
{
    xmlHashFree(*t, NULL);
}
#define AUTO_HASH __attribute__((cleanup(hash_auto))) xmlHashTable *

/* ---- IDs
 * ---------------------------------------------------------------------------------------------------------
 */

/* All three spellings share one space of names: ID of SAML, Id of XML signatures and encryption, xml:id. */
static bool is_id(const xmlAttr *at)
{
    if (!at->ns)
        return strcmp(nx_xml_chars(at->name), "ID") == 0 || strcmp(nx_xml_chars(at->name), "Id") == 0;
    return nx_ns_of(nx_xml_chars(at->ns->href)) == NX_NS_XML && strcmp(nx_xml_chars(at->name), "id") == 0;
}

static nx_result note_id(xmlHashTable *ids, const xmlAttr *at)
{
    const xmlChar *value = at->children ? at->children->content : NULL;
    NX_REQUIRE(value && strlen(nx_xml_chars(value)) <= ID_MAX && xmlValidateNCName(value, 0) == 0,
               NX_ERR_XML_ID);
    NX_REQUIRE(xmlHashAddEntry(ids, value, ids) == 0, NX_ERR_XML_ID);
    return NX_OK;
}

/* A value is one text, which the reader lends out as it stands. Canonicalisation may repeat a namespace at
 * every element below: a long one would multiply, before any signature has been verified. */
static nx_result check_attributes(xmlHashTable *ids, const xmlNode *e)
{
    for (const xmlNs *ns = e->nsDef; ns; ns = ns->next)
        NX_REQUIRE(xmlStrlen(ns->href) + xmlStrlen(ns->prefix) <= NAMESPACE_MAX, NX_ERR_XML_BOUNDS);
    for (const xmlAttr *at = e->properties; at; at = at->next) {
        const xmlNode *value = at->children;
        NX_REQUIRE(!value || (value->type == XML_TEXT_NODE && !value->next), NX_ERR_XML_FORM);
        if (is_id(at)) NX_TRY(note_id(ids, at));
    }
    return NX_OK;
}

/* The next node in document order inside of top. */
static const xmlNode *step(const xmlNode *n, const xmlNode *top)
{
    if (n->children) return n->children;
    while (n != top && !n->next)
        n = n->parent;
    return n == top ? NULL : n->next;
}

static nx_result check_tree(const xmlNode *root)
{
    AUTO_HASH ids = xmlHashCreate(64);
    NX_REQUIRE(ids, NX_ERR_MEMORY);
    for (const xmlNode *n = root; n; n = step(n, root)) {
        NX_REQUIRE(n->type == XML_ELEMENT_NODE || n->type == XML_TEXT_NODE, NX_ERR_XML_FORM);
        if (n->type == XML_ELEMENT_NODE) NX_TRY(check_attributes(ids, n));
    }
    return NX_OK;
}

NX_FALLIBLE nx_xml_adopt(nx_xml_doc **out, xmlDoc *tree, const struct nx_xml_limits *limits)
{
    NX_AUTO(nx_xml_doc) d = calloc(1, sizeof *d);
    if (!d) xmlFreeDoc(tree);
    NX_NEED(d);
    *d = (struct nx_xml_doc){.tree = tree, .limits = limits};
    const xmlNode *root = xmlDocGetRootElement(tree);
    NX_REQUIRE(root, NX_ERR_XML_FORM);
    NX_TRY(check_tree(root));
    *out = NX_STEAL(d);
    return NX_OK;
}

void nx_xml_close(nx_xml_doc *d)
{
    if (!d) return;
    xmlFreeDoc(d->tree);
    free(d);
}

/* ---- parsing
 * ----------------------------------------------------------------------------------------------------- */

/* Comments and instructions that the limits let pass are no nodes: a text around them is one text. */
static xmlParserCtxt *parser_new(void)
{
    xmlParserCtxt *c = xmlNewParserCtxt();
    if (!c) return NULL;
    c->sax->comment = NULL;
    c->sax->processingInstruction = NULL;
    return c;
}

/* *tree is owned. A prefix that nobody declared is well-formed for XML 1.0; not here. The body has neither a
 * byte order mark nor a declaration any more and is UTF-8, which is what the parser then takes it for; told
 * so by name, it would convert it, and could do no more than 10 MB. */
static nx_result run(xmlDoc **tree, xmlParserCtxt *c, nx_span body)
{
    *tree = xmlCtxtReadMemory(c, (const char *)body.p, (int)body.n, NULL, NULL, OPTIONS);
    bool whole = *tree && c->wellFormed && c->nsWellFormed;
    if (!whole) {
        xmlFreeDoc(*tree);
        *tree = NULL;
    }
    NX_REQUIRE(c->errNo != XML_ERR_NO_MEMORY, NX_ERR_MEMORY);
    NX_REQUIRE(whole, NX_ERR_XML_FORM);
    return NX_OK;
}

NX_FALLIBLE nx_xml_parse(nx_xml_doc **out, nx_span bytes, const struct nx_xml_limits *limits)
{
    nx_span body;
    xmlDoc *tree;
    NX_TRY(nx_xml_scan(&body, bytes, limits));
    NX_TRY(nx_xml_ready());
    AUTO_PARSER c = parser_new();
    NX_REQUIRE(c, NX_ERR_MEMORY);
    NX_TRY(run(&tree, c, body));
    return nx_xml_adopt(out, tree, limits);
}

/* ---- one element at a time
 * --------------------------------------------------------------------------------------- */

struct walking {
    const struct nx_xml_walk *walk;
    const struct nx_xml_limits *limits;
    const xmlNode *target; /* the element that is being built, NULL between them */
    bool began;
    nx_err failed;
};

static void keep(struct walking *w, xmlParserCtxt *c, nx_result r)
{
    if (nx_ok(r)) return;
    w->failed = r.e;
    xmlStopParser(c);
}

/* The element with the namespaces that it has from outside, as a document. */
static nx_result give(struct walking *w, xmlNode *e)
{
    NX_AUTO(nx_xml_doc) d = NULL;
    xmlDoc *tree = xmlNewDoc(nx_xml_xchars("1.0"));
    NX_NEED(tree);
    xmlNode *copy = xmlDocCopyNode(e, tree, 1);
    if (!copy) xmlFreeDoc(tree);
    NX_NEED(copy);
    xmlDocSetRootElement(tree, copy);
    NX_TRY(nx_xml_adopt(&d, tree, w->limits));
    return w->walk->each(w->walk->ctx, d);
}

/* The text before the element goes too: the parser appends to a text that stands last, by a length that it
 * does not know any more. */
static void forget(xmlNode *e)
{
    xmlNode *around = e->parent;
    do {
        xmlUnlinkNode(e);
        xmlFreeNode(e);
        e = around ? around->last : NULL;
    } while (e && e->type == XML_TEXT_NODE);
}

static void on_start(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                     int namespaces_n, const xmlChar **namespaces, int attributes_n, int defaulted_n,
                     const xmlChar **attributes)
{
    xmlParserCtxt *c = ctx;
    struct walking *w = c->_private;
    xmlSAX2StartElementNs(ctx, name, prefix, uri, namespaces_n, namespaces, attributes_n, defaulted_n,
                          attributes);
    const nx_xml_node *e = nx_xml_node_of(c->node);
    if (w->failed || !e) return;
    if (!w->began && w->walk->root) keep(w, c, w->walk->root(w->walk->ctx, e));
    w->began = true;
    if (!w->target && nx_xml_is(e, w->walk->ns, w->walk->name)) w->target = c->node;
}

static void on_end(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    xmlParserCtxt *c = ctx;
    struct walking *w = c->_private;
    xmlNode *e = c->node;
    xmlSAX2EndElementNs(ctx, name, prefix, uri);
    if (w->failed || !e || e != w->target) return;
    w->target = NULL;
    /* A prefix that nobody declared shows only here: the parser goes on after it. */
    keep(w, c, c->nsWellFormed ? give(w, e) : nx_fail(NX_ERR_XML_FORM, __func__, __LINE__));
    if (e->parent && e->parent->type == XML_ELEMENT_NODE) forget(e);
}

NX_FALLIBLE nx_xml_each(nx_span bytes, const struct nx_xml_limits *limits, const struct nx_xml_walk *walk)
{
    nx_span body;
    xmlDoc *tree;
    struct walking w = {.walk = walk, .limits = limits};
    NX_TRY(nx_xml_scan(&body, bytes, limits));
    NX_TRY(nx_xml_ready());
    AUTO_PARSER c = parser_new();
    NX_REQUIRE(c, NX_ERR_MEMORY);
    c->_private = &w;
    c->sax->startElementNs = on_start;
    c->sax->endElementNs = on_end;
    nx_result r = run(&tree, c, body);
    if (nx_ok(r)) xmlFreeDoc(tree);
    if (w.failed) return (nx_result){w.failed};
    return r;
}
