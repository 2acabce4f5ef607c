/* Open-loop load: requests leave at their times whether or not the ones before have been answered, and a
 * latency counts from the time when its request was due. So a server that stalls cannot hide it by being
 * asked less. */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define CONNECTIONS 64
#define PHASE_S 3.0
#define PAIRS 5
#define ANSWER_ROOM 8192

struct line {
    struct http *http;
    int fd;
    double due; /* of the request under way; 0: idle */
    size_t have;
    char answer[ANSWER_ROOM];
};

struct pace {
    const char *request;
    size_t request_n;
    double interval;
    double next; /* when the next request is due */
    double end;
    double *latency;
    size_t count, room, waiting; /* waiting: answers to come */
    int epoll, timer;
    struct line line[CONNECTIONS];
};

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static struct line *idle_line(struct pace *p)
{
    for (int i = 0; i < CONNECTIONS; i++)
        if (p->line[i].due == 0) return &p->line[i];
    return NULL;
}

/* What is due goes out, as far as there are idle connections; what is left keeps its due time. */
static void send_due(struct pace *p)
{
    struct line *l;
    while (p->next <= seconds_now() && p->next < p->end && (l = idle_line(p))) {
        l->due = p->next;
        l->have = 0;
        p->next += p->interval;
        p->waiting++;
        if (write(l->fd, p->request, p->request_n) != (ssize_t)p->request_n) die("nixad takes no request");
    }
}

static bool complete(const struct line *l)
{
    const char *end = memmem(l->answer, l->have, "\r\n\r\n", 4);
    const char *length = end ? memmem(l->answer, l->have, "Content-Length: ", 16) : NULL;
    if (!length) return false;
    return l->have >= (size_t)(end + 4 - l->answer) + strtoul(length + 16, NULL, 10);
}

static void receive(struct pace *p, struct line *l)
{
    ssize_t n = read(l->fd, l->answer + l->have, ANSWER_ROOM - 1 - l->have);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) die("nixad closed a connection");
    l->have += (size_t)n;
    l->answer[l->have] = 0;
    if (!complete(l)) return;
    if (strncmp(l->answer, "HTTP/1.1 200", 12) != 0) die("refused: %.200s", l->answer);
    if (p->count < p->room) p->latency[p->count++] = seconds_now() - l->due;
    l->due = 0;
    p->waiting--;
}

static void arm(struct pace *p)
{
    double wait = p->next - seconds_now();
    if (wait < 1e-6) wait = 1e-6;
    struct itimerspec t = {.it_value = {(time_t)wait, (long)((wait - (double)(time_t)wait) * 1e9)}};
    timerfd_settime(p->timer, 0, &t, NULL);
}

static void turn(struct pace *p)
{
    struct epoll_event events[CONNECTIONS];
    uint64_t ticks;
    send_due(p);
    if (p->next < p->end) arm(p);
    int n = epoll_wait(p->epoll, events, CONNECTIONS, 1000);
    for (int i = 0; i < n; i++) {
        if (events[i].data.ptr)
            receive(p, events[i].data.ptr);
        else if (read(p->timer, &ticks, sizeof ticks) < 0 && errno != EAGAIN)
            die("timer");
    }
}

static void watch(struct pace *p, int fd, void *what)
{
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = what};
    fcntl(fd, F_SETFL, O_NONBLOCK);
    if (epoll_ctl(p->epoll, EPOLL_CTL_ADD, fd, &e) != 0) die("epoll");
}

static void open_lines(struct pace *p, struct bench *b)
{
    p->epoll = epoll_create1(EPOLL_CLOEXEC);
    p->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    watch(p, p->timer, NULL);
    for (int i = 0; i < CONNECTIONS; i++) {
        p->line[i].http = http_open(b);
        p->line[i].fd = http_fd(p->line[i].http);
        watch(p, p->line[i].fd, &p->line[i]);
    }
}

static void close_lines(struct pace *p)
{
    for (int i = 0; i < CONNECTIONS; i++)
        http_close(p->line[i].http);
    close(p->timer);
    close(p->epoll);
}

/* On connections of its own: one that says nothing for ten seconds is closed. */
static void run(struct pace *p, struct bench *b)
{
    open_lines(p, b);
    p->count = 0;
    p->next = seconds_now();
    p->end = p->next + PHASE_S;
    while (p->next < p->end || p->waiting > 0)
        turn(p);
    close_lines(p);
    qsort(p->latency, p->count, sizeof *p->latency, compare);
}

static double p99(struct pace *p, struct bench *b)
{
    run(p, b);
    return p->latency[p->count * 99 / 100];
}

static char *request_of(struct bench *b, nx_arena *a)
{
    static const char form[] = "grant_type=client_credentials";
    return nx_arena_printf(a,
                           "POST /oidc/token HTTP/1.1\r\nHost: %s\r\nAuthorization: %s\r\nContent-Type: "
                           "application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n\r\n%s",
                           b->authority, basic_of(b, a), sizeof form - 1, form);
}

/* One pair: without the storm, then with it. */
static double pair(struct pace *p, struct bench *b)
{
    double quiet = p99(p, b);
    struct load *storm = load_start(b, flow_own_page);
    usleep(200000); /* until the hash queue is full */
    double stormy = p99(p, b);
    load_stop(storm);
    say("p99 of %zu requests: %.2f ms, in the storm %.2f ms", p->count, quiet * 1e3, stormy * 1e3);
    return stormy / quiet;
}

double storm_ratio(struct bench *b, nx_arena *a, double rate)
{
    static struct pace p;
    double ratio[PAIRS];
    p = (struct pace){.request = request_of(b, a), .interval = 1 / rate};
    p.request_n = strlen(p.request);
    p.room = (size_t)(rate * PHASE_S) + 100;
    p.latency = calloc(p.room, sizeof *p.latency);
    if (!p.latency) die("memory");
    for (int i = 0; i < PAIRS; i++)
        ratio[i] = pair(&p, b);
    free(p.latency);
    qsort(ratio, PAIRS, sizeof *ratio, compare);
    return ratio[PAIRS / 2];
}
