#include "registry/strings.h"

bool nx_strings_has(struct nx_strings list, const char *s)
{
    for (size_t i = 0; i < list.n; i++)
        if (strcmp(list.v[i], s) == 0) return true;
    return false;
}

bool nx_strings_within(struct nx_strings part, struct nx_strings whole)
{
    for (size_t i = 0; i < part.n; i++)
        if (!nx_strings_has(whole, part.v[i])) return false;
    return true;
}

nx_result nx_strings_split(struct nx_strings *out, nx_arena *a, const char *text)
{
    nx_span rest = nx_span_str(text), word;
    size_t room = 1;
    for (size_t i = 0; i < rest.n; i++)
        room += rest.p[i] == ' ';
    const char **v = nx_arena_new(a, const char *, room);
    NX_NEED(v);
    size_t n = 0;
    while (nx_span_cut(&rest, ' ', &word)) {
        if (word.n == 0) continue;
        NX_NEED(v[n] = nx_arena_dup(a, word));
        n++;
    }
    *out = (struct nx_strings){v, n};
    return NX_OK;
}

char *nx_strings_join(nx_arena *a, struct nx_strings list)
{
    size_t room = 1;
    for (size_t i = 0; i < list.n; i++)
        room += strlen(list.v[i]) + 1;
    nx_buf b;
    nx_buf_init(&b, a, room);
    nx_buf_adds(&b, "");
    for (size_t i = 0; i < list.n; i++)
        nx_buf_addf(&b, "%s%s", i ? " " : "", list.v[i]);
    return nx_buf_str(&b);
}

nx_result nx_strings_unite(struct nx_strings *out, nx_arena *a, struct nx_strings x, struct nx_strings y)
{
    const char **v = nx_arena_new(a, const char *, x.n + y.n);
    NX_NEED(v);
    size_t n = 0;
    for (size_t i = 0; i < x.n; i++)
        v[n++] = x.v[i];
    for (size_t i = 0; i < y.n; i++)
        if (!nx_strings_has(x, y.v[i])) v[n++] = y.v[i];
    *out = (struct nx_strings){v, n};
    return NX_OK;
}

nx_result nx_strings_of_json(struct nx_strings *out, nx_arena *a, const json_t *array)
{
    size_t n = json_array_size(array);
    const char **v = nx_arena_new(a, const char *, n);
    NX_NEED(v);
    for (size_t i = 0; i < n; i++) {
        const char *s = json_string_value(json_array_get(array, i));
        NX_REQUIRE(s, NX_ERR_SYNTAX);
        NX_NEED(v[i] = nx_arena_strdup(a, s));
    }
    *out = (struct nx_strings){v, n};
    return NX_OK;
}

char *nx_strings_to_json(nx_arena *a, struct nx_strings list)
{
    NX_AUTO_JSON array = json_array();
    for (size_t i = 0; i < list.n; i++)
        if (json_array_append_new(array, json_string(list.v[i])) != 0) return NULL;
    return array ? nx_json_dump(a, array) : NULL;
}

nx_result nx_strings_parse(struct nx_strings *out, nx_arena *a, const char *json)
{
    NX_AUTO_JSON array = NULL;
    NX_REQUIRE(json, NX_ERR_REGISTRY);
    NX_TRY(nx_json_parse(&array, nx_span_str(json)));
    NX_REQUIRE(json_is_array(array), NX_ERR_REGISTRY);
    return nx_strings_of_json(out, a, array);
}
