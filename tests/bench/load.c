/* Closed-loop load: connections that go through whole flows, one after the other. The machine is shared, so
 * what counts is the slice of time that was least disturbed; floors are taken the same way. */
#include "bench.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#define SLICE_S 1.0

struct worker {
    pthread_t thread;
    struct load *load;
    struct visit visit;
    int number;
};

struct load {
    flow_fn flow;
    bool keeps; /* cookies and person */
    atomic_bool over;
    atomic_long done;
    struct worker worker[LOAD_THREADS];
};

static void *run(void *ctx)
{
    struct worker *w = ctx;
    /* In the order of the people, so that two never sign in as the same one at once. */
    for (int turn = 0; !atomic_load(&w->load->over); turn++) {
        if (!w->load->keeps) {
            w->visit.person = (w->number + turn * LOAD_THREADS) % PEOPLE;
            http_forget_cookies(w->visit.browser);
        }
        w->load->flow(&w->visit);
        atomic_fetch_add(&w->load->done, 1);
        nx_arena_reset(w->visit.arena);
    }
    return NULL;
}

static struct load *start(struct bench *b, flow_fn flow, bool keeps)
{
    struct load *l = calloc(1, sizeof *l);
    if (!l) die("memory");
    l->flow = flow;
    l->keeps = keeps;
    for (int i = 0; i < LOAD_THREADS; i++) {
        struct worker *w = &l->worker[i];
        w->load = l;
        w->number = i;
        w->visit = (struct visit){b, i, http_open(b), http_open(b), nx_arena_open(16u << 20), false};
        if (!w->visit.arena || pthread_create(&w->thread, NULL, run, w) != 0) die("load");
    }
    return l;
}

struct load *load_start(struct bench *b, flow_fn flow)
{
    return start(b, flow, false);
}

void load_stop(struct load *l)
{
    atomic_store(&l->over, true);
    for (int i = 0; i < LOAD_THREADS; i++) {
        struct worker *w = &l->worker[i];
        pthread_join(w->thread, NULL);
        http_close(w->visit.browser);
        http_close(w->visit.phone);
        nx_arena_close(w->visit.arena);
    }
    free(l);
}

static struct speed best_of(struct bench *b, struct load *l)
{
    struct speed best = SPEED_NONE;
    for (int i = 0; i <= 2 * b->slices; i++) {
        double began = seconds_now(), used = processor_now(b->nixad);
        long before = atomic_load(&l->done);
        usleep((useconds_t)(SLICE_S * 1e6));
        double done = (double)(atomic_load(&l->done) - before);
        struct speed slice = {(seconds_now() - began) / done, (processor_now(b->nixad) - used) / done};
        if (i > 0 && done > 0) speed_best(&best, slice); /* the first slice warms up */
    }
    load_stop(l);
    return best;
}

struct speed load_best(struct bench *b, flow_fn flow)
{
    return best_of(b, start(b, flow, false));
}

struct speed load_kept_best(struct bench *b, flow_fn flow)
{
    return best_of(b, start(b, flow, true));
}
