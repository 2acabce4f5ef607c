/* Templates: pages as files with holes. Escaping is the default and there is no way to switch it off for
 * text.
 *
 *   {{name}}              a value, escaped for HTML text and for quoted attributes
 *   {{t:key}}             a text of the catalogue in the page's language; {param} inside it is filled with
 * the escaped value of that name of the view
 *   {{#name}}…{{/name}}   once for each item of a list, or once when the value is true (non-empty, not 0)
 *   {{^name}}…{{/name}}   when it is absent, empty, false or 0
 *   {{>partial}}          another template, with the same view
 *   {{&name}}             trusted markup; any other kind of value there is an error
 *   {{!…}}                a comment
 *
 * Names are [a-z0-9_.-]. A hole must not stand in an unquoted attribute (checked when the template is
 * parsed). An unknown name is false in a section and, as a value, an error in test builds and empty in
 * release builds. Templates and catalogues are parsed once, at start; afterwards nx_views is read-only and
 * shared by threads.
 *
 * A catalogue has a line "key = text" for each text, UTF-8; '#' begins a comment line. */
#ifndef NX_HTTP_TEMPLATE_H
#define NX_HTTP_TEMPLATE_H

#include "base/buf.h"
#include "http/view.h"

#define NX_TEMPLATE_DEPTH_MAX 12 /* nested sections and partials */
#define NX_TEMPLATE_LIST_MAX 1000
#define NX_PAGE_BYTES_MAX (1u << 20)

typedef struct nx_views nx_views;

NX_FALLIBLE nx_views_open(nx_views **out);
void nx_views_close(nx_views *vs);
NX_AUTO_DEFINE(nx_views, nx_views_close)

/* Parses and keeps one template, e.g. "login" for login.html. NX_ERR_SYNTAX (the log names template and
 * line), NX_ERR_DUPLICATE. The text must outlive the views (assets do). */
NX_FALLIBLE nx_views_template(nx_views *vs, const char *name, nx_span text);
/* Parses and keeps the catalogue of a language of http/language.h. */
NX_FALLIBLE nx_views_catalogue(nx_views *vs, const char *lang, nx_span text);
/* After the last: every partial and every {{t:key}} exists, in every language, and the catalogues have the
 * same keys with the same {params}; each fault is logged. NX_ERR_UNKNOWN. */
NX_FALLIBLE nx_views_check(const nx_views *vs);

/* Renders into out. NX_ERR_NOT_FOUND (no such template), NX_ERR_UNKNOWN, NX_ERR_LIMIT. */
NX_FALLIBLE nx_views_render(const nx_views *vs, const char *name, const nx_view *view, const char *lang,
                            nx_buf *out);
/* A text of the catalogue as it stands there, copied; the key itself when it is unknown. */
char *nx_views_text(const nx_views *vs, nx_arena *a, const char *lang, const char *key);
/* Whether a template of that name exists. */
bool nx_views_has(const nx_views *vs, const char *name);

/* Text escaped for HTML: & < > " ' */
void nx_html_escape(nx_buf *out, nx_span text);

#endif
