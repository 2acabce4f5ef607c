#include "hub/choose.h"

#include "hub/fold.h"

#include <stdlib.h>
#include <strings.h>

/* A choice with what it is sorted and searched by. */
struct sorted {
    struct nx_choice choice;
    char *folded;
};

static int by_name(const void *x, const void *y)
{
    const struct sorted *a = x, *b = y;
    int order = strcmp(a->folded, b->folded);
    return order ? order : strcmp(a->choice.upstream->id, b->choice.upstream->id);
}

/* Every word of the query begins a word of the text. */
static bool fits(nx_arena *a, const char *text, const char *query)
{
    nx_span rest = nx_span_from(nx_span_str(query), 1), word;
    while (nx_span_cut(&rest, ' ', &word)) {
        const char *begin = nx_arena_printf(a, " %.*s", (int)word.n, (const char *)word.p);
        if (word.n && (!begin || !strstr(text, begin))) return false;
    }
    return true;
}

static nx_result fold_row(char **out, nx_arena *a, const nx_upstream *u, bool vietnamese)
{
    const char *both = nx_arena_printf(a, "%s %s %s", vietnamese ? u->name_vi : u->name,
                                       vietnamese ? u->name : u->name_vi, u->organisation ? u->organisation : "");
    NX_NEED(both);
    NX_NEED(*out = nx_fold(a, both));
    return NX_OK;
}

static nx_result collect(struct nx_choices *out, struct sorted *v, nx_arena *a, const struct nx_upstream_list *all,
                         const char *query, const char *last, bool vietnamese)
{
    struct nx_fuse_view fuse;
    for (size_t i = 0; i < all->n; i++) {
        const nx_upstream *u = &all->v[i];
        if (!u->on) continue;
        out->on++;
        if (last && strcmp(last, u->id) == 0) out->last = u;
        NX_TRY(fold_row(&v[out->n].folded, a, u, vietnamese));
        if (query && !fits(a, v[out->n].folded, query)) continue;
        nx_fuse_look(&fuse, u->id);
        v[out->n++].choice = (struct nx_choice){u, fuse.state == NX_FUSE_OPEN};
    }
    return NX_OK;
}

NX_FALLIBLE nx_hub_choices(struct nx_choices *out, struct nx_house *house, nx_arena *a, const char *query,
                           const char *last, bool vietnamese)
{
    struct nx_upstream_list all;
    const char *folded = NULL;
    NX_TRY(nx_upstream_all(house->registry, &all, &out->hold));
    struct sorted *v = nx_arena_new(a, struct sorted, all.n + 1);
    NX_NEED(v);
    if (query && strlen(query) <= NX_CHOICE_QUERY_MAX) NX_NEED(folded = nx_fold(a, query));
    NX_TRY(collect(out, v, a, &all, folded && *folded ? folded : NULL, last, vietnamese));
    qsort(v, out->n, sizeof *v, by_name);
    NX_NEED(out->v = nx_arena_new(a, struct nx_choice, out->n + 1));
    for (size_t i = 0; i < out->n; i++)
        out->v[i] = v[i].choice;
    return NX_OK;
}

/* ---- chosen for her */

static bool hint_fits(const nx_upstream *u, const char *hint)
{
    const json_t *hints = nx_json_array(u->config, "hints");
    size_t n = hint ? strlen(hint) : 0;
    for (size_t i = 0; n && i < json_array_size(hints); i++) {
        const char *one = json_string_value(json_array_get(hints, i));
        size_t m = one ? strlen(one) : 0;
        if (m && m <= n && (one[0] == '@' || m == n) && strcasecmp(hint + n - m, one) == 0) return true;
    }
    return false;
}

static bool acr_fits(const nx_upstream *u, const char *acr_values)
{
    const json_t *acr = nx_json_array(u->config, "acr");
    nx_span rest = nx_span_str(acr_values), word;
    while (acr && acr_values && nx_span_cut(&rest, ' ', &word))
        for (size_t i = 0; i < json_array_size(acr); i++)
            if (nx_span_eq_str(word, json_string_value(json_array_get(acr, i)))) return true;
    return false;
}

NX_FALLIBLE nx_hub_chosen(const char **id, struct nx_house *house, nx_arena *a, const char *login_hint,
                          const char *acr_values)
{
    struct nx_upstream_list all;
    NX_AUTO_UPSTREAM hold = NULL;
    const nx_upstream *found = NULL;
    *id = NULL;
    if (!login_hint && !acr_values) return NX_OK;
    NX_TRY(nx_upstream_all(house->registry, &all, &hold));
    for (size_t i = 0; i < all.n; i++) {
        const nx_upstream *u = &all.v[i];
        if (!u->on || !(hint_fits(u, login_hint) || acr_fits(u, acr_values))) continue;
        if (found) return NX_OK;
        found = u;
    }
    if (found) NX_NEED(*id = nx_arena_strdup(a, found->id));
    return NX_OK;
}
