/* Event streams. The ticker thread knows when each stream is due and puts its step into the FAST lane; the
 * step's events stay in the stream's arena until the connection has taken them. A connection with nothing to
 * send is suspended inside its reader and resumed by the next step. */
#include "http/server_inside.h"

#include "base/clock.h"
#include "base/log.h"

#include <stdlib.h>
#include <time.h>

#define STEP_ARENA_MAX (64u << 10)
#define WAIT_MAX_MS 15000
#define WAIT_MIN_MS 50

static void wake_reader(struct nx_stream_call *sc)
{
    if (!sc->waiting) return;
    sc->waiting = false;
    MHD_resume_connection(sc->call->mhd);
}

/* ---- the connection's side
 * --------------------------------------------------------------------------------- */

static ssize_t read_events(void *arg, uint64_t at, char *out, size_t room)
{
    struct nx_stream_call *sc = arg;
    nx_http_server *s = sc->call->server;
    ssize_t n = 0;
    (void)at;
    pthread_mutex_lock(&s->stream_lock);
    size_t left = sc->busy ? 0 : sc->events.n - sc->sent;
    if (left > 0) {
        size_t piece = left < room ? left : room;
        memcpy(out, sc->events.p + sc->sent, piece);
        sc->sent += piece;
        n = (ssize_t)piece;
    } else if (sc->ended && !sc->busy) {
        n = MHD_CONTENT_READER_END_OF_STREAM;
    } else {
        sc->waiting = true;
        MHD_suspend_connection(sc->call->mhd);
    }
    pthread_mutex_unlock(&s->stream_lock);
    return n;
}

static void release(struct nx_stream_call *sc)
{
    if (sc->ops.close) sc->ops.close(sc->ops.ctx);
    nx_arena_close(sc->step_arena);
    free(sc);
}

static struct nx_stream_call *stream_new(struct nx_call *call)
{
    struct nx_stream_call *sc = calloc(1, sizeof *sc);
    if (!sc) return NULL;
    sc->call = call;
    sc->ops = *call->reply.stream;
    sc->due_ms = nx_mono_ms();
    sc->step_arena = nx_arena_open(STEP_ARENA_MAX);
    if (sc->step_arena) return sc;
    free(sc);
    return NULL;
}

static bool enlist(nx_http_server *s, struct nx_stream_call *sc)
{
    pthread_mutex_lock(&s->stream_lock);
    bool room = s->stream_count < s->plan.streams_max && !atomic_load(&s->draining);
    if (room) {
        sc->next = s->streams;
        if (sc->next) sc->next->prev = sc;
        s->streams = sc;
        s->stream_count++;
        pthread_cond_signal(&s->stream_due);
    }
    pthread_mutex_unlock(&s->stream_lock);
    return room;
}

struct MHD_Response *nx_stream_response(struct nx_call *call)
{
    struct nx_stream_call *sc = stream_new(call);
    struct MHD_Response *response =
        sc ? MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, read_events, sc, NULL) : NULL;
    if (response && enlist(call->server, sc)) {
        call->stream = sc;
        return response;
    }
    if (response) MHD_destroy_response(response);
    if (sc) nx_arena_close(sc->step_arena);
    free(sc);
    return NULL; /* the caller's error answer closes the stream's context */
}

static void unlist(nx_http_server *s, struct nx_stream_call *sc)
{
    if (sc->prev)
        sc->prev->next = sc->next;
    else
        s->streams = sc->next;
    if (sc->next) sc->next->prev = sc->prev;
    s->stream_count--;
}

bool nx_stream_gone(struct nx_call *call)
{
    struct nx_stream_call *sc = call->stream;
    nx_http_server *s = call->server;
    if (!sc) return false;
    pthread_mutex_lock(&s->stream_lock);
    unlist(s, sc);
    bool busy = sc->busy;
    sc->dead = true;
    sc->waiting = false;
    pthread_mutex_unlock(&s->stream_lock);
    if (!busy) release(sc);
    return busy;
}

/* ---- the steps
 * --------------------------------------------------------------------------------------------- */

static void step(struct nx_stream_call *sc, bool late, int *wait_ms, bool *end, nx_span *events)
{
    nx_buf out;
    nx_arena_reset(sc->step_arena);
    nx_buf_init(&out, sc->step_arena, NX_STREAM_STEP_MAX);
    *end = late;
    if (!late) {
        nx_log_request(sc->call->rq->id);
        nx_result r = sc->ops.step(sc->ops.ctx, &out, wait_ms, end);
        if (!nx_ok(r)) nx_log_error("stream_ended", r);
        if (!nx_ok(r)) *end = true;
        nx_log_request(NULL);
    }
    if (out.n == 0 && !*end) nx_buf_adds(&out, ":\n\n");
    *events = out.failed ? NX_SPAN_NONE : nx_buf_span(&out);
    if (*wait_ms < WAIT_MIN_MS) *wait_ms = WAIT_MIN_MS;
    if (*wait_ms > WAIT_MAX_MS) *wait_ms = WAIT_MAX_MS;
}

static void stream_work(void *arg, bool late)
{
    struct nx_stream_call *sc = arg;
    struct nx_call *call = sc->call;
    nx_http_server *s = call->server;
    int wait_ms = WAIT_MAX_MS;
    bool end = false;
    nx_span events = NX_SPAN_NONE;
    step(sc, late, &wait_ms, &end, &events);
    pthread_mutex_lock(&s->stream_lock);
    sc->busy = false;
    sc->events = events;
    sc->sent = 0;
    sc->ended = sc->ended || end;
    sc->due_ms = sc->woken ? 0 : nx_mono_ms() + wait_ms;
    sc->woken = false;
    bool dead = sc->dead;
    if (!dead) wake_reader(sc);
    pthread_mutex_unlock(&s->stream_lock);
    if (!dead) return;
    release(sc);
    nx_call_free(call);
}

/* Hands one stream to the lane; when that is full it is asked again a little later. */
static void start_step(nx_http_server *s, struct nx_stream_call *sc, int64_t now)
{
    if (sc->busy || sc->ended || sc->dead || sc->due_ms > now) return;
    sc->due_ms = now + 1000;
    if (sc->sent < sc->events.n) return; /* a slow reader: nothing new until it has taken the last */
    sc->busy = true;
    if (!nx_lane_push(s->lane[NX_LANE_FAST], (struct nx_job){stream_work, sc})) sc->busy = false;
}

static int64_t next_due(const nx_http_server *s, int64_t now)
{
    int64_t due = now + 1000;
    for (const struct nx_stream_call *sc = s->streams; sc; sc = sc->next)
        if (!sc->busy && !sc->ended && sc->due_ms < due) due = sc->due_ms;
    return due;
}

void *nx_ticker_run(void *server)
{
    nx_http_server *s = server;
    pthread_mutex_lock(&s->stream_lock);
    while (!atomic_load(&s->stopping)) {
        int64_t now = nx_mono_ms();
        for (struct nx_stream_call *sc = s->streams; sc; sc = sc->next)
            start_step(s, sc, now);
        int64_t due = next_due(s, now);
        struct timespec until = {.tv_sec = due / 1000, .tv_nsec = (due % 1000) * 1000000};
        if (due > now) pthread_cond_timedwait(&s->stream_due, &s->stream_lock, &until);
    }
    pthread_mutex_unlock(&s->stream_lock);
    return NULL;
}

void nx_streams_end(nx_http_server *s)
{
    pthread_mutex_lock(&s->stream_lock);
    for (struct nx_stream_call *sc = s->streams; sc; sc = sc->next) {
        sc->ended = true;
        if (!sc->busy) wake_reader(sc);
    }
    pthread_mutex_unlock(&s->stream_lock);
}

void nx_http_server_wake(nx_http_server *s, const char *key)
{
    if (!s || !key[0]) return;
    pthread_mutex_lock(&s->stream_lock);
    for (struct nx_stream_call *sc = s->streams; sc; sc = sc->next)
        if (strcmp(sc->ops.key, key) == 0) {
            sc->due_ms = 0;
            sc->woken = sc->busy; /* its step may have looked a moment too early */
        }
    pthread_cond_signal(&s->stream_due);
    pthread_mutex_unlock(&s->stream_lock);
}
