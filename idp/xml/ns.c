#include "xml/ns.h"

static const struct {
    const char *prefix;
    const char *uri;
} rows[NX_NS_COUNT] = {
    [NX_NS_NONE] = {"", ""},
#define N(name, prefix, uri) [NX_NS_##name] = {prefix, uri},
#include "xml/ns.def"
#undef N
    [NX_NS_OTHER] = {"", ""},
};

const char *nx_ns_uri(nx_ns ns)
{
    return rows[ns].uri;
}

const char *nx_ns_prefix(nx_ns ns)
{
    return rows[ns].prefix;
}

nx_ns nx_ns_of(const char *uri)
{
    if (!uri || !*uri) return NX_NS_NONE;
    for (int ns = NX_NS_NONE + 1; ns < NX_NS_OTHER; ns++)
        if (strcmp(uri, rows[ns].uri) == 0) return (nx_ns)ns;
    return NX_NS_OTHER;
}
