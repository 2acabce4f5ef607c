/* The strict parser of application/x-www-form-urlencoded: queries and forms.
 *
 * name=value pairs joined by '&'. Percent-encoding must be whole, decoded bytes must be UTF-8 without NUL, a
 * name must not be empty, a name stands once (but for `resource`). An empty piece ("a=1&&b=2") is refused
 * too; the empty text has no parameters. */
#ifndef NX_HTTP_PAIRS_H
#define NX_HTTP_PAIRS_H

#include "http/request.h"

/* NX_ERR_SYNTAX, NX_ERR_ENCODING, NX_ERR_DUPLICATE, NX_ERR_LIMIT. Values are copied into the arena. */
NX_FALLIBLE nx_pairs_parse(nx_pairs *out, nx_arena *a, nx_span text);

#endif
