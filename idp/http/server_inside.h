/* The inside of the server: connections, calls (one request on a connection), event streams.
 *
 * Who may touch a call: the I/O thread of its connection, until it is handed to a lane; the lane's worker,
 * until it is resumed; then the I/O thread again. MHD_suspend_connection and MHD_resume_connection order the
 * two. */
#ifndef NX_HTTP_SERVER_INSIDE_H
#define NX_HTTP_SERVER_INSIDE_H

#include "http/lane.h"
#include "http/server.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

/* Bytes of a refused body that are read away so that the refusal arrives: who is still writing when the
 * connection ends gets a reset, and the answer that went before it is lost. */
#define NX_DISCARD_MAX (1u << 20)

#define NX_SPARE_ARENAS 64

enum nx_phase { NX_PHASE_HEADER, NX_PHASE_BODY, NX_PHASE_WORK, NX_PHASE_IDLE };

/* One connection; in the server's list from its start to its end, for the reaper. */
struct nx_conn {
    struct nx_conn *next, *prev;
    int fd;
    bool edge; /* came over the unix socket */
    _Atomic int phase;
    _Atomic int64_t since_ms;
};

/* REFUSED: the reply is made by the header alone and waits until the body is read away. */
enum nx_call_state {
    NX_CALL_NEW,
    NX_CALL_BODY,
    NX_CALL_REFUSED,
    NX_CALL_AWAY,
    NX_CALL_DONE,
    NX_CALL_SENT
};

struct nx_stream_call;

/* One request. */
struct nx_call {
    nx_http_server *server;
    struct MHD_Connection *mhd;
    struct nx_conn *conn;
    nx_arena *arena;
    char *target;
    nx_request *rq;
    nx_reply reply;
    nx_buf body;
    size_t discarded;
    enum nx_call_state state;
    struct nx_stream_call *stream;
};

/* A call whose reply is an event stream. `step_arena` holds the events that are being sent; it is reset only
 * when all of them are. All fields are under the server's stream lock, but what `step` writes while busy. */
struct nx_stream_call {
    struct nx_stream_call *next, *prev;
    struct nx_call *call;
    struct nx_stream ops;
    nx_arena *step_arena;
    nx_span events;
    size_t sent;
    int64_t due_ms;
    bool busy;    /* a worker is in its step */
    bool waiting; /* the connection is suspended in its reader */
    bool woken;   /* asked for again while busy */
    bool ended;
    bool dead; /* the connection is gone; the worker releases */
};

struct nx_http_server {
    struct nx_server_plan plan;
    nx_router *router;
    struct MHD_Daemon *daemon[2];
    size_t daemon_count;
    nx_lane_pool *lane[NX_LANE_COUNT];
    _Atomic bool draining;

    pthread_mutex_t conn_lock;
    struct nx_conn *conns;
    _Atomic unsigned conn_count;

    pthread_mutex_t stream_lock;
    pthread_cond_t stream_due;
    struct nx_stream_call *streams;
    _Atomic unsigned stream_count;

    /* Arenas between two requests: reset (wiped), each with its first chunk, so that a request costs no
     * allocator. */
    pthread_mutex_t spare_lock;
    nx_arena *spare[NX_SPARE_ARENAS];
    unsigned spare_count;

    pthread_t reaper, ticker;
    bool reaper_runs, ticker_runs;
    _Atomic bool stopping;
};

/* conn.c */
void nx_conn_notify(void *server, struct MHD_Connection *mhd, void **context,
                    enum MHD_ConnectionNotificationCode code);
void nx_conn_phase(struct nx_conn *c, enum nx_phase phase);
/* Shuts down what is past its deadline; when draining also what is idle. */
void nx_conns_reap(nx_http_server *s);
void *nx_reaper_run(void *server);

/* call.c */
void *nx_call_begin(void *server, const char *target, struct MHD_Connection *mhd);
enum MHD_Result nx_call_handle(void *server, struct MHD_Connection *mhd, const char *url, const char *method,
                               const char *version, const char *upload, size_t *upload_size, void **context);
void nx_call_completed(void *server, struct MHD_Connection *mhd, void **context,
                       enum MHD_RequestTerminationCode code);
void nx_call_free(struct nx_call *call);
void nx_spares_close(nx_http_server *s);

/* stream.c */
/* Makes the response of a stream and puts it on the ticker's list; NULL when there are too many or no memory.
 */
struct MHD_Response *nx_stream_response(struct nx_call *call);
/* The connection has ended: releases the stream, or leaves that to the worker in its step. True when the call
 * must not be freed by the caller. */
bool nx_stream_gone(struct nx_call *call);
void *nx_ticker_run(void *server);
void nx_streams_end(nx_http_server *s);

#endif
