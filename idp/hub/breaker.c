/* One row of state a provider, in a table of this process: as many as there may be upstreams, found by name, never
 * freed (an id that was removed costs its row until the process ends). */
#include "hub/breaker.h"

#include "base/clock.h"
#include "registry/upstream.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

struct seat {
    char upstream[NX_UPSTREAM_ID_MAX + 1]; /* empty: free */
    unsigned under_way;
    unsigned waiting;
    unsigned failures;
    unsigned long refused;
    int64_t rest_ms;  /* length of the last rest */
    int64_t until_ms; /* resting until; monotonic */
    bool trying;      /* the one call of half-open is under way */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t somebody_left = PTHREAD_COND_INITIALIZER;
static struct seat seats[NX_UPSTREAMS_MAX];

const char *nx_fuse_state_name(enum nx_fuse_state state)
{
    static const char *const names[] = {"up", "down", "trying"};
    return names[state];
}

/* With the lock held. add: takes a free row for a newcomer; NULL when there is none. */
static struct seat *find(const char *upstream, bool add)
{
    for (size_t i = 0; i < NX_UPSTREAMS_MAX; i++) {
        if (strcmp(seats[i].upstream, upstream) == 0) return &seats[i];
        if (seats[i].upstream[0]) continue;
        if (!add) return NULL;
        (void)snprintf(seats[i].upstream, sizeof seats[i].upstream, "%s", upstream);
        return &seats[i];
    }
    return NULL;
}

static enum nx_fuse_state state_of(const struct seat *s)
{
    if (s->failures < NX_FUSE_FAILURES) return NX_FUSE_CLOSED;
    return s->trying || nx_mono_ms() >= s->until_ms ? NX_FUSE_HALF_OPEN : NX_FUSE_OPEN;
}

/* Whether somebody left before the deadline; a full row of waiting ones is not joined. */
static bool wait_for_one(struct seat *s, const struct timespec *until)
{
    if (s->waiting >= NX_BULKHEAD_MAX) return false;
    s->waiting++;
    int late = pthread_cond_timedwait(&somebody_left, &lock, until);
    s->waiting--;
    return late == 0;
}

static struct timespec deadline(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    t.tv_sec += NX_BULKHEAD_WAIT_MS / 1000;
    return t;
}

static nx_err enter(struct seat *s)
{
    const struct timespec until = deadline();
    for (;;) {
        enum nx_fuse_state state = state_of(s);
        if (state == NX_FUSE_OPEN || (state == NX_FUSE_HALF_OPEN && s->trying)) return NX_ERR_UPSTREAM_AWAY;
        if (s->under_way < NX_BULKHEAD_MAX) {
            s->trying = state == NX_FUSE_HALF_OPEN;
            s->under_way++;
            return NX_ERR_NONE;
        }
        if (!wait_for_one(s, &until)) return NX_ERR_UPSTREAM_BUSY;
    }
}

NX_FALLIBLE nx_fuse_enter(struct nx_fuse_pass *pass, const char *upstream)
{
    nx_err e = NX_ERR_UPSTREAM_BUSY;
    pass->seat = NULL;
    pthread_mutex_lock(&lock);
    struct seat *s = find(upstream, true);
    if (s) e = enter(s);
    if (s && e != NX_ERR_NONE) s->refused++;
    pthread_mutex_unlock(&lock);
    NX_REQUIRE(e == NX_ERR_NONE, e);
    pass->seat = s;
    return NX_OK;
}

static void failed(struct seat *s)
{
    if (++s->failures < NX_FUSE_FAILURES) return;
    int64_t longer = s->rest_ms ? 2 * s->rest_ms : NX_FUSE_REST_MS;
    s->rest_ms = longer < NX_FUSE_REST_MAX_MS ? longer : NX_FUSE_REST_MAX_MS;
    s->until_ms = nx_mono_ms() + s->rest_ms;
}

void nx_fuse_leave(struct nx_fuse_pass *pass, bool answered)
{
    struct seat *s = pass->seat;
    if (!s) return;
    pass->seat = NULL;
    pthread_mutex_lock(&lock);
    s->under_way--;
    s->trying = false;
    if (answered) s->failures = 0, s->rest_ms = 0;
    if (!answered) failed(s);
    pthread_cond_broadcast(&somebody_left);
    pthread_mutex_unlock(&lock);
}

static void look(struct nx_fuse_view *out, const struct seat *s)
{
    int64_t left = s->until_ms - nx_mono_ms();
    *out = (struct nx_fuse_view){.state = state_of(s),
                                 .under_way = s->under_way,
                                 .failures = s->failures,
                                 .refused = s->refused};
    if (out->state == NX_FUSE_OPEN && left > 0) out->rest_ms = left;
}

void nx_fuse_look(struct nx_fuse_view *out, const char *upstream)
{
    *out = (struct nx_fuse_view){.state = NX_FUSE_CLOSED};
    pthread_mutex_lock(&lock);
    const struct seat *s = find(upstream, false);
    if (s) look(out, s);
    pthread_mutex_unlock(&lock);
}

void nx_fuse_metrics(nx_buf *out)
{
    nx_buf_adds(out, "# TYPE nixa_upstream_up gauge\n# TYPE nixa_upstream_in_flight gauge\n"
                     "# TYPE nixa_upstream_failures gauge\n# TYPE nixa_upstream_refused_total counter\n");
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < NX_UPSTREAMS_MAX && seats[i].upstream[0]; i++) {
        const struct seat *s = &seats[i];
        nx_buf_addf(out, "nixa_upstream_up{upstream=\"%s\"} %d\n", s->upstream, state_of(s) == NX_FUSE_CLOSED);
        nx_buf_addf(out, "nixa_upstream_in_flight{upstream=\"%s\"} %u\n", s->upstream, s->under_way);
        nx_buf_addf(out, "nixa_upstream_failures{upstream=\"%s\"} %u\n", s->upstream, s->failures);
        nx_buf_addf(out, "nixa_upstream_refused_total{upstream=\"%s\"} %lu\n", s->upstream, s->refused);
    }
    pthread_mutex_unlock(&lock);
}

unsigned nx_fuse_down(void)
{
    unsigned n = 0;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < NX_UPSTREAMS_MAX && seats[i].upstream[0]; i++)
        n += state_of(&seats[i]) != NX_FUSE_CLOSED;
    pthread_mutex_unlock(&lock);
    return n;
}
