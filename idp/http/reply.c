#include "http/reply.h"

#include "base/text.h"
#include "http/cookie.h"
#include "http/language.h"
#include "http/router.h"

#include <stdio.h>
#include <strings.h>
#include <time.h>

void nx_reply_init(nx_reply *rp, nx_request *rq)
{
    *rp = (nx_reply){.rq = rq, .status = 200, .move = NX_LANE_COUNT, .form_targets = "", .body = NX_LIT("")};
}

static void fail(nx_reply *rp, nx_err e)
{
    if (rp->failed == NX_ERR_NONE) rp->failed = e;
}

void nx_reply_status(nx_reply *rp, int status)
{
    rp->status = status;
}

/* ---- headers
 * ----------------------------------------------------------------------------------------------- */

static bool value_ok(const char *value)
{
    for (const char *c = value; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f) return false; /* no second header, no second reply */
    return true;
}

/* The place of a field: the one that stands already, or a new one. NULL when full. */
static struct nx_header *place(nx_reply *rp, const char *name)
{
    if (strcasecmp(name, "Set-Cookie") != 0)
        for (size_t i = 0; i < rp->header_count; i++)
            if (strcasecmp(rp->headers[i].name, name) == 0) return &rp->headers[i];
    return rp->header_count < NX_REPLY_HEADERS_MAX ? &rp->headers[rp->header_count++] : NULL;
}

void nx_reply_header(nx_reply *rp, const char *name, const char *value)
{
    char *kept = value && value_ok(value) ? nx_arena_strdup(rp->rq->arena, value) : NULL;
    char *kept_name = kept ? nx_arena_strdup(rp->rq->arena, name) : NULL;
    struct nx_header *at = kept_name ? place(rp, kept_name) : NULL;
    if (at)
        *at = (struct nx_header){kept_name, kept};
    else
        fail(rp, NX_ERR_INTERNAL);
}

const char *nx_reply_header_get(const nx_reply *rp, const char *name)
{
    for (size_t i = 0; i < rp->header_count; i++)
        if (strcasecmp(rp->headers[i].name, name) == 0) return rp->headers[i].value;
    return NULL;
}

void nx_reply_cookie(nx_reply *rp, const struct nx_cookie_out *c)
{
    bool removes = !c->value || !c->value[0];
    nx_span value = removes ? NX_LIT("") : nx_span_str(c->value);
    if (!nx_span_starts(nx_span_str(c->name), NX_LIT(NX_COOKIE_PREFIX)) || !nx_cookie_value_ok(value)) {
        fail(rp, NX_ERR_INTERNAL);
        return;
    }
    char age[40] = "";
    if (removes || c->max_age > 0)
        snprintf(age, sizeof age, "; Max-Age=%lld", removes ? 0LL : (long long)c->max_age);
    char *line = nx_arena_printf(rp->rq->arena, "%s=%s; Path=/; Secure%s; SameSite=%s%s", c->name,
                                 removes ? "" : c->value, c->readable ? "" : "; HttpOnly",
                                 c->strict ? "Strict" : "Lax", age);
    nx_reply_header(rp, "Set-Cookie", line);
}

/* ---- bodies
 * ------------------------------------------------------------------------------------------------ */

void nx_reply_body(nx_reply *rp, int status, const char *type, nx_span body)
{
    rp->status = status;
    rp->body = body;
    if (body.n > NX_REPLY_BODY_MAX) fail(rp, NX_ERR_LIMIT);
    nx_reply_header(rp, "Content-Type", type);
}

void nx_reply_text(nx_reply *rp, int status, const char *text)
{
    char *copy = nx_arena_printf(rp->rq->arena, "%s\n", text);
    nx_reply_body(rp, status, "text/plain; charset=utf-8", nx_span_str(copy));
    if (!copy) fail(rp, NX_ERR_MEMORY);
}

void nx_reply_json_as(nx_reply *rp, int status, const char *type, const json_t *j)
{
    char *text = j ? nx_json_dump(rp->rq->arena, j) : NULL;
    if (text)
        nx_reply_body(rp, status, type, nx_span_str(text));
    else
        fail(rp, NX_ERR_MEMORY);
}

void nx_reply_json(nx_reply *rp, int status, const json_t *j)
{
    nx_reply_json_as(rp, status, "application/json", j);
}

void nx_reply_nothing(nx_reply *rp)
{
    rp->status = 204;
    rp->body = NX_LIT("");
}

void nx_reply_problem(nx_reply *rp, int status, const char *title, const char *detail)
{
    NX_AUTO_JSON j = json_pack("{s:s, s:s, s:i, s:s*, s:s}", "type", "about:blank", "title", title, "status",
                               status, "detail", detail, "request_id", rp->rq->id);
    nx_reply_json_as(rp, status, "application/problem+json", j);
}

void nx_reply_oauth_error(nx_reply *rp, int status, const char *error, const char *description)
{
    NX_AUTO_JSON j = json_pack("{s:s, s:s*}", "error", error, "error_description", description);
    nx_reply_json(rp, status, j);
}

void nx_reply_redirect(nx_reply *rp, const char *url)
{
    rp->status = 303;
    rp->body = NX_LIT("");
    nx_reply_header(rp, "Location", url);
}

nx_result nx_reply_move(nx_reply *rp, nx_lane lane)
{
    NX_REQUIRE(lane < NX_LANE_COUNT && rp->rq->lane != lane, NX_ERR_INTERNAL);
    rp->move = lane;
    return NX_OK;
}

/* ---- pages
 * ------------------------------------------------------------------------------------------------- */

/* This page in the other language: the same path and query with lang=… in front, so that nobody's choice is
 * lost. */
static void set_language_link(nx_reply *rp, nx_view *view, const char *other)
{
    nx_request *rq = rp->rq;
    nx_buf url;
    nx_buf_init(&url, rq->arena, NX_TARGET_MAX + 32);
    nx_buf_addf(&url, "%s?lang=%s", rq->path, other);
    nx_span rest = nx_span_str(rq->query_text), piece;
    while (rest.n && nx_span_cut(&rest, '&', &piece)) {
        if (nx_span_starts(piece, NX_LIT("lang="))) continue;
        nx_buf_adds(&url, "&");
        nx_buf_add(&url, piece);
    }
    nx_view_url(view, "lang_url", nx_buf_str(&url));
}

static void set_common(nx_reply *rp, nx_view *view)
{
    nx_request *rq = rp->rq;
    const char *other = strcmp(rq->lang, nx_languages[0]) == 0 ? nx_languages[1] : nx_languages[0];
    if (!nx_view_set(view, "lang_url")) set_language_link(rp, view, other);
    nx_view_text(view, "lang", rq->lang);
    nx_view_text(view, "lang_other", other);
    nx_view_text(view, "request_id", rq->id);
    nx_view_text(view, "path", rq->path);
}

/* A language that was chosen by its link is remembered for a year; it is a preference and no secret. */
static void remember_language(nx_reply *rp)
{
    const char *chosen = nx_language_exact(nx_query(rp->rq, "lang"));
    if (!chosen) return;
    nx_reply_cookie(rp,
                    &(struct nx_cookie_out){
                        .name = NX_LANGUAGE_COOKIE, .value = chosen, .max_age = 31536000, .readable = true});
}

void nx_reply_page(nx_reply *rp, int status, const char *name, nx_view *view)
{
    const nx_views *views = nx_router_views(rp->rq->router);
    nx_buf out;
    nx_buf_init(&out, rp->rq->arena, NX_PAGE_BYTES_MAX);
    if (!views || !view) {
        fail(rp, NX_ERR_TEMPLATE);
        return;
    }
    set_common(rp, view);
    nx_result r = nx_views_render(views, name, view, rp->rq->lang, &out);
    if (!nx_ok(r)) {
        fail(rp, r.e == NX_ERR_NOT_FOUND ? NX_ERR_TEMPLATE : r.e);
        return;
    }
    rp->page = true;
    nx_reply_body(rp, status, "text/html; charset=utf-8", nx_buf_span(&out));
    remember_language(rp);
}

void nx_reply_scripts(nx_reply *rp, bool app)
{
    rp->scripts = true;
    rp->app = app;
}

/* The part of an absolute URL that a source expression may name: scheme://host[:port], or "scheme:". Only
 * characters that cannot end the directive. */
static nx_span source_of(const char *url)
{
    nx_span u = nx_span_str(url), scheme, rest = u;
    if (!nx_span_cut(&rest, ':', &scheme) || scheme.n == 0 || !rest.p) return NX_SPAN_NONE;
    size_t n = scheme.n + 1;
    bool web = nx_span_eq_str(scheme, "https") || nx_span_eq_str(scheme, "http");
    if (web && nx_span_starts(rest, NX_LIT("//")))
        for (n += 2; n < u.n && u.p[n] != '/' && u.p[n] != '?' && u.p[n] != '#';)
            n++;
    for (size_t i = 0; i < n; i++) {
        uint8_t c = u.p[i];
        bool alnum = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
        if (!alnum && !strchr(":/.-+[]_", c)) return NX_SPAN_NONE;
    }
    return nx_span_of(u.p, n);
}

void nx_reply_form_target(nx_reply *rp, const char *url)
{
    nx_span source = url ? source_of(url) : NX_LIT("https:");
    if (!source.p) {
        fail(rp, NX_ERR_INTERNAL);
        return;
    }
    const char *more =
        nx_arena_printf(rp->rq->arena, "%s %.*s", rp->form_targets, (int)source.n, (const char *)source.p);
    if (more)
        rp->form_targets = more;
    else
        fail(rp, NX_ERR_MEMORY);
}

/* ---- events
 * ------------------------------------------------------------------------------------------------ */

void nx_reply_stream(nx_reply *rp, const struct nx_stream *s)
{
    struct nx_stream *kept = nx_arena_new(rp->rq->arena, struct nx_stream, 1);
    if (!kept) {
        fail(rp, NX_ERR_MEMORY);
        return;
    }
    *kept = *s;
    rp->stream = kept;
    nx_reply_body(rp, 200, "text/event-stream", NX_LIT(""));
    nx_reply_header(rp, "Cache-Control", "no-store");
}

void nx_stream_event(nx_buf *out, const char *event, const char *data)
{
    nx_span rest = nx_span_str(data ? data : ""), line;
    nx_buf_addf(out, "event: %s\n", event);
    while (nx_span_cut(&rest, '\n', &line)) {
        nx_buf_adds(out, "data: ");
        nx_buf_add(out, line);
        nx_buf_adds(out, "\n");
    }
    nx_buf_adds(out, "\n");
}
