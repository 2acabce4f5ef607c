/* The crew. A thread that found a notice sends another one to look before it delivers, so that as many work
 * as there is work; a thread that found none waits for a wake-up or for the next look by the clock. A lease
 * is longer than a call can take, so two never deliver one notice unless a process died in between. */
#include "notify/notify.h"

#include "base/log.h"
#include "notify/attempt.h"

#include <pthread.h>
#include <stdlib.h>

#define THREADS_MAX 16
#define LOOK_MS 250
#define LEASE_S 30

struct nx_notify {
    struct nx_house *house;
    struct nx_notify_plan plan;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t bell;
    bool look; /* somebody should look into the outbox */
    bool stop;
    int64_t next_look_ms;
    struct nx_notify_counts counts;
    pthread_t thread[THREADS_MAX];
    unsigned running; /* written before and after the threads live */
};

/* Waits until there may be work. false: stop. */
static bool wait_for_work(struct nx_notify *n)
{
    (void)pthread_mutex_lock(&n->lock);
    while (!n->stop && !n->look) {
        int64_t now = nx_mono_ms();
        if (now >= n->next_look_ms) break;
        int64_t until = n->next_look_ms;
        struct timespec at = {.tv_sec = until / 1000, .tv_nsec = until % 1000 * 1000000};
        (void)pthread_cond_timedwait(&n->bell, &n->lock, &at);
    }
    n->look = false;
    n->next_look_ms = nx_mono_ms() + LOOK_MS;
    bool go_on = !n->stop;
    (void)pthread_mutex_unlock(&n->lock);
    return go_on;
}

static void count(struct nx_notify *n, enum nx_attempt outcome)
{
    (void)pthread_mutex_lock(&n->lock);
    n->counts.delivered += outcome == NX_ATTEMPT_DELIVERED;
    n->counts.failed += outcome == NX_ATTEMPT_FAILED;
    n->counts.given_up += outcome == NX_ATTEMPT_GIVEN_UP;
    (void)pthread_mutex_unlock(&n->lock);
}

/* One look: at most one notice. */
static void look_once(struct nx_notify *n, nx_arena *a)
{
    struct nx_notice_list due = {.n = 0};
    nx_result r = nx_outbox_lease(n->house->registry, a, nx_now(), LEASE_S, 1, &due);
    if (!nx_ok(r)) nx_log_error("notify_lease", r);
    if (!nx_ok(r) || due.n == 0) return;
    nx_notify_wake(n);
    enum nx_attempt outcome = NX_ATTEMPT_FAILED;
    r = nx_attempt(&outcome, n->house, a, &n->plan, &due.v[0]);
    /* What could not be written down is delivered again when the lease runs out: twice is better than never.
     */
    if (!nx_ok(r)) nx_log_error("notify_record", r);
    count(n, outcome);
}

static void *work(void *arg)
{
    struct nx_notify *n = arg;
    while (wait_for_work(n)) {
        NX_AUTO(nx_arena) a = nx_arena_open(NX_ATTEMPT_ARENA);
        if (a) look_once(n, a);
    }
    return NULL;
}

static void init_locks(struct nx_notify *n)
{
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&n->bell, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    (void)pthread_mutex_init(&n->lock, NULL);
}

NX_FALLIBLE nx_notify_open(nx_notify **out, struct nx_house *house, const struct nx_notify_plan *plan)
{
    NX_REQUIRE(plan->threads >= 1 && plan->threads <= THREADS_MAX && plan->horizon_s > 0, NX_ERR_RANGE);
    NX_REQUIRE(house->registry && house->egress, NX_ERR_MISSING);
    NX_AUTO(nx_notify) n = calloc(1, sizeof *n);
    NX_NEED(n);
    n->house = house;
    n->plan = *plan;
    init_locks(n);
    for (; n->running < plan->threads; n->running++)
        NX_REQUIRE(pthread_create(&n->thread[n->running], NULL, work, n) == 0, NX_ERR_MEMORY);
    *out = NX_STEAL(n);
    return NX_OK;
}

void nx_notify_close(nx_notify *n)
{
    if (!n) return;
    (void)pthread_mutex_lock(&n->lock);
    n->stop = true;
    (void)pthread_cond_broadcast(&n->bell);
    (void)pthread_mutex_unlock(&n->lock);
    for (unsigned i = 0; i < n->running; i++)
        (void)pthread_join(n->thread[i], NULL);
    (void)pthread_cond_destroy(&n->bell);
    (void)pthread_mutex_destroy(&n->lock);
    free(n);
}

void nx_notify_wake(nx_notify *n)
{
    (void)pthread_mutex_lock(&n->lock);
    n->look = true;
    (void)pthread_cond_signal(&n->bell);
    (void)pthread_mutex_unlock(&n->lock);
}

struct nx_notify_counts nx_notify_counts(nx_notify *n)
{
    (void)pthread_mutex_lock(&n->lock);
    struct nx_notify_counts counts = n->counts;
    (void)pthread_mutex_unlock(&n->lock);
    return counts;
}
