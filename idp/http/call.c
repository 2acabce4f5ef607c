/* One request, from libmicrohttpd's callbacks to a reply. */
#include "http/server_inside.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <stdlib.h>

/* ---- birth and end
 * ----------------------------------------------------------------------------------------- */

static nx_arena *arena_take(nx_http_server *s)
{
    pthread_mutex_lock(&s->spare_lock);
    nx_arena *a = s->spare_count ? s->spare[--s->spare_count] : NULL;
    pthread_mutex_unlock(&s->spare_lock);
    return a ? a : nx_arena_open(s->plan.request_arena_max);
}

static void arena_give(nx_http_server *s, nx_arena *a)
{
    nx_arena_reset(a);
    pthread_mutex_lock(&s->spare_lock);
    bool kept = s->spare_count < NX_SPARE_ARENAS;
    if (kept) s->spare[s->spare_count++] = a;
    pthread_mutex_unlock(&s->spare_lock);
    if (!kept) nx_arena_close(a);
}

void nx_spares_close(nx_http_server *s)
{
    while (s->spare_count)
        nx_arena_close(s->spare[--s->spare_count]);
}

/* The request line is complete: the earliest moment that libmicrohttpd tells of. The target is kept as it was
 * sent, since what the handler gets is cut and decoded. */
void *nx_call_begin(void *server, const char *target, struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct nx_conn *conn = info ? info->socket_context : NULL;
    struct nx_call *call = conn ? calloc(1, sizeof *call) : NULL;
    nx_http_server *s = server;
    if (!call) return NULL;
    call->arena = arena_take(s);
    call->target = call->arena ? nx_arena_strdup(call->arena, target) : NULL;
    if (!call->target) {
        nx_arena_close(call->arena);
        free(call);
        return NULL;
    }
    call->server = s;
    call->mhd = mhd;
    call->conn = conn;
    nx_conn_phase(conn, NX_PHASE_HEADER);
    return call;
}

void nx_call_free(struct nx_call *call)
{
    nx_request_close(call->rq);
    arena_give(call->server, call->arena);
    free(call);
}

void nx_call_completed(void *server, struct MHD_Connection *mhd, void **context,
                       enum MHD_RequestTerminationCode code)
{
    (void)server, (void)mhd, (void)code;
    struct nx_call *call = *context;
    if (!call) return;
    nx_conn_phase(call->conn, NX_PHASE_IDLE);
    if (!nx_stream_gone(call)) nx_call_free(call);
    *context = NULL;
}

/* ---- header
 * ------------------------------------------------------------------------------------------------ */

struct collected {
    struct nx_header header[NX_HEADERS_MAX + 1];
    size_t size[NX_HEADERS_MAX + 1];
    size_t n;
};

static enum MHD_Result collect(void *arg, enum MHD_ValueKind kind, const char *name, size_t name_n,
                               const char *value, size_t value_n)
{
    struct collected *c = arg;
    (void)kind, (void)name_n;
    if (c->n > NX_HEADERS_MAX) return MHD_NO; /* one past the most is enough to be refused */
    c->header[c->n] = (struct nx_header){name, value ? value : ""};
    c->size[c->n++] = value_n;
    return MHD_YES;
}

/* The peer's address as text for a TCP connection; NULL for the edge. */
static const char *peer_of(const struct nx_call *call, char out[INET6_ADDRSTRLEN])
{
    if (call->conn->edge) return NULL;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(call->mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *a = info ? info->client_addr : NULL;
    if (a && a->sa_family == AF_INET)
        return inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)a)->sin_addr, out,
                         INET6_ADDRSTRLEN);
    if (a && a->sa_family == AF_INET6)
        return inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr, out,
                         INET6_ADDRSTRLEN);
    return "0.0.0.0";
}

static nx_err open_request(struct nx_call *call, const char *method)
{
    struct collected c = {.n = 0};
    char peer[INET6_ADDRSTRLEN];
    MHD_get_connection_values_n(call->mhd, MHD_HEADER_KIND, collect, &c);
    struct nx_wire wire = {.method = method,
                           .target = call->target,
                           .headers = c.header,
                           .value_sizes = c.size,
                           .header_count = c.n,
                           .peer = peer_of(call, peer)};
    nx_result r = nx_request_open(&call->rq, call->arena, call->server->router, &wire);
    if (call->rq) nx_reply_init(&call->reply, call->rq);
    return r.e;
}

/* ---- reply
 * ------------------------------------------------------------------------------------------------- */

static struct MHD_Response *make_response(struct nx_call *call)
{
    nx_reply *rp = &call->reply;
    if (rp->stream) return nx_stream_response(call);
    /* The body lives in the call's arena, which ends in nx_call_completed, after the last byte is sent. */
    return MHD_create_response_from_buffer(rp->body.n, (void *)(uintptr_t)rp->body.p, MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result send_reply(struct nx_call *call)
{
    nx_reply *rp = &call->reply;
    struct MHD_Response *response = make_response(call);
    if (!response && rp->stream) {
        nx_router_finish(call->server->router, call->rq, rp, NX_ERR_BUSY);
        response = make_response(call);
    }
    if (!response) return MHD_NO;
    for (size_t i = 0; i < rp->header_count; i++)
        MHD_add_response_header(response, rp->headers[i].name, rp->headers[i].value);
    if (rp->close || atomic_load_explicit(&call->server->draining, memory_order_relaxed))
        MHD_add_response_header(response, "Connection", "close");
    call->state = NX_CALL_SENT;
    enum MHD_Result queued = MHD_queue_response(call->mhd, (unsigned)rp->status, response);
    MHD_destroy_response(response);
    return queued;
}

/* Refused at once: the connection ends with the reply, since what follows is not a request. */
static enum MHD_Result refuse(struct nx_call *call, nx_err e)
{
    if (!call->rq) return MHD_NO;
    call->reply.close = true;
    if (e != NX_ERR_NONE) nx_router_finish(call->server->router, call->rq, &call->reply, e);
    call->reply.close = true;
    nx_conn_phase(call->conn, NX_PHASE_WORK);
    return send_reply(call);
}

/* Refused by its header: a short body is read away first. One that waits for a 100 is not asked for. */
static enum MHD_Result refuse_body(struct nx_call *call)
{
    const nx_request *rq = call->rq;
    if (rq->content_length > NX_DISCARD_MAX || nx_header(rq, "Expect")) return refuse(call, NX_ERR_NONE);
    call->state = NX_CALL_REFUSED;
    nx_conn_phase(call->conn, NX_PHASE_BODY);
    return MHD_YES;
}

static enum MHD_Result on_header(struct nx_call *call, const char *method)
{
    nx_err e = open_request(call, method);
    if (e != NX_ERR_NONE) return refuse(call, e);
    bool body = call->rq->content_length > 0 || nx_header(call->rq, "Transfer-Encoding");
    if (!nx_router_begin(call->server->router, call->rq, &call->reply)) {
        if (body) return refuse_body(call);
        nx_conn_phase(call->conn, NX_PHASE_WORK);
        return send_reply(call);
    }
    nx_buf_init(&call->body, call->arena, call->rq->route->body_max);
    call->state = NX_CALL_BODY;
    nx_conn_phase(call->conn, NX_PHASE_BODY);
    return MHD_YES;
}

/* ---- lanes
 * ------------------------------------------------------------------------------------------------- */

static void call_done(struct nx_call *call, nx_err e)
{
    nx_router_finish(call->server->router, call->rq, &call->reply, e);
    call->state = NX_CALL_DONE;
}

static void call_work(void *arg, bool late)
{
    struct nx_call *call = arg;
    nx_http_server *s = call->server;
    if (late) {
        call_done(call, NX_ERR_BUSY);
    } else if (nx_router_run(s->router, call->rq, &call->reply)) {
        call_done(call, NX_ERR_NONE);
    } else {
        bool circles = ++call->rq->moves >= NX_LANE_COUNT;
        if (!circles && nx_lane_push(s->lane[call->rq->lane], (struct nx_job){call_work, call})) return;
        call_done(call, circles ? NX_ERR_INTERNAL : NX_ERR_BUSY);
    }
    MHD_resume_connection(call->mhd); /* the call is the I/O thread's again: nothing after this line */
}

static enum MHD_Result on_body_done(struct nx_call *call)
{
    nx_http_server *s = call->server;
    nx_conn_phase(call->conn, NX_PHASE_WORK);
    if (call->state == NX_CALL_REFUSED) return send_reply(call);
    call->rq->body = nx_buf_span(&call->body);
    if (call->discarded) {
        call_done(call, NX_ERR_HTTP_TOO_LARGE);
        return send_reply(call);
    }
    if (call->rq->lane == NX_LANE_PURE && nx_router_run(s->router, call->rq, &call->reply)) {
        call_done(call, NX_ERR_NONE);
        return send_reply(call);
    }
    call->state = NX_CALL_AWAY;
    MHD_suspend_connection(call->mhd);
    if (!nx_lane_push(s->lane[call->rq->lane], (struct nx_job){call_work, call})) {
        call_done(call, NX_ERR_BUSY);
        MHD_resume_connection(call->mhd);
    }
    return MHD_YES;
}

static enum MHD_Result read_away(struct nx_call *call, size_t n)
{
    call->discarded += n;
    return call->discarded <= NX_DISCARD_MAX ? MHD_YES : MHD_NO;
}

static enum MHD_Result on_piece(struct nx_call *call, const char *piece, size_t n)
{
    bool kept = call->state == NX_CALL_BODY && !call->discarded;
    if (kept && nx_ok(nx_buf_put(&call->body, nx_span_of(piece, n)))) return MHD_YES;
    return read_away(call, n);
}

enum MHD_Result nx_call_handle(void *server, struct MHD_Connection *mhd, const char *url, const char *method,
                               const char *version, const char *upload, size_t *upload_size, void **context)
{
    (void)server, (void)mhd, (void)url, (void)version;
    struct nx_call *call = *context;
    if (!call) return MHD_NO;
    switch (call->state) {
    case NX_CALL_NEW:
        return on_header(call, method);
    case NX_CALL_BODY:
    case NX_CALL_REFUSED:
        if (*upload_size == 0) return on_body_done(call);
        enum MHD_Result taken = on_piece(call, upload, *upload_size);
        *upload_size = 0;
        return taken;
    case NX_CALL_DONE:
        return send_reply(call);
    case NX_CALL_AWAY:
    case NX_CALL_SENT:
        return MHD_YES;
    }
    return MHD_NO;
}
