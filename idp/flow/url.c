#include "flow/url.h"

#include <ctype.h>

/* RFC 3986 section 2: unreserved, reserved and percent. */
static bool uri_character(uint8_t c)
{
    return isalnum(c) || (c && strchr("-._~:/?#[]@!$&'()*+,;=%", c));
}

static bool percent_ok(nx_span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '%' && (i + 2 >= s.n || !isxdigit(s.p[i + 1]) || !isxdigit(s.p[i + 2]))) return false;
    return true;
}

static bool scheme_ok(nx_span s)
{
    if (s.n == 0 || !isalpha(s.p[0])) return false;
    for (size_t i = 0; i < s.n; i++)
        if (!isalnum(s.p[i]) && s.p[i] != '+' && s.p[i] != '-' && s.p[i] != '.') return false;
    return true;
}

static size_t find(nx_span s, const char *set)
{
    size_t i = 0;
    while (i < s.n && !strchr(set, s.p[i]))
        i++;
    return i;
}

static NX_FALLIBLE split_authority(struct nx_url *u, nx_span authority)
{
    NX_REQUIRE(authority.n > 0 && !memchr(authority.p, '@', authority.n), NX_ERR_SYNTAX);
    size_t host = authority.p[0] == '[' ? find(authority, "]") + 1 : find(authority, ":");
    NX_REQUIRE(host > 0 && host <= authority.n, NX_ERR_SYNTAX);
    u->host = nx_span_of(authority.p, host);
    nx_span behind = nx_span_from(authority, host);
    if (behind.n == 0) return NX_OK;
    NX_REQUIRE(behind.p[0] == ':' && behind.n >= 2 && behind.n <= 6, NX_ERR_SYNTAX);
    u->port = nx_span_from(behind, 1);
    for (size_t i = 0; i < u->port.n; i++)
        NX_REQUIRE(isdigit(u->port.p[i]), NX_ERR_SYNTAX);
    return NX_OK;
}

NX_FALLIBLE nx_url_split(struct nx_url *out, nx_span text)
{
    *out = (struct nx_url){.authority = false};
    NX_REQUIRE(text.n <= NX_URL_MAX, NX_ERR_LIMIT);
    for (size_t i = 0; i < text.n; i++)
        NX_REQUIRE(uri_character(text.p[i]), NX_ERR_SYNTAX);
    NX_REQUIRE(percent_ok(text), NX_ERR_SYNTAX);
    size_t colon = find(text, ":");
    NX_REQUIRE(colon < text.n, NX_ERR_SYNTAX);
    out->scheme = nx_span_of(text.p, colon);
    NX_REQUIRE(scheme_ok(out->scheme), NX_ERR_SYNTAX);
    nx_span rest = nx_span_from(text, colon + 1);
    out->fragment = rest.n > 0 && memchr(rest.p, '#', rest.n) != NULL;
    if (nx_span_starts(rest, NX_LIT("//"))) {
        rest = nx_span_from(rest, 2);
        size_t end = find(rest, "/?#");
        out->authority = true;
        NX_TRY(split_authority(out, nx_span_of(rest.p, end)));
        rest = nx_span_from(rest, end);
    }
    out->rest = rest;
    return NX_OK;
}

static bool is(nx_span s, const char *word)
{
    return s.n == strlen(word) && strncasecmp((const char *)s.p, word, s.n) == 0;
}

bool nx_url_is_https(const struct nx_url *u)
{
    return u->authority && is(u->scheme, "https");
}

bool nx_url_is_http(const struct nx_url *u)
{
    return u->authority && is(u->scheme, "http");
}

bool nx_url_is_loopback(const struct nx_url *u)
{
    static const char under[] = ".localhost";
    size_t n = sizeof under - 1;
    if (is(u->host, "127.0.0.1") || is(u->host, "[::1]") || is(u->host, "localhost")) return true;
    return u->host.n > n && is(nx_span_from(u->host, u->host.n - n), under);
}

char *nx_url_origin(nx_arena *a, const struct nx_url *u)
{
    if (!u->authority) return nx_arena_printf(a, "%.*s:", (int)u->scheme.n, (const char *)u->scheme.p);
    return nx_arena_printf(a, "%.*s://%.*s%s%.*s", (int)u->scheme.n, (const char *)u->scheme.p,
                           (int)u->host.n, (const char *)u->host.p, u->port.n ? ":" : "", (int)u->port.n,
                           u->port.n ? (const char *)u->port.p : "");
}

/* RFC 8252 section 7.3: a loopback IP address; a name (localhost) may resolve elsewhere and stays exact. */
static bool loopback_address(const struct nx_url *u)
{
    return nx_url_is_http(u) && (is(u->host, "127.0.0.1") || is(u->host, "[::1]"));
}

static bool same_but_port(const char *registered, const char *sent)
{
    struct nx_url r, s;
    if (!nx_ok(nx_url_split(&r, nx_span_str(registered))) || !nx_ok(nx_url_split(&s, nx_span_str(sent))))
        return false;
    return loopback_address(&r) && loopback_address(&s) && nx_span_eq(r.scheme, s.scheme) &&
           nx_span_eq(r.host, s.host) && nx_span_eq(r.rest, s.rest);
}

bool nx_redirect_uri_matches(struct nx_strings registered, const char *sent, bool native)
{
    if (nx_strings_has(registered, sent)) return true;
    for (size_t i = 0; native && i < registered.n; i++)
        if (same_but_port(registered.v[i], sent)) return true;
    return false;
}
