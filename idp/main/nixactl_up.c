/* nixactl up: the supervisor.
 *
 * One thread, one loop: it waits for a signal or the next thing due, reaps and restarts children, and until
 * the server is ready takes the steps of nixactl_start.c. A start that fails says why, with the end of the
 * log of the child that failed. SIGINT, SIGTERM and SIGHUP stop in order: no new connections, then what is
 * under way, then the store. A second signal kills. */
#include "layout.h"
#include "nixactl.h"
#include "nixactl_folder.h"
#include "nixactl_start.h"
#include "nixactl_state.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define START_MS 60000
#define START_STEP_MS 20
#define START_TRIES 5 /* ends in a row of one child before the start is given up */
#define CERTIFICATE_CHECK_MS (12 * 3600 * 1000LL)

static void reap(struct nx_up *u)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (unsigned i = 0; i < u->count; i++) {
            struct nx_child *c = u->children[i];
            if (c->pid != pid) continue;
            nx_child_ended(c, status, nx_mono_ms());
            u->stale = true;
            if (c == &u->nixad && WIFEXITED(status) && WEXITSTATUS(status) == NX_EXIT_ISSUER)
                u->misplaced = true;
            else if (WIFSIGNALED(status))
                nx_say("%s was ended by signal %d; starting it again", c->name, WTERMSIG(status));
            else
                nx_say("%s ended with code %d; starting it again", c->name, WEXITSTATUS(status));
        }
    }
}

static void start_due(struct nx_up *u)
{
    for (unsigned i = 0; i < u->count; i++) {
        unsigned before = u->children[i]->starts;
        nx_child_start(u->children[i], nx_mono_ms());
        if (u->children[i]->starts != before) u->stale = true;
    }
}

static NX_FALLIBLE check_start(struct nx_up *u)
{
    if (u->misplaced)
        return nx_refuse(NX_ERR_HOUSE_ISSUER,
                         "%s was made with another issuer than %s: start it with the --issuer (or the port of "
                         "--listen) of its first start, or name another folder with --data",
                         u->plan.settings.data, u->plan.settings.issuer);
    for (unsigned i = 0; i < u->count; i++) {
        if (u->children[i]->quick < START_TRIES) continue;
        nx_child_tail(u->children[i]);
        return nx_refuse(NX_ERR_AWAY, "%s does not stay up; the start is given up", u->children[i]->name);
    }
    if (nx_mono_ms() - u->began_ms < START_MS) return NX_OK;
    nx_child_tail(&u->nixad);
    return nx_refuse(NX_ERR_AWAY, "not ready after %d s; the logs are in %s/log", START_MS / 1000,
                     u->plan.settings.data);
}

/* The edge reads its certificate when it starts. */
static void renew_certificates(struct nx_up *u, int64_t now)
{
    bool changed = false;
    if (now < u->certificates_due_ms) return;
    u->certificates_due_ms = now + CERTIFICATE_CHECK_MS;
    if (nx_ok(nx_plan_certificates(&u->plan, &changed)) && changed) nx_child_signal(&u->edge, SIGTERM);
}

static void write_state(struct nx_up *u)
{
    if (!u->stale) return;
    nx_state_write(&(struct nx_run_state){.issuer = u->plan.settings.issuer,
                                          .listen = u->plan.settings.listen,
                                          .since = u->since,
                                          .ready = u->step == NX_STEP_READY,
                                          .children = u->children,
                                          .count = u->count});
    u->stale = false;
}

/* How long nothing needs doing, unless a signal comes. */
static int64_t pause_ms(const struct nx_up *u, int64_t now)
{
    int64_t pause = u->step == NX_STEP_READY ? 60000 : START_STEP_MS;
    for (unsigned i = 0; i < u->count; i++) {
        const struct nx_child *c = u->children[i];
        if (c->wanted && !c->pid && c->due_ms - now < pause) pause = c->due_ms - now;
    }
    return pause < 1 ? 1 : pause;
}

static void wait_signal(struct nx_up *u, const sigset_t *signals)
{
    int64_t ms = pause_ms(u, nx_mono_ms());
    struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    int got = sigtimedwait(signals, NULL, &pause);
    if (got == SIGINT || got == SIGTERM || got == SIGHUP) u->stopping = true;
}

static NX_FALLIBLE run(struct nx_up *u, const sigset_t *signals)
{
    if (u->plan.own_redis) nx_up_want(u, &u->redis);
    while (!u->stopping) {
        reap(u);
        start_due(u);
        if (u->step != NX_STEP_READY) {
            NX_TRY(check_start(u));
            NX_TRY(nx_up_advance(u));
            start_due(u);
        } else {
            renew_certificates(u, nx_mono_ms());
        }
        write_state(u);
        wait_signal(u, signals);
    }
    return NX_OK;
}

/* Ends everything at once, when a second signal comes while stopping. */
static struct nx_up *stopping_up;
static void kill_all(int signal)
{
    (void)signal;
    for (unsigned i = 0; i < stopping_up->count; i++)
        if (stopping_up->children[i]->pid > 0) kill(-stopping_up->children[i]->pid, SIGKILL);
}

static void stop(struct nx_up *u, const sigset_t *signals)
{
    stopping_up = u;
    signal(SIGINT, kill_all);
    signal(SIGTERM, kill_all);
    sigprocmask(SIG_UNBLOCK, signals, NULL);
    nx_child_signal(&u->edge, SIGUSR1); /* closes its listening sockets and goes on with what it has */
    for (unsigned i = 0; i < NX_PORTALS; i++)
        nx_child_stop(&u->portal[i]);
    nx_child_stop(&u->provider);
    nx_child_stop(&u->nixad);
    nx_child_stop(&u->edge);
    nx_child_stop(&u->redis);
    unlink(NX_STATE_FILE);
}

static void block_signals(sigset_t *signals)
{
    static const int which[] = {SIGCHLD, SIGINT, SIGTERM, SIGHUP};
    sigemptyset(signals);
    for (size_t i = 0; i < sizeof which / sizeof which[0]; i++)
        sigaddset(signals, which[i]);
    sigprocmask(SIG_BLOCK, signals, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static NX_FALLIBLE bring_up(struct nx_up *u, int argc, char **argv, const sigset_t *signals)
{
    NX_TRY(nx_plan_read(&u->plan, u->plan.arena, argc, argv));
    NX_TRY(nx_folder_lock());
    NX_TRY(nx_plan_prepare(&u->plan));
    NX_TRY(nx_up_define(u));
    u->began_ms = nx_mono_ms();
    u->certificates_due_ms = u->began_ms + CERTIFICATE_CHECK_MS;
    u->since = nx_now();
    nx_say("starting on %s", u->plan.settings.data);
    nx_result r = run(u, signals);
    if (u->stopping) nx_say("stopping");
    stop(u, signals);
    return r;
}

static int print_options(void)
{
    NX_AUTO(nx_arena) a = nx_arena_open(1u << 18);
    nx_buf text;
    if (!a) return NX_EXIT_FAILED;
    nx_buf_init(&text, a, 1u << 16);
    nx_settings_explain(&text);
    puts("usage: ./nixa up [OPTION…]\n\nEach option is also a key of the file that --config names.\n");
    fputs(nx_buf_str(&text), stdout);
    return NX_EXIT_OK;
}

int nx_cmd_up(int argc, char **argv)
{
    static struct nx_up u; /* zeroed; read by a signal handler while stopping */
    sigset_t signals;
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) return print_options();
    NX_AUTO(nx_arena) a = nx_arena_open(1u << 20);
    if (!a) return NX_EXIT_FAILED;
    u.plan.arena = a;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    block_signals(&signals);
    return nx_ok(bring_up(&u, argc, argv, &signals)) ? NX_EXIT_OK : NX_EXIT_FAILED;
}
