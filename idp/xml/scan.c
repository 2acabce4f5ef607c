/* A lexer that knows where tags, comments and the like begin and end, and no more. Of a well-formed document
 * it counts exactly; of any other the parser takes no more than the well-formed beginning, which was counted
 * exactly too. It exists because the parser's own work is quadratic in the attributes of an element and in
 * the namespaces in scope, and is done before a handler could object; and because a document type is best not
 * parsed at all. */
#include "xml/scan.h"

#include "base/text.h"

#include <strings.h>

const struct nx_xml_limits nx_xml_message = {
    .bytes = 256u << 10, .depth = 32, .nodes = 8192, .attributes = 32, .strip_comments = false};
const struct nx_xml_limits nx_xml_metadata = {
    .bytes = 64u << 20, .depth = 48, .nodes = 4u << 20, .attributes = 64, .strip_comments = true};

struct scan {
    const struct nx_xml_limits *limits;
    nx_span rest;
    unsigned depth;
    unsigned nodes;
};

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* ---- XML declaration
 * ------------------------------------------------------------------------------------------- */

static void skip_space(nx_span *s)
{
    while (s->n && is_space(*s->p))
        *s = nx_span_from(*s, 1);
}

/* Takes what stands in quotes. */
static nx_result take_quoted(nx_span *value, nx_span *s)
{
    NX_REQUIRE(s->n && (*s->p == '"' || *s->p == '\''), NX_ERR_XML_FORM);
    const uint8_t *end = memchr(s->p + 1, *s->p, s->n - 1);
    NX_REQUIRE(end, NX_ERR_XML_FORM);
    *value = nx_span_of(s->p + 1, (size_t)(end - s->p) - 1);
    *s = nx_span_from(*s, value->n + 2);
    return NX_OK;
}

/* Takes name="value"; false when another name stands there. */
static nx_result take_pair(nx_span *value, bool *found, nx_span *s, nx_span name)
{
    skip_space(s);
    *found = nx_span_starts(*s, name);
    if (!*found) return NX_OK;
    *s = nx_span_from(*s, name.n);
    skip_space(s);
    NX_REQUIRE(s->n && *s->p == '=', NX_ERR_XML_FORM);
    *s = nx_span_from(*s, 1);
    skip_space(s);
    return take_quoted(value, s);
}

static bool is_utf8_name(nx_span s)
{
    return s.n == 5 && strncasecmp((const char *)s.p, "UTF-8", 5) == 0;
}

/* XML 1.0 production 23. The parser never sees it: what a document says of its encoding is checked and obeyed
 * nowhere. */
static nx_result take_declaration(nx_span *s)
{
    nx_span value;
    bool found;
    if (!nx_span_starts(*s, NX_LIT("<?xml")) || s->n < 6 || !is_space(s->p[5])) return NX_OK;
    *s = nx_span_from(*s, 5);
    NX_TRY(take_pair(&value, &found, s, NX_LIT("version")));
    NX_REQUIRE(found && nx_span_eq_str(value, "1.0"), NX_ERR_XML_FORM);
    NX_TRY(take_pair(&value, &found, s, NX_LIT("encoding")));
    NX_REQUIRE(!found || is_utf8_name(value), NX_ERR_XML_ENCODING);
    NX_TRY(take_pair(&value, &found, s, NX_LIT("standalone")));
    skip_space(s);
    NX_REQUIRE(nx_span_starts(*s, NX_LIT("?>")), NX_ERR_XML_FORM);
    *s = nx_span_from(*s, 2);
    return NX_OK;
}

/* ---- markup
 * ---------------------------------------------------------------------------------------------------- */

/* Moves behind the next `end`. */
static nx_result skip_past(nx_span *s, nx_span end)
{
    const uint8_t *at = s->n ? memmem(s->p, s->n, end.p, end.n) : NULL;
    NX_REQUIRE(at, NX_ERR_XML_FORM);
    *s = nx_span_from(*s, (size_t)(at - s->p) + end.n);
    return NX_OK;
}

/* Moves behind the > of a tag, over quoted values. */
static nx_result skip_tag(struct scan *c, bool *empty)
{
    unsigned attributes = 0;
    size_t i = 1;
    for (; i < c->rest.n && c->rest.p[i] != '>'; i++) {
        if (c->rest.p[i] != '"' && c->rest.p[i] != '\'') continue;
        NX_REQUIRE(++attributes <= c->limits->attributes, NX_ERR_XML_BOUNDS);
        const uint8_t *end = memchr(c->rest.p + i + 1, c->rest.p[i], c->rest.n - i - 1);
        NX_REQUIRE(end, NX_ERR_XML_FORM);
        i = (size_t)(end - c->rest.p);
    }
    NX_REQUIRE(i < c->rest.n, NX_ERR_XML_FORM);
    c->nodes += 1 + attributes;
    *empty = c->rest.p[i - 1] == '/';
    c->rest = nx_span_from(c->rest, i + 1);
    return NX_OK;
}

static nx_result take_start_tag(struct scan *c)
{
    bool empty;
    NX_REQUIRE(c->depth < c->limits->depth, NX_ERR_XML_BOUNDS);
    NX_TRY(skip_tag(c, &empty));
    NX_REQUIRE(c->nodes <= c->limits->nodes, NX_ERR_XML_BOUNDS);
    if (!empty) c->depth++;
    return NX_OK;
}

static nx_result take_end_tag(struct scan *c)
{
    NX_REQUIRE(c->depth > 0, NX_ERR_XML_FORM);
    c->depth--;
    return skip_past(&c->rest, NX_LIT(">"));
}

static nx_result take_comment(struct scan *c)
{
    NX_REQUIRE(c->limits->strip_comments, NX_ERR_XML_COMMENT);
    c->rest = nx_span_from(c->rest, 4);
    return skip_past(&c->rest, NX_LIT("-->"));
}

/* Canonicalisation keeps those inside the document element and the tree does not: there they are refused,
 * before and behind it they may be dropped. */
static nx_result take_instruction(struct scan *c)
{
    NX_REQUIRE(c->limits->strip_comments && c->depth == 0, NX_ERR_XML_COMMENT);
    return skip_past(&c->rest, NX_LIT("?>"));
}

static nx_result take_markup(struct scan *c)
{
    if (nx_span_starts(c->rest, NX_LIT("<!--"))) return take_comment(c);
    if (nx_span_starts(c->rest, NX_LIT("<![CDATA["))) return skip_past(&c->rest, NX_LIT("]]>"));
    NX_REQUIRE(!nx_span_starts(c->rest, NX_LIT("<!")), NX_ERR_XML_DTD);
    if (nx_span_starts(c->rest, NX_LIT("<?"))) return take_instruction(c);
    if (nx_span_starts(c->rest, NX_LIT("</"))) return take_end_tag(c);
    return take_start_tag(c);
}

static nx_result take_all(struct scan *c)
{
    const uint8_t *at;
    while ((at = memchr(c->rest.p, '<', c->rest.n))) {
        c->rest = nx_span_from(c->rest, (size_t)(at - c->rest.p));
        NX_TRY(take_markup(c));
        if (!c->rest.n) return NX_OK;
    }
    return NX_OK;
}

/* A NUL is UTF-8 and never XML: in front of the parser it is most often UTF-16. */
static nx_result check_encoding(nx_span bytes)
{
    NX_REQUIRE(!memchr(bytes.p, 0, bytes.n), NX_ERR_XML_ENCODING);
    NX_REQUIRE(nx_utf8_valid(bytes), NX_ERR_XML_ENCODING);
    return NX_OK;
}

NX_FALLIBLE nx_xml_scan(nx_span *body, nx_span bytes, const struct nx_xml_limits *limits)
{
    NX_REQUIRE(bytes.n > 0, NX_ERR_XML_FORM);
    NX_REQUIRE(bytes.n <= limits->bytes, NX_ERR_LIMIT);
    NX_TRY(check_encoding(bytes));
    if (nx_span_starts(bytes, NX_LIT("\xef\xbb\xbf"))) bytes = nx_span_from(bytes, 3);
    NX_TRY(take_declaration(&bytes));
    NX_REQUIRE(bytes.n > 0, NX_ERR_XML_FORM);
    *body = bytes;
    struct scan c = {.limits = limits, .rest = bytes};
    return take_all(&c);
}
