#include "http/view_tree.h"

nx_view *nx_view_new(nx_arena *a)
{
    nx_view *v = nx_arena_new(a, nx_view, 1);
    if (v) v->arena = a;
    return v;
}

static void lose(nx_view *v)
{
    for (; v; v = v->around)
        v->lost = true;
}

/* The place of a key's value: the old one emptied, or a new one. */
static struct nx_value *place(nx_view *v, const char *key, enum nx_value_kind kind)
{
    if (!v) return NULL;
    struct nx_value *at = v->values;
    while (at && strcmp(at->key, key) != 0)
        at = at->next;
    if (!at) {
        at = nx_arena_new(v->arena, struct nx_value, 1);
        if (!at) lose(v);
        if (!at) return NULL;
        at->next = v->values;
        v->values = at;
    }
    *at = (struct nx_value){.next = at->next, .key = key, .kind = kind};
    return at;
}

static void set_text(nx_view *v, const char *key, enum nx_value_kind kind, const char *text)
{
    struct nx_value *at = place(v, key, kind);
    char *copy = at && text ? nx_arena_strdup(v->arena, text) : NULL;
    if (at && text && !copy) lose(v);
    if (copy) at->text = nx_span_str(copy);
}

static void set_number(nx_view *v, const char *key, enum nx_value_kind kind, int64_t number)
{
    struct nx_value *at = place(v, key, kind);
    if (at) at->number = number;
}

void nx_view_text(nx_view *v, const char *key, const char *value)
{
    set_text(v, key, NX_VALUE_TEXT, value);
}

void nx_view_label(nx_view *v, const char *key, const char *catalogue_key)
{
    set_text(v, key, NX_VALUE_LABEL, catalogue_key);
}

void nx_view_number(nx_view *v, const char *key, int64_t value)
{
    set_number(v, key, NX_VALUE_NUMBER, value);
}

void nx_view_flag(nx_view *v, const char *key, bool value)
{
    set_number(v, key, NX_VALUE_FLAG, value);
}

void nx_view_time(nx_view *v, const char *key, nx_time t)
{
    set_number(v, key, NX_VALUE_TIME, t);
}

/* "//host" and "/\host" leave the site although they begin with a slash. */
static bool url_shown(nx_span url)
{
    if (nx_span_starts(url, NX_LIT("https://")) || nx_span_starts(url, NX_LIT("http://"))) return true;
    if (url.n == 0 || url.p[0] != '/') return false;
    return url.n == 1 || (url.p[1] != '/' && url.p[1] != '\\');
}

void nx_view_url(nx_view *v, const char *key, const char *url)
{
    set_text(v, key, NX_VALUE_TEXT, !url || url_shown(nx_span_str(url)) ? url : "#");
}

void nx_view_markup(nx_view *v, const char *key, nx_span markup)
{
    struct nx_value *at = place(v, key, NX_VALUE_MARKUP);
    if (at) at->text = markup;
}

static struct nx_value *list_of(nx_view *v, const char *key)
{
    for (struct nx_value *at = v ? v->values : NULL; at; at = at->next)
        if (strcmp(at->key, key) == 0 && at->kind == NX_VALUE_LIST) return at;
    return place(v, key, NX_VALUE_LIST);
}

nx_view *nx_view_item(nx_view *v, const char *key)
{
    struct nx_value *list = list_of(v, key);
    nx_view *item = list ? nx_view_new(v->arena) : NULL;
    if (!item) lose(v);
    if (!item) return NULL;
    item->around = v;
    if (list->last)
        list->last->next = item;
    else
        list->first = item;
    list->last = item;
    return item;
}

void nx_view_list(nx_view *v, const char *key)
{
    (void)list_of(v, key);
}

const struct nx_value *nx_view_find(const nx_view *v, nx_span name)
{
    for (; v; v = v->around)
        for (const struct nx_value *at = v->values; at; at = at->next)
            if (nx_span_eq_str(name, at->key)) return at;
    return NULL;
}

bool nx_view_set(const nx_view *v, const char *key)
{
    return nx_view_find(v, nx_span_str(key)) != NULL;
}

bool nx_value_true(const struct nx_value *value)
{
    if (!value) return false;
    switch (value->kind) {
    case NX_VALUE_TEXT:
    case NX_VALUE_LABEL:
    case NX_VALUE_MARKUP:
        return value->text.n > 0;
    case NX_VALUE_NUMBER:
    case NX_VALUE_FLAG:
    case NX_VALUE_TIME:
        return value->number != 0;
    case NX_VALUE_LIST:
        return value->first != NULL;
    }
    return false;
}
