/* Replies: what a handler writes.
 *
 * A handler fills a reply and returns NX_OK, or fails and leaves the answer to the table of answers
 * (endpoints/answer.def): it never chooses the status of an error. Builders here are void: what cannot be
 * done (no memory, a line break in a header value, a cookie name that is not ours) marks the reply as failed
 * and the router answers 500 instead. Everything is kept in the request's arena; a body may also be static.
 */
#ifndef NX_HTTP_REPLY_H
#define NX_HTTP_REPLY_H

#include "base/buf.h"
#include "http/request.h"
#include "http/view.h"

#define NX_REPLY_HEADERS_MAX 24
#define NX_REPLY_BODY_MAX (4u << 20)

struct nx_stream;

typedef struct nx_reply {
    nx_request *rq;
    int status;
    struct nx_header headers[NX_REPLY_HEADERS_MAX];
    size_t header_count;
    nx_span body;             /* borrowed: arena or static */
    nx_err failed;            /* the first builder that failed */
    nx_lane move;             /* where the handler wants to run; NX_LANE_COUNT: here */
    bool close;               /* close the connection behind this reply */
    bool page;                /* an HTML page: the content security policy of pages applies */
    const char *form_targets; /* further sources of form-action, "" at first */
    bool scripts;             /* see nx_reply_scripts */
    bool app;
    const struct nx_stream *stream; /* an event stream instead of a body; NULL: none */
} nx_reply;

/* An empty 200. */
void nx_reply_init(nx_reply *rp, nx_request *rq);

void nx_reply_status(nx_reply *rp, int status);
/* Adds a field; a name that stands already is replaced, but for Set-Cookie. */
void nx_reply_header(nx_reply *rp, const char *name, const char *value);
/* NULL when it was not set. */
const char *nx_reply_header_get(const nx_reply *rp, const char *name);

/* Body with its media type; the bytes are borrowed and must live in the request's arena or be static. */
void nx_reply_body(nx_reply *rp, int status, const char *type, nx_span body);
void nx_reply_text(nx_reply *rp, int status, const char *text);
/* application/json, compact. */
void nx_reply_json(nx_reply *rp, int status, const json_t *j);
/* The same with another media type ("application/scim+json"). */
void nx_reply_json_as(nx_reply *rp, int status, const char *type, const json_t *j);
/* 204 */
void nx_reply_nothing(nx_reply *rp);
/* RFC 9457: {"type":"about:blank","title","status","detail","request_id"}; detail may be NULL. */
void nx_reply_problem(nx_reply *rp, int status, const char *title, const char *detail);
/* RFC 6749 section 5.2: {"error","error_description"}; the description may be NULL. */
void nx_reply_oauth_error(nx_reply *rp, int status, const char *error, const char *description);

/* 303 See Other. Path-absolute URLs of ours ("/login?t=…") or absolute ones that the caller has checked. */
void nx_reply_redirect(nx_reply *rp, const char *url);

struct nx_cookie_out {
    const char *name;  /* "__Host-nx…", so that it is Secure, of this host alone, and Path=/ */
    const char *value; /* visible ASCII without '"' ',' ';' '\'; NULL or "" removes the cookie */
    int64_t max_age;   /* seconds; 0: until the browser ends */
    bool strict;       /* SameSite=Strict; otherwise Lax */
    bool readable;     /* without HttpOnly: only for things that are no secret (the language) */
};
void nx_reply_cookie(nx_reply *rp, const struct nx_cookie_out *c);

/* A page: the template `name` with the view, in the request's language. Keys set for every page: lang,
 * lang_other
 * ("en" on a Vietnamese page), lang_url (this page in the other language; unless the view has one: a page
 * that answers a POST gives the URL of its GET), request_id, path (as sent). A template that is missing or
 * wants a value that the view lacks (test builds) is a failed reply. */
void nx_reply_page(nx_reply *rp, int status, const char *name, nx_view *view);
/* Pages allow no script unless they ask for it: scripts of our own files, and connections to ourselves. An
 * app (the wallet, the verifier) also gets a worker, and only the trusted type "nixa" may write markup. */
void nx_reply_scripts(nx_reply *rp, bool app);
/* Pages whose form ends in a redirect to somebody else's origin (sign-in, consent, form_post) must name it,
 * since browsers apply form-action to redirects too. `url` is an absolute URL, its origin (or its scheme,
 * when it is not http(s)) is added; NULL adds "https:" whole. */
void nx_reply_form_target(nx_reply *rp, const char *url);

/* Asks to run the handler in another lane: `return nx_reply_move(rp, NX_LANE_HASH);` before anything was
 * done. A handler that already runs there (rq->lane) must not ask again: NX_ERR_INTERNAL. */
NX_FALLIBLE nx_reply_move(nx_reply *rp, nx_lane lane);

/* ---- server-sent events
 * ------------------------------------------------------------------------------------ */

#define NX_STREAM_STEP_MAX (16u << 10) /* bytes of events in one step */
#define NX_STREAM_KEY_MAX 64

/* A stream is asked again and again, in the FAST lane, never twice at once; between the steps its connection
 * is suspended and costs no thread. */
struct nx_stream {
    /* Writes the events of this moment to out (nx_stream_event), and says when to be asked next: wait_ms from
     * now, at most 15 s (a comment line is sent then, so that dead peers are noticed); end closes the stream
     * after what was written. A failure ends it too. */
    NX_FALLIBLE (*step)(void *ctx, nx_buf *out, int *wait_ms, bool *end);
    /* Called once when the stream is over, however it ended; NULL: nothing to release. */
    void (*close)(void *ctx);
    void *ctx;                   /* the request's arena lives as long as the stream */
    char key[NX_STREAM_KEY_MAX]; /* for nx_server_wake; "" for none */
};
/* 200 text/event-stream. The struct is copied. */
void nx_reply_stream(nx_reply *rp, const struct nx_stream *s);
/* One event: "event: name", "data: …" a line of data each, an empty line. */
void nx_stream_event(nx_buf *out, const char *event, const char *data);

#endif
