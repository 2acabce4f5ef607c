/* The server: libmicrohttpd on one or two sockets, and the worker lanes behind it.
 *
 * libmicrohttpd's I/O threads read, parse and write and never block. A complete request goes to the lane of
 * its row; the connection is suspended until the handler is done.
 *
 *   PURE     on the I/O thread itself: answers from memory
 *   FAST     store and SQL: milliseconds
 *   HASH     password and PIN hashing: bounded, nice 10
 *   EGRESS   calls to the outside: bounded
 *
 * A lane has a queue with a stated maximum; when it is full the answer is 503 with Retry-After at once.
 * Deadlines are ours, since libmicrohttpd's timeout restarts with every byte: a header must be whole 10 s
 * after its first line, a body 30 s after the header; then the connection is shut down, at most a quarter
 * second late. */
#ifndef NX_HTTP_SERVER_H
#define NX_HTTP_SERVER_H

#include "http/router.h"

struct nx_server_plan {
    nx_router *router;               /* borrowed */
    const char *socket_path;         /* unix socket to make, mode 0600 in a 0700 folder; NULL: none */
    int inherited_fd;                /* a listening socket handed over (bench); -1: none */
    unsigned io_threads;             /* 1..64 */
    unsigned workers[NX_LANE_COUNT]; /* threads a lane; PURE ignored */
    unsigned queue[NX_LANE_COUNT];   /* waiting requests a lane */
    unsigned connections_max;
    unsigned streams_max;
    size_t request_arena_max; /* bytes of memory that one request may use */
    int header_ms; /* a header must be whole this long after its first line, or after the connection's start
                    */
    int body_ms;   /* a body this long after its header */
    int idle_ms;   /* a connection between two requests */
};
/* The defaults for n cores. */
void nx_server_plan_default(struct nx_server_plan *plan, unsigned cores);

typedef struct nx_http_server nx_http_server;

/* Listens and serves until stopped. NX_ERR_IO, NX_ERR_MEMORY. */
NX_FALLIBLE nx_http_server_open(nx_http_server **out, const struct nx_server_plan *plan);
/* Stops in order: no new connections; event streams end; requests under way are answered, with Connection:
 * close; at most drain_ms; then the threads end. Safe from any thread but the server's own. Frees. NULL is
 * allowed. */
void nx_http_server_close(nx_http_server *s, int drain_ms);
/* Whether a drain has begun: readiness says no from then on. */
bool nx_http_server_draining(const nx_http_server *s);
/* Asks every stream with this key for its next step at once. */
void nx_http_server_wake(nx_http_server *s, const char *key);
/* Lane and connection gauges, Prometheus text format. */
void nx_http_server_metrics(const nx_http_server *s, nx_buf *out);

#endif
