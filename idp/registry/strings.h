/* Lists of texts, further: as JSON arrays in a column. Inside this folder only. */
#ifndef NX_REGISTRY_STRINGS_H
#define NX_REGISTRY_STRINGS_H

#include "base/json.h"
#include "registry/registry.h"

/* Texts of x, then those of y that x lacks; borrowed from both. */
NX_FALLIBLE nx_strings_unite(struct nx_strings *out, nx_arena *a, struct nx_strings x, struct nx_strings y);
/* Copies. NX_ERR_SYNTAX when a member is no string; NULL gives the empty list. */
NX_FALLIBLE nx_strings_of_json(struct nx_strings *out, nx_arena *a, const json_t *array);
NX_FALLIBLE nx_strings_parse(struct nx_strings *out, nx_arena *a, const char *json);
/* NULL when out of memory. */
char *nx_strings_to_json(nx_arena *a, struct nx_strings list);

#endif
