#include "http/pairs.h"

#include "base/text.h"

/* RFC 8707 section 2 is the one standard here that lets a parameter stand more than once. */
static bool repeatable(const char *name)
{
    return strcmp(name, "resource") == 0;
}

static bool stands_already(const nx_pairs *p, const char *name)
{
    for (size_t i = 0; i < p->n; i++)
        if (strcmp(p->at[i].name, name) == 0) return true;
    return false;
}

static nx_result parse_pair(struct nx_pair *out, nx_arena *a, nx_span piece)
{
    nx_span name = NX_SPAN_NONE;
    char *decoded = NULL;
    nx_span value = piece;
    NX_REQUIRE(nx_span_cut(&value, '=', &name) && name.n > 0, NX_ERR_SYNTAX);
    NX_REQUIRE(name.n <= 3 * NX_PAIR_NAME_MAX && value.n <= 3 * NX_PAIR_VALUE_MAX, NX_ERR_LIMIT);
    NX_TRY(nx_form_decode(&decoded, a, name));
    out->name = decoded;
    NX_TRY(nx_form_decode(&out->value, a, value.p ? value : NX_LIT("")));
    NX_REQUIRE(out->name[0] != '\0', NX_ERR_SYNTAX);
    NX_REQUIRE(strlen(out->name) <= NX_PAIR_NAME_MAX && strlen(out->value) <= NX_PAIR_VALUE_MAX,
               NX_ERR_LIMIT);
    return NX_OK;
}

nx_result nx_pairs_parse(nx_pairs *out, nx_arena *a, nx_span text)
{
    *out = (nx_pairs){NULL, 0};
    if (text.n == 0) return NX_OK;
    size_t count = 1;
    for (size_t i = 0; i < text.n; i++)
        count += text.p[i] == '&';
    NX_REQUIRE(count <= NX_PAIRS_MAX, NX_ERR_LIMIT);
    struct nx_pair *at = nx_arena_new(a, struct nx_pair, count);
    NX_NEED(at);
    out->at = at;
    nx_span rest = text, piece;
    while (nx_span_cut(&rest, '&', &piece)) {
        struct nx_pair *p = &at[out->n];
        NX_TRY(parse_pair(p, a, piece));
        NX_REQUIRE(repeatable(p->name) || !stands_already(out, p->name), NX_ERR_DUPLICATE);
        out->n++;
    }
    return NX_OK;
}

const char *nx_pairs_get(const nx_pairs *p, const char *name)
{
    size_t cursor = 0;
    return nx_pairs_next(p, name, &cursor);
}

const char *nx_pairs_next(const nx_pairs *p, const char *name, size_t *cursor)
{
    while (*cursor < p->n) {
        const struct nx_pair *at = &p->at[(*cursor)++];
        if (at->value[0] && strcmp(at->name, name) == 0) return at->value;
    }
    return NULL;
}
