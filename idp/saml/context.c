#include "saml/context.h"

#define AC "urn:oasis:names:tc:SAML:2.0:ac:classes:"
#define QR_TWO (NX_MEANS_QR_PIN | NX_MEANS_QR_UV | NX_MEANS_QR_BIOMETRIC)
#define QR_ANY (NX_MEANS_QR_POSSESSION | QR_TWO)

static const struct {
    const char *uri;
    enum nx_level level;
    unsigned means;
} rows[] = {
#define K(uri, level, means) {(uri), (level), (unsigned)(means)},
#include "saml/context.def"
#undef K
};
#define ROWS (sizeof rows / sizeof rows[0])
_Static_assert(sizeof rows / sizeof rows[0] <= 32, "a bit for each class");

enum nx_saml_comparison nx_saml_comparison_of(nx_span word)
{
    static const char *const words[NX_SAML_COMPARISONS] = {
        [NX_SAML_EXACT] = "exact",
        [NX_SAML_MINIMUM] = "minimum",
        [NX_SAML_MAXIMUM] = "maximum",
        [NX_SAML_BETTER] = "better",
    };
    int i = 0;
    if (word.n == 0) return NX_SAML_EXACT;
    while (i < NX_SAML_COMPARISONS && !nx_span_eq_str(word, words[i]))
        i++;
    return (enum nx_saml_comparison)i;
}

void nx_saml_context_add(struct nx_saml_context *c, nx_span uri)
{
    c->asked = true;
    for (size_t i = 0; i < ROWS; i++)
        if (nx_span_eq_str(uri, rows[i].uri)) {
            c->classes |= 1u << i;
            return;
        }
    c->named = true;
}

static enum nx_level extreme(const struct nx_saml_context *c, bool highest)
{
    enum nx_level found = NX_LEVEL_NONE;
    for (size_t i = 0; i < ROWS; i++) {
        if (!(c->classes & (1u << i))) continue;
        bool further = highest ? rows[i].level > found : rows[i].level < found;
        if (found == NX_LEVEL_NONE || further) found = rows[i].level;
    }
    return found;
}

NX_FALLIBLE nx_saml_context_level(const struct nx_saml_context *c, enum nx_level *lowest, bool *essential)
{
    *lowest = NX_LEVEL_NONE;
    *essential = false;
    if (!c->asked) return NX_OK;
    NX_REQUIRE(c->classes, NX_ERR_SAML_NO_CONTEXT);
    /* Stronger than a class that we cannot weigh is a promise that we cannot make. */
    NX_REQUIRE(!(c->comparison == NX_SAML_BETTER && c->named), NX_ERR_SAML_NO_CONTEXT);
    *essential = c->comparison != NX_SAML_MAXIMUM; /* "as strong as possible": a wish */
    *lowest = extreme(c, c->comparison == NX_SAML_MAXIMUM || c->comparison == NX_SAML_BETTER);
    if (c->comparison == NX_SAML_BETTER) {
        NX_REQUIRE(*lowest < NX_M4, NX_ERR_SAML_NO_CONTEXT);
        *lowest = (enum nx_level)(*lowest + 1);
    }
    return NX_OK;
}

static bool true_of(size_t row, enum nx_level level, unsigned means)
{
    return rows[row].level <= level && (rows[row].means == 0 || (rows[row].means & means));
}

/* The strongest of the classes named that is true; among equals the one that says the most, which stands last.
 * ROWS: none. */
static size_t best_named(const struct nx_saml_context *c, enum nx_level level, unsigned means)
{
    size_t best = ROWS;
    for (size_t i = 0; i < ROWS; i++) {
        if (!(c->classes & (1u << i)) || !true_of(i, level, means)) continue;
        if (best == ROWS || rows[i].level >= rows[best].level) best = i;
    }
    return best;
}

NX_FALLIBLE nx_saml_context_state(const struct nx_saml_context *c, enum nx_level level, unsigned means,
                                  const char **uri, enum nx_level *said)
{
    NX_REQUIRE(level != NX_LEVEL_NONE, NX_ERR_SAML_NO_CONTEXT);
    size_t named = c->asked ? best_named(c, level, means) : ROWS;
    if (c->asked && c->comparison == NX_SAML_EXACT) {
        NX_REQUIRE(named < ROWS, NX_ERR_SAML_NO_CONTEXT);
        *uri = rows[named].uri;
        *said = rows[named].level;
        return NX_OK;
    }
    if (c->asked && c->comparison == NX_SAML_MAXIMUM) {
        enum nx_level most = extreme(c, true);
        if (level > most) level = most;
    }
    /* The portal's own word where it says as much as ours: it may not know ours. */
    bool enough = named < ROWS && rows[named].level == level && c->comparison != NX_SAML_BETTER;
    *uri = enough ? rows[named].uri : nx_acr_of_level(level);
    *said = level;
    return NX_OK;
}
