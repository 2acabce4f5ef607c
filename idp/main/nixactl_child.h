/* Children of the supervisor: each a program with a log file and a process group of its own, restarted when
 * it ends.
 *
 * No child outlives the supervisor: the kernel signals it when the supervisor dies (PR_SET_PDEATHSIG). What a
 * child leaves behind when it is killed (the workers of an Apache) is in its group and killed with it.
 * Restarts: the first at once; each further one of a child that did not live two seconds waits twice as long,
 * from 100 ms to 5 s. */
#ifndef NX_MAIN_NIXACTL_CHILD_H
#define NX_MAIN_NIXACTL_CHILD_H

#include "base/result.h"

#include <stdint.h>
#include <sys/types.h>

#define NX_CHILD_ARGS_MAX 12

struct nx_child {
    const char *name;                    /* "redis": in messages, and log/NAME.log */
    const char *argv[NX_CHILD_ARGS_MAX]; /* argv[0] a path; NULL-terminated */
    int death_signal;                    /* sent by the kernel when the supervisor dies */
    int stop_signal;                     /* sent for an orderly stop */
    int stop_ms;                         /* how long that may take; then SIGKILL */
    const char *folder;                  /* where it works, below the data folder; NULL: there */
    int keep_fd;                         /* left open in the child as NX_CHILD_FD; -1 for none */

    bool wanted;      /* is to run */
    pid_t pid;        /* 0: not running */
    int64_t began_ms; /* monotonic */
    int64_t due_ms;   /* when to start it again */
    unsigned quick;   /* ends in a row within two seconds of the start */
    unsigned starts;
    int last_status; /* of waitpid */
};

/* The number of the descriptor that keep_fd becomes. */
#define NX_CHILD_FD 9

/* Starts it now if it is wanted, not running and due. A failure to fork counts as a quick end. */
void nx_child_start(struct nx_child *c, int64_t now_ms);
/* Notes that it ended, kills what is left of its group, and sets when it starts again. */
void nx_child_ended(struct nx_child *c, int status, int64_t now_ms);
/* Asks it to stop, waits, then kills; returns when it is gone. */
void nx_child_stop(struct nx_child *c);
/* Sends a signal if it runs. */
void nx_child_signal(const struct nx_child *c, int signal);
/* The last lines of its log, to standard error. */
void nx_child_tail(const struct nx_child *c);

#endif
