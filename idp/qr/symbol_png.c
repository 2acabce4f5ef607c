/* PNG, one byte a pixel in grey: libpng's simplified API needs no error jumps. */
#include "qr/symbol.h"

#include <png.h>

static uint8_t *paint(nx_arena *a, const struct nx_symbol *s, int scale)
{
    size_t side = (size_t)nx_symbol_side(s) * (size_t)scale;
    uint8_t *pixels = nx_arena_alloc(a, side * side);
    if (!pixels) return NULL;
    memset(pixels, 0xff, side * side);
    for (size_t y = 0; y < side; y++) {
        int row = (int)(y / (size_t)scale) - NX_SYMBOL_QUIET;
        if (row < 0 || row >= s->size) continue;
        for (int column = 0; column < s->size; column++) {
            size_t left = (size_t)(column + NX_SYMBOL_QUIET) * (size_t)scale;
            if (s->modules[row * s->size + column]) memset(pixels + y * side + left, 0, (size_t)scale);
        }
    }
    return pixels;
}

NX_FALLIBLE nx_symbol_png(nx_span *out, nx_arena *a, const struct nx_symbol *s, int scale)
{
    NX_REQUIRE(scale >= 1 && scale <= 32, NX_ERR_RANGE);
    uint8_t *pixels = paint(a, s, scale);
    NX_NEED(pixels);
    png_uint_32 side = (png_uint_32)(nx_symbol_side(s) * scale);
    png_image image = {
        .version = PNG_IMAGE_VERSION, .width = side, .height = side, .format = PNG_FORMAT_GRAY};
    png_alloc_size_t n = 0;
    bool sized = png_image_write_get_memory_size(image, n, 0, pixels, 0, NULL);
    NX_REQUIRE(sized && n <= NX_SYMBOL_PNG_MAX, NX_ERR_LIMIT);
    uint8_t *png = nx_arena_alloc(a, n);
    NX_NEED(png);
    NX_REQUIRE(png_image_write_to_memory(&image, png, &n, 0, pixels, 0, NULL), NX_ERR_INTERNAL);
    *out = nx_span_of(png, n);
    return NX_OK;
}
