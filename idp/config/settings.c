#include "config/settings_table.h"

#include "base/text.h"

#include <stddef.h>
#include <stdio.h>
#include <strings.h>

const struct nx_setting nx_setting_rows[] = {
#define BOOL(key, otherwise, help)                                                                           \
    {#key, NX_SETTING_BOOL, offsetof(struct nx_settings, key), otherwise, NULL, 0, 1, help},
#define NUMBER(key, otherwise, least, most, help)                                                            \
    {#key, NX_SETTING_NUMBER, offsetof(struct nx_settings, key), otherwise, NULL, least, most, help},
#define TEXT(key, otherwise, least, most, help)                                                              \
    {#key, NX_SETTING_TEXT, offsetof(struct nx_settings, key), 0, otherwise, least, most, help},
#include "config/settings.def"
#undef BOOL
#undef NUMBER
#undef TEXT
};
const size_t nx_setting_count = sizeof nx_setting_rows / sizeof nx_setting_rows[0];

static bool same_key(const char *a, const char *b)
{
    for (; *a && *b; a++, b++)
        if ((*a == '-' ? '_' : *a) != (*b == '-' ? '_' : *b)) return false;
    return *a == *b;
}

const struct nx_setting *nx_setting_find(const char *key)
{
    for (size_t i = 0; i < nx_setting_count; i++)
        if (same_key(key, nx_setting_rows[i].key)) return &nx_setting_rows[i];
    return NULL;
}

bool *nx_setting_bool(struct nx_settings *s, const struct nx_setting *row)
{
    return (bool *)((char *)s + row->offset);
}

int64_t *nx_setting_number(struct nx_settings *s, const struct nx_setting *row)
{
    return (int64_t *)(void *)((char *)s + row->offset);
}

const char **nx_setting_text(struct nx_settings *s, const struct nx_setting *row)
{
    return (const char **)(void *)((char *)s + row->offset);
}

void nx_settings_default(struct nx_settings *s)
{
    for (size_t i = 0; i < nx_setting_count; i++) {
        const struct nx_setting *row = &nx_setting_rows[i];
        if (row->type == NX_SETTING_BOOL) *nx_setting_bool(s, row) = row->number != 0;
        if (row->type == NX_SETTING_NUMBER) *nx_setting_number(s, row) = row->number;
        if (row->type == NX_SETTING_TEXT) *nx_setting_text(s, row) = row->text;
    }
}

static nx_result set_bool(bool *out, const char *value)
{
    bool yes = strcmp(value, "true") == 0 || strcmp(value, "yes") == 0 || strcmp(value, "on") == 0;
    bool no = strcmp(value, "false") == 0 || strcmp(value, "no") == 0 || strcmp(value, "off") == 0;
    NX_REQUIRE(yes || no, NX_ERR_SETTING_VALUE);
    *out = yes;
    return NX_OK;
}

static nx_result set_number(int64_t *out, const struct nx_setting *row, const char *value)
{
    uint64_t n;
    bool ok = nx_ok(nx_parse_u64(&n, nx_span_str(value), INT64_MAX));
    NX_REQUIRE(ok && (int64_t)n >= row->least && (int64_t)n <= row->most, NX_ERR_SETTING_VALUE);
    *out = (int64_t)n;
    return NX_OK;
}

static nx_result set_text(const char **out, const struct nx_setting *row, nx_arena *a, const char *value)
{
    nx_span v = nx_span_str(value);
    NX_REQUIRE((int64_t)v.n >= row->least && (int64_t)v.n <= row->most && nx_utf8_printable(v),
               NX_ERR_SETTING_VALUE);
    *out = nx_arena_dup(a, v.p ? v : NX_LIT(""));
    NX_NEED(*out);
    return NX_OK;
}

static void complain(const struct nx_setting *row, char complaint[NX_COMPLAINT_MAX])
{
    if (row->type == NX_SETTING_BOOL)
        snprintf(complaint, NX_COMPLAINT_MAX, "%s: must be true or false", row->key);
    else
        snprintf(complaint, NX_COMPLAINT_MAX, "%s: must be %s of %lld to %lld%s (%s)", row->key,
                 row->type == NX_SETTING_NUMBER ? "a number" : "a text", (long long)row->least,
                 (long long)row->most, row->type == NX_SETTING_NUMBER ? "" : " bytes", row->help);
}

nx_result nx_settings_set(struct nx_settings *s, nx_arena *a, const char *key, const char *value,
                          char complaint[NX_COMPLAINT_MAX])
{
    const struct nx_setting *row = nx_setting_find(key);
    if (!row) {
        snprintf(complaint, NX_COMPLAINT_MAX, "%.64s: no such setting", key);
        NX_FAIL(NX_ERR_SETTING_UNKNOWN);
    }
    nx_result r = row->type == NX_SETTING_BOOL     ? set_bool(nx_setting_bool(s, row), value)
                  : row->type == NX_SETTING_NUMBER ? set_number(nx_setting_number(s, row), row, value)
                                                   : set_text(nx_setting_text(s, row), row, a, value);
    if (!nx_ok(r)) complain(row, complaint);
    return r;
}

/* ---- dump, explain
 * ----------------------------------------------------------------------------------------- */

/* YAML's single-quoted style: only the quote itself is written twice. */
static void put_quoted(nx_buf *out, const char *text)
{
    nx_buf_adds(out, "'");
    for (; *text; text++)
        nx_buf_addf(out, *text == '\'' ? "''" : "%c", *text);
    nx_buf_adds(out, "'");
}

void nx_settings_dump(const struct nx_settings *s, nx_buf *out)
{
    struct nx_settings copy = *s;
    for (size_t i = 0; i < nx_setting_count; i++) {
        const struct nx_setting *row = &nx_setting_rows[i];
        nx_buf_addf(out, "# %s\n%s: ", row->help, row->key);
        if (row->type == NX_SETTING_BOOL) nx_buf_adds(out, *nx_setting_bool(&copy, row) ? "true" : "false");
        if (row->type == NX_SETTING_NUMBER)
            nx_buf_addf(out, "%lld", (long long)*nx_setting_number(&copy, row));
        if (row->type == NX_SETTING_TEXT) put_quoted(out, *nx_setting_text(&copy, row));
        nx_buf_adds(out, "\n");
    }
}

void nx_settings_explain(nx_buf *out)
{
    for (size_t i = 0; i < nx_setting_count; i++) {
        const struct nx_setting *row = &nx_setting_rows[i];
        if (row->type == NX_SETTING_BOOL)
            nx_buf_addf(out, "%s: true or false, default %s: %s\n", row->key, row->number ? "true" : "false",
                        row->help);
        if (row->type == NX_SETTING_NUMBER)
            nx_buf_addf(out, "%s: %lld to %lld, default %lld: %s\n", row->key, (long long)row->least,
                        (long long)row->most, (long long)row->number, row->help);
        if (row->type == NX_SETTING_TEXT)
            nx_buf_addf(out, "%s: text, default '%s': %s\n", row->key, row->text, row->help);
    }
}
