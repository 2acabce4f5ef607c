/* Processes: a private Redis and a nixad, each on its processor, in a temporary folder. */
#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
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

static void child(int cpu, int listen_fd, const char *log, char *const argv[])
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    sched_setaffinity(0, sizeof set, &set);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    if (listen_fd >= 0) {
        char pid[16];
        snprintf(pid, sizeof pid, "%d", (int)getpid());
        setenv("LISTEN_FDS", "1", 1);
        setenv("LISTEN_PID", pid, 1);
        if (listen_fd == 3) fcntl(3, F_SETFD, 0);
        else dup2(listen_fd, 3);
    }
    execvp(argv[0], argv);
    _exit(127);
}

pid_t spawn_pinned(int cpu, int listen_fd, const char *log, char *const argv[])
{
    pid_t pid = fork();
    if (pid < 0) die("fork: %s", strerror(errno));
    if (pid == 0) child(cpu, listen_fd, log, argv);
    return pid;
}

static void make_folder(const struct bench *b, const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s%s", b->dir, name);
    if (mkdir(path, 0700) != 0 && errno != EEXIST) die("%s: %s", path, strerror(errno));
}

static FILE *make_file(const struct bench *b, const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s%s", b->dir, name);
    FILE *f = fopen(path, "we");
    if (!f) die("%s: %s", path, strerror(errno));
    return f;
}

static void start_redis(struct bench *b)
{
    FILE *f = make_file(b, "/run/redis.conf");
    fprintf(f, "port 0\nunixsocket %s/run/redis.sock\nunixsocketperm 700\ndir %s/redis\nappendonly yes\n"
               "appendfsync always\nmaxmemory-policy noeviction\nsave \"\"\n", b->dir, b->dir);
    fclose(f);
    char conf[128], sock[128];
    snprintf(conf, sizeof conf, "%s/run/redis.conf", b->dir);
    snprintf(sock, sizeof sock, "%s/run/redis.sock", b->dir);
    char *argv[] = {(char *)"redis-server", conf, NULL};
    b->redis = spawn_pinned(BENCH_LOAD_CPU, -1, "/dev/null", argv);
    for (int i = 0; access(sock, F_OK) != 0; i++) {
        if (i > 500) die("redis-server does not start");
        usleep(10000);
    }
}

static void start_nixad(struct bench *b)
{
    char log[128], program[4096];
    int fd = listen_loopback(&b->port);
    snprintf(log, sizeof log, "%s/nixad.log", b->dir);
    snprintf(program, sizeof program, "%s/nixad", b->bin);
    char *argv[] = {program, (char *)"--config", (char *)"run/nixad.yaml", NULL};
    double began = seconds_now();
    b->nixad = spawn_pinned(BENCH_SERVER_CPU, fd, log, argv);
    close(fd);
    NX_AUTO(nx_arena) a = nx_arena_open(1u << 20);
    struct answer ready = {.status = 0};
    while (ready.status != 200) {
        if (seconds_now() - began > 30) die("nixad is not ready; see %s", log);
        if (waitpid(b->nixad, NULL, WNOHANG) != 0) die("nixad ended; see %s", log);
        usleep(2000);
        struct http *h = http_open(b->port);
        ready = http_send(h, a, "GET", "/health/ready", NULL, NULL, NULL);
        http_close(h);
        nx_arena_reset(a);
    }
    b->ready_s = seconds_now() - began;
}

void rig_up(struct bench *b)
{
    snprintf(b->dir, sizeof b->dir, "/tmp/nixa-bench-XXXXXX");
    if (!mkdtemp(b->dir)) die("no temporary folder");
    if (chdir(b->dir) != 0) die("chdir");
    make_folder(b, "/run");
    make_folder(b, "/redis");
    make_folder(b, "/log");
    FILE *f = make_file(b, "/run/nixad.yaml");
    fprintf(f, "issuer: https://localhost:8443\ndata: %s\nlisten: 127.0.0.1:8443\nrate_login: 0\nrate_qr: 0\n", b->dir);
    fclose(f);
    start_redis(b);
    start_nixad(b);
    rig_restart_nixad(b); /* the first start makes keys; the second is the one to be timed */
}

static void end(pid_t pid, int signal_number)
{
    kill(pid, signal_number);
    waitpid(pid, NULL, 0);
}

void rig_restart_nixad(struct bench *b)
{
    end(b->nixad, SIGTERM);
    start_nixad(b);
}

void rig_down(struct bench *b)
{
    end(b->nixad, SIGTERM);
    end(b->redis, SIGTERM);
    if (getenv("NIXA_KEEP")) return;
    char *argv[] = {(char *)"rm", (char *)"-rf", b->dir, NULL};
    waitpid(spawn_pinned(BENCH_LOAD_CPU, -1, "/dev/null", argv), NULL, 0);
}

json_t *rig_ctl(struct bench *b, const char *const words[])
{
    char program[4096], text[32768];
    const char *argv[24] = {program};
    int n = 1, ends[2];
    snprintf(program, sizeof program, "%s/nixactl", b->bin);
    for (size_t i = 0; words[i] && n < 18; i++)
        argv[n++] = words[i];
    argv[n++] = "--data";
    argv[n++] = b->dir;
    argv[n++] = "--json";
    if (pipe(ends) != 0) die("pipe");
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        execv(program, (char *const *)argv);
        _exit(127);
    }
    close(ends[1]);
    size_t have = 0;
    for (ssize_t k; have < sizeof text - 1 && (k = read(ends[0], text + have, sizeof text - 1 - have)) > 0;)
        have += (size_t)k;
    close(ends[0]);
    int status;
    waitpid(pid, &status, 0);
    json_t *j = json_loadb(text, have, 0, NULL);
    if (status != 0 || !j) die("nixactl %s: exit %d: %.*s", words[0], WEXITSTATUS(status), (int)have, text);
    return j;
}
