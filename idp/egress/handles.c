#include "egress/handles.h"

#include <stdio.h>
#include <stdlib.h>

void nx_handles_init(struct nx_handles *h)
{
    memset(h, 0, sizeof *h);
    (void)pthread_mutex_init(&h->lock, NULL);
}

static void drop(struct nx_handle_curl *one)
{
    if (!one) return;
    if (one->curl) curl_easy_cleanup(one->curl);
    free(one);
}

void nx_handles_end(struct nx_handles *h)
{
    for (size_t i = 0; i < h->n; i++)
        drop(h->idle[i]);
    (void)pthread_mutex_destroy(&h->lock);
}

static struct nx_handle_curl *remove_at(struct nx_handles *h, size_t at)
{
    struct nx_handle_curl *one = h->idle[at];
    memmove(&h->idle[at], &h->idle[at + 1], (h->n - at - 1) * sizeof h->idle[0]);
    h->n--;
    return one;
}

static struct nx_handle_curl *make(nx_purpose purpose, const char *key)
{
    struct nx_handle_curl *one = calloc(1, sizeof *one);
    if (!one) return NULL;
    one->purpose = purpose;
    (void)snprintf(one->key, sizeof one->key, "%s", key);
    one->curl = curl_easy_init();
    if (one->curl) return one;
    drop(one);
    return NULL;
}

struct nx_handle_curl *nx_handles_take(struct nx_handles *h, nx_purpose purpose, const char *key)
{
    struct nx_handle_curl *one = NULL;
    (void)pthread_mutex_lock(&h->lock);
    for (size_t i = h->n; i > 0 && !one; i--)
        if (h->idle[i - 1]->purpose == purpose && strcmp(h->idle[i - 1]->key, key) == 0)
            one = remove_at(h, i - 1);
    (void)pthread_mutex_unlock(&h->lock);
    return one ? one : make(purpose, key);
}

void nx_handles_give(struct nx_handles *h, struct nx_handle_curl *one)
{
    struct nx_handle_curl *oldest = NULL;
    (void)pthread_mutex_lock(&h->lock);
    if (h->n == NX_HANDLES_IDLE_MAX) oldest = remove_at(h, 0);
    h->idle[h->n++] = one;
    (void)pthread_mutex_unlock(&h->lock);
    drop(oldest);
}
