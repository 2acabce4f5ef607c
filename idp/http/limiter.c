#include "http/limiter.h"

#include "base/source.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

#define SETS 1024
#define WAYS 4

struct bucket {
    uint64_t source; /* keyed hash; 0: free */
    int64_t at_ms;
    double left;
};

struct nx_limiter {
    unsigned per_minute[NX_RATE_COUNT];
    uint64_t key; /* so that nobody can choose whose bucket he shares */
    pthread_mutex_t lock;
    struct bucket bucket[SETS][WAYS];
};

nx_result nx_limiter_open(nx_limiter **out, const unsigned per_minute[NX_RATE_COUNT])
{
    nx_limiter *l = calloc(1, sizeof *l);
    NX_NEED(l);
    memcpy(l->per_minute, per_minute, sizeof l->per_minute);
    if (getrandom(&l->key, sizeof l->key, 0) != (ssize_t)sizeof l->key) {
        free(l);
        NX_FAIL(NX_ERR_RANDOM);
    }
    pthread_mutex_init(&l->lock, NULL);
    *out = l;
    return NX_OK;
}

void nx_limiter_close(nx_limiter *l)
{
    if (!l) return;
    pthread_mutex_destroy(&l->lock);
    free(l);
}

static uint64_t hash(const nx_limiter *l, nx_rate rate, const char *source)
{
    uint64_t h = l->key ^ ((uint64_t)rate << 56);
    for (; *source; source++) {
        h = (h ^ (uint8_t)*source) * 0x100000001b3u;
        h ^= h >> 29;
    }
    h *= 0xbf58476d1ce4e5b9u;
    h ^= h >> 32;
    return h ? h : 1;
}

static void refill(struct bucket *b, double most, int64_t now_ms)
{
    double grown = b->left + most * (double)(now_ms - b->at_ms) / 60000.0;
    b->left = grown > most ? most : grown;
    b->at_ms = now_ms;
}

static struct bucket *find(struct bucket set[WAYS], uint64_t source, double most, int64_t now_ms)
{
    struct bucket *victim = &set[0];
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].source == source) return &set[i];
        if (!set[i].source || (victim->source && set[i].at_ms < victim->at_ms)) victim = &set[i];
    }
    *victim = (struct bucket){source, now_ms, most};
    return victim;
}

bool nx_limiter_take(nx_limiter *l, nx_rate rate, const char *source, int64_t now_ms)
{
    char link[NX_SOURCE_MAX];
    double most = (double)l->per_minute[rate];
    if (most <= 0) return true;
    uint64_t h = hash(l, rate, nx_source(link, source, NX_SOURCE_LINK));
    pthread_mutex_lock(&l->lock);
    struct bucket *b = find(l->bucket[h % SETS], h, most, now_ms);
    refill(b, most, now_ms);
    bool ok = b->left >= 1.0;
    if (ok) b->left -= 1.0;
    pthread_mutex_unlock(&l->lock);
    return ok;
}
