/* QR symbols (ISO/IEC 18004): a text as modules, as an SVG path and as a PNG. The one door to libqrencode and
 * libpng.
 *
 * Texts of ours keep to the QR alphanumeric alphabet, so that a code stays small: NX_ERR_ENCODING for any
 * other. Error correction is level M. The quiet zone of four modules is part of what is written. */
#ifndef NX_QR_SYMBOL_H
#define NX_QR_SYMBOL_H

#include "base/buf.h"

#define NX_SYMBOL_QUIET 4
#define NX_SYMBOL_PNG_MAX (1u << 20)

struct nx_symbol {
    int version;            /* 1..40 */
    int size;               /* modules a side, without the quiet zone */
    const uint8_t *modules; /* size * size, 1 is dark; in the arena */
};

/* NX_ERR_ENCODING, NX_ERR_LIMIT (no version holds it). */
NX_FALLIBLE nx_symbol_make(struct nx_symbol *out, nx_arena *a, nx_span text);
/* The same of any ASCII text: what the apps of others scan (an otpauth: link), in bytes and larger for it. */
NX_FALLIBLE nx_symbol_foreign(struct nx_symbol *out, nx_arena *a, nx_span text);
/* Modules a side with the quiet zone: the side of the SVG's viewBox. */
int nx_symbol_side(const struct nx_symbol *s);
/* The attribute `d` of one path that draws every dark module: runs of "Mx yh…v1h-…z". */
NX_FALLIBLE nx_symbol_path(char **out, nx_arena *a, const struct nx_symbol *s);
/* A whole SVG document. */
NX_FALLIBLE nx_symbol_svg(char **out, nx_arena *a, const struct nx_symbol *s);
/* A PNG with `scale` pixels a module, 1..32. */
NX_FALLIBLE nx_symbol_png(nx_span *out, nx_arena *a, const struct nx_symbol *s, int scale);

#endif
