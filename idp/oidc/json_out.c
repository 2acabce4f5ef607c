#include "oidc/json_out.h"

void nx_jo_open(struct nx_jo *o, nx_arena *a, size_t max)
{
    nx_buf_init(&o->b, a, max);
    nx_buf_adds(&o->b, "{");
    o->any = false;
}

static void quote(nx_buf *b, nx_span s)
{
    nx_buf_adds(b, "\"");
    size_t from = 0;
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        nx_buf_add(b, nx_span_of(s.p + from, i - from));
        if (c >= 0x20)
            nx_buf_addf(b, "\\%c", c);
        else
            nx_buf_addf(b, "\\u%04x", c);
        from = i + 1;
    }
    nx_buf_add(b, nx_span_from(s, from));
    nx_buf_adds(b, "\"");
}

static void name_of(struct nx_jo *o, const char *name)
{
    if (o->any) nx_buf_adds(&o->b, ",");
    o->any = true;
    nx_buf_adds(&o->b, "\"");
    nx_buf_adds(&o->b, name);
    nx_buf_adds(&o->b, "\":");
}

void nx_jo_text(struct nx_jo *o, const char *name, const char *value)
{
    if (!value) return;
    name_of(o, name);
    quote(&o->b, nx_span_str(value));
}

void nx_jo_number(struct nx_jo *o, const char *name, int64_t value)
{
    name_of(o, name);
    nx_buf_addf(&o->b, "%lld", (long long)value);
}

void nx_jo_bool(struct nx_jo *o, const char *name, bool value)
{
    nx_jo_raw(o, name, value ? "true" : "false");
}

void nx_jo_raw(struct nx_jo *o, const char *name, const char *json)
{
    name_of(o, name);
    nx_buf_adds(&o->b, json);
}

void nx_jo_list(struct nx_jo *o, const char *name, const char *const *v, size_t n)
{
    name_of(o, name);
    nx_buf_adds(&o->b, "[");
    for (size_t i = 0; i < n; i++) {
        if (i) nx_buf_adds(&o->b, ",");
        quote(&o->b, nx_span_str(v[i]));
    }
    nx_buf_adds(&o->b, "]");
}

void nx_jo_audience(struct nx_jo *o, const char *name, const char *words)
{
    if (!strchr(words, ' ')) {
        nx_jo_text(o, name, words);
        return;
    }
    name_of(o, name);
    nx_span rest = nx_span_str(words), word;
    const char *between = "[";
    while (nx_span_cut(&rest, ' ', &word)) {
        nx_buf_adds(&o->b, between);
        quote(&o->b, word);
        between = ",";
    }
    nx_buf_adds(&o->b, "]");
}

NX_FALLIBLE nx_jo_members(struct nx_jo *o, nx_arena *a, const json_t *object)
{
    if (json_object_size(object) == 0) return NX_OK;
    const char *text = nx_json_dump(a, object);
    NX_NEED(text);
    if (o->any) nx_buf_adds(&o->b, ",");
    o->any = true;
    nx_buf_add(&o->b, nx_span_of(text + 1, strlen(text) - 2)); /* without the braces */
    return NX_OK;
}

NX_FALLIBLE nx_jo_done(nx_span *out, struct nx_jo *o)
{
    nx_buf_adds(&o->b, "}");
    *out = nx_buf_span(&o->b);
    return nx_buf_done(&o->b);
}
