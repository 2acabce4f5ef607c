/* Connections to one Redis: a bounded pool, a breaker, and the question who answers. Inside this folder only.
 *
 * After any error a connection is dropped and with it every idle one: they lead to the same dead peer. The
 * breaker then rests 50 ms, doubling up to 1 s; while it rests, callers are refused at once, and afterwards
 * one of them tries. */
#ifndef NX_SESSIONS_REDIS_POOL_H
#define NX_SESSIONS_REDIS_POOL_H

#include "sessions/seam.h"
#include "sessions/url.h"

#include <hiredis/hiredis.h>

#define NX_REDIS_CONNECT_MS 500
#define NX_REDIS_COMMAND_MS 1000
#define NX_REDIS_WAIT_MS 1000

struct nx_redis_pool {
    struct nx_store_url url;
    nx_store *store;
    unsigned max;
    pthread_mutex_t lock; /* of everything below */
    pthread_cond_t freed;
    redisContext *idle[NX_STORE_CONNECTIONS_MAX];
    unsigned idle_count;
    unsigned open;           /* lent and idle */
    unsigned age;            /* grows with each failure: connections of before are not taken back */
    int64_t rest_until_ms;   /* monotonic */
    int64_t rest_ms;         /* 0: healthy */
    bool probing;            /* one thread tries after a rest */
    struct nx_meeting known; /* who answered when the store was last met */
};

struct nx_redis_lease {
    redisContext *c;
    unsigned age;
    bool probe;
};

NX_FALLIBLE nx_redis_pool_init(struct nx_redis_pool *p, nx_store *s, const char *url, unsigned max);
void nx_redis_pool_close(struct nx_redis_pool *p);

/* Lends a connection to the Redis that the store has met; NX_ERR_AWAY, NX_ERR_BUSY. */
NX_FALLIBLE nx_redis_lend(struct nx_redis_lease *out, struct nx_redis_pool *p);
/* Gives it back; ok false drops it and trips the breaker. */
void nx_redis_return(struct nx_redis_pool *p, struct nx_redis_lease *lease, bool ok);

/* Connects anew and takes whoever answers as the store from now on. */
NX_FALLIBLE nx_redis_pool_meet(struct nx_redis_pool *p, struct nx_meeting *out);
bool nx_redis_pool_up(struct nx_redis_pool *p);

/* The value of a line "name:value\r\n" of INFO, cut to room. */
void nx_redis_info_line(char *out, size_t room, nx_span info, const char *name);

#endif
