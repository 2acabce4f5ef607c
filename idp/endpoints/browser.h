/* What ties requests of one browser together: the browser cookie, the sign-on cookie, and the CSRF token of a
 * form. */
#ifndef NX_ENDPOINTS_BROWSER_H
#define NX_ENDPOINTS_BROWSER_H

#include "http/reply.h"

#define NX_BROWSER_COOKIE "__Host-nxb"
#define NX_SESSION_COOKIE "__Host-nxs"

/* The browser's random name (base64url of 16 bytes), made and set as a cookie at first contact (until the
 * browser ends, SameSite=Lax). NX_ERR_RANDOM. */
NX_FALLIBLE nx_browser(const char **out, nx_request *rq, nx_reply *rp);

/* A portal may send a person by a POST from its own page; browsers then keep our SameSite=Lax cookies back, and what would
 * be a known browser looks new. True when this is such a request: it was turned into the same request by GET (303), with
 * the form as its query, and the cookies come along. Forms too large for a query go on as they are. */
bool nx_browser_by_get(const nx_request *rq, nx_reply *rp);

/* The handle of the sign-on session in the cookie, "" without one; not checked in any way. */
const char *nx_browser_session(const nx_request *rq);
/* Sets the sign-on cookie; max_age 0: until the browser ends. */
void nx_browser_session_set(nx_reply *rp, const char *handle, int64_t max_age);
void nx_browser_session_clear(nx_reply *rp);

/* The token for a form that is posted to `form_name` (the path pattern of its POST row: "/login/password"):
 * an HMAC over (browser, form name). Put into the view as "csrf"; makes the browser cookie when it is
 * missing. */
NX_FALLIBLE nx_csrf_token(const char **out, nx_request *rq, nx_reply *rp, const char *form_name);
/* A view for a page with one form: "csrf" is set. */
NX_FALLIBLE nx_form_view(nx_view **out, nx_request *rq, nx_reply *rp, const char *form_name);

/* For the router (nx_router_host). NX_ERR_HTTP_CSRF. */
NX_FALLIBLE nx_csrf_check(nx_request *rq, const char *form_name, const char *token);

#endif
