/* A recursive descent over the grammar, one function a level: or → and → not → group | comparison | valuePath. The
 * tree is bounded in nodes and depth, so that neither text nor recursion can be used against us. */
#include "directory/filter.h"

#include "base/text.h"
#include "directory/attribute.h"

#include <strings.h>

enum kind { OR, AND, NOT, COMPARE, WITHIN };
enum op { EQ, NE, CO, SW, EW, GT, GE, LT, LE, PR };

struct literal {
    enum { TEXT, NUMBER, BOOLEAN, NOTHING } type;
    const char *text;
    double number;
    bool yes;
};

struct nx_filter {
    enum kind kind;
    enum op op;
    bool extension;
    const char *attribute;
    const char *sub;
    struct literal value;
    const nx_filter *left;
    const nx_filter *right;
};

struct parser {
    nx_arena *arena;
    nx_span rest;
    unsigned nodes;
    unsigned depth;
};

static nx_result parse_or(struct parser *p, const nx_filter **out);

static void skip_spaces(struct parser *p)
{
    while (p->rest.n && p->rest.p[0] == ' ')
        p->rest = nx_span_from(p->rest, 1);
}

static bool take_char(struct parser *p, char c)
{
    skip_spaces(p);
    if (!p->rest.n || p->rest.p[0] != (uint8_t)c) return false;
    p->rest = nx_span_from(p->rest, 1);
    if (!p->rest.p) p->rest.p = (const uint8_t *)"";
    return true;
}

static bool word_char(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.' || c == ':' || c == '$';
}

static nx_span peek_word(struct parser *p)
{
    skip_spaces(p);
    size_t n = 0;
    while (n < p->rest.n && word_char(p->rest.p[n]))
        n++;
    return nx_span_of(p->rest.p, n);
}

static bool word_is(nx_span w, const char *s)
{
    return w.n == strlen(s) && strncasecmp((const char *)w.p, s, w.n) == 0;
}

static bool take_word(struct parser *p, const char *s)
{
    nx_span w = peek_word(p);
    if (!word_is(w, s)) return false;
    p->rest = nx_span_of(p->rest.p + w.n, p->rest.n - w.n);
    return true;
}

static nx_filter *node(struct parser *p, enum kind kind)
{
    if (++p->nodes > NX_FILTER_NODES_MAX) return NULL;
    nx_filter *f = nx_arena_new(p->arena, nx_filter, 1);
    if (f) f->kind = kind;
    return f;
}

/* "urn:…:Identity:kind" and "urn:…:User:userName" carry their schema; a name is one or two parts. */
static nx_result attribute_path(struct parser *p, nx_span w, bool *extension, const char **attribute, const char **sub)
{
    static const struct {
        nx_span urn;
        bool extension;
    } schemas[] = {{NX_LIT(NX_SCIM_USER ":"), false}, {NX_LIT(NX_SCIM_IDENTITY ":"), true}};
    *extension = false;
    for (size_t i = 0; i < 2; i++) {
        if (w.n <= schemas[i].urn.n || strncasecmp((const char *)w.p, (const char *)schemas[i].urn.p, schemas[i].urn.n) != 0)
            continue;
        *extension = schemas[i].extension;
        w = nx_span_from(w, schemas[i].urn.n);
        break;
    }
    NX_REQUIRE(w.n > 0 && !memchr(w.p, ':', w.n), NX_ERR_SCIM_FILTER);
    nx_span rest = w, first, second = NX_SPAN_NONE;
    nx_span_cut(&rest, '.', &first);
    bool deep = nx_span_cut(&rest, '.', &second);
    NX_REQUIRE(first.n > 0 && (!deep || second.n > 0) && !rest.p, NX_ERR_SCIM_FILTER);
    *attribute = nx_arena_dup(p->arena, first);
    *sub = deep ? nx_arena_dup(p->arena, second) : NULL;
    NX_NEED(*attribute);
    NX_REQUIRE(!deep || *sub, NX_ERR_MEMORY);
    return NX_OK;
}

/* The length of the JSON value at the beginning of the rest: a string up to its closing quote, or a bare word. */
static size_t literal_length(struct parser *p)
{
    skip_spaces(p);
    if (!p->rest.n || p->rest.p[0] != '"') return peek_word(p).n;
    size_t n = 1;
    while (n < p->rest.n && p->rest.p[n] != '"')
        n += p->rest.p[n] == '\\' ? 2 : 1;
    return n < p->rest.n ? n + 1 : 0;
}

static nx_result literal_take(struct parser *p, struct literal *out)
{
    size_t n = literal_length(p);
    NX_REQUIRE(n > 0, NX_ERR_SCIM_FILTER);
    NX_AUTO_JSON j = json_loadb((const char *)p->rest.p, n, JSON_DECODE_ANY, NULL);
    NX_REQUIRE(j && !json_is_object(j) && !json_is_array(j), NX_ERR_SCIM_FILTER);
    p->rest = nx_span_of(p->rest.p + n, p->rest.n - n);
    if (json_is_string(j)) {
        *out = (struct literal){.type = TEXT, .text = nx_arena_strdup(p->arena, json_string_value(j))};
        NX_NEED(out->text);
    } else if (json_is_number(j)) {
        *out = (struct literal){.type = NUMBER, .number = json_number_value(j)};
    } else {
        *out = (struct literal){.type = json_is_null(j) ? NOTHING : BOOLEAN, .yes = json_is_true(j)};
    }
    return NX_OK;
}

static nx_result parse_comparison(struct parser *p, nx_filter *f)
{
    static const char *const ops[] = {"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr"};
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        if (!take_word(p, ops[i])) continue;
        f->op = (enum op)i;
        return f->op == PR ? NX_OK : literal_take(p, &f->value);
    }
    NX_FAIL(NX_ERR_SCIM_FILTER);
}

static nx_result parse_group(struct parser *p, const nx_filter **out)
{
    NX_REQUIRE(++p->depth <= NX_FILTER_DEPTH_MAX, NX_ERR_LIMIT);
    NX_TRY(parse_or(p, out));
    p->depth--;
    return NX_OK;
}

static nx_result parse_term(struct parser *p, const nx_filter **out)
{
    bool negated = take_word(p, "not");
    const nx_filter *inner;
    if (take_char(p, '(')) {
        NX_TRY(parse_group(p, &inner));
        NX_REQUIRE(take_char(p, ')'), NX_ERR_SCIM_FILTER);
    } else {
        NX_REQUIRE(!negated, NX_ERR_SCIM_FILTER);
        nx_span w = peek_word(p);
        nx_filter *f = node(p, COMPARE);
        NX_REQUIRE(f, NX_ERR_LIMIT);
        NX_TRY(attribute_path(p, w, &f->extension, &f->attribute, &f->sub));
        p->rest = nx_span_of(p->rest.p + w.n, p->rest.n - w.n);
        if (!f->sub && take_char(p, '[')) {
            f->kind = WITHIN;
            NX_TRY(parse_group(p, &f->left));
            NX_REQUIRE(take_char(p, ']'), NX_ERR_SCIM_FILTER);
        } else {
            NX_TRY(parse_comparison(p, f));
        }
        inner = f;
    }
    if (!negated) {
        *out = inner;
        return NX_OK;
    }
    nx_filter *f = node(p, NOT);
    NX_REQUIRE(f, NX_ERR_LIMIT);
    f->left = inner;
    *out = f;
    return NX_OK;
}

static nx_result parse_chain(struct parser *p, const nx_filter **out, enum kind kind, const char *word,
                             nx_result (*next)(struct parser *, const nx_filter **))
{
    NX_TRY(next(p, out));
    while (take_word(p, word)) {
        nx_filter *f = node(p, kind);
        NX_REQUIRE(f, NX_ERR_LIMIT);
        f->left = *out;
        NX_TRY(next(p, &f->right));
        *out = f;
    }
    return NX_OK;
}

static nx_result parse_and(struct parser *p, const nx_filter **out)
{
    return parse_chain(p, out, AND, "and", parse_term);
}

static nx_result parse_or(struct parser *p, const nx_filter **out)
{
    return parse_chain(p, out, OR, "or", parse_and);
}

NX_FALLIBLE nx_filter_parse(const nx_filter **out, nx_arena *a, nx_span text)
{
    NX_REQUIRE(text.n <= NX_FILTER_MAX, NX_ERR_LIMIT);
    NX_REQUIRE(nx_utf8_valid(text), NX_ERR_SCIM_FILTER);
    struct parser p = {.arena = a, .rest = text};
    NX_TRY(parse_or(&p, out));
    skip_spaces(&p);
    NX_REQUIRE(p.rest.n == 0, NX_ERR_SCIM_FILTER);
    return NX_OK;
}

/* The member of a canonical object whose name is `name` without case. */
static const json_t *member(const json_t *object, const char *name)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value)
    {
        if (strcasecmp(key, name) == 0) return value;
    }
    return NULL;
}

static bool text_holds(const char *seen, enum op op, const char *wanted)
{
    size_t a = strlen(seen), b = strlen(wanted);
    switch (op) {
    case EQ: return strcasecmp(seen, wanted) == 0;
    case NE: return strcasecmp(seen, wanted) != 0;
    case CO: return strcasestr(seen, wanted) != NULL;
    case SW: return strncasecmp(seen, wanted, b) == 0;
    case EW: return a >= b && strcasecmp(seen + a - b, wanted) == 0;
    case GT: return strcasecmp(seen, wanted) > 0;
    case GE: return strcasecmp(seen, wanted) >= 0;
    case LT: return strcasecmp(seen, wanted) < 0;
    case LE: return strcasecmp(seen, wanted) <= 0;
    case PR: break;
    }
    return false;
}

static bool one_holds(const json_t *seen, const nx_filter *f)
{
    if (json_is_object(seen)) seen = member(seen, "value"); /* a complex value stands for its "value" */
    if (f->op == PR) return seen && !json_is_null(seen);
    if (json_is_string(seen) && f->value.type == TEXT) return text_holds(json_string_value(seen), f->op, f->value.text);
    if (json_is_boolean(seen) && f->value.type == BOOLEAN)
        return (f->op == EQ && json_is_true(seen) == f->value.yes) || (f->op == NE && json_is_true(seen) != f->value.yes);
    return f->op == NE; /* values of different types, and an absent one, are unequal */
}

static bool any_holds(const json_t *seen, const nx_filter *f)
{
    if (!json_is_array(seen)) return one_holds(seen, f);
    for (size_t i = 0; i < json_array_size(seen); i++)
        if (one_holds(json_array_get(seen, i), f)) return true;
    return false;
}

static bool compare_holds(const json_t *value, const nx_filter *f)
{
    if (!f->sub) return any_holds(value, f);
    if (!json_is_array(value)) return any_holds(member(value, f->sub), f);
    for (size_t i = 0; i < json_array_size(value); i++)
        if (any_holds(member(json_array_get(value, i), f->sub), f)) return true;
    return false;
}

static bool within_holds(const json_t *value, const nx_filter *f)
{
    if (!json_is_array(value)) return json_is_object(value) && nx_filter_matches(f->left, value);
    for (size_t i = 0; i < json_array_size(value); i++)
        if (nx_filter_matches(f->left, json_array_get(value, i))) return true;
    return false;
}

bool nx_filter_matches(const nx_filter *f, const json_t *resource)
{
    if (f->kind == AND) return nx_filter_matches(f->left, resource) && nx_filter_matches(f->right, resource);
    if (f->kind == OR) return nx_filter_matches(f->left, resource) || nx_filter_matches(f->right, resource);
    if (f->kind == NOT) return !nx_filter_matches(f->left, resource);
    const json_t *holder = f->extension ? member(resource, NX_SCIM_IDENTITY) : resource;
    const json_t *value = member(holder, f->attribute);
    return f->kind == WITHIN ? within_holds(value, f) : compare_holds(value, f);
}

const char *nx_filter_demands(const nx_filter *f, const char *attribute)
{
    if (f->kind == AND) {
        const char *left = nx_filter_demands(f->left, attribute);
        return left ? left : nx_filter_demands(f->right, attribute);
    }
    bool is = f->kind == COMPARE && f->op == EQ && !f->sub && f->value.type == TEXT;
    return is && strcasecmp(f->attribute, attribute) == 0 ? f->value.text : NULL;
}

NX_FALLIBLE nx_patch_path_parse(struct nx_patch_path *out, nx_arena *a, nx_span text)
{
    NX_REQUIRE(text.n > 0 && text.n <= NX_FILTER_MAX && nx_utf8_valid(text), NX_ERR_SCIM_PATH);
    *out = (struct nx_patch_path){.attribute = NULL};
    if (word_is(text, NX_SCIM_IDENTITY)) {
        out->extension = true;
        return NX_OK;
    }
    struct parser p = {.arena = a, .rest = text};
    nx_span w = peek_word(&p);
    NX_REQUIRE(w.p == text.p && nx_ok(attribute_path(&p, w, &out->extension, &out->attribute, &out->sub)), NX_ERR_SCIM_PATH);
    p.rest = nx_span_of(w.p + w.n, text.n - w.n);
    if (p.rest.n && p.rest.p[0] == '[' && !out->sub) {
        take_char(&p, '[');
        NX_REQUIRE(nx_ok(parse_group(&p, &out->filter)) && take_char(&p, ']'), NX_ERR_SCIM_PATH);
        if (p.rest.n && p.rest.p[0] == '.') {
            out->sub = nx_arena_dup(a, nx_span_from(p.rest, 1));
            NX_NEED(out->sub);
            NX_REQUIRE(out->sub[0], NX_ERR_SCIM_PATH);
            return NX_OK;
        }
    }
    NX_REQUIRE(p.rest.n == 0, NX_ERR_SCIM_PATH);
    return NX_OK;
}
