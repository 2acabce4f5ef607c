#include "endpoints/browser.h"

#include "base/text.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "endpoints/server.h"
#include "house/house.h"

#define BROWSER_BYTES 16
#define BROWSER_LEN NX_B64U_LEN(BROWSER_BYTES)

/* A name of our making, or nothing: a cookie of another form is replaced. */
static bool name_ok(const char *name)
{
    uint8_t bytes[BROWSER_BYTES];
    size_t n = 0;
    return name && strlen(name) == BROWSER_LEN &&
           nx_ok(nx_b64u_decode(bytes, sizeof bytes, &n, nx_span_str(name)));
}

nx_result nx_browser(const char **out, nx_request *rq, nx_reply *rp)
{
    uint8_t bytes[BROWSER_BYTES];
    if (rq->browser) { /* made a moment ago, for this very reply */
        *out = rq->browser;
        return NX_OK;
    }
    const char *known = nx_cookie(rq, NX_BROWSER_COOKIE);
    if (!name_ok(known)) {
        NX_TRY(nx_random(bytes, sizeof bytes));
        known = nx_b64u_dup(rq->arena, nx_span_of(bytes, sizeof bytes));
        NX_NEED(known);
        nx_reply_cookie(rp, &(struct nx_cookie_out){.name = NX_BROWSER_COOKIE, .value = known});
    }
    rq->browser = known;
    *out = known;
    return NX_OK;
}

bool nx_browser_by_get(const nx_request *rq, nx_reply *rp)
{
    const char *origin = nx_header(rq, "Origin");
    bool foreign = origin && strcmp(origin, nx_router_origin(rq->router)) != 0;
    bool fits = strlen(rq->path) + 1 + rq->body.n <= NX_TARGET_MAX && nx_ascii_printable(rq->body);
    if (rq->method != NX_POST || !foreign || nx_cookie(rq, NX_BROWSER_COOKIE) || !fits) return false;
    nx_reply_redirect(rp, nx_arena_printf(rq->arena, "%s?%.*s", rq->path, (int)rq->body.n, (const char *)rq->body.p));
    return true;
}

const char *nx_browser_session(const nx_request *rq)
{
    const char *handle = nx_cookie(rq, NX_SESSION_COOKIE);
    return handle ? handle : "";
}

void nx_browser_session_set(nx_reply *rp, const char *handle, int64_t max_age)
{
    nx_reply_cookie(rp,
                    &(struct nx_cookie_out){.name = NX_SESSION_COOKIE, .value = handle, .max_age = max_age});
}

void nx_browser_session_clear(nx_reply *rp)
{
    nx_reply_cookie(rp, &(struct nx_cookie_out){.name = NX_SESSION_COOKIE});
}

/* ---- CSRF
 * -------------------------------------------------------------------------------------------------- */

static nx_result token_of(char out[NX_B64U_LEN(NX_SHA256_LEN) + 1], const nx_request *rq, const char *browser,
                          const char *form_name)
{
    uint8_t mac[NX_SHA256_LEN];
    nx_span parts[] = {nx_span_str(browser), nx_span_str(form_name)};
    nx_span key = nx_master_key(nx_house_of(rq)->master, NX_LABEL_CSRF);
    NX_TRY(nx_hmac_sha256_parts(mac, key, parts, 2));
    nx_b64u_encode(out, nx_span_of(mac, sizeof mac));
    return NX_OK;
}

nx_result nx_csrf_token(const char **out, nx_request *rq, nx_reply *rp, const char *form_name)
{
    const char *browser = NULL;
    char *token = nx_arena_alloc(rq->arena, NX_B64U_LEN(NX_SHA256_LEN) + 1);
    NX_NEED(token);
    NX_TRY(nx_browser(&browser, rq, rp));
    NX_TRY(token_of(token, rq, browser, form_name));
    *out = token;
    return NX_OK;
}

nx_result nx_form_view(nx_view **out, nx_request *rq, nx_reply *rp, const char *form_name)
{
    const char *token = NULL;
    NX_TRY(nx_csrf_token(&token, rq, rp, form_name));
    *out = nx_view_new(rq->arena);
    NX_NEED(*out);
    nx_view_text(*out, "csrf", token);
    return NX_OK;
}

nx_result nx_csrf_check(nx_request *rq, const char *form_name, const char *token)
{
    char right[NX_B64U_LEN(NX_SHA256_LEN) + 1];
    const char *browser = nx_cookie(rq, NX_BROWSER_COOKIE);
    NX_REQUIRE(name_ok(browser), NX_ERR_HTTP_CSRF);
    NX_TRY(token_of(right, rq, browser, form_name));
    NX_REQUIRE(nx_ct_equal(nx_span_str(right), nx_span_str(token)), NX_ERR_HTTP_CSRF);
    return NX_OK;
}
