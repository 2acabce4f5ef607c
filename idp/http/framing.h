/* The fence around the transport's parser: libmicrohttpd takes two Content-Length, Content-Length beside
 * chunked, two Host, NUL inside a value and odd targets; these are refused here, before anything is made of
 * them. */
#ifndef NX_HTTP_FRAMING_H
#define NX_HTTP_FRAMING_H

#include "http/request.h"

/* Origin-form: begins with one '/', printable ASCII, no '#', no "." or ".." segment, no empty segment but the
 * last, percent-encoding whole and without %00, %2F, %5C in the path. */
NX_FALLIBLE nx_framing_target(nx_span target);
/* Names are tokens, values printable UTF-8; a field stands once unless its grammar is a list; exactly one
 * Host; Content-Length (out: -1 when absent) and Transfer-Encoding not both, the latter "chunked" only. */
NX_FALLIBLE nx_framing_fields(const struct nx_header *h, size_t n, int64_t *content_length);
/* Who asks: the peer of a TCP socket, or on the edge's socket what its X-Forwarded-For says: one address. */
NX_FALLIBLE nx_framing_client(const char **out, const nx_request *rq, const char *peer);

#endif
