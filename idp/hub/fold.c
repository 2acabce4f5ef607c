#include "hub/fold.h"

#include "base/text.h"

/* U+1EA0 … U+1EF9, a letter a code point: the marked vowels of Vietnamese in Unicode's order, which is alphabetical by
 * their base letters. */
static const char additional[] = "aaaaaaaaaaaaaaaaaaaaaaaa"
                                 "eeeeeeeeeeeeeeee"
                                 "iiii"
                                 "oooooooooooooooooooooooo"
                                 "uuuuuuuuuuuuuu"
                                 "yyyyyyyy";
/* U+00C0 … U+00FF. */
static const char latin1[] = "aaaaaaaceeeeiiiidnooooo ouuuuy saaaaaaaceeeeiiiidnooooo ouuuuy y";

static char base_of(uint32_t c)
{
    if (c >= 0x1ea0 && c < 0x1ea0 + sizeof additional - 1) return additional[c - 0x1ea0];
    if (c >= 0xc0 && c <= 0xff) return latin1[c - 0xc0];
    if (c == 0x102 || c == 0x103) return 'a';
    if (c == 0x110 || c == 0x111) return 'd';
    if (c == 0x128 || c == 0x129) return 'i';
    if (c == 0x168 || c == 0x169 || c == 0x1af || c == 0x1b0) return 'u';
    if (c == 0x1a0 || c == 0x1a1) return 'o';
    return 0;
}

/* One code point of valid UTF-8. */
static size_t take(uint32_t *out, const uint8_t *p)
{
    size_t n = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    static const uint8_t mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    *out = p[0] & mask[n];
    for (size_t i = 1; i < n; i++)
        *out = *out << 6 | (p[i] & 0x3f);
    return n;
}

static char ascii_of(uint32_t c)
{
    if (c >= 'A' && c <= 'Z') return (char)(c + 32);
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) return (char)c;
    return c < 0x80 ? ' ' : base_of(c);
}

char *nx_fold(nx_arena *a, const char *text)
{
    nx_span s = nx_span_str(text);
    char *out = nx_arena_alloc(a, s.n + 2), *end = out;
    if (!out || !nx_utf8_valid(s)) return out;
    *end++ = ' ';
    for (size_t i = 0; i < s.n;) {
        uint32_t c;
        size_t n = take(&c, s.p + i);
        char plain = ascii_of(c);
        bool mark = c >= 0x300 && c < 0x370; /* written apart from its letter */
        if (plain == ' ' && end[-1] != ' ') *end++ = ' ';
        if (plain && plain != ' ') *end++ = plain;
        if (!plain && !mark) end = (char *)memcpy(end, s.p + i, n) + n;
        i += n;
    }
    *end = 0;
    return out;
}
