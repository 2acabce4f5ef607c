/* The parser of templates. Beside the holes it follows the HTML around them just far enough to know whether a
 * hole stands in text, in a quoted attribute, or bare inside a tag; the last would make escaping useless and
 * is refused. */
#include "http/template_tree.h"

#include <stdlib.h>

enum where { IN_TEXT, IN_TAG, IN_DOUBLE, IN_SINGLE };

struct parser {
    nx_span text;
    size_t at;
    enum where where;
    struct nx_node *node;
    size_t count;
    size_t open[NX_TEMPLATE_DEPTH_MAX]; /* sections not closed yet */
    size_t depth;
};

bool nx_template_name_ok(nx_span name)
{
    if (name.n == 0 || name.n > 60) return false;
    for (size_t i = 0; i < name.n; i++) {
        uint8_t c = name.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-'))
            return false;
    }
    return true;
}

static enum where after(enum where w, uint8_t c, uint8_t next)
{
    switch (w) {
    case IN_TEXT:
        return c == '<' && next != ' ' && next != '\0' ? IN_TAG : IN_TEXT;
    case IN_TAG:
        return c == '>' ? IN_TEXT : c == '"' ? IN_DOUBLE : c == '\'' ? IN_SINGLE : IN_TAG;
    case IN_DOUBLE:
        return c == '"' ? IN_TAG : IN_DOUBLE;
    case IN_SINGLE:
        return c == '\'' ? IN_TAG : IN_SINGLE;
    }
    return w;
}

static nx_result push(struct parser *p, enum nx_node_kind kind, nx_span text)
{
    NX_REQUIRE(p->count < NX_TEMPLATE_NODES_MAX, NX_ERR_TEMPLATE);
    p->node[p->count++] = (struct nx_node){kind, text, 0};
    return NX_OK;
}

static nx_result literal(struct parser *p)
{
    size_t from = p->at;
    while (p->at < p->text.n) {
        uint8_t c = p->text.p[p->at], next = p->at + 1 < p->text.n ? p->text.p[p->at + 1] : 0;
        if (c == '{' && next == '{') break;
        p->where = after(p->where, c, next);
        p->at++;
    }
    return p->at > from ? push(p, NX_NODE_LITERAL, nx_span_of(p->text.p + from, p->at - from)) : NX_OK;
}

static nx_result open_section(struct parser *p, enum nx_node_kind kind, nx_span name)
{
    NX_REQUIRE(p->depth < NX_TEMPLATE_DEPTH_MAX, NX_ERR_TEMPLATE);
    p->open[p->depth++] = p->count;
    return push(p, kind, name);
}

static nx_result close_section(struct parser *p, nx_span name)
{
    NX_REQUIRE(p->depth > 0, NX_ERR_TEMPLATE);
    struct nx_node *start = &p->node[p->open[--p->depth]];
    NX_REQUIRE(nx_span_eq(start->text, name), NX_ERR_TEMPLATE);
    start->end = p->count;
    return push(p, NX_NODE_END, name);
}

static nx_result hole(struct parser *p, nx_span inside)
{
    uint8_t mark = inside.n ? inside.p[0] : 0;
    bool label = nx_span_starts(inside, NX_LIT("t:"));
    bool marked = mark == '#' || mark == '^' || mark == '/' || mark == '>' || mark == '&';
    nx_span name = nx_span_from(inside, label ? 2 : marked ? 1 : 0);
    NX_REQUIRE(nx_template_name_ok(name), NX_ERR_TEMPLATE);
    if (mark == '#') return open_section(p, NX_NODE_SECTION, name);
    if (mark == '^') return open_section(p, NX_NODE_INVERTED, name);
    if (mark == '/') return close_section(p, name);
    if (mark == '>') return push(p, NX_NODE_PARTIAL, name);
    NX_REQUIRE(p->where != IN_TAG, NX_ERR_TEMPLATE);
    if (mark == '&') NX_REQUIRE(p->where == IN_TEXT, NX_ERR_TEMPLATE);
    return push(p, label ? NX_NODE_LABEL : mark == '&' ? NX_NODE_MARKUP : NX_NODE_VALUE, name);
}

static nx_result next_hole(struct parser *p)
{
    size_t from = p->at + 2, to = from;
    bool comment = from < p->text.n && p->text.p[from] == '!';
    while (to + 1 < p->text.n && !(p->text.p[to] == '}' && p->text.p[to + 1] == '}'))
        to++;
    NX_REQUIRE(to + 1 < p->text.n, NX_ERR_TEMPLATE);
    if (!comment) NX_TRY(hole(p, nx_span_of(p->text.p + from, to - from)));
    p->at = to + 2;
    return NX_OK;
}

static nx_result parse(struct parser *p)
{
    while (p->at < p->text.n) {
        NX_TRY(literal(p));
        if (p->at < p->text.n) NX_TRY(next_hole(p));
    }
    NX_REQUIRE(p->depth == 0, NX_ERR_TEMPLATE);
    return NX_OK;
}

nx_result nx_template_parse(struct nx_template *out, nx_span text, unsigned *line)
{
    struct parser p = {.text = text, .where = IN_TEXT};
    p.node = calloc(NX_TEMPLATE_NODES_MAX, sizeof *p.node);
    NX_NEED(p.node);
    nx_result r = parse(&p);
    *line = 1;
    for (size_t i = 0; i < p.at && i < text.n; i++)
        *line += text.p[i] == '\n';
    struct nx_node *fit = nx_ok(r) ? realloc(p.node, (p.count + 1) * sizeof *fit) : NULL;
    if (!fit) {
        free(p.node);
        return nx_ok(r) ? nx_fail(NX_ERR_MEMORY, __func__, __LINE__) : r;
    }
    out->node = fit;
    out->count = p.count;
    return NX_OK;
}
