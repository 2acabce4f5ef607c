#include "base/json.h"

#include "base/buf.h"

#include <stdlib.h>

#define DUMP_MAX (64u << 20) /* the arena ends sooner */

/* jansson's own depth cap is 2048; ours is counted before parsing, so that a deep text costs no recursion. */
static bool depth_ok(nx_span text)
{
    size_t depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
            continue;
        }
        if (c == '"') in_string = true;
        if ((c == '{' || c == '[') && ++depth > NX_JSON_DEPTH_MAX) return false;
        if ((c == '}' || c == ']') && depth > 0) depth--;
    }
    return true;
}

NX_FALLIBLE nx_json_parse(json_t **out, nx_span text)
{
    NX_REQUIRE(text.n <= NX_JSON_MAX, NX_ERR_LIMIT);
    NX_REQUIRE(depth_ok(text), NX_ERR_LIMIT);
    json_error_t why;
    *out = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, &why);
    NX_REQUIRE(*out || json_error_code(&why) != json_error_duplicate_key, NX_ERR_DUPLICATE);
    NX_REQUIRE(*out, NX_ERR_SYNTAX);
    return NX_OK;
}

NX_FALLIBLE nx_json_parse_object(json_t **out, nx_span text)
{
    NX_TRY(nx_json_parse(out, text));
    if (json_is_object(*out)) return NX_OK;
    json_decref(*out);
    *out = NULL;
    NX_FAIL(NX_ERR_SYNTAX);
}

static int add_piece(const char *piece, size_t n, void *buf)
{
    return nx_ok(nx_buf_put(buf, nx_span_of(piece, n))) ? 0 : -1;
}

/* Written once: jansson takes as long to tell the length as to write the text. */
char *nx_json_dump(nx_arena *a, const json_t *j)
{
    nx_buf b;
    nx_buf_init(&b, a, DUMP_MAX);
    if (json_dump_callback(j, add_piece, &b, JSON_COMPACT | JSON_ENCODE_ANY) != 0) return NULL;
    return nx_buf_str(&b);
}

const char *nx_json_str(const json_t *object, const char *member)
{
    return json_string_value(json_object_get(object, member));
}

int64_t nx_json_int(const json_t *object, const char *member, int64_t otherwise)
{
    const json_t *j = json_object_get(object, member);
    return json_is_integer(j) ? json_integer_value(j) : otherwise;
}

bool nx_json_bool(const json_t *object, const char *member, bool otherwise)
{
    const json_t *j = json_object_get(object, member);
    return json_is_boolean(j) ? json_is_true(j) : otherwise;
}

json_t *nx_json_array(const json_t *object, const char *member)
{
    json_t *j = json_object_get(object, member);
    return json_is_array(j) ? j : NULL;
}

json_t *nx_json_object(const json_t *object, const char *member)
{
    json_t *j = json_object_get(object, member);
    return json_is_object(j) ? j : NULL;
}

bool nx_json_has(const json_t *array, const char *s)
{
    size_t i;
    const json_t *item;
    json_array_foreach((json_t *)array, i, item)
    {
        const char *text = json_string_value(item);
        if (text && strcmp(text, s) == 0) return true;
    }
    return false;
}
