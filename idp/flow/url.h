/* URLs as clients register and send them: taken apart as text, compared exactly, never rewritten. */
#ifndef NX_FLOW_URL_H
#define NX_FLOW_URL_H

#include "base/arena.h"
#include "registry/registry.h"

#define NX_URL_MAX 2048

/* Parts of an absolute URI, borrowed. host and port are empty where there is no authority
 * ("app.example:/cb"). */
struct nx_url {
    nx_span scheme;
    nx_span host; /* with brackets for IPv6 */
    nx_span port; /* digits, empty when not written */
    nx_span rest; /* path and query, as written */
    bool authority;
    bool fragment;
};

/* NX_ERR_SYNTAX: no scheme, characters outside RFC 3986, userinfo, backslash, control characters, a port that
 * is no number. NX_ERR_LIMIT past NX_URL_MAX. */
NX_FALLIBLE nx_url_split(struct nx_url *out, nx_span text);
/* http or https, with a host. */
bool nx_url_is_https(const struct nx_url *u);
bool nx_url_is_http(const struct nx_url *u);
/* 127.0.0.1, [::1], localhost or a name under it. */
bool nx_url_is_loopback(const struct nx_url *u);
/* "https://host:port" or "app.scheme:" for pages; in the arena. */
char *nx_url_origin(nx_arena *a, const struct nx_url *u);

/* RFC 6749 section 3.1.2.3: exact comparison; for a native app's loopback address the port may differ (RFC
 * 8252 section 7.3). Returns the URI to use, which is the one sent, or false. */
bool nx_redirect_uri_matches(struct nx_strings registered, const char *sent, bool native);

#endif
