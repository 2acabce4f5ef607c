#include "http/router.h"

#include "base/clock.h"
#include "base/log.h"
#include "http/guards.h"
#include "http/routes.h"
#include "http/safety.h"

#include <stdlib.h>

struct nx_router {
    struct nx_router_host host;
    struct nx_site site;
    struct nx_site mtls; /* host NULL: there is none */
    const nx_views *views;
    nx_limiter *limiter;
    struct nx_routes routes;
    struct nx_row_metrics unmatched; /* requests that no row took */
};

static nx_result fill(nx_router *r, const struct nx_router_plan *plan)
{
    r->host = plan->host;
    r->views = plan->views;
    NX_REQUIRE(r->host.answer, NX_ERR_MISSING);
    NX_TRY(nx_site_read(&r->site, plan->origin));
    if (plan->mtls_origin) NX_TRY(nx_site_read(&r->mtls, plan->mtls_origin));
    NX_TRY(nx_limiter_open(&r->limiter, plan->per_minute));
    return nx_routes_build(&r->routes, plan->tables, plan->table_count);
}

nx_result nx_router_open(nx_router **out, const struct nx_router_plan *plan)
{
    NX_AUTO(nx_router) r = calloc(1, sizeof *r);
    NX_NEED(r);
    NX_TRY(fill(r, plan));
    *out = NX_STEAL(r);
    return NX_OK;
}

void nx_router_close(nx_router *r)
{
    if (!r) return;
    nx_routes_clear(&r->routes);
    nx_limiter_close(r->limiter);
    free(r);
}

const char *nx_router_origin(const nx_router *r)
{
    return r->site.origin;
}

const char *nx_router_hostname(const nx_router *r)
{
    return r->site.hostname;
}

const nx_views *nx_router_views(const nx_router *r)
{
    return r->views;
}

/* ---- one request
 * ------------------------------------------------------------------------------------------- */

static nx_result begin(nx_router *r, nx_request *rq)
{
    const struct nx_path *path = nx_routes_find(&r->routes, rq);
    NX_REQUIRE(path, NX_ERR_HTTP_ROUTE);
    const struct nx_row *row = path->row[rq->method];
    NX_REQUIRE(row, NX_ERR_HTTP_METHOD);
    rq->route = row->route;
    rq->lane = row->route->lane;
    rq->at_mtls = nx_guards_at_mtls(rq, &r->mtls);
    return nx_guards_head(rq, &r->site, &r->mtls, r->limiter);
}

bool nx_router_begin(nx_router *r, nx_request *rq, nx_reply *rp)
{
    rq->app = r->host.app;
    nx_result e = begin(r, rq);
    if (nx_ok(e)) return true;
    nx_router_finish(r, rq, rp, e.e);
    return false;
}

static nx_result run(nx_router *r, nx_request *rq, nx_reply *rp)
{
    if (!rq->checked) NX_TRY(nx_guards_body(rq, &r->host));
    rq->checked = true;
    return rq->route->handler(rq, rp);
}

bool nx_router_run(nx_router *r, nx_request *rq, nx_reply *rp)
{
    nx_log_request(rq->id);
    rp->move = NX_LANE_COUNT;
    nx_result e = run(r, rq, rp);
    bool moves = nx_ok(e) && rp->move != NX_LANE_COUNT;
    if (moves)
        rq->lane = rp->move;
    else if (!nx_ok(e))
        rp->failed = e.e;
    nx_log_request(NULL);
    return !moves;
}

/* An answer to an error starts from nothing: what the handler wrote before it failed is dropped. */
static void answer(nx_router *r, nx_request *rq, nx_reply *rp, nx_err e)
{
    bool close = rp->close || e == NX_ERR_HTTP_FRAMING;
    if (rp->stream && rp->stream->close) rp->stream->close(rp->stream->ctx);
    nx_reply_init(rp, rq);
    r->host.answer(rq, rp, e);
    if (rp->failed != NX_ERR_NONE) {
        nx_reply_init(rp, rq);
        rp->status = 500;
        nx_reply_header(rp, "Content-Type", "text/plain; charset=utf-8");
        rp->body = NX_LIT("internal error\n");
    }
    const struct nx_path *path = e == NX_ERR_HTTP_METHOD ? nx_routes_find(&r->routes, rq) : NULL;
    if (path) nx_reply_header(rp, "Allow", nx_path_allow(path, rq->arena));
    rp->close = close;
}

static struct nx_row_metrics *metrics_of(nx_router *r, const nx_request *rq)
{
    for (size_t i = 0; rq->route && i < r->routes.row_count; i++)
        if (r->routes.row[i].route == rq->route) return &r->routes.row[i].metrics;
    return &r->unmatched;
}

void nx_router_finish(nx_router *r, nx_request *rq, nx_reply *rp, nx_err e)
{
    nx_log_request(rq->id);
    if (e == NX_ERR_NONE) e = rp->failed;
    if (e != NX_ERR_NONE) answer(r, rq, rp, e);
    nx_safety_headers(r, rq, rp);
    nx_row_count(metrics_of(r, rq), rp->status, nx_mono_ns() - rq->began_ns);
    nx_log_request(NULL);
}

void nx_http_dispatch(nx_router *r, nx_request *rq, nx_reply *rp)
{
    if (!nx_router_begin(r, rq, rp)) return;
    int moves = 0;
    while (!nx_router_run(r, rq, rp) && moves < NX_LANE_COUNT)
        moves++;
    nx_router_finish(r, rq, rp, moves < NX_LANE_COUNT ? NX_ERR_NONE : NX_ERR_INTERNAL);
}

nx_reply *nx_http_serve(nx_router *r, nx_arena *a, const struct nx_wire *wire, nx_span body)
{
    nx_request *rq = NULL;
    nx_result opened = nx_request_open(&rq, a, r, wire);
    nx_reply *rp = rq ? nx_arena_new(a, nx_reply, 1) : NULL;
    if (!rp) return NULL;
    nx_reply_init(rp, rq);
    rq->app = r->host.app;
    rq->body = body;
    if (nx_ok(opened))
        nx_http_dispatch(r, rq, rp);
    else
        nx_router_finish(r, rq, rp, opened.e);
    return rp;
}

/* ---- metrics
 * ----------------------------------------------------------------------------------------------- */

static struct nx_row_label label_of(const struct nx_row *row)
{
    return (struct nx_row_label){row->face, nx_method_name(row->route->method), row->route->path};
}

void nx_router_metrics(const nx_router *r, nx_buf *out)
{
    static const struct nx_row_label none = {"none", "ANY", "none"};
    nx_buf_adds(out, "# HELP nixa_http_requests_total Requests by row of the route table.\n"
                     "# TYPE nixa_http_requests_total counter\n");
    for (size_t i = 0; i < r->routes.row_count; i++) {
        struct nx_row_label label = label_of(&r->routes.row[i]);
        nx_row_requests_write(&r->routes.row[i].metrics, &label, out);
    }
    nx_row_requests_write(&r->unmatched, &none, out);
    nx_buf_adds(out, "# HELP nixa_http_seconds Time from a whole header to a finished reply.\n"
                     "# TYPE nixa_http_seconds histogram\n");
    for (size_t i = 0; i < r->routes.row_count; i++) {
        struct nx_row_label label = label_of(&r->routes.row[i]);
        nx_row_latency_write(&r->routes.row[i].metrics, &label, out);
    }
}
