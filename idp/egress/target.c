/* libcurl takes the URL apart, since it is libcurl that will act on it: two parsers that disagree are how
 * filters are passed. Numbers in all their spellings (0x7f.1, 2130706433) come out of it as addresses. */
#include "egress/target.h"

#include "base/text.h"

#include <curl/curl.h>
#include <stdio.h>
#include <strings.h>

static inline void url_auto(CURLU **u)
{
    curl_url_cleanup(*u);
}
#define AUTO_URL __attribute__((cleanup(url_auto))) CURLU *

static bool is_loopback_name(const char *host)
{
    static const char suffix[] = ".localhost";
    size_t n = strlen(host), m = sizeof suffix - 1;
    return strcasecmp(host, "localhost") == 0 || (n > m && strcasecmp(host + n - m, suffix) == 0);
}

static bool is_loopback_address(const char *host)
{
    static const struct nx_ranges loopback = {2, {{{AF_INET, {127}}, 8}, {{AF_INET6, {[15] = 1}}, 128}}};
    struct nx_address a;
    return nx_address_parse(&a, host) && nx_ranges_hold(&loopback, &a);
}

NX_FALLIBLE nx_http_hosts_parse(struct nx_http_hosts *out, const char *text)
{
    out->n = 0;
    nx_span rest = nx_span_str(text && *text ? text : NULL), piece;
    while (nx_span_cut(&rest, ',', &piece)) {
        while (piece.n && piece.p[0] == ' ')
            piece = nx_span_from(piece, 1);
        NX_REQUIRE(out->n < NX_HTTP_HOSTS_MAX && piece.n && piece.n <= NX_HOST_MAX, NX_ERR_EGRESS_SETTING);
        char *host = out->v[out->n++];
        memcpy(host, piece.p, piece.n);
        host[piece.n] = 0;
        NX_REQUIRE(is_loopback_name(host) || is_loopback_address(host), NX_ERR_EGRESS_SETTING);
    }
    return NX_OK;
}

static bool http_listed(const struct nx_http_hosts *http, const char *host)
{
    for (size_t i = 0; i < http->n; i++)
        if (strcasecmp(http->v[i], host) == 0) return true;
    return false;
}

/* A part, copied; a missing one is "". */
static nx_result part(char *out, size_t room, CURLU *u, CURLUPart what, unsigned flags)
{
    char *text = NULL;
    out[0] = 0;
    if (curl_url_get(u, what, &text, flags) != CURLUE_OK) return NX_OK;
    int n = snprintf(out, room, "%s", text);
    curl_free(text);
    NX_REQUIRE(n >= 0 && (size_t)n < room, NX_ERR_EGRESS_URL);
    return NX_OK;
}

static nx_result check_text(struct nx_target *out, nx_span url)
{
    NX_REQUIRE(url.n && url.n < sizeof out->url && nx_ascii_printable(url), NX_ERR_EGRESS_URL);
    memcpy(out->url, url.p, url.n);
    out->url[url.n] = 0;
    NX_REQUIRE(!strpbrk(out->url, " \\#\"<>^`{|}"), NX_ERR_EGRESS_URL);
    /* libcurl also takes one or three slashes and a missing scheme; we take what RFC 3986 says. */
    size_t n = strncasecmp(out->url, "https://", 8) == 0  ? 8
               : strncasecmp(out->url, "http://", 7) == 0 ? 7
                                                          : 0;
    NX_REQUIRE(n && out->url[n] && out->url[n] != '/', NX_ERR_EGRESS_URL);
    return NX_OK;
}

/* Letters, digits, hyphen, dot, underscore; or an IPv6 address in brackets, which are taken off. */
static nx_result check_host(char host[NX_HOST_MAX + 3])
{
    size_t n = strlen(host);
    if (host[0] == '[') {
        NX_REQUIRE(n > 2 && host[n - 1] == ']', NX_ERR_EGRESS_URL);
        memmove(host, host + 1, n - 2);
        host[n - 2] = 0;
        struct nx_address a;
        NX_REQUIRE(nx_address_parse(&a, host), NX_ERR_EGRESS_URL);
        return NX_OK;
    }
    NX_REQUIRE(n && n <= NX_HOST_MAX && host[n - 1] != '.' && host[0] != '.', NX_ERR_EGRESS_URL);
    for (char *c = host; *c; c++) {
        if (*c >= 'A' && *c <= 'Z') *c = (char)(*c + 32);
        bool good = (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || strchr("-._", *c);
        NX_REQUIRE(good, NX_ERR_EGRESS_URL);
    }
    return NX_OK;
}

static nx_result check_address(const char *host, const struct nx_ranges *listed)
{
    struct nx_address a;
    if (nx_address_parse(&a, host)) {
        NX_REQUIRE(nx_address_allowed(&a, listed), NX_ERR_EGRESS_ADDRESS);
        return NX_OK;
    }
    if (!is_loopback_name(host)) return NX_OK;
    struct nx_address four = {AF_INET, {127, 0, 0, 1}}, six = {AF_INET6, {[15] = 1}};
    NX_REQUIRE(nx_ranges_hold(listed, &four) || nx_ranges_hold(listed, &six), NX_ERR_EGRESS_ADDRESS);
    return NX_OK;
}

NX_FALLIBLE nx_target_parse(struct nx_target *out, nx_span url, const struct nx_http_hosts *http,
                            const struct nx_ranges *listed)
{
    char scheme[16], port[8], user[8], zone[8];
    NX_TRY(check_text(out, url));
    AUTO_URL u = curl_url();
    NX_REQUIRE(u, NX_ERR_MEMORY);
    NX_REQUIRE(curl_url_set(u, CURLUPART_URL, out->url, CURLU_DISALLOW_USER) == CURLUE_OK, NX_ERR_EGRESS_URL);
    NX_TRY(part(scheme, sizeof scheme, u, CURLUPART_SCHEME, 0));
    NX_TRY(part(port, sizeof port, u, CURLUPART_PORT, CURLU_DEFAULT_PORT));
    NX_TRY(part(user, sizeof user, u, CURLUPART_USER, 0));
    NX_TRY(part(zone, sizeof zone, u, CURLUPART_ZONEID, 0));
    NX_TRY(part(out->host, sizeof out->host, u, CURLUPART_HOST, 0));
    NX_TRY(check_host(out->host));
    bool https = strcmp(scheme, "https") == 0;
    bool http_here = strcmp(scheme, "http") == 0 && http_listed(http, out->host);
    NX_REQUIRE((https || http_here) && !user[0] && !zone[0] && strcmp(port, "0") != 0, NX_ERR_EGRESS_URL);
    (void)snprintf(out->key, sizeof out->key, "%s:%s", out->host, port);
    return check_address(out->host, listed);
}
