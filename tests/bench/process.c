#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

int listen_loopback(int *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, n) != 0 || listen(fd, 512) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &n) != 0)
        die("no loopback socket: %s", strerror(errno));
    *port = ntohs(at.sin_port);
    return fd;
}

void pin(int cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) die("processor %d: %s", cpu, strerror(errno));
}

static void announce(const char *name, int number)
{
    char text[16];
    snprintf(text, sizeof text, "%d", number);
    setenv(name, text, 1);
}

static void hand_over(int listen_fd)
{
    announce("LISTEN_FDS", 1);
    announce("LISTEN_PID", (int)getpid());
    if (listen_fd == 3)
        fcntl(3, F_SETFD, 0);
    else
        dup2(listen_fd, 3);
}

static void become(const struct spawn *s)
{
    if (s->cpu >= 0) pin(s->cpu);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int log = open(s->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    dup2(s->out_fd >= 0 ? s->out_fd : log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    if (s->notify_fd >= 0) {
        int kept = fcntl(s->notify_fd, F_DUPFD, 10); /* above what is handed over, and kept by exec */
        announce("NOTIFY_FD", kept);
    }
    if (s->listen_fd >= 0) hand_over(s->listen_fd);
    execvp(s->argv[0], s->argv);
    _exit(127);
}

pid_t spawn(const struct spawn *s)
{
    pid_t pid = fork();
    if (pid < 0) die("fork: %s", strerror(errno));
    if (pid == 0) become(s);
    return pid;
}

void end(pid_t pid, int signal_number)
{
    if (pid <= 0) return;
    kill(pid, signal_number);
    waitpid(pid, NULL, 0);
}
