/* The table of XML namespaces (ns.def). */
#ifndef NX_XML_NS_H
#define NX_XML_NS_H

#include "base/span.h"

typedef enum nx_ns {
    NX_NS_NONE = 0, /* no namespace */
#define N(name, prefix, uri) NX_NS_##name,
#include "xml/ns.def"
#undef N
    NX_NS_OTHER, /* one without a row */
    NX_NS_COUNT
} nx_ns;

/* Static; "" for NX_NS_NONE and NX_NS_OTHER. */
const char *nx_ns_uri(nx_ns ns);
const char *nx_ns_prefix(nx_ns ns);
/* NULL or "" is NX_NS_NONE; what has no row is NX_NS_OTHER. */
nx_ns nx_ns_of(const char *uri);

#endif
