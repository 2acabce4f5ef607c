/* Connections and the reaper: libmicrohttpd's own timeout restarts with every byte, so that one byte each
 * half second holds a header open for ever. Ours counts from the moment a phase began. */
#include "http/server_inside.h"

#include "base/clock.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

void nx_conn_phase(struct nx_conn *c, enum nx_phase phase)
{
    atomic_store_explicit(&c->since_ms, nx_mono_ms(), memory_order_relaxed);
    atomic_store_explicit(&c->phase, (int)phase, memory_order_relaxed);
}

/* On the unix socket only ourselves and root may talk: the edge runs as our child. */
static bool peer_allowed(int fd, bool *edge)
{
    struct ucred peer;
    struct sockaddr_storage local;
    socklen_t n = sizeof local;
    *edge = getsockname(fd, (struct sockaddr *)&local, &n) == 0 && local.ss_family == AF_UNIX;
    if (!*edge) return true;
    n = sizeof peer;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0 &&
           (peer.uid == geteuid() || peer.uid == 0);
}

static void conn_add(nx_http_server *s, struct nx_conn *c)
{
    pthread_mutex_lock(&s->conn_lock);
    c->next = s->conns;
    if (c->next) c->next->prev = c;
    s->conns = c;
    pthread_mutex_unlock(&s->conn_lock);
    atomic_fetch_add(&s->conn_count, 1);
}

static void conn_remove(nx_http_server *s, struct nx_conn *c)
{
    pthread_mutex_lock(&s->conn_lock);
    if (c->prev)
        c->prev->next = c->next;
    else
        s->conns = c->next;
    if (c->next) c->next->prev = c->prev;
    pthread_mutex_unlock(&s->conn_lock);
    atomic_fetch_sub(&s->conn_count, 1);
    free(c);
}

void nx_conn_notify(void *server, struct MHD_Connection *mhd, void **context,
                    enum MHD_ConnectionNotificationCode code)
{
    nx_http_server *s = server;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (*context) conn_remove(s, *context);
        *context = NULL;
        return;
    }
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct nx_conn *c = calloc(1, sizeof *c);
    if (!info || !c) {
        free(c);
        return; /* without a context every request of it is refused (nx_call_begin) */
    }
    c->fd = info->connect_fd;
    bool allowed = peer_allowed(c->fd, &c->edge);
    nx_conn_phase(c, NX_PHASE_HEADER);
    conn_add(s, c);
    *context = c;
    if (!allowed) shutdown(c->fd, SHUT_RDWR);
}

static int64_t limit_of(const struct nx_server_plan *plan, enum nx_phase phase)
{
    switch (phase) {
    case NX_PHASE_HEADER:
        return plan->header_ms;
    case NX_PHASE_BODY:
        return plan->body_ms;
    case NX_PHASE_IDLE:
        return plan->idle_ms;
    case NX_PHASE_WORK:
        break;
    }
    return INT64_MAX; /* the handler's own limits hold, and libmicrohttpd's for a peer that takes no reply */
}

static bool overdue(const nx_http_server *s, const struct nx_conn *c, int64_t now_ms, bool draining)
{
    enum nx_phase phase = (enum nx_phase)atomic_load_explicit(&c->phase, memory_order_relaxed);
    int64_t age = now_ms - atomic_load_explicit(&c->since_ms, memory_order_relaxed);
    return age > limit_of(&s->plan, phase) || (draining && phase == NX_PHASE_IDLE);
}

void nx_conns_reap(nx_http_server *s)
{
    int64_t now = nx_mono_ms();
    bool draining = atomic_load(&s->draining);
    pthread_mutex_lock(&s->conn_lock); /* a connection leaves the list before its descriptor is closed */
    for (struct nx_conn *c = s->conns; c; c = c->next)
        if (overdue(s, c, now, draining)) shutdown(c->fd, SHUT_RDWR);
    pthread_mutex_unlock(&s->conn_lock);
}

void *nx_reaper_run(void *server)
{
    nx_http_server *s = server;
    while (!atomic_load(&s->stopping)) {
        nx_conns_reap(s);
        nanosleep(&(struct timespec){.tv_nsec = 250 * 1000 * 1000}, NULL);
    }
    return NULL;
}
