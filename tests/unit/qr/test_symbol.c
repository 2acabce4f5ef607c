/* Symbols: versions that QR.md aims at, what is refused, and the three ways to draw one. */
#include "qr/symbol.h"

#include "crypto/base45.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <png.h>

static nx_arena *arena;

static int up(void **state)
{
    (void)state;
    arena = nx_arena_open(32 << 20);
    return arena ? 0 : -1;
}

static int down(void **state)
{
    (void)state;
    nx_arena_close(arena);
    return 0;
}

static int version_of(size_t characters)
{
    char text[NX_QR_TEXT_MAX];
    struct nx_symbol s;
    for (size_t i = 0; i < characters; i++)
        text[i] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"[i * 7 % 45];
    assert_true(nx_ok(nx_symbol_make(&s, arena, nx_span_of(text, characters))));
    assert_int_equal(s.size, 17 + 4 * s.version);
    return s.version;
}

/* ISO/IEC 18004 table 7, level M, alphanumeric mode. */
static void test_versions(void **state)
{
    (void)state;
    assert_int_equal(version_of(90), 4);   /* a sign-in link has 79 characters or few more */
    assert_int_equal(version_of(366), 11); /* a handle */
    assert_int_equal(version_of(367), 12);
    assert_int_equal(version_of(483), 13); /* a card */
    assert_int_equal(version_of(600), 15); /* a live code */
}

static void test_only_alphanumeric_texts(void **state)
{
    (void)state;
    struct nx_symbol s;
    static char long_text[NX_QR_TEXT_MAX + 1];
    memset(long_text, 'A', sizeof long_text);
    assert_int_equal(nx_symbol_make(&s, arena, NX_LIT("https://id.vn/Q/A")).e, NX_ERR_ENCODING);
    assert_int_equal(nx_symbol_make(&s, arena, NX_LIT("")).e, NX_ERR_LIMIT);
    assert_int_equal(nx_symbol_make(&s, arena, nx_span_of(long_text, sizeof long_text)).e, NX_ERR_LIMIT);
    assert_int_equal(nx_symbol_make(&s, arena, nx_span_of(long_text, 3400)).e,
                     NX_ERR_LIMIT); /* level M ends at 3391 */
}

/* The path, painted again, gives the same modules. */
static void test_the_path_draws_the_modules(void **state)
{
    (void)state;
    struct nx_symbol s;
    char *path;
    assert_true(nx_ok(nx_symbol_make(&s, arena, NX_LIT("HTTPS://ID.VN/Q/ABC"))));
    assert_true(nx_ok(nx_symbol_path(&path, arena, &s)));
    uint8_t *painted = nx_arena_alloc(arena, (size_t)(s.size * s.size));
    int x, y, run, back, used;
    for (const char *at = path; *at; at += used) {
        assert_int_equal(sscanf(at, "M%d %dh%dv1h-%dz%n", &x, &y, &run, &back, &used), 4);
        assert_int_equal(run, back);
        memset(painted + (y - NX_SYMBOL_QUIET) * s.size + x - NX_SYMBOL_QUIET, 1, (size_t)run);
    }
    assert_memory_equal(painted, s.modules, (size_t)(s.size * s.size));
    char *svg;
    assert_true(nx_ok(nx_symbol_svg(&svg, arena, &s)));
    assert_non_null(strstr(svg, path));
    assert_null(strstr(svg, "<script"));
}

static void test_the_png_holds_the_modules(void **state)
{
    (void)state;
    struct nx_symbol s;
    nx_span png;
    assert_true(nx_ok(nx_symbol_make(&s, arena, NX_LIT("HTTPS://ID.VN/Q/ABC"))));
    assert_true(nx_ok(nx_symbol_png(&png, arena, &s, 3)));
    png_image image = {.version = PNG_IMAGE_VERSION};
    assert_true(png_image_begin_read_from_memory(&image, png.p, png.n));
    image.format = PNG_FORMAT_GRAY;
    assert_int_equal(image.width, nx_symbol_side(&s) * 3);
    uint8_t *pixels = nx_arena_alloc(arena, PNG_IMAGE_SIZE(image));
    assert_true(png_image_finish_read(&image, NULL, pixels, 0, NULL));
    for (int y = 0; y < s.size; y++) {
        for (int x = 0; x < s.size; x++) {
            int px = (x + NX_SYMBOL_QUIET) * 3 + 1, py = (y + NX_SYMBOL_QUIET) * 3 + 1;
            assert_int_equal(pixels[py * (int)image.width + px] == 0, s.modules[y * s.size + x]);
        }
    }
    assert_int_equal(pixels[0], 0xff);
    assert_int_equal(nx_symbol_png(&png, arena, &s, 0).e, NX_ERR_RANGE);
    assert_int_equal(nx_symbol_png(&png, arena, &s, 33).e, NX_ERR_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_only_alphanumeric_texts),
        cmocka_unit_test(test_the_path_draws_the_modules),
        cmocka_unit_test(test_the_png_holds_the_modules),
    };
    return cmocka_run_group_tests(tests, up, down);
}
