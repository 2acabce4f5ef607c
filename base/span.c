#include "base/span.h"

bool nx_span_cut(nx_span *rest, uint8_t sep, nx_span *piece)
{
    if (!rest->p) return false;
    const uint8_t *at = rest->n ? memchr(rest->p, sep, rest->n) : NULL;
    if (!at) {
        *piece = *rest;
        *rest = NX_SPAN_NONE;
        return true;
    }
    size_t n = (size_t)(at - rest->p);
    *piece = (nx_span){rest->p, n};
    *rest = (nx_span){at + 1, rest->n - n - 1};
    return true;
}
