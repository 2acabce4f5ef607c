/* What a row states about its requests, applied. */
#ifndef NX_HTTP_GUARDS_H
#define NX_HTTP_GUARDS_H

#include "http/limiter.h"
#include "http/router.h"

struct nx_site {
    char origin[256];   /* "https://localhost:8443" */
    const char *host;   /* "localhost:8443", inside origin */
    char hostname[256]; /* "localhost" */
    const char *bare;   /* the host without a default port, as browsers send it; equals host otherwise */
};
NX_FALLIBLE nx_site_read(struct nx_site *out, const char *origin);

/* Before the body: Host, origin of a form or fetch, rate, announced length. */
/* mtls: the second site, for clients with certificates; its host is NULL when there is none. */
/* Whether it came to where clients come with certificates. */
bool nx_guards_at_mtls(const nx_request *rq, const struct nx_site *mtls);
NX_FALLIBLE nx_guards_head(const nx_request *rq, const struct nx_site *site, const struct nx_site *mtls,
                           nx_limiter *limiter);
/* With the body: query, language, media type, form or JSON, CSRF token. Fills the request. */
NX_FALLIBLE nx_guards_body(nx_request *rq, const struct nx_router_host *host);

#endif
