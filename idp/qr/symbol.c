/* Modules by libqrencode; the drawing is ours: one path of horizontal runs, so that a page carries a few
 * kilobytes and no script is needed to show it. */
#include "qr/symbol.h"

#include "base/text.h"
#include "crypto/base45.h"

#include <errno.h>
#include <qrencode.h>

/* A version 40 symbol has 177 modules a side; a run needs at most 20 characters. */
#define RUN_MAX 20
#define PATH_MAX_LEN (512u << 10)

static nx_result make(struct nx_symbol *out, nx_arena *a, nx_span text)
{
    NX_REQUIRE(text.n > 0 && text.n <= NX_QR_TEXT_MAX, NX_ERR_LIMIT);
    char *copy = nx_arena_dup(a, text);
    NX_NEED(copy);
    QRcode *code = QRcode_encodeString(copy, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
    NX_REQUIRE(code, errno == ERANGE ? NX_ERR_LIMIT : NX_ERR_MEMORY);
    size_t n = (size_t)code->width * (size_t)code->width;
    uint8_t *modules = nx_arena_alloc(a, n);
    for (size_t i = 0; modules && i < n; i++)
        modules[i] = code->data[i] & 1;
    *out = (struct nx_symbol){.version = code->version, .size = code->width, .modules = modules};
    QRcode_free(code);
    NX_NEED(modules);
    return NX_OK;
}

NX_FALLIBLE nx_symbol_make(struct nx_symbol *out, nx_arena *a, nx_span text)
{
    NX_REQUIRE(text.n <= NX_QR_TEXT_MAX, NX_ERR_LIMIT);
    NX_REQUIRE(nx_base45_alphabet(text), NX_ERR_ENCODING);
    return make(out, a, text);
}

NX_FALLIBLE nx_symbol_foreign(struct nx_symbol *out, nx_arena *a, nx_span text)
{
    NX_REQUIRE(nx_ascii_printable(text), NX_ERR_ENCODING);
    return make(out, a, text);
}

int nx_symbol_side(const struct nx_symbol *s)
{
    return s->size + 2 * NX_SYMBOL_QUIET;
}

static bool dark(const struct nx_symbol *s, int x, int y)
{
    return x < s->size && s->modules[y * s->size + x];
}

/* A symbol has many hundreds of runs: printf would take longer than all the rest of a page. */
static char *put_number(char *p, int n)
{
    if (n >= 100) *p++ = (char)('0' + n / 100);
    if (n >= 10) *p++ = (char)('0' + n / 10 % 10);
    *p++ = (char)('0' + n % 10);
    return p;
}

/* "Mx yhNv1h-Nz" */
static void put_run(nx_buf *b, int x, int y, int run)
{
    char text[RUN_MAX], *p = text;
    *p++ = 'M';
    p = put_number(p, x);
    *p++ = ' ';
    p = put_number(p, y);
    *p++ = 'h';
    p = put_number(p, run);
    memcpy(p, "v1h-", 4);
    p = put_number(p + 4, run);
    *p++ = 'z';
    nx_buf_add(b, nx_span_of(text, (size_t)(p - text)));
}

NX_FALLIBLE nx_symbol_path(char **out, nx_arena *a, const struct nx_symbol *s)
{
    nx_buf b;
    nx_buf_init(&b, a, PATH_MAX_LEN);
    for (int y = 0; y < s->size; y++) {
        for (int x = 0; x < s->size; x++) {
            if (!dark(s, x, y)) continue;
            int run = 1;
            while (dark(s, x + run, y))
                run++;
            put_run(&b, x + NX_SYMBOL_QUIET, y + NX_SYMBOL_QUIET, run);
            x += run;
        }
    }
    NX_TRY(nx_buf_done(&b));
    *out = nx_buf_str(&b);
    NX_NEED(*out);
    return NX_OK;
}

NX_FALLIBLE nx_symbol_svg(char **out, nx_arena *a, const struct nx_symbol *s)
{
    char *path;
    NX_TRY(nx_symbol_path(&path, a, s));
    int side = nx_symbol_side(s);
    *out = nx_arena_printf(
        a,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
        "shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path d=\"%s\"/></svg>",
        side, side, side, side, path);
    NX_NEED(*out);
    return NX_OK;
}
