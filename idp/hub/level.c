#include "hub/hub.h"

enum nx_level nx_hub_level(const nx_upstream *u, const char *word)
{
    const char *said = word ? nx_json_str(nx_json_object(u->config, "levels"), word) : NULL;
    if (!said) said = nx_json_str(u->config, "level");
    enum nx_level level = said ? nx_level_of_text(nx_span_str(said)) : NX_M1;
    if (level < NX_M1) level = NX_M1;
    return (int)level < u->level_cap ? level : (enum nx_level)u->level_cap;
}

static nx_result wrong(const char **why, const char *text)
{
    *why = text;
    NX_FAIL(NX_ERR_UPSTREAM_CONFIG);
}

static bool is_level(const json_t *value)
{
    return json_is_string(value) && nx_level_of_text(nx_span_str(json_string_value(value))) != NX_LEVEL_NONE;
}

NX_FALLIBLE nx_hub_config_check(const struct nx_upstream_record *record, const char **why)
{
    const json_t *levels = json_object_get(record->config, "levels"), *level = json_object_get(record->config, "level");
    const char *word;
    json_t *value;
    if (level && !is_level(level)) return wrong(why, "level: m1, m2, m3 or m4");
    if (levels && !json_is_object(levels)) return wrong(why, "levels: an object of word and level");
    json_object_foreach((json_t *)(uintptr_t)levels, word, value)
    {
        if (!is_level(value)) return wrong(why, "levels: each value is m1, m2, m3 or m4");
    }
    return NX_OK;
}
