/* Health and metrics. Live: the process answers. Ready: it may be sent people; each reason against that by
 * name. */
#include "base/clock.h"
#include "endpoints/server.h"
#include "house/house.h"
#include "hub/breaker.h"
#include "http/server.h"
#include "sessions/store.h"

#define METRICS_MAX (1u << 20)

static nx_result live(nx_request *rq, nx_reply *rp)
{
    (void)rq;
    nx_reply_body(rp, 200, "application/json", NX_LIT("{\"status\":\"live\"}"));
    return NX_OK;
}

struct reason {
    const char *name;
    bool stands;
};

static nx_result ready(nx_request *rq, nx_reply *rp)
{
    const nx_server *s = nx_server_of(rq);
    struct reason reasons[] = {
        {"draining", nx_http_server_draining(s->http)},
        {"registry", !nx_ok(nx_registry_ping(s->house->registry))},
        {"store", !nx_ok(nx_store_ping(s->house->store))},
        {"store_not_replayed", !nx_store_ready(s->house->store)},
    };
    NX_AUTO_JSON list = json_array();
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (reasons[i].stands) json_array_append_new(list, json_string(reasons[i].name));
    bool yes = json_array_size(list) == 0;
    NX_AUTO_JSON body = json_pack("{s:s, s:O, s:i}", "status", yes ? "ready" : "not ready", "reasons", list,
                                  "upstreams_down", (int)nx_fuse_down()); /* no reason: the other ways serve */
    nx_reply_json(rp, yes ? 200 : 503, body);
    return NX_OK;
}

static nx_result metrics(nx_request *rq, nx_reply *rp)
{
    const nx_server *s = nx_server_of(rq);
    nx_buf out;
    nx_buf_init(&out, rq->arena, METRICS_MAX);
    nx_buf_addf(&out, "# TYPE nixa_info gauge\nnixa_info{version=\"%s\"} 1\n", NX_VERSION);
    nx_buf_addf(&out, "# TYPE nixa_uptime_seconds gauge\nnixa_uptime_seconds %.3f\n",
                (double)(nx_mono_ms() - s->started_ms) / 1000.0);
    nx_http_server_metrics(s->http, &out);
    nx_router_metrics(s->router, &out);
    nx_fuse_metrics(&out);
    NX_TRY(nx_buf_done(&out));
    nx_reply_body(rp, 200, "text/plain; version=0.0.4; charset=utf-8", nx_buf_span(&out));
    return NX_OK;
}

static const struct nx_route rows[] = {
    {NX_GET, "/health/live", 0, NX_GUARD_ANY_HOST | NX_GUARD_NO_STORE | NX_AS_TEXT, NX_RATE_NONE,
     NX_LANE_PURE, live},
    {NX_GET, "/health/ready", 0, NX_GUARD_ANY_HOST | NX_GUARD_NO_STORE | NX_AS_TEXT, NX_RATE_NONE,
     NX_LANE_FAST, ready},
    {NX_GET, "/metrics", 0, NX_GUARD_ANY_HOST | NX_GUARD_NO_STORE | NX_AS_TEXT, NX_RATE_NONE, NX_LANE_PURE,
     metrics},
};
extern const struct nx_route_table nx_routes_health;
const struct nx_route_table nx_routes_health = NX_ROUTE_TABLE("health", rows);
