/* The benchmark: ratios of what NIXA does against a floor of bare parts, all measured in one run.
 *
 * nixad runs on processor 0 and listens on a loopback TCP socket that this program hands it; Redis and the
 * load run on processor 1. A floor is the time that the unavoidable parts of an operation take when nothing
 * else is done: an empty answer of the same HTTP stack through the same worker pool, a round trip to the same
 * Redis, a bare signature. These machines are shared: the ratio is the figure, the rates only say in which
 * weather it was taken. */
#ifndef NX_BENCH_H
#define NX_BENCH_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"

#include <sys/types.h>

#define BENCH_SERVER_CPU 0
#define BENCH_LOAD_CPU 1
#define PEOPLE 32

/* Seconds of one operation. */
struct floors {
    double answer;
    double round_trip;
    double es256_sign;
    double es256_verify;
    double rs256_sign;
    double argon2id;
};

struct bench {
    const char *bin;      /* folder with nixad and nixactl */
    const char *launcher; /* ./nixa; NULL: nixactl up is timed by itself */
    char disk[64];        /* temporary folder that `up` has made */
    char dir[64];         /* its copy in memory, that everything runs in; the same where there is no room */
    char listen[32];      /* of the edge */
    char authority[32];   /* host and port of the issuer */
    char issuer[64];
    int port; /* of nixad */
    int edge_port;
    pid_t nixad;
    pid_t redis;
    pid_t edge;
    double up_s;    /* the second start of everything on the same folder */
    double ready_s; /* of nixad alone */
    double seconds; /* how long one measurement lasts */
    struct floors floor;
    char client_id[64]; /* a confidential client with client_credentials, code, refresh; ES256 */
    char client_secret[128];
    char redirect_uri[128];
};

/* One row of the table. rate and floor in operations a second (or, for rows with a limit, a value and its
 * limit). */
struct row {
    const char *name;
    double rate;
    double floor;
    double goal; /* least ratio, 0: none; 1 with limit */
    bool limit;  /* rate is a value that must stay below floor */
    const char *unit;
};

void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
double seconds_now(void);

/* process.c */
struct spawn {
    int cpu;       /* the only processor that it may run on; -1: any */
    int listen_fd; /* becomes descriptor 3, announced as LISTEN_FDS; -1: none */
    int notify_fd; /* announced as NOTIFY_FD; -1: none */
    int out_fd;    /* standard output; -1: the log */
    const char *log;
    char *const *argv;
};
pid_t spawn(const struct spawn *s);
/* Signals and reaps. */
void end(pid_t pid, int signal_number);
/* The calling thread runs on that processor from now on, and so do its children. */
void pin(int cpu);
int listen_loopback(int *port);

/* up.c: makes the folder with `up`, and times a second `up` on it. */
void up_twice(struct bench *b);

/* rig.c: the folder's Redis, edge and nixad, each on its processor */
void rig_up(struct bench *b);
/* Starts everything anew in the folder on the disk; false when it was there already. */
bool rig_to_disk(struct bench *b);
void rig_down(struct bench *b);
/* Sends one request of the operator's socket through nixactl --json; the reply is owned by the caller. */
json_t *rig_ctl(struct bench *b, const char *const words[]);

/* floors.c */
void floors_measure(struct bench *b);
/* The empty server that the floor of an answer is measured on; never returns. */
void floors_serve_empty(int fd);

/* wrk.c: a second's worth of answers with status 2xx; dies when other answers came. origin:
 * "http://127.0.0.1:1234" */
double wrk_rate(struct bench *b, const char *origin, const char *path, const char *script,
                const char *argument);

/* http.c: one blocking connection with cookies. It comes from an address of 127/8 of its own, so that the
 * limits of an address meet people as they meet them in life. */
struct http;
struct http *http_open(const struct bench *b);
void http_close(struct http *h);
void http_forget_cookies(struct http *h);
struct answer {
    int status;
    char *location; /* NULL when absent */
    char *body;
    size_t n;
};
/* The answer lives in the arena. form NULL: GET. authorization and media type may be NULL. */
struct answer http_send(struct http *h, nx_arena *a, const char *method, const char *target, const char *body,
                        const char *type, const char *authorization);

/* flows.c */
double flow_password_rate(struct bench *b);
char *flow_tokens(struct bench *b, struct http *h, nx_arena *a, int person, char **refresh);
void flow_make_people(struct bench *b, int count);

/* rows.c */
/* The client and the people that the rows are measured with. */
void rows_prepare(struct bench *b);
/* Rows whose names contain `only`, or all (NULL). */
size_t rows_measure(struct bench *b, const char *only, struct row *rows, size_t max);

#endif
