#include "http/cookie.h"

bool nx_cookie_value_ok(nx_span value)
{
    if (value.n > NX_COOKIE_VALUE_MAX) return false;
    for (size_t i = 0; i < value.n; i++) {
        uint8_t c = value.p[i];
        if (c <= 0x20 || c >= 0x7f || c == '"' || c == ',' || c == ';' || c == '\\') return false;
    }
    return true;
}

const char *nx_cookie_find(const char *field, const char *name, nx_arena *a)
{
    nx_span rest = nx_span_str(field), piece, key;
    nx_span found = NX_SPAN_NONE;
    while (field && nx_span_cut(&rest, ';', &piece)) {
        if (piece.n && piece.p[0] == ' ') piece = nx_span_from(piece, 1);
        nx_span value = piece;
        if (!nx_span_cut(&value, '=', &key) || !nx_span_eq_str(key, name)) continue;
        if (found.p || !value.p) return NULL; /* twice: no way to tell whose; or a name without a value */
        found = value;
    }
    if (!found.p || !nx_cookie_value_ok(found)) return NULL;
    return nx_arena_dup(a, found);
}
