/* Reading the rows of assurance.def: what means prove, what credentials prove together, what would have to be
 * added. */
#include "policies/policy.h"

static enum nx_level lower(enum nx_level a, enum nx_level b)
{
    return a < b ? a : b;
}

static bool fits(const struct nx_acr_row *row, unsigned means, enum nx_rung rung)
{
    return (means & row->means) == row->means && rung >= row->rung;
}

const struct nx_acr_row *nx_policy_best_row(const struct nx_policy *p, unsigned means, enum nx_rung rung)
{
    const struct nx_acr_row *best = NULL;
    for (size_t i = 0; i < p->acr_count; i++)
        if (fits(&p->acr[i], means, rung) && (!best || p->acr[i].level > best->level)) best = &p->acr[i];
    return best;
}

enum nx_level nx_policy_level_of_means(const struct nx_policy *p, unsigned means, enum nx_rung rung)
{
    const struct nx_acr_row *best = nx_policy_best_row(p, means, rung);
    enum nx_level level = best ? best->level : NX_LEVEL_NONE;
    return rung >= NX_P0 && rung <= NX_P3 ? lower(level, p->rung_cap[rung]) : level;
}

/* ---- what is enrolled ---- */

void nx_held_add(struct nx_held *h, unsigned means, enum nx_level bound_at)
{
    for (size_t i = 0; i < NX_MEANS_COUNT; i++) {
        unsigned bit = nx_means_bit((enum nx_means_index)i);
        if (!(means & bit)) continue;
        if (!(h->means & bit) || bound_at > h->bound_at[i]) h->bound_at[i] = bound_at;
        h->means |= bit;
    }
}

/* The row's level, capped by where each means that lifts to it was enrolled. */
static enum nx_level carried(const struct nx_acr_row *row, const struct nx_held *held)
{
    enum nx_level level = row->level;
    for (size_t i = 0; i < NX_MEANS_COUNT; i++)
        if (row->means & ~row->first & nx_means_bit((enum nx_means_index)i))
            level = lower(level, held->bound_at[i]);
    return level;
}

enum nx_level nx_policy_level_of_held(const struct nx_policy *p, const struct nx_held *held)
{
    enum nx_level best = NX_LEVEL_NONE;
    for (size_t i = 0; i < p->acr_count; i++) {
        if (!fits(&p->acr[i], held->means, NX_P3)) continue;
        enum nx_level level = carried(&p->acr[i], held);
        if (level > best) best = level;
    }
    return best;
}

/* Where no row fits, such as of a code alone, the two hold each other down. */
enum nx_level nx_policy_bound_together(const struct nx_policy *p, const struct nx_sign_in *before,
                                       const struct nx_sign_in *added)
{
    struct nx_held both = {.means = NX_MEANS_NONE};
    nx_held_add(&both, before->means, before->bound_at);
    nx_held_add(&both, added->means, added->bound_at);
    enum nx_level level = nx_policy_level_of_held(p, &both);
    return level == NX_LEVEL_NONE ? lower(before->bound_at, added->bound_at) : level;
}

/* ---- nearness ---- */

/* Means that only the tab that receives the session can show. */
#define IN_THE_TAB (NX_MEANS_PASSKEY_UV | NX_MEANS_PASSKEY_BIOMETRIC)

enum nx_rung nx_policy_rung_together(const struct nx_sign_in *before, const struct nx_sign_in *added,
                                     enum nx_level level)
{
    enum nx_rung a = before->rung, b = added->rung;
    if (a != NX_RUNG_NONE && (added->means & IN_THE_TAB) && added->bound_at >= level) return NX_P3;
    if (a == NX_RUNG_NONE || b == NX_RUNG_NONE) return a == NX_RUNG_NONE ? b : a;
    return a < b ? a : b;
}

/* ---- ways ---- */

/* Adds a set unless a smaller one within it stands there already; removes those that hold it. */
static size_t keep_smallest(unsigned out[NX_WAYS_MAX], size_t n, unsigned set)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if ((out[i] & set) == out[i]) return n;
    for (size_t i = 0; i < n; i++)
        if ((out[i] & set) != set) out[kept++] = out[i];
    if (kept < NX_WAYS_MAX) out[kept++] = set;
    return kept;
}

static void sort_by_size(unsigned *out, size_t n)
{
    for (size_t i = 1; i < n; i++)
        for (size_t k = i; k > 0 && __builtin_popcount(out[k]) < __builtin_popcount(out[k - 1]); k--) {
            unsigned swap = out[k];
            out[k] = out[k - 1];
            out[k - 1] = swap;
        }
}

struct offering {
    const struct nx_sign_in *have;
    enum nx_level asked;
    const struct nx_held *enrolled;
    unsigned forbidden;
};

/* All means of the row were shown, and the phone was too far away: what brings it near. */
static size_t offer_nearness(unsigned out[NX_WAYS_MAX], size_t n, const struct offering *o)
{
    for (size_t i = 0; i < NX_MEANS_COUNT; i++) {
        unsigned bit = nx_means_bit((enum nx_means_index)i);
        bool serves = (bit & IN_THE_TAB & o->enrolled->means & ~o->forbidden) && o->enrolled->bound_at[i] >= o->asked;
        if (serves) n = keep_smallest(out, n, bit);
    }
    return n;
}

size_t nx_policy_ways(unsigned out[NX_WAYS_MAX], const struct nx_policy *p, const struct nx_sign_in *have,
                      enum nx_level asked, const struct nx_held *enrolled, unsigned forbidden)
{
    size_t n = 0;
    const struct offering o = {have, asked, enrolled, forbidden};
    struct nx_held all = *enrolled;
    nx_held_add(&all, have->means, NX_M4); /* what was shown is judged by the session; here the additions are */
    for (size_t i = 0; i < p->acr_count; i++) {
        const struct nx_acr_row *row = &p->acr[i];
        unsigned set = row->means & ~have->means;
        bool far = !set && have->rung >= NX_P0 && have->rung < row->rung;
        if ((!set && !far) || (row->means & forbidden) || !fits(row, all.means, NX_P3)) continue;
        if (row->level < asked || carried(row, &all) < asked) continue;
        n = far ? offer_nearness(out, n, &o) : keep_smallest(out, n, set);
    }
    sort_by_size(out, n);
    return n;
}
