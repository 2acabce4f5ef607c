/* Views: the values that a page shows, by name. A view is a small tree in the request's arena: names with
 * text, numbers, flags, lists of views. Keys are static strings. A later value for a key replaces the earlier
 * one. Setters are void; when memory runs out the view remembers it and rendering fails. */
#ifndef NX_HTTP_VIEW_H
#define NX_HTTP_VIEW_H

#include "base/arena.h"
#include "base/clock.h"

typedef struct nx_view nx_view;

nx_view *nx_view_new(nx_arena *a);

/* Text from anywhere; escaped when it is shown. NULL is the empty text (and false in a section). Copied. */
void nx_view_text(nx_view *v, const char *key, const char *value);
void nx_view_number(nx_view *v, const char *key, int64_t value);
void nx_view_flag(nx_view *v, const char *key, bool value);
/* A moment, shown as date and time of Viet Nam (UTC+7) in the page's language; 0 is empty. */
void nx_view_time(nx_view *v, const char *key, nx_time t);
/* A link: only "/path", https: and http: survive, anything else becomes "#". */
void nx_view_url(nx_view *v, const char *key, const char *url);
/* A text of the catalogue, shown in the page's language: key of the catalogue, not text. */
void nx_view_label(nx_view *v, const char *key, const char *catalogue_key);
/* Markup that NIXA itself made (an inline SVG); only {{&key}} shows it. Borrowed. */
void nx_view_markup(nx_view *v, const char *key, nx_span markup);
/* Appends an item to the list `key` and gives the item's view; names that it lacks are looked up in v. NULL
 * only when out of memory; every setter takes NULL and does nothing. */
nx_view *nx_view_item(nx_view *v, const char *key);
/* Whether a value of that name was set. */
bool nx_view_set(const nx_view *v, const char *key);
/* An empty list, for {{^key}}. */
void nx_view_list(nx_view *v, const char *key);

#endif
