/* Both codes are fields between '|'; the count and the dates tell them apart. */
#include "qr/legacy.h"

#include "base/text.h"

#define CHIP_FIELDS 7
#define PERSONAL_FIELDS 6

static bool digits(nx_span s, size_t n)
{
    if (s.n != n) return false;
    for (size_t i = 0; i < n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') return false;
    }
    return true;
}

/* A citizen's number, whole or masked in front. */
static bool number_valid(nx_span s)
{
    size_t masked = 0;
    while (masked < s.n && s.p[masked] == '*')
        masked++;
    return (s.n == 12 || s.n == 9) && masked <= 6 && digits(nx_span_from(s, masked), s.n - masked);
}

/* ddmmyyyy → YYYY-MM-DD. */
static nx_result date_of(const char **out, nx_arena *a, nx_span s)
{
    if (s.n == 0) return NX_OK;
    NX_REQUIRE(digits(s, 8), NX_ERR_SYNTAX);
    *out =
        nx_arena_printf(a, "%.4s-%.2s-%.2s", (const char *)s.p + 4, (const char *)s.p + 2, (const char *)s.p);
    NX_NEED(*out);
    return NX_OK;
}

static nx_result text_of(const char **out, nx_arena *a, nx_span s)
{
    if (s.n == 0) return NX_OK;
    NX_REQUIRE(nx_utf8_printable(s), NX_ERR_ENCODING);
    *out = nx_arena_dup(a, s);
    NX_NEED(*out);
    return NX_OK;
}

static nx_result read_chip_card(struct nx_legacy_hint *out, nx_arena *a, const nx_span *f)
{
    NX_REQUIRE(number_valid(f[0]) && (f[1].n == 0 || number_valid(f[1])), NX_ERR_SYNTAX);
    out->kind = NX_LEGACY_CHIP_CARD;
    NX_TRY(text_of(&out->number, a, f[0]));
    NX_TRY(text_of(&out->old_number, a, f[1]));
    NX_TRY(text_of(&out->name, a, f[2]));
    NX_TRY(date_of(&out->birthdate, a, f[3]));
    if (nx_span_eq_str(f[4], "Nam"))
        out->gender = "male";
    else if (nx_span_eq_str(f[4], "Nữ"))
        out->gender = "female";
    else
        NX_REQUIRE(f[4].n == 0, NX_ERR_SYNTAX);
    NX_TRY(text_of(&out->address, a, f[5]));
    return date_of(&out->issued, a, f[6]);
}

static nx_result read_personal(struct nx_legacy_hint *out, nx_arena *a, const nx_span *f)
{
    NX_REQUIRE(number_valid(f[0]) && (nx_span_eq_str(f[3], "0") || nx_span_eq_str(f[3], "1")), NX_ERR_SYNTAX);
    nx_span d = f[2];
    bool dashed = d.n == 10 && d.p[4] == '-' && d.p[7] == '-' && digits(nx_span_of(d.p, 4), 4) &&
                  digits(nx_span_of(d.p + 5, 2), 2) && digits(nx_span_of(d.p + 8, 2), 2);
    NX_REQUIRE(d.n == 0 || dashed, NX_ERR_SYNTAX);
    out->kind = NX_LEGACY_PERSONAL;
    NX_TRY(text_of(&out->number, a, f[0]));
    NX_TRY(text_of(&out->name, a, f[1]));
    return text_of(&out->birthdate, a, d);
}

NX_FALLIBLE nx_legacy_read(struct nx_legacy_hint *out, nx_arena *a, nx_span text)
{
    *out = (struct nx_legacy_hint){.number = NULL};
    NX_REQUIRE(text.n <= NX_LEGACY_MAX, NX_ERR_LIMIT);
    nx_span field[CHIP_FIELDS + 1], rest = text;
    size_t n = 0;
    while (n <= CHIP_FIELDS && nx_span_cut(&rest, '|', &field[n]))
        n++;
    if (n == CHIP_FIELDS) return read_chip_card(out, a, field);
    if (n == PERSONAL_FIELDS) return read_personal(out, a, field);
    NX_FAIL(NX_ERR_UNKNOWN);
}
