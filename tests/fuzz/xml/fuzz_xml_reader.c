/* The reader: of what is accepted, everything is read; and the lexer in front of the parser has counted what
 * the parser then found. */
#include "xml/tree.h"

#include <stdlib.h>

static void read_values(nx_arena *a, const nx_xml_node *e)
{
    char *text;
    nx_span bytes;
    nx_time t;
    int64_t s;
    const nx_xml_node *found;
    nx_ignore(nx_xml_text(&text, a, e, 4096));
    nx_ignore(nx_xml_base64(&bytes, a, e, 4096));
    if (nx_ok(nx_xml_token(&text, a, e, 64))) {
        nx_ignore(nx_xml_time(&t, nx_span_str(text)));
        nx_ignore(nx_xml_duration(&s, nx_span_str(text)));
    }
    nx_ignore(nx_xml_optional(&found, e, nx_xml_ns(e), nx_xml_name(e)));
    nx_ignore(nx_xml_attr_time(&t, e, "ID", 0));
}

/* Gives how many elements and attributes there are. */
static size_t read_element(nx_arena *a, const nx_xml_node *e, unsigned depth,
                           const struct nx_xml_limits *limits)
{
    size_t attributes = 0, nodes = 0;
    for (const xmlAttr *at = nx_xml_tree_of(e)->properties; at; at = at->next)
        attributes++;
    for (const xmlNs *ns = nx_xml_tree_of(e)->nsDef; ns; ns = ns->next)
        attributes++;
    if (depth > limits->depth || attributes > limits->attributes) abort();
    read_values(a, e);
    for (const nx_xml_node *c = nx_xml_first(e); c; c = nx_xml_next(c)) {
        if (nx_xml_parent(c) != e) abort();
        nodes += read_element(a, c, depth + 1, limits);
    }
    return nodes + attributes + 1;
}

static nx_result read_each(void *ctx, const nx_xml_doc *d)
{
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    if (a) (void)read_element(a, nx_xml_root(d), 1, ctx);
    return NX_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct nx_xml_limits small = {.bytes = 4096, .depth = 6, .nodes = 24, .attributes = 4},
                                strip = {.bytes = 65536,
                                         .depth = 12,
                                         .nodes = 200,
                                         .attributes = 8,
                                         .strip_comments = true};
    struct nx_xml_limits *limits = size && data[0] & 1 ? &small : &strip;
    NX_AUTO(nx_arena) a = nx_arena_open(4 << 20);
    NX_AUTO(nx_xml_doc) d = NULL;
    nx_span in = nx_span_from(nx_span_of(data, size), 1);
    if (!a) return 0;
    if (nx_ok(nx_xml_parse(&d, in, limits)) && read_element(a, nx_xml_root(d), 1, limits) > limits->nodes)
        abort();
    struct nx_xml_walk w = {.ns = NX_NS_MD, .name = "EntityDescriptor", .each = read_each, .ctx = limits};
    bool walked = nx_ok(nx_xml_each(in, limits, &w));
    if (d && !walked) abort(); /* what is a document as a whole is one in parts */
    return 0;
}
