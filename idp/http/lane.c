#include "http/lane.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STACK_BYTES (1u << 20)

struct nx_lane_pool {
    pthread_mutex_t lock;
    pthread_cond_t ready;
    struct nx_job *ring;
    unsigned size, first, count;
    unsigned running;
    unsigned long refused;
    bool closing;
    int nice;
    char name[16];
    unsigned thread_count;
    pthread_t thread[];
};

static bool take(nx_lane_pool *l, struct nx_job *out, bool *late)
{
    pthread_mutex_lock(&l->lock);
    while (l->count == 0 && !l->closing)
        pthread_cond_wait(&l->ready, &l->lock);
    bool got = l->count > 0;
    if (got) {
        *out = l->ring[l->first];
        l->first = (l->first + 1) % l->size;
        l->count--;
        l->running++;
        *late = l->closing;
    }
    pthread_mutex_unlock(&l->lock);
    return got;
}

static void *work(void *arg)
{
    nx_lane_pool *l = arg;
    struct nx_job job;
    bool late = false;
    pthread_setname_np(pthread_self(), l->name);
    if (l->nice)
        setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), l->nice); /* Linux: of this thread alone */
    while (take(l, &job, &late)) {
        job.run(job.arg, late);
        pthread_mutex_lock(&l->lock);
        l->running--;
        pthread_mutex_unlock(&l->lock);
    }
    return NULL;
}

static nx_result start(nx_lane_pool *l, unsigned threads)
{
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_BYTES);
    while (l->thread_count < threads && pthread_create(&l->thread[l->thread_count], &attr, work, l) == 0)
        l->thread_count++;
    pthread_attr_destroy(&attr);
    NX_REQUIRE(l->thread_count == threads, NX_ERR_MEMORY);
    return NX_OK;
}

nx_result nx_lane_open(nx_lane_pool **out, const char *name, unsigned threads, unsigned queue_max, int nice)
{
    nx_lane_pool *l = calloc(1, sizeof *l + threads * sizeof l->thread[0]);
    NX_NEED(l);
    l->ring = calloc(queue_max, sizeof l->ring[0]);
    l->size = queue_max;
    l->nice = nice;
    snprintf(l->name, sizeof l->name, "nx-%s", name);
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->ready, NULL);
    nx_result r = l->ring ? start(l, threads) : nx_fail(NX_ERR_MEMORY, __func__, __LINE__);
    if (nx_ok(r))
        *out = l;
    else
        nx_lane_close(l);
    return r;
}

bool nx_lane_push(nx_lane_pool *l, struct nx_job job)
{
    pthread_mutex_lock(&l->lock);
    bool room = l->count < l->size && !l->closing;
    if (room)
        l->ring[(l->first + l->count++) % l->size] = job;
    else
        l->refused++;
    if (room) pthread_cond_signal(&l->ready);
    pthread_mutex_unlock(&l->lock);
    return room;
}

void nx_lane_stop(nx_lane_pool *l)
{
    if (!l) return;
    pthread_mutex_lock(&l->lock);
    l->closing = true;
    pthread_cond_broadcast(&l->ready);
    pthread_mutex_unlock(&l->lock);
    for (unsigned i = 0; i < l->thread_count; i++)
        pthread_join(l->thread[i], NULL);
    l->thread_count = 0;
}

void nx_lane_close(nx_lane_pool *l)
{
    if (!l) return;
    nx_lane_stop(l);
    pthread_cond_destroy(&l->ready);
    pthread_mutex_destroy(&l->lock);
    free(l->ring);
    free(l);
}

struct nx_lane_state nx_lane_state(nx_lane_pool *l)
{
    pthread_mutex_lock(&l->lock);
    struct nx_lane_state s = {l->name + 3, l->count, l->running, l->refused};
    pthread_mutex_unlock(&l->lock);
    return s;
}
