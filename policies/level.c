#include "policies/level.h"

#define ACR_PREFIX "urn:nixa:acr:"

static const struct {
    const char *acr;
    const char *text;
} levels[] = {
    [NX_LEVEL_NONE] = {NULL, "none"},  [NX_M1] = {ACR_PREFIX "m1", "m1"}, [NX_M2] = {ACR_PREFIX "m2", "m2"},
    [NX_M3] = {ACR_PREFIX "m3", "m3"}, [NX_M4] = {ACR_PREFIX "m4", "m4"},
};

#define K NX_KIND_KNOWLEDGE
#define P NX_KIND_POSSESSION
#define B NX_KIND_BIOMETRIC
#define E NX_KIND_ELSEWHERE
static const struct {
    unsigned bit;
    const char *word;
    const char *text;
    const char *amr[2];
    unsigned kinds;
} means_rows[] = {
#define M(name, bit, word, text, amr1, amr2, kinds) {(bit), (word), (text), {(amr1), (amr2)}, (kinds)},
#include "policies/means.def"
#undef M
};
#undef K
#undef P
#undef B
#undef E

#define OURS (NX_KIND_KNOWLEDGE | NX_KIND_POSSESSION | NX_KIND_BIOMETRIC)

static bool is_level(int level)
{
    return level >= NX_LEVEL_NONE && level <= NX_M4;
}

const char *nx_acr_of_level(enum nx_level level)
{
    return is_level(level) ? levels[level].acr : NULL;
}

const char *nx_level_text(enum nx_level level)
{
    return is_level(level) ? levels[level].text : "none";
}

enum nx_level nx_level_of_text(nx_span text)
{
    for (int level = NX_M1; level <= NX_M4; level++)
        if (nx_span_eq_str(text, levels[level].text)) return (enum nx_level)level;
    return NX_LEVEL_NONE;
}

enum nx_level nx_level_of_acr(nx_span acr)
{
    nx_span prefix = NX_LIT(ACR_PREFIX);
    return nx_span_starts(acr, prefix) ? nx_level_of_text(nx_span_from(acr, prefix.n)) : NX_LEVEL_NONE;
}

const char *nx_rung_text(enum nx_rung rung)
{
    static const char *const text[] = {"p0", "p1", "p2", "p3"};
    return rung >= NX_P0 && rung <= NX_P3 ? text[rung] : NULL;
}

static size_t add(const char *out[NX_AMR_MAX], size_t n, const char *value)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(out[i], value) == 0) return n;
    if (n < NX_AMR_MAX) out[n++] = value;
    return n;
}

unsigned nx_means_bit(enum nx_means_index means)
{
    return means < NX_MEANS_COUNT ? means_rows[means].bit : 0;
}

unsigned nx_kinds_of_means(unsigned means)
{
    unsigned kinds = 0;
    for (size_t i = 0; i < NX_MEANS_COUNT; i++)
        if (means & means_rows[i].bit) kinds |= means_rows[i].kinds;
    return kinds;
}

bool nx_means_multi_factor(unsigned means)
{
    return __builtin_popcount(nx_kinds_of_means(means) & OURS) >= 2;
}

size_t nx_amr_of_means(const char *out[NX_AMR_MAX], unsigned means)
{
    size_t n = 0;
    for (size_t i = 0; i < NX_MEANS_COUNT; i++) {
        if (!(means & means_rows[i].bit)) continue;
        for (size_t k = 0; k < 2; k++)
            if (means_rows[i].amr[k]) n = add(out, n, means_rows[i].amr[k]);
    }
    return nx_means_multi_factor(means) ? add(out, n, "mfa") : n;
}

/* ---- words ---- */

const char *nx_means_text(enum nx_means_index means)
{
    return means < NX_MEANS_COUNT ? means_rows[means].text : "unknown";
}

const char *nx_means_word(enum nx_means_index means)
{
    return means < NX_MEANS_COUNT ? means_rows[means].word : "unknown";
}

static nx_result bit_of_word(unsigned *out, nx_span word)
{
    for (size_t i = 0; i < NX_MEANS_COUNT; i++) {
        if (!nx_span_eq_str(word, means_rows[i].word)) continue;
        *out |= means_rows[i].bit;
        return NX_OK;
    }
    NX_FAIL(NX_ERR_UNKNOWN);
}

nx_result nx_means_of_words(unsigned *out, nx_span words)
{
    nx_span word;
    *out = NX_MEANS_NONE;
    NX_REQUIRE(words.n, NX_ERR_MISSING);
    while (nx_span_cut(&words, ',', &word))
        NX_TRY(bit_of_word(out, word));
    return NX_OK;
}
