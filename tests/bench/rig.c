/* The private Redis, the edge and nixad of a folder that `up` has made, with the same configuration files,
 * each on its processor. The folder is copied into memory first: a disk's time for a flush (Redis runs
 * appendfsync always) is many times that of everything which is to be measured, and says nothing about this
 * program. */
#include "bench.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

static void start_redis(struct bench *b)
{
    char *argv[] = {(char *)"redis-server", (char *)"run/redis.conf", NULL};
    b->redis = spawn(&(struct spawn){BENCH_LOAD_CPU, -1, -1, -1, "log/redis.log", argv});
    for (int i = 0; access("run/redis.sock", F_OK) != 0; i++) {
        if (i > 500) die("redis-server does not start");
        usleep(10000);
    }
}

static void start_edge(struct bench *b)
{
    char *argv[] = {(char *)"haproxy", (char *)"-db", (char *)"-f", (char *)"run/haproxy.cfg", NULL};
    b->edge = spawn(&(struct spawn){BENCH_LOAD_CPU, -1, -1, -1, "log/haproxy.log", argv});
}

static void check_ready(struct bench *b)
{
    NX_AUTO(nx_arena) a = nx_arena_open(1u << 20);
    for (int tries = 0; tries < 200; tries++) {
        struct http *h = http_open(b);
        struct answer ready = http_send(h, a, "GET", "/health/ready", NULL, NULL, NULL);
        http_close(h);
        nx_arena_reset(a);
        if (ready.status == 200) return;
        usleep(10000);
    }
    die("nixad says that it is not ready; see %s/log/nixad.log", b->dir);
}

static void start_nixad(struct bench *b)
{
    char program[4096], byte;
    int ends[2], fd = listen_loopback(&b->port);
    snprintf(program, sizeof program, "%s/nixad", b->bin);
    char *argv[] = {program, (char *)"--config", (char *)"run/nixad.yaml", NULL};
    if (pipe2(ends, O_CLOEXEC) != 0) die("pipe");
    double began = seconds_now();
    b->nixad = spawn(&(struct spawn){BENCH_SERVER_CPU, fd, ends[1], -1, "log/nixad.log", argv});
    close(fd);
    close(ends[1]);
    if (read(ends[0], &byte, 1) != 1) die("nixad does not start; see %s/log/nixad.log", b->dir);
    close(ends[0]);
    check_ready(b);
    b->ready_s = seconds_now() - began;
    b->idle_mib = resident_mib(b->nixad);
}

static void run(const struct bench *b, char *const argv[])
{
    int status;
    char log[128];
    snprintf(log, sizeof log, "%s/bench.log", b->disk);
    waitpid(spawn(&(struct spawn){-1, -1, -1, -1, log, argv}), &status, 0);
    if (status != 0) die("%s failed; see %s", argv[0], log);
}

/* Into /dev/shm, where that is large enough for all that Redis will append. */
static void copy_into_memory(struct bench *b)
{
    struct statvfs fs;
    bool roomy = statvfs("/dev/shm", &fs) == 0 && (double)fs.f_bavail * (double)fs.f_frsize > 1e9;
    snprintf(b->dir, sizeof b->dir, "%s", b->disk);
    if (!roomy) {
        say("no 1 GB in /dev/shm: the rates below are those of the disk");
        return;
    }
    snprintf(b->dir, sizeof b->dir, "/dev/shm/nixa-bench-XXXXXX");
    if (!mkdtemp(b->dir)) die("no folder in /dev/shm");
    char from[128];
    snprintf(from, sizeof from, "%s/.", b->disk);
    run(b, (char *[]){(char *)"cp", (char *)"-a", from, b->dir, NULL});
}

static void start(struct bench *b)
{
    if (chdir(b->dir) != 0) die("chdir");
    start_redis(b);
    start_nixad(b);
    start_edge(b);
}

static void stop(struct bench *b)
{
    end(b->edge, SIGTERM);
    end(b->nixad, SIGTERM);
    end(b->redis, SIGTERM);
}

void rig_up(struct bench *b)
{
    snprintf(b->disk, sizeof b->disk, "/tmp/nixa-bench-XXXXXX");
    if (!mkdtemp(b->disk)) die("no temporary folder");
    up_twice(b);
    copy_into_memory(b);
    start(b);
}

double rig_restart(struct bench *b)
{
    double first = b->ready_s, idle = b->idle_mib;
    end(b->nixad, SIGTERM);
    start_nixad(b);
    double took = b->ready_s;
    b->ready_s = first;
    b->idle_mib = idle;
    return took;
}

bool rig_to_disk(struct bench *b)
{
    if (strcmp(b->dir, b->disk) == 0) return false;
    stop(b);
    run(b, (char *[]){(char *)"rm", (char *)"-rf", b->dir, NULL});
    snprintf(b->dir, sizeof b->dir, "%s", b->disk);
    start(b);
    return true;
}

void rig_down(struct bench *b)
{
    stop(b);
    if (getenv("NIXA_KEEP"))
        say("kept: %s %s", b->disk, b->dir);
    else
        run(b, (char *[]){(char *)"rm", (char *)"-rf", b->disk, b->dir, NULL});
}

static size_t read_all(int fd, char *text, size_t room)
{
    size_t have = 0;
    for (ssize_t n; have < room && (n = read(fd, text + have, room - have)) > 0;)
        have += (size_t)n;
    close(fd);
    return have;
}

json_t *rig_ctl(struct bench *b, const char *const words[])
{
    char program[4096], text[32768];
    const char *argv[24] = {program};
    int n = 1, ends[2], status;
    snprintf(program, sizeof program, "%s/nixactl", b->bin);
    for (size_t i = 0; words[i] && n < 18; i++)
        argv[n++] = words[i];
    argv[n++] = "--data";
    argv[n++] = b->dir;
    argv[n++] = "--json";
    if (pipe2(ends, O_CLOEXEC) != 0) die("pipe");
    pid_t pid = spawn(&(struct spawn){-1, -1, -1, ends[1], "log/nixactl.log", (char *const *)argv});
    close(ends[1]);
    size_t have = read_all(ends[0], text, sizeof text);
    waitpid(pid, &status, 0);
    json_t *j = json_loadb(text, have, 0, NULL);
    if (status != 0 || !j) die("nixactl %s: exit %d: %.*s", words[0], WEXITSTATUS(status), (int)have, text);
    return j;
}
