/* Why each of them:
 *   Content-Security-Policy    no inline script or style, no plug-in, no foreign frame, forms only to
 * ourselves (and the portal that a sign-in ends at) Referrer-Policy            same-origin: no URL of ours
 * leaves; "no-referrer" would also make browsers send Origin: null with our own forms
 *   Cross-Origin-Opener-Policy a portal's window keeps no handle on a sign-in window
 *   Cross-Origin-Resource-Policy nobody embeds our answers, but for what is public */
#include "http/safety.h"

#include <stdio.h>

#define HSTS_S "31536000"

static void page_policy(nx_reply *rp)
{
    char *policy = nx_arena_printf(
        rp->rq->arena,
        "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; manifest-src 'self'; "
        "base-uri 'none'; frame-ancestors 'none'; form-action 'self'%s%s%s",
        rp->form_targets, rp->scripts ? "; script-src 'self'; connect-src 'self'" : "",
        rp->app ? "; worker-src 'self'; require-trusted-types-for 'script'; trusted-types nixa" : "");
    nx_reply_header(rp, "Content-Security-Policy", policy);
}

static void cache_policy(const nx_request *rq, nx_reply *rp)
{
    if (nx_reply_header_get(rp, "Cache-Control")) return;
    bool no_store = !rq->route || rq->route->guards & NX_GUARD_NO_STORE || rp->page || rp->status >= 400;
    nx_reply_header(rp, "Cache-Control", no_store ? "no-store" : "no-cache");
}

static void origin_policy(const nx_request *rq, nx_reply *rp)
{
    bool open = rq->route && rq->route->guards & NX_GUARD_PUBLIC;
    nx_reply_header(rp, "Cross-Origin-Resource-Policy", open ? "cross-origin" : "same-origin");
    if (open) nx_reply_header(rp, "Access-Control-Allow-Origin", "*");
}

void nx_safety_headers(const nx_router *r, const nx_request *rq, nx_reply *rp)
{
    nx_reply_header(rp, "X-Request-Id", rq->id);
    nx_reply_header(rp, "X-Content-Type-Options", "nosniff");
    cache_policy(rq, rp);
    origin_policy(rq, rp);
    if (strncmp(nx_router_origin(r), "https:", 6) == 0)
        nx_reply_header(rp, "Strict-Transport-Security", "max-age=" HSTS_S);
    nx_reply_header(rp, "Referrer-Policy", "same-origin");
    nx_reply_header(rp, "X-Frame-Options", "DENY");
    if (rp->page) {
        page_policy(rp);
        nx_reply_header(rp, "Cross-Origin-Opener-Policy", "same-origin");
        nx_reply_header(rp, "Permissions-Policy", "camera=(self), geolocation=(), microphone=()");
    } else if (!nx_reply_header_get(rp, "Content-Security-Policy")) {
        nx_reply_header(rp, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    }
}
