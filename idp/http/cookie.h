/* The cookie parser. Cookies of other applications on the same host may be anything at all (ports share
 * cookies), so foreign pairs are skipped; one of ours counts only when it is whole, well formed and alone. */
#ifndef NX_HTTP_COOKIE_H
#define NX_HTTP_COOKIE_H

#include "base/arena.h"

#define NX_COOKIE_PREFIX "__Host-nx"
#define NX_COOKIE_VALUE_MAX 1024

/* Finds `name` in the value of a Cookie field; NULL when it is absent, malformed, too long or stands twice.
 */
const char *nx_cookie_find(const char *field, const char *name, nx_arena *a);
/* Whether a value may be that of a cookie of ours: RFC 6265 cookie-octets. */
bool nx_cookie_value_ok(nx_span value);

#endif
