#include "http/server_inside.h"

#include "base/clock.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define CONNECTION_MEMORY (40u << 10) /* libmicrohttpd's room for one header and its own buffers */

void nx_server_plan_default(struct nx_server_plan *plan, unsigned cores)
{
    unsigned n = cores ? cores : 1;
    *plan = (struct nx_server_plan){.inherited_fd = -1,
                                    .io_threads = n > 8 ? 4 : (n + 1) / 2,
                                    .connections_max = 4096,
                                    .streams_max = 1024,
                                    .request_arena_max = 8u << 20,
                                    .header_ms = 10000,
                                    .body_ms = 30000,
                                    .idle_ms = 75000};
    plan->workers[NX_LANE_FAST] = n * 4;
    plan->workers[NX_LANE_HASH] = n;
    plan->workers[NX_LANE_EGRESS] = 4;
    plan->queue[NX_LANE_FAST] = 1024;
    plan->queue[NX_LANE_HASH] = 64;
    plan->queue[NX_LANE_EGRESS] = 64;
}

/* ---- sockets
 * ----------------------------------------------------------------------------------------------- */

static nx_result listen_unix(int *out, const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    NX_REQUIRE(strlen(path) < sizeof at.sun_path, NX_ERR_LIMIT);
    memcpy(at.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    NX_REQUIRE(fd >= 0, NX_ERR_IO);
    unlink(path); /* of a server that was killed: the data folder's lock says that none lives */
    mode_t old = umask(0177);
    bool ok = bind(fd, (struct sockaddr *)&at, sizeof at) == 0 && listen(fd, 1024) == 0;
    umask(old);
    if (!ok) close(fd);
    NX_REQUIRE(ok, NX_ERR_IO);
    *out = fd;
    return NX_OK;
}

/* libmicrohttpd decodes paths by itself; ours are decoded once, strictly, from the target as sent. */
static size_t leave_as_is(void *cls, struct MHD_Connection *c, char *text)
{
    (void)cls, (void)c;
    return strlen(text);
}

static void drop_message(void *cls, const char *format, va_list args)
{
    (void)cls, (void)format, (void)args; /* they quote requests */
}

static nx_result add_daemon(nx_http_server *s, int fd)
{
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    struct MHD_OptionItem pool[] = {{MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)s->plan.io_threads, NULL},
                                    {MHD_OPTION_END, 0, NULL}};
    struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    struct MHD_Daemon *d = MHD_start_daemon(
        flags, 0, NULL, NULL, nx_call_handle, s, MHD_OPTION_EXTERNAL_LOGGER, drop_message, NULL,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, s->plan.connections_max,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_CONNECTION_TIMEOUT, 120u,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK, nx_call_begin, s,
        MHD_OPTION_UNESCAPE_CALLBACK, leave_as_is, NULL, MHD_OPTION_NOTIFY_COMPLETED, nx_call_completed, s,
        MHD_OPTION_NOTIFY_CONNECTION, nx_conn_notify, s, MHD_OPTION_ARRAY,
        s->plan.io_threads > 1 ? pool : none, MHD_OPTION_END);
    NX_REQUIRE(d, NX_ERR_IO);
    s->daemon[s->daemon_count++] = d;
    return NX_OK;
}

/* ---- start
 * ------------------------------------------------------------------------------------------------- */

static nx_result start_threads(nx_http_server *s)
{
    static const struct {
        nx_lane lane;
        const char *name;
        int nice;
    } lanes[] = {{NX_LANE_FAST, "fast", 0}, {NX_LANE_HASH, "hash", 10}, {NX_LANE_EGRESS, "egress", 0}};
    for (size_t i = 0; i < 3; i++)
        NX_TRY(nx_lane_open(&s->lane[lanes[i].lane], lanes[i].name, s->plan.workers[lanes[i].lane],
                            s->plan.queue[lanes[i].lane], lanes[i].nice));
    s->lane[NX_LANE_PURE] = s->lane[NX_LANE_FAST]; /* where a PURE row goes that moves */
    s->reaper_runs = pthread_create(&s->reaper, NULL, nx_reaper_run, s) == 0;
    s->ticker_runs = pthread_create(&s->ticker, NULL, nx_ticker_run, s) == 0;
    NX_REQUIRE(s->reaper_runs && s->ticker_runs, NX_ERR_MEMORY);
    return NX_OK;
}

static nx_result start_sockets(nx_http_server *s)
{
    int fd = -1;
    if (s->plan.socket_path) {
        NX_TRY(listen_unix(&fd, s->plan.socket_path));
        NX_TRY(add_daemon(s, fd));
    }
    if (s->plan.inherited_fd >= 0) NX_TRY(add_daemon(s, s->plan.inherited_fd));
    NX_REQUIRE(s->daemon_count > 0, NX_ERR_MISSING);
    return NX_OK;
}

static void init_locks(nx_http_server *s)
{
    pthread_condattr_t attr;
    pthread_mutex_init(&s->conn_lock, NULL);
    pthread_mutex_init(&s->stream_lock, NULL);
    pthread_mutex_init(&s->spare_lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&s->stream_due, &attr);
    pthread_condattr_destroy(&attr);
}

nx_result nx_http_server_open(nx_http_server **out, const struct nx_server_plan *plan)
{
    nx_http_server *s = calloc(1, sizeof *s);
    NX_NEED(s);
    s->plan = *plan;
    s->router = plan->router;
    init_locks(s);
    nx_result r = start_threads(s);
    if (nx_ok(r)) r = start_sockets(s);
    if (nx_ok(r))
        *out = s;
    else
        nx_http_server_close(s, 0);
    return r;
}

/* ---- stop
 * -------------------------------------------------------------------------------------------------- */

static void stop_accepting(nx_http_server *s)
{
    for (size_t i = 0; i < s->daemon_count; i++) {
        MHD_socket fd = MHD_quiesce_daemon(s->daemon[i]);
        if (fd != MHD_INVALID_SOCKET) close(fd);
    }
    if (s->plan.socket_path && s->daemon_count) unlink(s->plan.socket_path);
}

static void await_connections(nx_http_server *s, int drain_ms)
{
    int64_t until = nx_mono_ms() + drain_ms;
    while (atomic_load(&s->conn_count) > 0 && nx_mono_ms() < until) {
        nx_conns_reap(s);
        nx_streams_end(s);
        nanosleep(&(struct timespec){.tv_nsec = 10 * 1000 * 1000}, NULL);
    }
}

static void stop_threads(nx_http_server *s)
{
    atomic_store(&s->stopping, true);
    pthread_mutex_lock(&s->stream_lock);
    pthread_cond_broadcast(&s->stream_due);
    pthread_mutex_unlock(&s->stream_lock);
    if (s->ticker_runs) pthread_join(s->ticker, NULL);
    if (s->reaper_runs) pthread_join(s->reaper, NULL);
    /* After its last worker no call is away and no step is running: every connection has been resumed, but
     * for streams in their readers, which the last line resumes. libmicrohttpd aborts on one that is left. */
    for (int i = NX_LANE_FAST; i < NX_LANE_COUNT; i++)
        nx_lane_stop(s->lane[i]);
    nx_streams_end(s);
}

void nx_http_server_close(nx_http_server *s, int drain_ms)
{
    if (!s) return;
    atomic_store(&s->draining, true);
    stop_accepting(s);
    nx_streams_end(s);
    await_connections(s, drain_ms);
    stop_threads(s);
    for (size_t i = 0; i < s->daemon_count; i++)
        MHD_stop_daemon(s->daemon[i]);
    for (int i = NX_LANE_FAST; i < NX_LANE_COUNT; i++)
        nx_lane_close(s->lane[i]);
    nx_spares_close(s);
    pthread_mutex_destroy(&s->spare_lock);
    pthread_cond_destroy(&s->stream_due);
    pthread_mutex_destroy(&s->stream_lock);
    pthread_mutex_destroy(&s->conn_lock);
    free(s);
}

bool nx_http_server_draining(const nx_http_server *s)
{
    return s && atomic_load(&s->draining);
}

/* ---- metrics
 * ----------------------------------------------------------------------------------------------- */

void nx_http_server_metrics(const nx_http_server *s, nx_buf *out)
{
    if (!s) return;
    nx_buf_addf(out, "# TYPE nixa_http_connections gauge\nnixa_http_connections %u\n",
                atomic_load(&s->conn_count));
    nx_buf_addf(out, "# TYPE nixa_http_streams gauge\nnixa_http_streams %u\n", atomic_load(&s->stream_count));
    nx_buf_adds(out, "# TYPE nixa_lane_waiting gauge\n# TYPE nixa_lane_running gauge\n"
                     "# TYPE nixa_lane_refused_total counter\n");
    for (int i = NX_LANE_FAST; i < NX_LANE_COUNT; i++) {
        struct nx_lane_state l = nx_lane_state(s->lane[i]);
        nx_buf_addf(out,
                    "nixa_lane_waiting{lane=\"%s\"} %u\nnixa_lane_running{lane=\"%s\"} %u\n"
                    "nixa_lane_refused_total{lane=\"%s\"} %lu\n",
                    l.name, l.waiting, l.name, l.running, l.name, l.refused);
    }
}
