/* The set of templates and catalogues, and the check that they fit each other. */
#include "http/language.h"
#include "http/template_tree.h"

#include "base/log.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>

nx_result nx_views_open(nx_views **out)
{
    *out = calloc(1, sizeof **out);
    NX_NEED(*out);
    return NX_OK;
}

void nx_views_close(nx_views *vs)
{
    if (!vs) return;
    for (size_t i = 0; i < vs->template_count; i++)
        free(vs->template[i].node);
    for (size_t i = 0; i < vs->catalogue_count; i++)
        free(vs->catalogue[i].message);
    free(vs);
}

const struct nx_template *nx_views_find(const nx_views *vs, nx_span name)
{
    for (size_t i = 0; i < vs->template_count; i++)
        if (nx_span_eq_str(name, vs->template[i].name)) return &vs->template[i];
    return NULL;
}

const struct nx_catalogue *nx_views_language(const nx_views *vs, const char *lang)
{
    for (size_t i = 0; i < vs->catalogue_count; i++)
        if (strcmp(vs->catalogue[i].lang, lang) == 0) return &vs->catalogue[i];
    return NULL;
}

bool nx_views_has(const nx_views *vs, const char *name)
{
    return nx_views_find(vs, nx_span_str(name)) != NULL;
}

static nx_result complain(const char *what, const char *name, unsigned line, nx_result r)
{
    nx_log(NX_ERROR, what, NX_TEXT("name", name), NX_NUM("line", line));
    return r;
}

nx_result nx_views_template(nx_views *vs, const char *name, nx_span text)
{
    unsigned line = 0;
    NX_REQUIRE(vs->template_count < NX_VIEWS_TEMPLATES_MAX, NX_ERR_LIMIT);
    NX_REQUIRE(nx_template_name_ok(nx_span_str(name)) && nx_utf8_valid(text), NX_ERR_TEMPLATE);
    NX_REQUIRE(!nx_views_has(vs, name), NX_ERR_DUPLICATE);
    struct nx_template *t = &vs->template[vs->template_count];
    nx_result r = nx_template_parse(t, text, &line);
    if (!nx_ok(r)) return complain("template_malformed", name, line, r);
    snprintf(t->name, sizeof t->name, "%s", name);
    vs->template_count++;
    return NX_OK;
}

nx_result nx_views_catalogue(nx_views *vs, const char *lang, nx_span text)
{
    unsigned line = 0;
    const char *known = nx_language_exact(lang);
    NX_REQUIRE(known && vs->catalogue_count < 4 && nx_utf8_valid(text), NX_ERR_TEMPLATE);
    NX_REQUIRE(!nx_views_language(vs, lang), NX_ERR_DUPLICATE);
    struct nx_catalogue *c = &vs->catalogue[vs->catalogue_count];
    c->lang = known;
    nx_result r = nx_catalogue_parse(c, text, &line);
    if (!nx_ok(r)) return complain("catalogue_malformed", lang, line, r);
    vs->catalogue_count++;
    return NX_OK;
}

/* ---- the check
 * --------------------------------------------------------------------------------------------- */

static bool missing(const char *what, const char *where, nx_span name)
{
    char text[64] = {0};
    memcpy(text, name.p, name.n < sizeof text ? name.n : sizeof text - 1);
    nx_log(NX_ERROR, what, NX_TEXT("in", where), NX_TEXT("name", text));
    return false;
}

static bool label_known(const nx_views *vs, nx_span key, const char *where)
{
    bool ok = true;
    for (size_t i = 0; i < vs->catalogue_count; i++)
        if (!nx_catalogue_find(&vs->catalogue[i], key).p) ok = missing("text_missing", where, key);
    return ok;
}

static bool template_fits(const nx_views *vs, const struct nx_template *t)
{
    bool ok = true;
    for (size_t i = 0; i < t->count; i++) {
        const struct nx_node *n = &t->node[i];
        if (n->kind == NX_NODE_LABEL && !label_known(vs, n->text, t->name)) ok = false;
        if (n->kind == NX_NODE_PARTIAL && !nx_views_find(vs, n->text))
            ok = missing("partial_missing", t->name, n->text);
    }
    return ok;
}

static bool has_param(nx_span text, nx_span wanted)
{
    size_t at = 0, from;
    nx_span name;
    while (nx_catalogue_param(text, &at, &from, &name))
        if (nx_span_eq(name, wanted)) return true;
    return false;
}

/* Every text of `one` stands in `other` with the same placeholders. */
static bool covers(const struct nx_catalogue *one, const struct nx_catalogue *other)
{
    bool ok = true;
    for (size_t i = 0; i < one->count; i++) {
        nx_span twin = nx_catalogue_find(other, one->message[i].key), name;
        if (!twin.p) {
            ok = missing("text_missing", other->lang, one->message[i].key);
            continue;
        }
        size_t at = 0, from;
        while (nx_catalogue_param(one->message[i].text, &at, &from, &name))
            if (!has_param(twin, name)) ok = missing("param_missing", other->lang, one->message[i].key);
    }
    return ok;
}

nx_result nx_views_check(const nx_views *vs)
{
    bool ok = true;
    for (size_t i = 0; nx_languages[i]; i++)
        NX_REQUIRE(nx_views_language(vs, nx_languages[i]), NX_ERR_TEMPLATE);
    for (size_t i = 0; i < vs->template_count; i++)
        if (!template_fits(vs, &vs->template[i])) ok = false;
    for (size_t i = 0; i < vs->catalogue_count; i++)
        for (size_t k = 0; k < vs->catalogue_count; k++)
            if (i != k && !covers(&vs->catalogue[i], &vs->catalogue[k])) ok = false;
    NX_REQUIRE(ok, NX_ERR_UNKNOWN);
    return NX_OK;
}

char *nx_views_text(const nx_views *vs, nx_arena *a, const char *lang, const char *key)
{
    nx_span text = nx_catalogue_find(nx_views_language(vs, lang), nx_span_str(key));
    return nx_arena_dup(a, text.p ? text : nx_span_str(key));
}
