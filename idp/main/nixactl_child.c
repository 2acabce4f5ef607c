#include "nixactl_child.h"

#include "base/clock.h"
#include "base/span.h"
#include "nixactl.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define QUICK_MS 2000
#define BACKOFF_LEAST_MS 100
#define BACKOFF_MOST_MS 5000
#define LOG_MAX (16 << 20)

extern char **environ;

static void log_path(char out[64], const struct nx_child *c)
{
    snprintf(out, 64, "log/%s.log", c->name);
}

/* One old log is kept, so that a child that logs in a loop does not fill the disk over its restarts. */
static int open_log(const struct nx_child *c)
{
    char path[64], old[72];
    struct stat st;
    log_path(path, c);
    snprintf(old, sizeof old, "%s.1", path);
    if (stat(path, &st) == 0 && st.st_size > LOG_MAX) rename(path, old);
    return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* Children see a fixed environment: no proxy variables, no locale surprises, where the
 * realms of Kerberos are described, and what sanitizers and test builds are told. */
static bool passes(const char *variable)
{
    static const char *const prefixes[] = {
        "PATH=", "TZ=", "HOME=", "NX_", "KRB5_CONFIG=", "ASAN_OPTIONS=", "UBSAN_OPTIONS=", "TSAN_OPTIONS=", "LSAN_OPTIONS="};
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (strncmp(variable, prefixes[i], strlen(prefixes[i])) == 0) return true;
    return false;
}

static char **child_environment(void)
{
    static char *kept[64];
    size_t n = 0;
    kept[n++] = (char *)"LANG=C.UTF-8";
    for (char **e = environ; *e && n < sizeof kept / sizeof kept[0] - 1; e++)
        if (passes(*e)) kept[n++] = *e;
    kept[n] = NULL;
    return kept;
}

/* In the child. Only async-signal-safe calls would be needed in a threaded parent; the supervisor has none.
 */
static void become(const struct nx_child *c, pid_t parent, int log_fd, char **environment)
{
    sigset_t none;
    sigemptyset(&none);
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (setpgid(0, 0) != 0 || prctl(PR_SET_PDEATHSIG, c->death_signal) != 0) _exit(126);
    if (getppid() != parent) _exit(126); /* it died between fork and prctl */
    if (null < 0 || dup2(null, 0) < 0 || dup2(log_fd, 1) < 0 || dup2(log_fd, 2) < 0) _exit(126);
    if (c->keep_fd >= 0 && dup2(c->keep_fd, NX_CHILD_FD) < 0) _exit(126);
    if (c->folder && chdir(c->folder) != 0) _exit(126);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(c->argv[0], (char *const *)c->argv, environment);
    dprintf(2, "cannot run %s: %s\n", c->argv[0], strerror(errno));
    _exit(127);
}

void nx_child_start(struct nx_child *c, int64_t now_ms)
{
    if (!c->wanted || c->pid || now_ms < c->due_ms) return;
    pid_t parent = getpid();
    char **environment = child_environment();
    int log_fd = open_log(c);
    pid_t pid = log_fd < 0 ? -1 : fork();
    if (pid == 0) become(c, parent, log_fd, environment);
    if (log_fd >= 0) close(log_fd);
    c->began_ms = now_ms;
    c->starts++;
    if (pid < 0) {
        nx_say("cannot start %s: %s", c->name, strerror(errno));
        nx_child_ended(c, 127 << 8, now_ms);
        return;
    }
    setpgid(pid, pid); /* here too, whoever is first: it must hold before the group is signalled */
    c->pid = pid;
}

void nx_child_ended(struct nx_child *c, int status, int64_t now_ms)
{
    if (c->pid > 0) kill(-c->pid, SIGKILL);
    c->pid = 0;
    c->last_status = status;
    c->quick = now_ms - c->began_ms < QUICK_MS ? c->quick + 1 : 0;
    int64_t delay = 0;
    if (c->quick > 1) {
        delay = BACKOFF_LEAST_MS;
        for (unsigned i = 2; i < c->quick && delay < BACKOFF_MOST_MS; i++)
            delay *= 2;
        if (delay > BACKOFF_MOST_MS) delay = BACKOFF_MOST_MS;
    }
    c->due_ms = now_ms + delay;
}

void nx_child_signal(const struct nx_child *c, int signal)
{
    if (c->pid > 0) kill(c->pid, signal);
}

static bool gone_within(struct nx_child *c, int ms)
{
    int status;
    int64_t end = nx_mono_ms() + ms;
    do {
        if (waitpid(c->pid, &status, WNOHANG) == c->pid) {
            nx_child_ended(c, status, nx_mono_ms());
            return true;
        }
        usleep(5000);
    } while (nx_mono_ms() < end);
    return false;
}

void nx_child_stop(struct nx_child *c)
{
    c->wanted = false;
    if (!c->pid) return;
    nx_child_signal(c, c->stop_signal);
    if (gone_within(c, c->stop_ms)) return;
    nx_say("%s did not stop in time; killed", c->name);
    kill(-c->pid, SIGKILL);
    gone_within(c, 5000);
}

void nx_child_tail(const struct nx_child *c)
{
    char path[64], last[2048];
    log_path(path, c);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    off_t size = lseek(fd, 0, SEEK_END);
    off_t from = size > (off_t)sizeof last ? size - (off_t)sizeof last : 0;
    ssize_t n = pread(fd, last, sizeof last, from);
    close(fd);
    if (n > 0) fprintf(stderr, "--- end of %s\n%.*s---\n", path, (int)n, last);
}
