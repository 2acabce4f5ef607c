/* The inside of a view, for the renderer. */
#ifndef NX_HTTP_VIEW_TREE_H
#define NX_HTTP_VIEW_TREE_H

#include "http/view.h"

enum nx_value_kind {
    NX_VALUE_TEXT,
    NX_VALUE_NUMBER,
    NX_VALUE_FLAG,
    NX_VALUE_TIME,
    NX_VALUE_LABEL,
    NX_VALUE_MARKUP,
    NX_VALUE_LIST
};

struct nx_value {
    struct nx_value *next;
    const char *key;
    enum nx_value_kind kind;
    nx_span text;   /* TEXT, LABEL, MARKUP */
    int64_t number; /* NUMBER, FLAG, TIME */
    nx_view *first; /* LIST */
    nx_view *last;
};

struct nx_view {
    nx_arena *arena;
    nx_view *around; /* where names are looked up next */
    bool lost;       /* a value of it, or of an item in it, found no memory: it is not shown */
    struct nx_value *values;
    nx_view *next; /* the next item of the list */
};

/* The value of a name in v or around it; NULL when nobody set it. */
const struct nx_value *nx_view_find(const nx_view *v, nx_span name);
/* Whether a section of that value is shown. */
bool nx_value_true(const struct nx_value *value);

#endif
