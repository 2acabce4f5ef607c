#include "xml/tree.h"

static const xmlNode *element_from(const xmlNode *n)
{
    while (n && n->type != XML_ELEMENT_NODE)
        n = n->next;
    return n;
}

static nx_ns ns_of(const xmlNs *ns)
{
    return ns ? nx_ns_of(nx_xml_chars(ns->href)) : NX_NS_NONE;
}

const nx_xml_node *nx_xml_root(const nx_xml_doc *d)
{
    return nx_xml_node_of(xmlDocGetRootElement(d->tree));
}

nx_ns nx_xml_ns(const nx_xml_node *e)
{
    return ns_of(nx_xml_tree_of(e)->ns);
}

const char *nx_xml_name(const nx_xml_node *e)
{
    return nx_xml_chars(nx_xml_tree_of(e)->name);
}

/* The name first: it is what differs. */
bool nx_xml_is(const nx_xml_node *e, nx_ns ns, const char *name)
{
    return e && ns != NX_NS_OTHER && strcmp(nx_xml_name(e), name) == 0 && nx_xml_ns(e) == ns;
}

const nx_xml_node *nx_xml_first(const nx_xml_node *e)
{
    return nx_xml_node_of(element_from(nx_xml_tree_of(e)->children));
}

const nx_xml_node *nx_xml_next(const nx_xml_node *e)
{
    return nx_xml_node_of(element_from(nx_xml_tree_of(e)->next));
}

const nx_xml_node *nx_xml_parent(const nx_xml_node *e)
{
    const xmlNode *up = nx_xml_tree_of(e)->parent;
    return up && up->type == XML_ELEMENT_NODE ? nx_xml_node_of(up) : NULL;
}

const nx_xml_node *nx_xml_child(const nx_xml_node *e, nx_ns ns, const char *name)
{
    const nx_xml_node *c = nx_xml_first(e);
    while (c && !nx_xml_is(c, ns, name))
        c = nx_xml_next(c);
    return c;
}

const nx_xml_node *nx_xml_again(const nx_xml_node *e)
{
    const nx_xml_node *c = nx_xml_next(e);
    while (c && !nx_xml_is(c, nx_xml_ns(e), nx_xml_name(e)))
        c = nx_xml_next(c);
    return c;
}

NX_FALLIBLE nx_xml_optional(const nx_xml_node **out, const nx_xml_node *e, nx_ns ns, const char *name)
{
    const nx_xml_node *c = nx_xml_child(e, ns, name);
    NX_REQUIRE(!c || !nx_xml_again(c), NX_ERR_DUPLICATE);
    *out = c;
    return NX_OK;
}

NX_FALLIBLE nx_xml_only(const nx_xml_node **out, const nx_xml_node *e, nx_ns ns, const char *name)
{
    NX_TRY(nx_xml_optional(out, e, ns, name));
    NX_REQUIRE(*out, NX_ERR_MISSING);
    return NX_OK;
}

const char *nx_xml_attr_in(const nx_xml_node *e, nx_ns ns, const char *name)
{
    for (const xmlAttr *at = nx_xml_tree_of(e)->properties; at; at = at->next)
        if (strcmp(nx_xml_chars(at->name), name) == 0 && ns_of(at->ns) == ns)
            return at->children ? nx_xml_chars(at->children->content) : "";
    return NULL;
}

const char *nx_xml_attr(const nx_xml_node *e, const char *name)
{
    return nx_xml_attr_in(e, NX_NS_NONE, name);
}
