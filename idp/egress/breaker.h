/* The circuit breaker: a host that failed several times in a row is left alone for a while, then one call is
 * let through to see. Times are milliseconds of the monotonic clock, given by the caller. Thread safe. */
#ifndef NX_EGRESS_BREAKER_H
#define NX_EGRESS_BREAKER_H

#include "base/result.h"

#include <pthread.h>
#include <stdint.h>

#define NX_BREAKER_FAILURES 5        /* in a row, until a host rests */
#define NX_BREAKER_REST_MS 5000      /* the first rest; doubled each time … */
#define NX_BREAKER_REST_MAX_MS 60000 /* … up to this */
#define NX_BREAKER_HOSTS 256
#define NX_BREAKER_KEY_MAX 272

struct nx_breaker_host {
    char key[NX_BREAKER_KEY_MAX]; /* empty: free */
    unsigned failures;
    int64_t rest_ms;  /* length of the current rest */
    int64_t until_ms; /* resting until */
    int64_t used_ms;  /* the oldest makes room */
};

struct nx_breaker {
    pthread_mutex_t lock;
    struct nx_breaker_host host[NX_BREAKER_HOSTS];
};

void nx_breaker_init(struct nx_breaker *b);
void nx_breaker_end(struct nx_breaker *b);
/* NX_OK: call, and tell the outcome. NX_ERR_EGRESS_REST. The one call that is let through after a rest keeps
 * the others out for trial_ms. */
NX_FALLIBLE nx_breaker_ask(struct nx_breaker *b, const char *key, int64_t now_ms, int64_t trial_ms);
void nx_breaker_tell(struct nx_breaker *b, const char *key, int64_t now_ms, bool answered);

#endif
