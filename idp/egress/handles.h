/* libcurl handles with their open connections, kept for the next call of the same purpose. A handle never
 * changes its purpose: a connection that was opened under one purpose's address list serves no other. Thread
 * safe. */
#ifndef NX_EGRESS_HANDLES_H
#define NX_EGRESS_HANDLES_H

#include "egress/egress.h"

#include <curl/curl.h>
#include <pthread.h>

#define NX_HANDLES_IDLE_MAX 16
#define NX_HANDLE_KEY_MAX 272

struct nx_handle_curl {
    CURL *curl;
    nx_purpose purpose;
    char key[NX_HANDLE_KEY_MAX]; /* host:port of its last call */
};

struct nx_handles {
    pthread_mutex_t lock;
    size_t n;
    struct nx_handle_curl *idle[NX_HANDLES_IDLE_MAX]; /* oldest first */
};

void nx_handles_init(struct nx_handles *h);
void nx_handles_end(struct nx_handles *h);
/* One that talked to that host for that purpose, or a new one. NULL when out of memory. */
struct nx_handle_curl *nx_handles_take(struct nx_handles *h, nx_purpose purpose, const char *key);
/* Gives it back; with a full house the longest idle one goes. */
void nx_handles_give(struct nx_handles *h, struct nx_handle_curl *one);

#endif
