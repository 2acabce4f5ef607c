/* Requests: what a handler reads.
 *
 * A request is built from what the transport saw (struct nx_wire), checked as a whole before a handler sees
 * it, and lives in one arena that is wiped after the reply. Everything in it is borrowed from that arena.
 * Strings that came from outside are valid UTF-8 without NUL; nothing else is promised about their contents.
 *
 * Refused before any handler (docs: SECURITY.md 28): two Host, Content-Length or any other field that may
 * stand once; Content-Length beside Transfer-Encoding; a transfer coding other than chunked; NUL, CR or LF in
 * a field; a Host that is not the issuer's; a target that is no origin-form path; "." or ".." segments. */
#ifndef NX_HTTP_REQUEST_H
#define NX_HTTP_REQUEST_H

#include "base/arena.h"
#include "base/json.h"
#include "base/secret.h"
#include "base/span.h"

typedef enum nx_method {
    NX_GET, /* HEAD is served by the GET row, without its body */
    NX_POST,
    NX_PUT,
    NX_PATCH,
    NX_DELETE,
    NX_OPTIONS, /* preflight of scripts of other origins; only rows that name it take it */
    NX_METHOD_COUNT
} nx_method;

/* Where a handler runs; see http/server.h. */
typedef enum nx_lane { NX_LANE_PURE, NX_LANE_FAST, NX_LANE_HASH, NX_LANE_EGRESS, NX_LANE_COUNT } nx_lane;

#define NX_TARGET_MAX 8192 /* bytes of path and query together */
#define NX_HEADERS_MAX 64  /* fields */
#define NX_HEADER_VALUE_MAX 8192
#define NX_AUTHORIZATION_MAX (17u << 10) /* a directory's ticket names every group of its person */
#define NX_PAIRS_MAX 64      /* parameters in a query or form */
#define NX_PAIR_NAME_MAX 128 /* decoded bytes */
#define NX_PAIR_VALUE_MAX (64u << 10)
#define NX_PATH_PARAMS_MAX 4
#define NX_REQUEST_ID_LEN 16
#define NX_ADDRESS_MAX 46 /* INET6_ADDRSTRLEN */

struct nx_pair {
    const char *name;
    char *value; /* decoded; writable so that a secret can be wiped when it is taken */
};

typedef struct nx_pairs {
    const struct nx_pair *at;
    size_t n;
} nx_pairs;

struct nx_header {
    const char *name;
    const char *value;
};

struct nx_route;
struct nx_router;

typedef struct nx_request {
    nx_arena *arena;
    char id[NX_REQUEST_ID_LEN + 1]; /* in the log, in error pages, in X-Request-Id */
    nx_method method;
    bool head;              /* HEAD: the row of GET serves it */
    const char *path;       /* as sent, without the query; percent-encoding left in place */
    const char *query_text; /* as sent, without '?'; "" when there is none */
    nx_pairs path_params;   /* decoded, by the names in the route's pattern */
    nx_pairs query;         /* decoded */
    nx_pairs form;          /* decoded; only behind NX_GUARD_FORM */
    json_t *json;           /* an object; only behind NX_GUARD_JSON; released with the request */
    nx_span body;           /* at most the row's body_max */
    const struct nx_header *headers;
    size_t header_count;
    const char *client; /* the client's address as the edge told it, "local" without one */
    bool at_mtls;       /* it came to where clients come with certificates */
    const char *lang;   /* "vi" or "en", static; a handler may replace it (nx_language_pick) */
    const struct nx_route *route;
    const struct nx_router *router;
    nx_lane lane;           /* where the handler runs now */
    bool checked;           /* the router's: guards of the body have been applied */
    unsigned moves;         /* the server's: how often the handler has changed lanes */
    int64_t content_length; /* as announced; -1 when not */
    const char *browser;    /* the browser cookie in force for this request, once somebody asked
                               (endpoints/browser.h) */
    void *app;              /* the server's context: struct nx_server * (endpoints/server.h) */
    int64_t began_ns;       /* monotonic */
} nx_request;

/* The value of a parameter; NULL when it is absent or empty: a parameter without a value counts as omitted
 * (RFC 6749 section 3.1). A parameter that stands twice never gets this far: the request was refused with
 * NX_ERR_DUPLICATE. The one exception is `resource` (RFC 8707 section 2), read with nx_pairs_next. */
const char *nx_pairs_get(const nx_pairs *p, const char *name);
/* The next value of a repeatable name: start with *cursor = 0; NULL after the last. */
const char *nx_pairs_next(const nx_pairs *p, const char *name, size_t *cursor);

static inline const char *nx_path(const nx_request *rq, const char *name)
{
    return nx_pairs_get(&rq->path_params, name);
}
static inline const char *nx_query(const nx_request *rq, const char *name)
{
    return nx_pairs_get(&rq->query, name);
}
static inline const char *nx_form(const nx_request *rq, const char *name)
{
    return nx_pairs_get(&rq->form, name);
}

/* Moves a form value into a secret and wipes the request's copies of it (the decoded one at once, the body
 * with the arena). NX_ERR_MISSING, NX_ERR_LIMIT (past NX_SECRET_MAX). */
NX_FALLIBLE nx_form_secret(nx_secret *out, nx_request *rq, const char *name);

/* The value of a header field, NULL when absent. Names compare without case. */
const char *nx_header(const nx_request *rq, const char *name);
/* A cookie of ours; only names beginning with "__Host-nx" are ever found. One that stands twice or holds a
 * character that no cookie of ours has is treated as absent: a parse error never is a session. */
const char *nx_cookie(const nx_request *rq, const char *name);

/* Whether the media type of the body is `type` (parameters such as charset allowed and ignored). */
bool nx_content_is(const nx_request *rq, const char *type);
/* Whether the client prefers JSON over HTML (Accept). */
bool nx_accepts_json(const nx_request *rq);

/* What a transport saw, before any check. Strings may be borrowed from the transport: they are copied. */
struct nx_wire {
    const char *method;
    const char *target;              /* path[?query] */
    const struct nx_header *headers; /* in the order of arrival */
    const size_t *value_sizes;       /* bytes of each value, to see a NUL inside; NULL in tests */
    size_t header_count;
    const char *peer; /* address of the peer of a TCP socket; NULL on the edge's unix socket, where
                         alone X-Forwarded-For is believed */
};

/* Copies and checks everything but the body. On failure *out still is a request with an id, good for an error
 * reply, unless memory ran out (then NULL). NX_ERR_HTTP_FRAMING, NX_ERR_LIMIT, NX_ERR_SYNTAX,
 * NX_ERR_DUPLICATE, NX_ERR_HTTP_METHOD, NX_ERR_MEMORY. The Host is checked at dispatch, since some rows take
 * any. */
NX_FALLIBLE nx_request_open(nx_request **out, nx_arena *a, const struct nx_router *router,
                            const struct nx_wire *wire);
/* Releases what the arena does not own (the JSON body). NULL is allowed. */
void nx_request_close(nx_request *rq);

#endif
