#include "http/guards.h"

#include "base/clock.h"
#include "base/text.h"
#include "http/language.h"
#include "http/pairs.h"

#include <stdio.h>
#include <strings.h>

/* ---- site
 * -------------------------------------------------------------------------------------------------- */

nx_result nx_site_read(struct nx_site *out, const char *origin)
{
    nx_span o = nx_span_str(origin);
    bool https = nx_span_starts(o, NX_LIT("https://")), http = nx_span_starts(o, NX_LIT("http://"));
    NX_REQUIRE((https || http) && o.n < sizeof out->origin && nx_ascii_printable(o), NX_ERR_SYNTAX);
    snprintf(out->origin, sizeof out->origin, "%s", origin);
    out->host = out->origin + (https ? 8 : 7);
    NX_REQUIRE(out->host[0] && !strpbrk(out->host, "/?#@ "), NX_ERR_SYNTAX);
    snprintf(out->hostname, sizeof out->hostname, "%s", out->host);
    char *bracket = strchr(out->hostname, ']'), *colon = strchr(bracket ? bracket : out->hostname, ':');
    if (colon) *colon = '\0';
    bool standard = colon && strcmp(colon + 1, https ? "443" : "80") == 0;
    out->bare = standard ? out->hostname : out->host;
    return NX_OK;
}

/* ---- before the body
 * --------------------------------------------------------------------------------------- */

static bool host_is_ours(const nx_request *rq, const struct nx_site *site)
{
    const char *host = nx_header(rq, "Host");
    return host && (strcasecmp(host, site->host) == 0 || strcasecmp(host, site->bare) == 0);
}

/* Browsers send Origin with every POST; a client that sends none holds no ambient authority either, unless it
 * is a browser of before 2020, and then Sec-Fetch-Site is missing too: the CSRF token decides. */
static bool origin_is_ours(const nx_request *rq, const struct nx_site *site)
{
    const char *origin = nx_header(rq, "Origin"), *fetched = nx_header(rq, "Sec-Fetch-Site");
    if (origin && strcasecmp(origin, site->origin) != 0) {
        const char *host = strstr(origin, "://");
        bool same =
            host && strcasecmp(host + 3, site->bare) == 0 && strncasecmp(origin, site->origin, 5) == 0;
        if (!same) return false;
    }
    return !fetched || strcmp(fetched, "same-origin") == 0 || strcmp(fetched, "none") == 0;
}

bool nx_guards_at_mtls(const nx_request *rq, const struct nx_site *mtls)
{
    return mtls->host && host_is_ours(rq, mtls);
}

/* Where the request came to, of the places where its row is served. */
static const struct nx_site *place_of(const nx_request *rq, const struct nx_site *site, const struct nx_site *mtls)
{
    unsigned guards = rq->route->guards;
    if (nx_guards_at_mtls(rq, mtls) && guards & (NX_GUARD_MTLS | NX_GUARD_ALSO_MTLS)) return mtls;
    bool here = guards & NX_GUARD_ANY_HOST || host_is_ours(rq, site);
    return here && !(guards & NX_GUARD_MTLS) ? site : NULL;
}

nx_result nx_guards_head(const nx_request *rq, const struct nx_site *site, const struct nx_site *mtls,
                         nx_limiter *limiter)
{
    const struct nx_route *route = rq->route;
    const struct nx_site *place = place_of(rq, site, mtls);
    NX_REQUIRE(place, NX_ERR_HTTP_HOST);
    NX_REQUIRE(rq->content_length <= (int64_t)route->body_max, NX_ERR_HTTP_TOO_LARGE);
    if (route->guards & (NX_GUARD_CSRF | NX_GUARD_SAME_ORIGIN))
        NX_REQUIRE(origin_is_ours(rq, place), NX_ERR_HTTP_CSRF);
    NX_REQUIRE(nx_limiter_take(limiter, route->rate, rq->client, nx_mono_ms()), NX_ERR_HTTP_RATE);
    return NX_OK;
}

/* ---- with the body
 * ----------------------------------------------------------------------------------------- */

/* The person's own choice first, then the portal's, then the browser's (which is what lang holds so far). */
static void choose_language(nx_request *rq)
{
    const char *asked = nx_language_exact(nx_query(rq, "lang"));
    if (asked)
        rq->lang = asked;
    else if (!nx_cookie(rq, NX_LANGUAGE_COOKIE))
        rq->lang = nx_language_pick(nx_query(rq, "ui_locales"), rq->lang);
}

static bool is_json(const nx_request *rq)
{
    const char *type = nx_header(rq, "Content-Type");
    if (!type) return false;
    size_t n = strcspn(type, "; \t");
    return (n == 16 && strncasecmp(type, "application/json", n) == 0) ||
           (n > 5 + 12 && strncasecmp(type, "application/", 12) == 0 &&
            strncasecmp(type + n - 5, "+json", 5) == 0);
}

static nx_result read_form(nx_request *rq)
{
    NX_REQUIRE(nx_content_is(rq, "application/x-www-form-urlencoded"), NX_ERR_HTTP_MEDIA_TYPE);
    return nx_pairs_parse(&rq->form, rq->arena, rq->body);
}

static nx_result read_json(nx_request *rq)
{
    NX_REQUIRE(is_json(rq), NX_ERR_HTTP_MEDIA_TYPE);
    return nx_json_parse_object(&rq->json, rq->body);
}

nx_result nx_guards_body(nx_request *rq, const struct nx_router_host *host)
{
    const struct nx_route *route = rq->route;
    NX_REQUIRE(rq->body.n <= route->body_max, NX_ERR_HTTP_TOO_LARGE);
    NX_TRY(nx_pairs_parse(&rq->query, rq->arena, nx_span_str(rq->query_text)));
    choose_language(rq);
    if (route->guards & NX_GUARD_FORM) NX_TRY(read_form(rq));
    if (route->guards & NX_GUARD_JSON) NX_TRY(read_json(rq));
    if (!(route->guards & NX_GUARD_CSRF)) return NX_OK;
    const char *token = nx_form(rq, "csrf");
    NX_REQUIRE(token && host->csrf, NX_ERR_HTTP_CSRF);
    return host->csrf(rq, route->path, token);
}
