/* The parameters of a request as this folder sees them: decoded names and values from a query or a form. The
 * edge has already refused duplicates (RFC 6749 3.1), invalid UTF-8 and oversize. Borrowed from the request.
 */
#ifndef NX_FLOW_PARAMS_H
#define NX_FLOW_PARAMS_H

#include "base/arena.h"

#define NX_PARAMS_MAX 48

struct nx_param {
    const char *name;
    const char *value;
};

struct nx_params {
    const struct nx_param *row;
    size_t count;
};

/* NULL when absent; an empty value counts as absent (RFC 6749 3.1). */
const char *nx_param(const struct nx_params *p, const char *name);

/* The words of a space-separated list (scope, response_type, prompt, acr_values). Words are borrowed from
 * text copied into the arena. Duplicates are dropped. NX_ERR_LIMIT past max. */
struct nx_words {
    const char **word;
    size_t count;
};
NX_FALLIBLE nx_words_split(struct nx_words *out, nx_arena *a, const char *text, size_t max);
bool nx_words_has(const struct nx_words *w, const char *word);
/* Joined by single spaces; "" for none. */
char *nx_words_join(nx_arena *a, const struct nx_words *w);

#endif
