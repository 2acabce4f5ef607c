/* Files that the build puts into the program (nx_embed in CMakeLists.txt), such as migrations and scripts.
 * The bytes are followed by a NUL that is not counted. */
#ifndef NX_BASE_EMBED_H
#define NX_BASE_EMBED_H

#include "base/span.h"

struct nx_embedded {
    const char *name; /* of the file, without its folder */
    const char *begin;
    const char *end;
};

static inline nx_span nx_embedded_span(const struct nx_embedded *e)
{
    return nx_span_of(e->begin, (size_t)(e->end - e->begin));
}

#endif
