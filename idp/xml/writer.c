/* A start tag is collected and written when its last attribute is known: that is when it can be sorted. */
#include "xml/writer_inside.h"

#include "base/clock.h"
#include "base/text.h"

#include <stdio.h>

_Static_assert(NX_NS_COUNT <= 32, "declared namespaces are bits of a word");

static void fail(nx_xml_writer *w, nx_err e)
{
    if (!w->failed) w->failed = e;
}

/* Characters of XML 1.0 (production 2), in UTF-8. */
static bool writable(nx_span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < 0x20 && s.p[i] != '\t' && s.p[i] != '\n' && s.p[i] != '\r') return false;
        if (s.p[i] == 0xef && i + 2 < s.n && s.p[i + 1] == 0xbf && s.p[i + 2] >= 0xbe) return false;
    }
    return nx_utf8_valid(s);
}

/* ---- canonical text
 * ---------------------------------------------------------------------------------------------- */

/* Canonical XML 1.0 section 2.3, text nodes and attribute nodes. */
static const char *escape_of(uint8_t c, bool in_attribute)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '\r':
        return "&#xD;";
    case '>':
        return in_attribute ? NULL : "&gt;";
    case '"':
        return in_attribute ? "&quot;" : NULL;
    case '\t':
        return in_attribute ? "&#x9;" : NULL;
    case '\n':
        return in_attribute ? "&#xA;" : NULL;
    default:
        return NULL;
    }
}

static void add_escaped(nx_xml_writer *w, nx_span s, bool in_attribute)
{
    size_t from = 0;
    for (size_t i = 0; i < s.n; i++) {
        const char *escape = escape_of(s.p[i], in_attribute);
        if (!escape) continue;
        nx_buf_add(&w->out, nx_span_of(s.p + from, i - from));
        nx_buf_adds(&w->out, escape);
        from = i + 1;
    }
    nx_buf_add(&w->out, nx_span_from(s, from));
}

static void add_name(nx_xml_writer *w, nx_ns ns, const char *name)
{
    const char *prefix = nx_ns_prefix(ns);
    if (*prefix) {
        nx_buf_adds(&w->out, prefix);
        nx_buf_adds(&w->out, ":");
    }
    nx_buf_adds(&w->out, name);
}

/* ---- start tags
 * -------------------------------------------------------------------------------------------------- */

static uint32_t bit(nx_ns ns)
{
    return ns == NX_NS_NONE || ns == NX_NS_XML ? 0 : UINT32_C(1) << ns; /* xml needs no declaration */
}

/* The namespaces of the set, by prefix. */
static void add_declarations(nx_xml_writer *w, uint32_t set)
{
    while (set) {
        int first = 0;
        for (int ns = 1; ns < NX_NS_OTHER; ns++)
            if ((set & bit((nx_ns)ns)) &&
                (!first || strcmp(nx_ns_prefix((nx_ns)ns), nx_ns_prefix((nx_ns)first)) < 0))
                first = ns;
        nx_buf_adds(&w->out, " xmlns:");
        nx_buf_adds(&w->out, nx_ns_prefix((nx_ns)first));
        nx_buf_adds(&w->out, "=\"");
        nx_buf_adds(&w->out, nx_ns_uri((nx_ns)first));
        nx_buf_adds(&w->out, "\"");
        set &= ~bit((nx_ns)first);
    }
}

/* By namespace URI, then by local name; those without a namespace come first. */
static int compare(const struct nx_xml_attribute *a, const struct nx_xml_attribute *b)
{
    int by_uri = strcmp(nx_ns_uri(a->ns), nx_ns_uri(b->ns));
    return by_uri ? by_uri : strcmp(a->name, b->name);
}

static void sort_attributes(nx_xml_writer *w)
{
    for (size_t i = 1; i < w->count; i++) {
        struct nx_xml_attribute moved = w->attributes[i];
        size_t at = i;
        for (; at > 0 && compare(&w->attributes[at - 1], &moved) > 0; at--)
            w->attributes[at] = w->attributes[at - 1];
        w->attributes[at] = moved;
    }
    for (size_t i = 1; i < w->count; i++)
        if (compare(&w->attributes[i - 1], &w->attributes[i]) == 0) fail(w, NX_ERR_INTERNAL);
}

static void finish_tag(nx_xml_writer *w)
{
    if (!w->in_tag) return;
    w->in_tag = false;
    struct nx_xml_frame *f = &w->open[w->depth - 1];
    uint32_t around = w->depth > 1 ? w->open[w->depth - 2].declared : w->declared;
    uint32_t used = bit(f->ns);
    for (size_t i = 0; i < w->count; i++)
        used |= bit(w->attributes[i].ns);
    f->declared = around | used;
    nx_buf_adds(&w->out, "<");
    add_name(w, f->ns, f->name);
    add_declarations(w, used & ~around);
    sort_attributes(w);
    for (size_t i = 0; i < w->count; i++) {
        nx_buf_adds(&w->out, " ");
        add_name(w, w->attributes[i].ns, w->attributes[i].name);
        nx_buf_adds(&w->out, "=\"");
        add_escaped(w, nx_span_str(w->attributes[i].value), true);
        nx_buf_adds(&w->out, "\"");
    }
    nx_buf_adds(&w->out, ">");
}

/* ---- the interface
 * ----------------------------------------------------------------------------------------------- */

nx_xml_writer *nx_xml_writer_inside(nx_arena *a, size_t max, uint32_t declared)
{
    nx_xml_writer *w = nx_arena_new(a, nx_xml_writer, 1);
    if (!w) return NULL;
    w->arena = a;
    w->declared = declared;
    nx_buf_init(&w->out, a, max);
    return w;
}

nx_xml_writer *nx_xml_writer_new(nx_arena *a, size_t max)
{
    return nx_xml_writer_inside(a, max, 0);
}

void nx_xml_begin(nx_xml_writer *w, nx_ns ns, const char *name)
{
    if (!w || w->failed) return;
    finish_tag(w);
    if (w->depth == NX_XML_WRITE_DEPTH || (w->depth == 0 && w->out.n) || ns == NX_NS_OTHER) {
        fail(w, NX_ERR_INTERNAL);
        return;
    }
    w->open[w->depth++] = (struct nx_xml_frame){.ns = ns, .name = name};
    w->in_tag = true;
    w->count = 0;
}

void nx_xml_put_attr_in(nx_xml_writer *w, nx_ns ns, const char *name, const char *value)
{
    if (!w || w->failed || !value) return;
    if (!w->in_tag || w->count == NX_XML_WRITE_ATTRIBUTES || ns == NX_NS_OTHER) {
        fail(w, NX_ERR_INTERNAL);
        return;
    }
    if (!writable(nx_span_str(value))) fail(w, NX_ERR_ENCODING);
    char *copy = nx_arena_strdup(w->arena, value);
    if (!copy) fail(w, NX_ERR_MEMORY);
    if (w->failed) return;
    if (w->depth == 1 && ns == NX_NS_NONE && strcmp(name, "ID") == 0) w->root_id = copy;
    w->attributes[w->count++] = (struct nx_xml_attribute){.ns = ns, .name = name, .value = copy};
}

void nx_xml_put_attr(nx_xml_writer *w, const char *name, const char *value)
{
    nx_xml_put_attr_in(w, NX_NS_NONE, name, value);
}

void nx_xml_put_attr_bool(nx_xml_writer *w, const char *name, bool value)
{
    nx_xml_put_attr(w, name, value ? "true" : "false");
}

void nx_xml_put_attr_number(nx_xml_writer *w, const char *name, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    nx_xml_put_attr(w, name, text);
}

void nx_xml_put_attr_time(nx_xml_writer *w, const char *name, int64_t unix_time)
{
    char text[NX_RFC3339_MAX];
    nx_rfc3339(unix_time, text);
    nx_xml_put_attr(w, name, text);
}

void nx_xml_put_text(nx_xml_writer *w, nx_span text)
{
    if (!w || w->failed) return;
    finish_tag(w);
    if (w->depth == 0) fail(w, NX_ERR_INTERNAL);
    if (!writable(text)) fail(w, NX_ERR_ENCODING);
    if (!w->failed) add_escaped(w, text, false);
}

void nx_xml_put_base64(nx_xml_writer *w, nx_span bytes)
{
    if (!w || w->failed) return;
    char *text = nx_b64_dup(w->arena, bytes);
    if (!text) fail(w, NX_ERR_MEMORY);
    nx_xml_put_text(w, nx_span_str(text));
}

void nx_xml_end(nx_xml_writer *w)
{
    if (!w || w->failed) return;
    finish_tag(w);
    if (w->depth == 0) {
        fail(w, NX_ERR_INTERNAL);
        return;
    }
    const struct nx_xml_frame *f = &w->open[--w->depth];
    nx_buf_adds(&w->out, "</");
    add_name(w, f->ns, f->name);
    nx_buf_adds(&w->out, ">");
}

void nx_xml_put(nx_xml_writer *w, nx_ns ns, const char *name, const char *text)
{
    if (!text) return;
    nx_xml_begin(w, ns, name);
    nx_xml_put_text(w, nx_span_str(text));
    nx_xml_end(w);
}

void nx_xml_signature_here(nx_xml_writer *w)
{
    if (!w || w->failed) return;
    finish_tag(w);
    if (w->depth != 1 || w->place) {
        fail(w, NX_ERR_INTERNAL);
        return;
    }
    w->place = w->out.n;
    w->place_declared = w->open[0].declared;
}

NX_FALLIBLE nx_xml_done(nx_span *out, nx_xml_writer *w)
{
    NX_NEED(w);
    if (w->failed) NX_FAIL(w->failed);
    NX_TRY(nx_buf_done(&w->out));
    NX_REQUIRE(w->depth == 0 && w->out.n > 0, NX_ERR_INTERNAL);
    *out = nx_buf_span(&w->out);
    return NX_OK;
}

/* ---- whole elements
 * ---------------------------------------------------------------------------------------------- */

/* The element was canonical by itself; inside of another the declarations that stand around it already must
 * go, or the whole would not be canonical. Its own canonical form has them again, so its signature does not
 * notice. What is read here was written by this file: a space in a tag begins an attribute, and values have
 * no quote in them. */
struct piece {
    nx_xml_writer *w;
    nx_span rest;
};

/* Writes what stands before the first of the two characters; false when neither comes. */
static bool copy_to(struct piece *p, char one, char other)
{
    size_t n = 0;
    while (n < p->rest.n && p->rest.p[n] != one && p->rest.p[n] != other)
        n++;
    nx_buf_add(&p->w->out, nx_span_of(p->rest.p, n));
    p->rest = nx_span_from(p->rest, n);
    return p->rest.n > 0;
}

static bool take(nx_span *rest, const char *text)
{
    nx_span expected = nx_span_str(text);
    if (!nx_span_starts(*rest, expected)) return false;
    *rest = nx_span_from(*rest, expected.n);
    return true;
}

/* Every attribute of every whole element comes by here, and most are no declarations. */
static bool is_declared(nx_span attribute, uint32_t around)
{
    if (!take(&attribute, " xmlns:")) return false;
    for (int ns = 1; ns < NX_NS_OTHER; ns++) {
        nx_span rest = attribute;
        if ((around & bit((nx_ns)ns)) && take(&rest, nx_ns_prefix((nx_ns)ns)) && take(&rest, "=\"") &&
            take(&rest, nx_ns_uri((nx_ns)ns)) && nx_span_eq_str(rest, "\""))
            return true;
    }
    return false;
}

/* Takes ` name="value"`; false when it is none. */
static bool take_attribute(nx_span *out, nx_span *rest)
{
    const uint8_t *open = memchr(rest->p, '"', rest->n);
    const uint8_t *end = open ? memchr(open + 1, '"', rest->n - (size_t)(open - rest->p) - 1) : NULL;
    if (!end) return false;
    *out = nx_span_of(rest->p, (size_t)(end - rest->p) + 1);
    *rest = nx_span_from(*rest, out->n);
    return true;
}

static bool copy_tag(struct piece *p, uint32_t around)
{
    nx_span attribute;
    while (copy_to(p, ' ', '>') && *p->rest.p == ' ') {
        if (!take_attribute(&attribute, &p->rest)) return false;
        if (!is_declared(attribute, around)) nx_buf_add(&p->w->out, attribute);
    }
    return p->rest.n > 0;
}

void nx_xml_put_element(nx_xml_writer *w, nx_span element)
{
    if (!w || w->failed) return;
    finish_tag(w);
    if (w->depth == 0 || !nx_span_starts(element, NX_LIT("<"))) {
        fail(w, NX_ERR_INTERNAL);
        return;
    }
    struct piece p = {.w = w, .rest = element};
    while (copy_to(&p, '<', '<'))
        if (!copy_tag(&p, w->open[w->depth - 1].declared)) fail(w, NX_ERR_INTERNAL);
}
