/* Rate limits per class and source: token buckets in a table of fixed size. When its place is
 * taken the bucket whose source has been quiet longest gives way, so memory is bounded whoever knocks. */
#ifndef NX_HTTP_LIMITER_H
#define NX_HTTP_LIMITER_H

#include "http/router.h"

typedef struct nx_limiter nx_limiter;

NX_FALLIBLE nx_limiter_open(nx_limiter **out, const unsigned per_minute[NX_RATE_COUNT]);
void nx_limiter_close(nx_limiter *l);
/* Takes one request of the class from the source's bucket (a minute's worth at most); false when it is empty.
 * now_ms is monotonic. Thread safe. */
bool nx_limiter_take(nx_limiter *l, nx_rate rate, const char *source, int64_t now_ms);

#endif
