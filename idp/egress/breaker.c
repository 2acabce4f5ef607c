#include "egress/breaker.h"

#include <stdio.h>
#include <string.h>

void nx_breaker_init(struct nx_breaker *b)
{
    memset(b, 0, sizeof *b);
    (void)pthread_mutex_init(&b->lock, NULL);
}

void nx_breaker_end(struct nx_breaker *b)
{
    (void)pthread_mutex_destroy(&b->lock);
}

static struct nx_breaker_host *find(struct nx_breaker *b, const char *key)
{
    for (size_t i = 0; i < NX_BREAKER_HOSTS; i++)
        if (strcmp(b->host[i].key, key) == 0) return &b->host[i];
    return NULL;
}

/* Only hosts that fail have a place, so a full table means 256 failing hosts: the longest unused one is
 * forgotten. */
static struct nx_breaker_host *place(struct nx_breaker *b, const char *key)
{
    struct nx_breaker_host *h = find(b, key);
    if (h) return h;
    h = &b->host[0];
    for (size_t i = 1; i < NX_BREAKER_HOSTS; i++)
        if (b->host[i].used_ms < h->used_ms) h = &b->host[i];
    memset(h, 0, sizeof *h);
    (void)snprintf(h->key, sizeof h->key, "%s", key);
    return h;
}

NX_FALLIBLE nx_breaker_ask(struct nx_breaker *b, const char *key, int64_t now_ms, int64_t trial_ms)
{
    (void)pthread_mutex_lock(&b->lock);
    struct nx_breaker_host *h = find(b, key);
    bool broken = h && h->failures >= NX_BREAKER_FAILURES;
    bool rests = broken && now_ms < h->until_ms;
    if (broken && !rests) h->until_ms = now_ms + trial_ms;
    (void)pthread_mutex_unlock(&b->lock);
    NX_REQUIRE(!rests, NX_ERR_EGRESS_REST);
    return NX_OK;
}

static void failed(struct nx_breaker_host *h, int64_t now_ms)
{
    h->used_ms = now_ms;
    if (++h->failures < NX_BREAKER_FAILURES) return;
    int64_t longer = h->rest_ms ? 2 * h->rest_ms : NX_BREAKER_REST_MS;
    h->rest_ms = longer < NX_BREAKER_REST_MAX_MS ? longer : NX_BREAKER_REST_MAX_MS;
    h->until_ms = now_ms + h->rest_ms;
}

void nx_breaker_tell(struct nx_breaker *b, const char *key, int64_t now_ms, bool answered)
{
    (void)pthread_mutex_lock(&b->lock);
    struct nx_breaker_host *h = answered ? find(b, key) : place(b, key);
    if (answered && h) memset(h, 0, sizeof *h);
    if (!answered) failed(h, now_ms);
    (void)pthread_mutex_unlock(&b->lock);
}
