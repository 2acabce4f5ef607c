#include "flow/params.h"

const char *nx_param(const struct nx_params *p, const char *name)
{
    for (size_t i = 0; i < p->count; i++)
        if (strcmp(p->row[i].name, name) == 0) return *p->row[i].value ? p->row[i].value : NULL;
    return NULL;
}

NX_FALLIBLE nx_words_split(struct nx_words *out, nx_arena *a, const char *text, size_t max)
{
    *out = (struct nx_words){.word = nx_arena_new(a, const char *, max ? max : 1)};
    NX_NEED(out->word);
    nx_span rest = nx_span_str(text), piece;
    while (text && nx_span_cut(&rest, ' ', &piece)) {
        if (piece.n == 0) continue;
        const char *word = nx_arena_dup(a, piece);
        NX_NEED(word);
        if (nx_words_has(out, word)) continue;
        NX_REQUIRE(out->count < max, NX_ERR_LIMIT);
        out->word[out->count++] = word;
    }
    return NX_OK;
}

bool nx_words_has(const struct nx_words *w, const char *word)
{
    for (size_t i = 0; i < w->count; i++)
        if (strcmp(w->word[i], word) == 0) return true;
    return false;
}

char *nx_words_join(nx_arena *a, const struct nx_words *w)
{
    size_t n = 1;
    for (size_t i = 0; i < w->count; i++)
        n += strlen(w->word[i]) + 1;
    char *out = nx_arena_alloc(a, n);
    if (!out) return NULL;
    char *p = out;
    for (size_t i = 0; i < w->count; i++) {
        if (i) *p++ = ' ';
        p = stpcpy(p, w->word[i]);
    }
    *p = 0;
    return out;
}
