/* Settings, budgets and the order of a call: text of the URL, breaker, a handle, the exchange, the outcome.
 */
#include "egress/egress.h"

#include "base/clock.h"
#include "egress/exchange.h"

#include <stdio.h>
#include <stdlib.h>

#define CA_MAX (1u << 20)

static const struct nx_budget budgets[NX_PURPOSE_COUNT] = {
#define X(name, text, ms, bytes, listable) [NX_PURPOSE_##name] = {text, ms, bytes, listable},
#include "egress/purpose.def"
#undef X
};

struct nx_egress {
    struct nx_ranges listed;
    struct nx_http_hosts http;
    struct nx_anchors anchors;
    struct nx_breaker breaker;
    struct nx_handles handles;
};

static const struct nx_ranges none = {.n = 0};

static const struct nx_ranges *list_of(const nx_egress *e, nx_purpose purpose)
{
    return budgets[purpose].listable ? &e->listed : &none;
}

static nx_result add_anchors(nx_egress *e, const char *path)
{
    if (!path || !*path) return NX_OK;
    FILE *f = fopen(path, "re");
    NX_REQUIRE(f, NX_ERR_EGRESS_SETTING);
    char *more = realloc(e->anchors.pem, e->anchors.n + CA_MAX + 2);
    size_t n = more ? fread(more + e->anchors.n, 1, CA_MAX, f) : 0;
    (void)fclose(f);
    NX_NEED(more);
    e->anchors.pem = more;
    size_t start = e->anchors.n;
    NX_REQUIRE(n > 0 && n < CA_MAX, NX_ERR_EGRESS_SETTING);
    e->anchors.n += n;
    e->anchors.pem[e->anchors.n++] = '\n';
    e->anchors.pem[e->anchors.n] = 0;
    NX_REQUIRE(strstr(e->anchors.pem + start, "-----BEGIN CERTIFICATE-----"), NX_ERR_EGRESS_SETTING);
    return NX_OK;
}

NX_FALLIBLE nx_egress_open(nx_egress **out, const struct nx_egress_settings *settings)
{
    NX_REQUIRE(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK, NX_ERR_INTERNAL);
    NX_AUTO(nx_egress) e = calloc(1, sizeof *e);
    if (!e) curl_global_cleanup();
    NX_NEED(e);
    nx_breaker_init(&e->breaker);
    nx_handles_init(&e->handles);
    NX_TRY(nx_ranges_parse(&e->listed, settings->allow));
    NX_TRY(nx_http_hosts_parse(&e->http, settings->http_hosts));
    NX_TRY(add_anchors(e, settings->own_ca_file));
    NX_TRY(add_anchors(e, settings->ca_file));
    *out = NX_STEAL(e);
    return NX_OK;
}

void nx_egress_close(nx_egress *e)
{
    if (!e) return;
    nx_handles_end(&e->handles);
    nx_breaker_end(&e->breaker);
    free(e->anchors.pem);
    free(e);
    curl_global_cleanup();
}

NX_FALLIBLE nx_egress_url_allowed(const nx_egress *e, nx_purpose purpose, nx_span url)
{
    struct nx_target target;
    return nx_target_parse(&target, url, &e->http, list_of(e, purpose));
}

NX_FALLIBLE nx_egress_call(struct nx_egress_reply *out, nx_arena *a, nx_egress *e,
                           const struct nx_egress_request *request)
{
    struct nx_target target;
    NX_REQUIRE((unsigned)request->purpose < NX_PURPOSE_COUNT, NX_ERR_INTERNAL);
    NX_REQUIRE(request->body.n <= NX_EGRESS_BODY_MAX, NX_ERR_LIMIT);
    NX_TRY(nx_target_parse(&target, nx_span_str(request->url), &e->http, list_of(e, request->purpose)));
    NX_TRY(nx_breaker_ask(&e->breaker, target.key, nx_mono_ms(), budgets[request->purpose].ms));
    struct nx_handle_curl *h = nx_handles_take(&e->handles, request->purpose, target.key);
    NX_NEED(h);
    const struct nx_exchange exchange = {
        .budget = &budgets[request->purpose],
        .listed = list_of(e, request->purpose),
        .anchors = &e->anchors,
        .target = &target,
        .request = request,
    };
    nx_result r = nx_exchange_run(out, a, h, &exchange);
    nx_handles_give(&e->handles, h);
    nx_breaker_tell(&e->breaker, target.key, nx_mono_ms(), r.e != NX_ERR_EGRESS_AWAY);
    return r;
}
