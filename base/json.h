/* The one door to jansson: JSON from outside is parsed with a size cap, a depth cap, and duplicate members
 * refused; JSON of ours is written compact. Reading helpers give NULL or a default where a member is absent or
 * of another type, so that a parser states what it wants and checks it itself. */
#ifndef NX_BASE_JSON_H
#define NX_BASE_JSON_H

#include "base/arena.h"

#include <jansson.h>

#define NX_JSON_MAX (256u << 10)
#define NX_JSON_DEPTH_MAX 16

static inline void nx_json_auto(json_t **j)
{
    json_decref(*j);
}
/* Scope-bound reference: NX_AUTO_JSON j = NULL; */
#define NX_AUTO_JSON __attribute__((cleanup(nx_json_auto))) json_t *

/* Parses one JSON text; *out is owned. NX_ERR_LIMIT, NX_ERR_SYNTAX, NX_ERR_DUPLICATE. A string with an escaped
 * NUL is refused. */
NX_FALLIBLE nx_json_parse(json_t **out, nx_span text);
/* The same, and it must be an object. */
NX_FALLIBLE nx_json_parse_object(json_t **out, nx_span text);
/* Compact text in the arena. */
char *nx_json_dump(nx_arena *a, const json_t *j);

/* Borrowed; NULL when absent or no string. */
const char *nx_json_str(const json_t *object, const char *member);
int64_t nx_json_int(const json_t *object, const char *member, int64_t otherwise);
bool nx_json_bool(const json_t *object, const char *member, bool otherwise);
/* NULL when absent or no array / no object. */
json_t *nx_json_array(const json_t *object, const char *member);
json_t *nx_json_object(const json_t *object, const char *member);
/* Whether an array of strings holds s. */
bool nx_json_has(const json_t *array, const char *s);

#endif
