#include "http/template_tree.h"

#include <stdlib.h>

static int compare(nx_span a, nx_span b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.p, b.p, n) : 0;
    return order ? order : (a.n > b.n) - (a.n < b.n);
}

static int by_key(const void *a, const void *b)
{
    const struct nx_message *left = a, *right = b;
    return compare(left->key, right->key);
}

static nx_span trimmed(nx_span s)
{
    while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = nx_span_of(s.p + 1, s.n - 1);
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t' || s.p[s.n - 1] == '\r'))
        s.n--;
    return s;
}

static nx_result parse_line(struct nx_catalogue *out, nx_span line)
{
    nx_span text = trimmed(line), key;
    if (text.n == 0 || text.p[0] == '#') return NX_OK;
    NX_REQUIRE(nx_span_cut(&text, '=', &key) && text.p, NX_ERR_TEMPLATE);
    key = trimmed(key);
    text = trimmed(text);
    NX_REQUIRE(nx_template_name_ok(key) && text.n > 0 && out->count < NX_CATALOGUE_MAX, NX_ERR_TEMPLATE);
    out->message[out->count++] = (struct nx_message){key, text};
    return NX_OK;
}

static nx_result parse(struct nx_catalogue *out, nx_span text, unsigned *line)
{
    nx_span rest = text, piece;
    for (*line = 1; nx_span_cut(&rest, '\n', &piece); ++*line)
        NX_TRY(parse_line(out, piece));
    qsort(out->message, out->count, sizeof out->message[0], by_key);
    for (size_t i = 1; i < out->count; i++)
        NX_REQUIRE(compare(out->message[i - 1].key, out->message[i].key) != 0, NX_ERR_DUPLICATE);
    return NX_OK;
}

nx_result nx_catalogue_parse(struct nx_catalogue *out, nx_span text, unsigned *line)
{
    out->count = 0;
    out->message = calloc(NX_CATALOGUE_MAX, sizeof out->message[0]);
    NX_NEED(out->message);
    nx_result r = parse(out, text, line);
    struct nx_message *fit = nx_ok(r) ? realloc(out->message, (out->count + 1) * sizeof *fit) : NULL;
    if (!fit) {
        free(out->message);
        *out = (struct nx_catalogue){.lang = out->lang};
        return nx_ok(r) ? nx_fail(NX_ERR_MEMORY, __func__, __LINE__) : r;
    }
    out->message = fit;
    return NX_OK;
}

nx_span nx_catalogue_find(const struct nx_catalogue *c, nx_span key)
{
    struct nx_message wanted = {.key = key};
    const struct nx_message *m =
        c && c->count ? bsearch(&wanted, c->message, c->count, sizeof *m, by_key) : NULL;
    return m ? m->text : NX_SPAN_NONE;
}

bool nx_catalogue_param(nx_span text, size_t *at, size_t *from, nx_span *name)
{
    for (size_t i = *at; i < text.n; i++) {
        const uint8_t *end = text.p[i] == '{' ? memchr(text.p + i, '}', text.n - i) : NULL;
        if (!end) continue;
        *from = i;
        *name = nx_span_of(text.p + i + 1, (size_t)(end - text.p) - i - 1);
        *at = i + name->n + 2;
        if (nx_template_name_ok(*name)) return true;
    }
    return false;
}
