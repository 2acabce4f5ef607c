/* nixad: opens the house, starts what serves and what delivers, and stops it in order.
 *
 *     nixad --config run/nixad.yaml        started by nixactl up, in the data folder
 *
 * LISTEN_FDS=1 (with LISTEN_PID, as systemd hands sockets over): descriptor 3 is a listening socket that is
 * served too. NOTIFY_FD=N: one byte is written to descriptor N once requests are answered. SIGTERM and SIGINT
 * drain and stop. */
#include "endpoints/me/told.h"
#include "nixad.h"

#include "base/clock.h"
#include "base/log.h"
#include "config/settings.h"
#include "crypto/password.h"
#include "ctl_listener.h"
#include "endpoints/bearer/second.h"
#include "house/house.h"
#include "layout.h"
#include "oidc/backchannel.h"
#include "saml/logout.h"
#include "revoke/revoke.h"
#include "sessions/store.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SETTINGS_ARENA_MAX (256u << 10)
#define INHERITED_FD 3

struct nixad {
    nx_arena *arena;
    struct nx_settings settings;
    nx_server server;
    nx_notify *notify;
    struct nx_keeper *keeper;
    nx_ctl_listener *ctl;
    sigset_t signals;
};

static unsigned or_by_cores(int64_t n, unsigned by_cores)
{
    return n > 0 ? (unsigned)n : by_cores;
}

/* Those that it may run on, which in a container or a service with processors of its own are not all: two
 * password hashes that share a processor cost more than one after the other. */
static unsigned cores_of(const struct nx_settings *s)
{
    cpu_set_t allowed;
    bool told = sched_getaffinity(0, sizeof allowed, &allowed) == 0; /* not on machines of over 1,024 */
    long n = told ? CPU_COUNT(&allowed) : sysconf(_SC_NPROCESSORS_ONLN);
    return or_by_cores(s->workers, n > 0 ? (unsigned)n : 1);
}

/* One more than hash at once: while it waits for the store, another one's turn begins. */
static unsigned hash_threads(const struct nx_settings *s, const struct nx_server_plan *by_cores)
{
    return or_by_cores(s->hash_threads, by_cores->workers[NX_LANE_HASH]) + 1;
}

static int inherited_fd(void)
{
    const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
    if (!fds || strcmp(fds, "1") != 0) return -1;
    if (pid && strtol(pid, NULL, 10) != (long)getpid()) return -1;
    fcntl(INHERITED_FD, F_SETFD, FD_CLOEXEC);
    return INHERITED_FD;
}

/* ---- parts
 * ------------------------------------------------------------------------------------------------- */

static nx_result open_house(struct nixad *n, unsigned threads)
{
    struct nx_house_parts parts = {.settings = &n->settings, .data = ".", .watched = true, .egress = true};
    parts.connections = or_by_cores(n->settings.store_pool, threads);
    if (parts.connections > NX_STORE_CONNECTIONS_MAX) parts.connections = NX_STORE_CONNECTIONS_MAX;
    NX_TRY(nx_house_open(&n->server.house, &parts));
    nx_store_watch(n->server.house->store, nx_revoke_watch(n->server.house));
    return NX_OK;
}

static nx_result open_notify(struct nixad *n)
{
    static const struct nx_notice_kind *const kinds[] = {&nx_notice_backchannel, &nx_notice_saml,
                                                          &nx_notice_saml_browser, &nx_notice_person};
    struct nx_notify_plan plan = {.kinds = kinds,
                                  .kind_count = sizeof kinds / sizeof kinds[0],
                                  .threads = (unsigned)n->settings.notify_threads,
                                  .horizon_s = n->settings.notify_days * 86400};
    return nx_notify_open(&n->notify, n->server.house, &plan);
}

static void plan_http(struct nx_server_plan *plan, const struct nixad *n)
{
    const struct nx_settings *s = &n->settings;
    nx_server_plan_default(plan, cores_of(s));
    plan->router = n->server.router;
    plan->socket_path = NX_HTTP_SOCKET;
    plan->inherited_fd = inherited_fd();
    plan->io_threads = or_by_cores(s->io_threads, plan->io_threads);
    plan->workers[NX_LANE_FAST] = or_by_cores(s->fast_threads, plan->workers[NX_LANE_FAST]);
    plan->workers[NX_LANE_HASH] = hash_threads(s, plan);
    nx_password_at_once(plan->workers[NX_LANE_HASH] - 1);
    plan->workers[NX_LANE_EGRESS] = (unsigned)s->egress_threads;
    plan->queue[NX_LANE_FAST] = (unsigned)s->fast_queue;
    plan->queue[NX_LANE_HASH] = (unsigned)s->hash_queue;
    plan->queue[NX_LANE_EGRESS] = (unsigned)s->egress_queue;
    plan->connections_max = (unsigned)s->connections_max;
    plan->streams_max = (unsigned)s->streams_max;
}

static nx_result open_http(struct nixad *n)
{
    const struct nx_settings *s = &n->settings;
    struct nx_server_plan plan;
    unsigned rates[NX_RATE_COUNT] = {[NX_RATE_PAGE] = (unsigned)s->rate_page,
                                     [NX_RATE_LOGIN] = (unsigned)s->rate_login,
                                     [NX_RATE_TOKEN] = (unsigned)s->rate_token,
                                     [NX_RATE_API] = (unsigned)s->rate_api,
                                     [NX_RATE_QR] = (unsigned)s->rate_qr};
    n->server.demo = s->demo && nx_settings_loopback(s);
    n->server.started_ms = nx_mono_ms();
    NX_TRY(nx_server_build(&n->server, s->issuer, rates));
    plan_http(&plan, n);
    return nx_http_server_open(&n->server.http, &plan);
}

static nx_result open_all(struct nixad *n)
{
    struct nx_server_plan lanes;
    nx_server_plan_default(&lanes, cores_of(&n->settings));
    unsigned threads = or_by_cores(n->settings.fast_threads, lanes.workers[NX_LANE_FAST]) +
                       hash_threads(&n->settings, &lanes) + (unsigned)n->settings.egress_threads + 2;
    NX_TRY(open_house(n, threads));
    NX_TRY(nx_second_start());
    NX_TRY(nx_keeper_open(&n->keeper, n->server.house));
    NX_TRY(open_notify(n));
    NX_TRY(open_http(n));
    return nx_ctl_listener_open(&n->ctl, n->server.house, NX_CTL_SOCKET);
}

/* The other way round: no new work, then what runs, then what it stands on. */
static void close_all(struct nixad *n)
{
    nx_ctl_listener_close(n->ctl);
    nx_http_server_close(n->server.http, (int)n->settings.drain_s * 1000);
    n->server.http = NULL;
    nx_notify_close(n->notify);
    nx_keeper_close(n->keeper);
    nx_server_clear(&n->server);
    nx_house_close(n->server.house);
    nx_second_stop();
}

/* ---- life
 * -------------------------------------------------------------------------------------------------- */

static void set_log_level(const char *name)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    for (int i = 0; i < 4; i++)
        if (strcmp(name, names[i]) == 0) nx_log_level((nx_severity)i);
}

static nx_result read_settings(struct nixad *n, int argc, char **argv)
{
    char complaint[NX_COMPLAINT_MAX] = "";
    int rest = 0;
    n->arena = nx_arena_open(SETTINGS_ARENA_MAX);
    NX_NEED(n->arena);
    nx_result r = nx_settings_read(&n->settings, n->arena, argc - 1, argv + 1, &rest, complaint);
    if (nx_ok(r) && rest < argc - 1) {
        snprintf(complaint, sizeof complaint, "unexpected argument");
        r = nx_fail(NX_ERR_SETTING_VALUE, __func__, __LINE__);
    }
    if (!nx_ok(r)) fprintf(stderr, "nixad: %s\n", complaint);
    set_log_level(nx_ok(r) ? n->settings.log_level : "info");
    return r;
}

/* Whoever started us waits for this byte and not for a clock. */
static void tell_ready(void)
{
    const char *text = getenv("NOTIFY_FD");
    int fd = text ? (int)strtol(text, NULL, 10) : -1;
    if (fd <= 2) return;
    if (write(fd, "1", 1) != 1) nx_log(NX_WARN, "nobody_waits_for_ready", NX_NUM("fd", fd));
    close(fd);
}

static void wait_for_end(const struct nixad *n)
{
    int signal_number = 0;
    while (sigwait(&n->signals, &signal_number) != 0)
        ;
    nx_log(NX_INFO, "stopping", NX_NUM("signal", signal_number));
}

/* Signals are taken by the main thread alone: every other one is born with them blocked. */
static void block_signals(struct nixad *n)
{
    sigemptyset(&n->signals);
    sigaddset(&n->signals, SIGTERM);
    sigaddset(&n->signals, SIGINT);
    sigaddset(&n->signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &n->signals, NULL);
}

int main(int argc, char **argv)
{
    static struct nixad n;
    int64_t began = nx_mono_ms();
    nx_harden();
    block_signals(&n);
    nx_result r = read_settings(&n, argc, argv);
    if (nx_ok(r)) {
        r = open_all(&n);
        if (nx_ok(r)) {
            nx_log(NX_INFO, "ready", NX_NUM("ms", nx_mono_ms() - began), NX_TEXT("version", NX_VERSION));
            tell_ready();
            wait_for_end(&n);
        } else {
            nx_log_error("start_failed", r);
        }
        close_all(&n);
    }
    nx_arena_close(n.arena);
    return nx_ok(r) ? 0 : r.e == NX_ERR_HOUSE_ISSUER ? NX_EXIT_ISSUER : 1;
}
