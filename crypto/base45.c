/* RFC 9285: n = c0 + 45 c1 + 2025 c2 for two bytes, n = c0 + 45 c1 for one. */
#include "crypto/base45.h"

static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/* The value of a character, or -1. Not constant time: codes are shown on paper. */
static int value_of(uint8_t c)
{
    const char *at = c ? strchr(alphabet, c) : NULL;
    return at ? (int)(at - alphabet) : -1;
}

bool nx_base45_alphabet(nx_span text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (value_of(text.p[i]) < 0) return false;
    }
    return true;
}

NX_FALLIBLE nx_base45_encode(char **out, nx_arena *a, nx_span in)
{
    char *text = nx_arena_alloc(a, NX_BASE45_LEN(in.n) + 1);
    NX_NEED(text);
    size_t at = 0;
    for (size_t i = 0; i < in.n; i += 2) {
        bool pair = i + 1 < in.n;
        unsigned n = pair ? (unsigned)in.p[i] << 8 | in.p[i + 1] : in.p[i];
        text[at++] = alphabet[n % 45];
        text[at++] = alphabet[n / 45 % 45];
        if (pair) text[at++] = alphabet[n / 2025];
    }
    text[at] = 0;
    *out = text;
    return NX_OK;
}

/* Decodes one group of 3 characters to 2 bytes, or of 2 to 1. */
static nx_result group(uint8_t *out, const uint8_t *text, size_t n)
{
    static const unsigned weight[] = {1, 45, 2025};
    unsigned sum = 0;
    for (size_t i = 0; i < n; i++) {
        int v = value_of(text[i]);
        NX_REQUIRE(v >= 0, NX_ERR_ENCODING);
        sum += (unsigned)v * weight[i];
    }
    NX_REQUIRE(sum <= (n == 3 ? 0xffffu : 0xffu), NX_ERR_ENCODING);
    if (n == 3) *out++ = (uint8_t)(sum >> 8);
    *out = (uint8_t)sum;
    return NX_OK;
}

NX_FALLIBLE nx_base45_decode(nx_span *out, nx_arena *a, nx_span text)
{
    NX_REQUIRE(text.n <= NX_QR_TEXT_MAX, NX_ERR_LIMIT);
    NX_REQUIRE(text.n % 3 != 1, NX_ERR_ENCODING);
    size_t n = text.n / 3 * 2 + text.n % 3 / 2;
    uint8_t *bytes = nx_arena_alloc(a, n);
    NX_NEED(bytes);
    for (size_t i = 0, at = 0; i < text.n; i += 3, at += 2) {
        NX_TRY(group(bytes + at, text.p + i, text.n - i < 3 ? text.n - i : 3));
    }
    *out = nx_span_of(bytes, n);
    return NX_OK;
}
