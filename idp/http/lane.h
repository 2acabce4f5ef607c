/* A lane: worker threads before a bounded queue of jobs. */
#ifndef NX_HTTP_LANE_H
#define NX_HTTP_LANE_H

#include "base/arena.h"

#include <stddef.h>

struct nx_job {
    void (*run)(void *arg,
                bool late); /* late: the lane is closing and the job has waited too long: refuse it */
    void *arg;
};

typedef struct nx_lane_pool nx_lane_pool;

/* nice: added to the threads' niceness. NX_ERR_MEMORY. */
NX_FALLIBLE nx_lane_open(nx_lane_pool **out, const char *name, unsigned threads, unsigned queue_max,
                         int nice);
/* False when the queue is full or the lane is closing. */
bool nx_lane_push(nx_lane_pool *l, struct nx_job job);
/* Jobs still queued are run with late = true; returns when the last thread has ended. Pushing stays safe and
 * fails. NULL is allowed. */
void nx_lane_stop(nx_lane_pool *l);
/* Stops and frees. NULL is allowed. */
void nx_lane_close(nx_lane_pool *l);

struct nx_lane_state {
    const char *name;
    unsigned waiting;
    unsigned running;
    unsigned long refused; /* since start */
};
struct nx_lane_state nx_lane_state(nx_lane_pool *l);

#endif
