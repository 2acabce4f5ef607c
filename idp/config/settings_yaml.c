/* The one door to libyaml. A configuration is one mapping of known keys to scalars, or to a list of scalars,
 * which becomes a text with commas. Anchors, aliases, tags, nesting and a second document are refused: a
 * configuration has one obvious reading. */
#include "config/settings_table.h"

#include <stdio.h>
#include <yaml.h>

#define FILE_MAX (64u << 10)
#define LIST_MAX 1024

struct reader {
    struct nx_settings *settings;
    nx_arena *arena;
    char *complaint;
    uint64_t seen[4]; /* bits of rows set already */
    yaml_parser_t parser;
    yaml_event_t event;
};

static nx_result complain(struct reader *r, size_t line, const char *what, nx_err e)
{
    char text[NX_COMPLAINT_MAX];
    snprintf(text, sizeof text, "line %zu: %.200s", line + 1, what);
    snprintf(r->complaint, NX_COMPLAINT_MAX, "%s", text);
    NX_FAIL(e);
}

static nx_result next(struct reader *r)
{
    yaml_event_delete(&r->event);
    if (yaml_parser_parse(&r->parser, &r->event)) return NX_OK;
    r->event.type = YAML_NO_EVENT;
    return complain(r, r->parser.problem_mark.line, r->parser.problem ? r->parser.problem : "not YAML",
                    NX_ERR_SYNTAX);
}

static nx_result expect(struct reader *r, yaml_event_type_t type, const char *what)
{
    NX_TRY(next(r));
    if (r->event.type != type) return complain(r, r->event.start_mark.line, what, NX_ERR_SYNTAX);
    return NX_OK;
}

static nx_result scalar(struct reader *r, nx_span *out)
{
    if (r->event.type != YAML_SCALAR_EVENT || r->event.data.scalar.anchor || r->event.data.scalar.tag)
        return complain(r, r->event.start_mark.line, "a plain value is wanted here", NX_ERR_SYNTAX);
    *out = nx_span_of(r->event.data.scalar.value, r->event.data.scalar.length);
    if (memchr(out->p, 0, out->n))
        return complain(r, r->event.start_mark.line, "a NUL in a value", NX_ERR_SYNTAX);
    return NX_OK;
}

static nx_result read_value(struct reader *r, char **out)
{
    nx_span piece;
    nx_buf list;
    NX_TRY(next(r));
    if (r->event.type != YAML_SEQUENCE_START_EVENT) {
        NX_TRY(scalar(r, &piece));
        *out = nx_arena_dup(r->arena, piece);
        NX_NEED(*out);
        return NX_OK;
    }
    nx_buf_init(&list, r->arena, LIST_MAX);
    for (;;) {
        NX_TRY(next(r));
        if (r->event.type == YAML_SEQUENCE_END_EVENT) break;
        NX_TRY(scalar(r, &piece));
        if (list.n) nx_buf_adds(&list, ",");
        nx_buf_add(&list, piece);
    }
    NX_TRY(nx_buf_done(&list));
    *out = nx_buf_str(&list);
    NX_NEED(*out);
    return NX_OK;
}

static nx_result mark_seen(struct reader *r, const char *key, size_t line)
{
    const struct nx_setting *row = nx_setting_find(key);
    if (!row) return NX_OK; /* nx_settings_set says it better */
    size_t i = (size_t)(row - nx_setting_rows);
    if (r->seen[i / 64] >> (i % 64) & 1) return complain(r, line, "this key stands twice", NX_ERR_DUPLICATE);
    r->seen[i / 64] |= (uint64_t)1 << (i % 64);
    return NX_OK;
}

static nx_result read_pair(struct reader *r)
{
    nx_span text;
    char *value = NULL, what[NX_COMPLAINT_MAX] = "";
    size_t line = r->event.start_mark.line;
    NX_TRY(scalar(r, &text));
    char *key = nx_arena_dup(r->arena, text);
    NX_NEED(key);
    NX_TRY(mark_seen(r, key, line));
    NX_TRY(read_value(r, &value));
    nx_result set = nx_settings_set(r->settings, r->arena, key, value, what);
    return nx_ok(set) ? set : complain(r, line, what, set.e);
}

static nx_result read_document(struct reader *r)
{
    NX_TRY(expect(r, YAML_STREAM_START_EVENT, "not YAML"));
    NX_TRY(next(r));
    if (r->event.type == YAML_STREAM_END_EVENT) return NX_OK; /* an empty file sets nothing */
    NX_TRY(expect(r, YAML_MAPPING_START_EVENT, "keys and values are wanted here"));
    for (;;) {
        NX_TRY(next(r));
        if (r->event.type == YAML_MAPPING_END_EVENT) break;
        NX_TRY(read_pair(r));
    }
    NX_TRY(expect(r, YAML_DOCUMENT_END_EVENT, "one document is wanted"));
    return expect(r, YAML_STREAM_END_EVENT, "one document is wanted");
}

nx_result nx_settings_yaml(struct nx_settings *s, nx_arena *a, nx_span text, char complaint[NX_COMPLAINT_MAX])
{
    struct reader r = {.settings = s, .arena = a, .complaint = complaint};
    NX_REQUIRE(nx_setting_count <= sizeof r.seen * 8, NX_ERR_INTERNAL);
    NX_REQUIRE(yaml_parser_initialize(&r.parser), NX_ERR_MEMORY);
    yaml_parser_set_input_string(&r.parser, text.p ? text.p : (const uint8_t *)"", text.n);
    nx_result done = read_document(&r);
    yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    return done;
}

nx_result nx_settings_file(struct nx_settings *s, nx_arena *a, const char *path,
                           char complaint[NX_COMPLAINT_MAX])
{
    char what[NX_COMPLAINT_MAX] = "";
    uint8_t *text = nx_arena_alloc(a, FILE_MAX + 1);
    NX_NEED(text);
    FILE *f = fopen(path, "rbe");
    size_t n = f ? fread(text, 1, FILE_MAX + 1, f) : 0;
    bool bad = !f || ferror(f) || n > FILE_MAX;
    if (f) fclose(f);
    if (bad) {
        snprintf(complaint, NX_COMPLAINT_MAX, "%.200s: cannot be read", path);
        NX_FAIL(NX_ERR_SETTING_VALUE);
    }
    nx_result r = nx_settings_yaml(s, a, nx_span_of(text, n), what);
    if (!nx_ok(r)) snprintf(complaint, NX_COMPLAINT_MAX, "%.100s: %.150s", path, what);
    return r;
}
