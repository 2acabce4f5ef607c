/* The headers of safety that every reply carries. */
#ifndef NX_HTTP_SAFETY_H
#define NX_HTTP_SAFETY_H

#include "http/router.h"

/* Adds them; what the handler set itself (Cache-Control) stays. */
void nx_safety_headers(const nx_router *r, const nx_request *rq, nx_reply *rp);

#endif
