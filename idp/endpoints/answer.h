/* The one table of what a caller is told about an error; see answer.def. */
#ifndef NX_ENDPOINTS_ANSWER_H
#define NX_ENDPOINTS_ANSWER_H

#include "http/reply.h"

struct nx_answer {
    int status;
    const char *oauth; /* OAuth error code; "server_error" where OAuth has none of its own */
    const char *text;  /* the page's catalogue keys are error.<text>.title and error.<text>.text */
};

struct nx_answer nx_answer_of(nx_err e);

/* Writes the answer to e in the form that the request's row asks for (NX_AS_…, otherwise a page). For
 * nx_router_host and for handlers that must add something to the answer. */
void nx_answer_write(nx_request *rq, nx_reply *rp, nx_err e);

#endif
