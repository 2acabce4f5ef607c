/* The benchmark: ratios of what NIXA does against a floor of bare parts, all measured in one run.
 *
 * nixad runs on processor 0 and listens on a loopback TCP socket that this program hands it; Redis and the load
 * run on processor 1. A floor is the time that the unavoidable parts of an operation take when nothing else is
 * done: an empty answer of the same HTTP stack through the same worker pool, a round trip to the same Redis, a bare
 * signature. These machines are shared: the ratio is the figure, the rates only say in which weather it was taken. */
#ifndef NX_BENCH_H
#define NX_BENCH_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"

#include <sys/types.h>

#define BENCH_SERVER_CPU 0
#define BENCH_LOAD_CPU 1

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
    const char *bin;          /* folder with nixad and nixactl */
    char dir[64];             /* temporary folder */
    int port;                 /* of nixad */
    pid_t nixad;
    pid_t redis;
    double ready_s;           /* nixad's second start on the same folder */
    double seconds;           /* how long one measurement lasts */
    struct floors floor;
    char client_id[64];       /* a confidential client with client_credentials, code, refresh; ES256 */
    char client_secret[128];
    char redirect_uri[128];
};

/* One row of the table. rate and floor in operations a second (or, for rows with a limit, a value and its limit). */
struct row {
    const char *name;
    double rate;
    double floor;
    double goal;              /* least ratio; 0: none */
    bool limit;               /* rate is a value that must stay below floor */
    const char *unit;
};

void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
double seconds_now(void);

/* rig.c: processes */
pid_t spawn_pinned(int cpu, int listen_fd, const char *log, char *const argv[]);
int listen_loopback(int *port);
void rig_up(struct bench *b);
void rig_down(struct bench *b);
void rig_restart_nixad(struct bench *b);
/* Sends one request of the operator's socket through nixactl --json; the reply is owned by the caller. */
json_t *rig_ctl(struct bench *b, const char *const words[]);

/* floors.c */
void floors_measure(struct bench *b);
/* The empty server that the floor of an answer is measured on; never returns. */
void floors_serve_empty(int fd);

/* wrk.c: a second's worth of answers with status 2xx; dies when other answers came */
double wrk_rate(struct bench *b, int port, const char *path, const char *script, const char *argument);

/* http.c: one blocking connection with cookies */
struct http;
struct http *http_open(int port);
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
double flow_password_rate(struct bench *b, double *one_flow_s);
char *flow_tokens(struct bench *b, struct http *h, nx_arena *a, int person, char **refresh);
void flow_make_people(struct bench *b, int count);

/* rows.c */
size_t rows_measure(struct bench *b, struct row *rows, size_t max);

#endif
