/* The route table. A row says what a request must be before its handler sees it; the router enforces that,
 * counts the row's metrics, turns an error into the row's answer and puts the headers of safety on every
 * reply. A check that a row can state never stands in a handler.
 *
 *   { NX_POST, "/oidc/token", 16384, NX_GUARD_FORM | NX_GUARD_NO_STORE | NX_AS_OAUTH, NX_RATE_TOKEN,
 *     NX_LANE_FAST, nx_ep_token },
 */
#ifndef NX_HTTP_ROUTER_H
#define NX_HTTP_ROUTER_H

#include "http/reply.h"
#include "http/template.h"

typedef nx_result (*nx_handler)(nx_request *rq, nx_reply *rp);

/* Guards. */
#define NX_GUARD_FORM 0x0001u /* body must be application/x-www-form-urlencoded; fills rq->form */
#define NX_GUARD_JSON 0x0002u /* body must be application/json or …+json, an object; fills rq->json */
#define NX_GUARD_CSRF 0x0004u /* Origin is ours and form field `csrf` is right for (browser, row's path) */
#define NX_GUARD_NO_STORE 0x0008u    /* Cache-Control: no-store */
#define NX_GUARD_ANY_HOST 0x0010u    /* health and metrics: Host is not compared */
#define NX_GUARD_PUBLIC 0x0020u      /* readable by scripts of any origin (Access-Control-Allow-Origin: *) */
#define NX_GUARD_SAME_ORIGIN 0x0040u /* a fetch by our own pages: Origin, where sent, must be ours */
#define NX_GUARD_MTLS 0x0080u /* served only where clients come with certificates (mtls_origin) */
#define NX_GUARD_ALSO_MTLS 0x2000u /* served there too */
/* In which form an error of this row is answered; none of them: an HTML page. */
#define NX_AS_OAUTH 0x0100u   /* RFC 6749 section 5.2 */
#define NX_AS_PROBLEM 0x0200u /* RFC 9457 */
#define NX_AS_SCIM 0x0400u    /* RFC 7644 section 3.12 */
#define NX_AS_WALLET 0x1000u /* RFC 9457 with a fixed code (docs/PROTOCOL-qr.md section 11) */
#define NX_AS_TEXT 0x0800u    /* one line of text */

/* Rate classes: a bucket per class and client address, limits in the settings (0: off). A limit here keeps
 * one source from filling the lanes; limits per account, person or order are the features' own. */
typedef enum nx_rate {
    NX_RATE_NONE,
    NX_RATE_PAGE,
    NX_RATE_LOGIN,
    NX_RATE_TOKEN,
    NX_RATE_API,
    NX_RATE_QR,
    NX_RATE_COUNT
} nx_rate;

struct nx_route {
    nx_method method;
    const char *path; /* "/oidc/register/{id}": a {name} is one segment; "/wallet/{file*}" takes the rest */
    size_t body_max;  /* bytes; 0: a body is refused */
    unsigned guards;
    nx_rate rate;
    nx_lane lane;
    nx_handler handler;
};

/* The rows of one face (a folder of idp/endpoints). */
struct nx_route_table {
    const char *face;
    const struct nx_route *rows;
    size_t count;
};
#define NX_ROUTE_TABLE(face_name, array)                                                                     \
    {                                                                                                        \
        (face_name), (array), sizeof(array) / sizeof((array)[0])                                             \
    }

/* What the router asks of its host (idp/endpoints fills it). */
struct nx_router_host {
    void *app; /* becomes rq->app */
    /* Whether the csrf field of rq->form is right for the form named by the row's path. */
    NX_FALLIBLE (*csrf)(nx_request *rq, const char *form_name, const char *token);
    /* Writes the answer to an error, in the form that the row asks for (rq->route may be NULL: a page). */
    void (*answer)(nx_request *rq, nx_reply *rp, nx_err e);
};

struct nx_router_plan {
    const struct nx_route_table *const *tables;
    size_t table_count;
    const char *origin;    /* "https://localhost:8443": the issuer's; Host and Origin are compared with it */
    const char *mtls_origin; /* where clients come with certificates; NULL: nowhere */
    const nx_views *views; /* NULL: no pages */
    struct nx_router_host host;
    unsigned per_minute[NX_RATE_COUNT]; /* requests a minute and source; 0: no limit */
};

typedef struct nx_router nx_router;

/* Copies the plan's values; tables, views and app must outlive the router. NX_ERR_DUPLICATE when two rows
 * have the same method and path, NX_ERR_SYNTAX for a malformed row. */
NX_FALLIBLE nx_router_open(nx_router **out, const struct nx_router_plan *plan);
void nx_router_close(nx_router *r);
NX_AUTO_DEFINE(nx_router, nx_router_close)

/* Runs a whole request: route, guards, handler, error answer, headers. Always leaves a finished reply.
 * Follows nx_reply_move by itself and calls the handler on the calling thread: the entry for tests and
 * fuzzing. */
void nx_http_dispatch(nx_router *r, nx_request *rq, nx_reply *rp);
/* The same from what a transport saw: opens the request in the arena, sets its body, dispatches. The reply is
 * in the arena; NULL only when not even an error reply fits. Release with nx_request_close(reply->rq). */
nx_reply *nx_http_serve(nx_router *r, nx_arena *a, const struct nx_wire *wire, nx_span body);

/* The steps of a dispatch, for transports that read the body between them.
 * nx_router_begin: finds the row, checks what needs no body. False: rp holds the finished error reply.
 * nx_router_run: checks the body, calls the handler. False: the handler asked for the lane rp->move.
 * nx_router_finish: answers the failure `e` if there is one, adds the headers of safety, counts. */
bool nx_router_begin(nx_router *r, nx_request *rq, nx_reply *rp);
bool nx_router_run(nx_router *r, nx_request *rq, nx_reply *rp);
void nx_router_finish(nx_router *r, nx_request *rq, nx_reply *rp, nx_err e);

const char *nx_router_origin(const nx_router *r);
/* The host of the origin without its port, lower case. */
const char *nx_router_hostname(const nx_router *r);
const nx_views *nx_router_views(const nx_router *r);

/* Counters and latency histograms of every row, Prometheus text format. */
void nx_router_metrics(const nx_router *r, nx_buf *out);

#endif
