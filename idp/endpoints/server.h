/* The server's context: what rq->app points to. Made once by the composition root, read-only afterwards. */
#ifndef NX_ENDPOINTS_SERVER_H
#define NX_ENDPOINTS_SERVER_H

#include "http/router.h"

struct nx_house;
struct nx_http_server;

typedef struct nx_server {
    struct nx_house *house;
    nx_views *views;
    nx_router *router;
    struct nx_http_server *http; /* NULL in tests without sockets */
    bool demo;                   /* the root page tells about the demo */
    int64_t started_ms;          /* monotonic */
} nx_server;

static inline nx_server *nx_server_of(const nx_request *rq)
{
    return rq->app;
}

static inline struct nx_house *nx_house_of(const nx_request *rq)
{
    return nx_server_of(rq)->house;
}

/* Loads templates and catalogues of idp/web and builds the router over every face of faces.def. `s` must hold
 * the house; fills views and router. per_minute may be NULL: no limits. */
NX_FALLIBLE nx_server_build(nx_server *s, const char *origin, const unsigned per_minute[NX_RATE_COUNT]);
void nx_server_clear(nx_server *s);

#endif
