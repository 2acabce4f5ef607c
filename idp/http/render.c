#include "http/template_tree.h"
#include "http/view_tree.h"

#include "base/log.h"

#include <time.h>

struct rendering {
    const nx_views *views;
    const struct nx_catalogue *catalogue;
    nx_buf *out;
    unsigned depth;
};

void nx_html_escape(nx_buf *out, nx_span text)
{
    static const char *const escapes[256] = {
        ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;"};
    size_t from = 0;
    for (size_t i = 0; i < text.n; i++) {
        const char *as = escapes[text.p[i]];
        if (!as) continue;
        nx_buf_add(out, nx_span_of(text.p + from, i - from));
        nx_buf_adds(out, as);
        from = i + 1;
    }
    nx_buf_add(out, nx_span_from(text, from));
}

/* Viet Nam keeps UTC+7 all year. */
static void put_time(const struct rendering *re, nx_time t)
{
    if (t == 0) return;
    time_t local = (time_t)(t + 7 * 3600);
    struct tm tm;
    if (!gmtime_r(&local, &tm)) return;
    bool vi = strcmp(re->catalogue->lang, "vi") == 0;
    int year = tm.tm_year + 1900, month = tm.tm_mon + 1;
    nx_buf_addf(re->out, vi ? "%02d/%02d/%04d %02d:%02d" : "%3$04d-%2$02d-%1$02d %4$02d:%5$02d", tm.tm_mday,
                month, year, tm.tm_hour, tm.tm_min);
}

static nx_result put_message(struct rendering *re, nx_span key, const nx_view *view);

static nx_result put_value(struct rendering *re, const struct nx_value *value, const nx_view *view)
{
    switch (value->kind) {
    case NX_VALUE_TEXT:
        nx_html_escape(re->out, value->text);
        return NX_OK;
    case NX_VALUE_NUMBER:
    case NX_VALUE_FLAG:
        nx_buf_addf(re->out, "%lld", (long long)value->number);
        return NX_OK;
    case NX_VALUE_TIME:
        put_time(re, value->number);
        return NX_OK;
    case NX_VALUE_LABEL:
        return value->text.n ? put_message(re, value->text, view) : NX_OK;
    case NX_VALUE_MARKUP:
    case NX_VALUE_LIST:
        break;
    }
    NX_FAIL(NX_ERR_TEMPLATE); /* markup only by {{&name}}, a list only as a section */
}

/* A hole that nobody filled: a defect that tests must see and people must not. */
static nx_result unknown(nx_span name)
{
    char text[64] = {0};
    memcpy(text, name.p, name.n < sizeof text ? name.n : sizeof text - 1);
    nx_log(NX_ERROR, "view_lacks_value", NX_TEXT("name", text));
#ifdef NX_TESTING
    NX_FAIL(NX_ERR_TEMPLATE);
#else
    return NX_OK;
#endif
}

static nx_result put_name(struct rendering *re, nx_span name, const nx_view *view)
{
    const struct nx_value *value = nx_view_find(view, name);
    return value ? put_value(re, value, view) : unknown(name);
}

static nx_result put_message(struct rendering *re, nx_span key, const nx_view *view)
{
    nx_span text = nx_catalogue_find(re->catalogue, key), name;
    if (!text.p) return unknown(key);
    NX_REQUIRE(++re->depth < NX_TEMPLATE_DEPTH_MAX,
               NX_ERR_LIMIT); /* a label may stand inside a label's text */
    size_t at = 0, from = 0, done = 0;
    while (nx_catalogue_param(text, &at, &from, &name)) {
        nx_html_escape(re->out, nx_span_of(text.p + done, from - done));
        NX_TRY(put_name(re, name, view));
        done = at;
    }
    nx_html_escape(re->out, nx_span_from(text, done));
    re->depth--;
    return NX_OK;
}

static nx_result put_nodes(struct rendering *re, const struct nx_template *t, size_t from, size_t to,
                           const nx_view *view);

static nx_result put_section(struct rendering *re, const struct nx_template *t, size_t i, const nx_view *view)
{
    const struct nx_node *n = &t->node[i];
    const struct nx_value *value = nx_view_find(view, n->text);
    bool shown = nx_value_true(value);
    if (n->kind == NX_NODE_INVERTED) return shown ? NX_OK : put_nodes(re, t, i + 1, n->end, view);
    if (!shown) return NX_OK;
    if (value->kind != NX_VALUE_LIST) return put_nodes(re, t, i + 1, n->end, view);
    size_t items = 0;
    for (const nx_view *item = value->first; item; item = item->next) {
        NX_REQUIRE(++items <= NX_TEMPLATE_LIST_MAX, NX_ERR_LIMIT);
        NX_TRY(put_nodes(re, t, i + 1, n->end, item));
    }
    return NX_OK;
}

static nx_result put_partial(struct rendering *re, nx_span name, const nx_view *view)
{
    const struct nx_template *t = nx_views_find(re->views, name);
    NX_REQUIRE(t, NX_ERR_TEMPLATE);
    return put_nodes(re, t, 0, t->count, view);
}

static nx_result put_markup(struct rendering *re, nx_span name, const nx_view *view)
{
    const struct nx_value *value = nx_view_find(view, name);
    if (!value) return unknown(name);
    NX_REQUIRE(value->kind == NX_VALUE_MARKUP, NX_ERR_TEMPLATE);
    nx_buf_add(re->out, value->text);
    return NX_OK;
}

static nx_result put_node(struct rendering *re, const struct nx_template *t, size_t i, const nx_view *view)
{
    const struct nx_node *n = &t->node[i];
    switch (n->kind) {
    case NX_NODE_LITERAL:
        nx_buf_add(re->out, n->text);
        return NX_OK;
    case NX_NODE_VALUE:
        return put_name(re, n->text, view);
    case NX_NODE_LABEL:
        return put_message(re, n->text, view);
    case NX_NODE_MARKUP:
        return put_markup(re, n->text, view);
    case NX_NODE_PARTIAL:
        return put_partial(re, n->text, view);
    case NX_NODE_SECTION:
    case NX_NODE_INVERTED:
        return put_section(re, t, i, view);
    case NX_NODE_END:
        return NX_OK;
    }
    return NX_OK;
}

static nx_result put_nodes(struct rendering *re, const struct nx_template *t, size_t from, size_t to,
                           const nx_view *view)
{
    NX_REQUIRE(++re->depth < NX_TEMPLATE_DEPTH_MAX, NX_ERR_LIMIT);
    for (size_t i = from; i < to; i++) {
        NX_TRY(put_node(re, t, i, view));
        if (t->node[i].kind == NX_NODE_SECTION || t->node[i].kind == NX_NODE_INVERTED) i = t->node[i].end;
    }
    re->depth--;
    return NX_OK;
}

nx_result nx_views_render(const nx_views *vs, const char *name, const nx_view *view, const char *lang,
                          nx_buf *out)
{
    const struct nx_template *t = nx_views_find(vs, nx_span_str(name));
    NX_REQUIRE(t, NX_ERR_NOT_FOUND);
    struct rendering re = {.views = vs, .catalogue = nx_views_language(vs, lang), .out = out};
    NX_REQUIRE(re.catalogue, NX_ERR_UNKNOWN);
    /* A page that misses what was put into it says something else than it was meant to. */
    NX_REQUIRE(!view || !view->lost, NX_ERR_MEMORY);
    nx_result r = put_nodes(&re, t, 0, t->count, view);
    if (!nx_ok(r)) nx_log(NX_ERROR, "page_failed", NX_TEXT("template", t->name));
    NX_TRY(r);
    return nx_buf_done(out);
}
