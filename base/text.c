#include "base/text.h"

static const char b64u[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char b64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char b32_lower[] = "abcdefghijklmnopqrstuvwxyz234567";
static const char b32_upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/* Base 2^bits is one loop for 5 and 6 bits: an accumulator that is filled by one side and drained by the other. */
static size_t encode_bits(char *out, nx_span in, unsigned bits, const char *alphabet)
{
    uint32_t acc = 0;
    unsigned have = 0;
    size_t n = 0;
    for (size_t i = 0; i < in.n; i++) {
        acc = (acc << 8) | in.p[i];
        have += 8;
        while (have >= bits) {
            have -= bits;
            out[n++] = alphabet[(acc >> have) & ((1u << bits) - 1)];
        }
        acc &= (1u << have) - 1;
    }
    if (have) out[n++] = alphabet[(acc << (bits - have)) & ((1u << bits) - 1)];
    out[n] = 0;
    return n;
}

/* What an alphabet's characters are worth, by runs of neighbours: two comparisons tell for most of them, without a look
 * at memory that depends on what may be a secret. A run of none ends the list. */
struct run {
    uint8_t first;
    uint8_t count;
    uint8_t value; /* of the first */
};
static const struct run b64u_runs[] = {{'a', 26, 26}, {'A', 26, 0}, {'0', 10, 52}, {'-', 1, 62}, {'_', 1, 63}, {0, 0, 0}};
static const struct run b64_runs[] = {{'a', 26, 26}, {'A', 26, 0}, {'0', 10, 52}, {'+', 1, 62}, {'/', 1, 63}, {0, 0, 0}};
static const struct run b32_lower_runs[] = {{'a', 26, 0}, {'2', 6, 26}, {0, 0, 0}};
static const struct run b32_upper_runs[] = {{'A', 26, 0}, {'2', 6, 26}, {0, 0, 0}};
static const struct run hex_runs[] = {{'0', 10, 0}, {'a', 6, 10}, {0, 0, 0}};

static inline int digit_of(uint8_t c, const struct run *r)
{
    for (; r->count; r++)
        if ((uint8_t)(c - r->first) < r->count) return (uint8_t)(c - r->first) + r->value;
    return -1;
}

static nx_result decode_bits(uint8_t *out, size_t room, size_t *n, nx_span in, unsigned bits, const struct run *runs)
{
    uint32_t acc = 0;
    unsigned have = 0;
    size_t done = 0;
    for (size_t i = 0; i < in.n; i++) {
        int d = digit_of(in.p[i], runs);
        NX_REQUIRE(d >= 0, NX_ERR_ENCODING);
        acc = (acc << bits) | (uint32_t)d;
        have += bits;
        if (have < 8) continue;
        have -= 8;
        NX_REQUIRE(done < room, NX_ERR_LIMIT);
        out[done++] = (uint8_t)(acc >> have);
        acc &= (1u << have) - 1;
    }
    /* What is left must be fewer bits than one character and all zero: else the text was cut or not canonical. */
    NX_REQUIRE(have < bits && acc == 0, NX_ERR_ENCODING);
    *n = done;
    return NX_OK;
}

void nx_b64u_encode(char *out, nx_span in)
{
    encode_bits(out, in, 6, b64u);
}

char *nx_b64u_dup(nx_arena *a, nx_span in)
{
    char *out = nx_arena_alloc(a, NX_B64U_LEN(in.n) + 1);
    if (out) nx_b64u_encode(out, in);
    return out;
}

NX_FALLIBLE nx_b64u_decode(uint8_t *out, size_t room, size_t *n, nx_span in)
{
    return decode_bits(out, room, n, in, 6, b64u_runs);
}

NX_FALLIBLE nx_b64u_decode_dup(nx_span *out, nx_arena *a, nx_span in)
{
    uint8_t *p = nx_arena_alloc(a, in.n);
    NX_NEED(p);
    size_t n;
    NX_TRY(nx_b64u_decode(p, in.n, &n, in));
    *out = nx_span_of(p, n);
    return NX_OK;
}

NX_FALLIBLE nx_b64_decode_dup(nx_span *out, nx_arena *a, nx_span in)
{
    NX_REQUIRE(in.n % 4 == 0, NX_ERR_ENCODING);
    size_t body = in.n;
    for (int i = 0; i < 2 && body && in.p[body - 1] == '='; i++)
        body--;
    uint8_t *p = nx_arena_alloc(a, in.n);
    NX_NEED(p);
    size_t n;
    NX_TRY(decode_bits(p, in.n, &n, nx_span_of(in.p, body), 6, b64_runs));
    *out = nx_span_of(p, n);
    return NX_OK;
}

char *nx_b64_dup(nx_arena *a, nx_span in)
{
    char *out = nx_arena_alloc(a, (in.n + 2) / 3 * 4 + 1);
    if (!out) return NULL;
    size_t n = encode_bits(out, in, 6, b64);
    while (n % 4)
        out[n++] = '=';
    out[n] = 0;
    return out;
}

void nx_hex_encode(char *out, nx_span in)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < in.n; i++) {
        out[2 * i] = digits[in.p[i] >> 4];
        out[2 * i + 1] = digits[in.p[i] & 15];
    }
    out[2 * in.n] = 0;
}

NX_FALLIBLE nx_hex_decode(uint8_t *out, size_t room, size_t *n, nx_span in)
{
    NX_REQUIRE(in.n % 2 == 0, NX_ERR_ENCODING);
    NX_REQUIRE(in.n / 2 <= room, NX_ERR_LIMIT);
    for (size_t i = 0; i < in.n / 2; i++) {
        int hi = digit_of(in.p[2 * i], hex_runs);
        int lo = digit_of(in.p[2 * i + 1], hex_runs);
        NX_REQUIRE(hi >= 0 && lo >= 0, NX_ERR_ENCODING);
        out[i] = (uint8_t)(hi << 4 | lo);
    }
    *n = in.n / 2;
    return NX_OK;
}

void nx_b32_encode(char *out, nx_span in, bool upper)
{
    encode_bits(out, in, 5, upper ? b32_upper : b32_lower);
}

NX_FALLIBLE nx_b32_decode(uint8_t *out, size_t room, size_t *n, nx_span in, bool upper)
{
    return decode_bits(out, room, n, in, 5, upper ? b32_upper_runs : b32_lower_runs);
}

/* One code point at s[*i]; moves *i behind it. */
static bool utf8_next(nx_span s, size_t *i, uint32_t *cp)
{
    uint8_t c = s.p[*i];
    unsigned more = c < 0x80 ? 0 : (c & 0xe0) == 0xc0 ? 1 : (c & 0xf0) == 0xe0 ? 2 : (c & 0xf8) == 0xf0 ? 3 : 9;
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    if (more == 9 || s.n - *i <= more) return false;
    uint32_t v = more == 0 ? c : c & (0x3fu >> more);
    for (unsigned k = 1; k <= more; k++) {
        uint8_t t = s.p[*i + k];
        if ((t & 0xc0) != 0x80) return false;
        v = v << 6 | (t & 0x3f);
    }
    if (v < least[more] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff)) return false;
    *i += more + 1;
    *cp = v;
    return true;
}

/* Bytes from i on that are ASCII, eight at a time: most text of ours is. */
static size_t ascii_run(nx_span s, size_t i)
{
    uint64_t eight;
    size_t began = i;
    for (; s.n - i >= sizeof eight; i += sizeof eight) {
        memcpy(&eight, s.p + i, sizeof eight);
        if (eight & 0x8080808080808080u) break;
    }
    while (i < s.n && s.p[i] < 0x80)
        i++;
    return i - began;
}

bool nx_utf8_valid(nx_span s)
{
    uint32_t cp;
    for (size_t i = ascii_run(s, 0); i < s.n; i += ascii_run(s, i))
        if (!utf8_next(s, &i, &cp)) return false;
    return true;
}

bool nx_utf8_printable(nx_span s)
{
    uint32_t cp;
    for (size_t i = 0; i < s.n;) {
        if (!utf8_next(s, &i, &cp)) return false;
        if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0)) return false;
        /* marks that turn the direction of the text make one name look like another */
        if ((cp >= 0x202a && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069)) return false;
    }
    return true;
}

bool nx_ascii_printable(nx_span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < 0x20 || s.p[i] > 0x7e) return false;
    return true;
}

NX_FALLIBLE nx_parse_u64(uint64_t *out, nx_span s, uint64_t max)
{
    NX_REQUIRE(s.n > 0 && (s.n == 1 || s.p[0] != '0'), NX_ERR_SYNTAX);
    uint64_t v = 0;
    for (size_t i = 0; i < s.n; i++) {
        NX_REQUIRE(s.p[i] >= '0' && s.p[i] <= '9', NX_ERR_SYNTAX);
        bool over = __builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, s.p[i] - '0', &v);
        NX_REQUIRE(!over && v <= max, NX_ERR_RANGE);
    }
    *out = v;
    return NX_OK;
}

static bool unreserved(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

void nx_percent_encode(nx_buf *out, nx_span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (unreserved(s.p[i]))
            nx_buf_add(out, nx_span_of(&s.p[i], 1));
        else
            nx_buf_addf(out, "%%%02X", s.p[i]);
    }
}

static int hex_any(uint8_t c)
{
    if (c >= 'A' && c <= 'F') c = (uint8_t)(c + 32);
    return digit_of(c, hex_runs);
}

/* The byte of an escape at s[*i], which is moved to its last character; -1 when it is none. */
static int escaped(nx_span s, size_t *i)
{
    if (s.n - *i < 3) return -1;
    int hi = hex_any(s.p[*i + 1]), lo = hex_any(s.p[*i + 2]);
    *i += 2;
    return hi < 0 || lo < 0 ? -1 : hi << 4 | lo;
}

NX_FALLIBLE nx_form_decode(char **out, nx_arena *a, nx_span s)
{
    char *p = nx_arena_alloc(a, s.n + 1);
    NX_NEED(p);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        int c = s.p[i] == '+' ? ' ' : s.p[i];
        if (c == '%') c = escaped(s, &i);
        NX_REQUIRE(c > 0, NX_ERR_ENCODING);
        p[n++] = (char)c;
    }
    NX_REQUIRE(nx_utf8_valid(nx_span_of(p, n)), NX_ERR_ENCODING);
    *out = p;
    return NX_OK;
}

bool nx_id_valid(nx_span s)
{
    uint8_t raw[16];
    size_t n;
    return s.n == NX_ID_LEN && nx_ok(nx_b32_decode(raw, sizeof raw, &n, s, false)) && n == 16;
}
