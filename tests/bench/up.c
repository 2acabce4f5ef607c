/* `up` as people start it, twice on one folder: the first time makes keys, certificates, the demo and the
 * configuration that the rig then runs with; the second time is what a restart takes. */
#include "bench.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void choose_addresses(struct bench *b, char mtls[32])
{
    int port, edge = listen_loopback(&b->edge_port), other = listen_loopback(&port);
    close(edge);
    close(other);
    snprintf(b->listen, sizeof b->listen, "127.0.0.1:%d", b->edge_port);
    snprintf(b->authority, sizeof b->authority, "localhost:%d", b->edge_port);
    snprintf(b->issuer, sizeof b->issuer, "https://%s", b->authority);
    snprintf(mtls, 32, "127.0.0.1:%d", port);
}

/* Seconds until the line that says that it answers. */
static double wait_ready(int fd, double began, const char *log)
{
    FILE *f = fdopen(fd, "r");
    char line[256];
    while (f && fgets(line, sizeof line, f)) {
        if (strncmp(line, "nixa: ready ", 12) != 0) continue;
        double took = seconds_now() - began;
        fclose(f);
        return took;
    }
    die("up does not get ready; see %s", log);
}

static double up_once(struct bench *b, const char *mtls)
{
    char log[128], program[4096];
    int ends[2];
    snprintf(log, sizeof log, "%s/up.log", b->disk);
    snprintf(program, sizeof program, "%s/nixactl", b->bin);
    /* Sign-ins in the thousands from one machine are what the limits are there to stop. */
    char *argv[] = {b->launcher ? (char *)b->launcher : program,
                    (char *)"up",
                    (char *)"--data",
                    b->disk,
                    (char *)"--listen",
                    b->listen,
                    (char *)"--mtls-listen",
                    (char *)mtls,
                    (char *)"--issuer",
                    b->issuer,
                    (char *)"--rate-login",
                    (char *)"0",
                    (char *)"--rate-qr",
                    (char *)"0",
                    NULL};
    if (pipe2(ends, O_CLOEXEC) != 0) die("pipe");
    double began = seconds_now();
    pid_t pid = spawn(&(struct spawn){-1, -1, -1, ends[1], log, argv});
    close(ends[1]);
    double took = wait_ready(ends[0], began, log);
    end(pid, SIGTERM);
    return took;
}

void up_twice(struct bench *b)
{
    char mtls[32];
    choose_addresses(b, mtls);
    say("up on a new folder: %.2f s", up_once(b, mtls));
    b->up_s = up_once(b, mtls);
}
