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

/* Seconds that one operation takes: by the clock, and of the processor of who does it. On a quiet machine the
 * two are the same for a server that has enough to do; on a shared one the second is less disturbed. */
struct speed {
    double clock;
    double processor;
};
#define SPEED_NONE ((struct speed){1e9, 1e9})
/* Keeps the lesser of each. */
static inline void speed_best(struct speed *best, struct speed s)
{
    if (s.clock < best->clock) best->clock = s.clock;
    if (s.processor < best->processor) best->processor = s.processor;
}

/* Seconds of one bare part. */
struct floors {
    double answer;
    double round_trip;
    double es256_sign;
    double es256_verify;
    double rs256_sign;
    double argon2id;
    double directory; /* a search and a bind; 0 until there is a directory */
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
    pid_t directory;     /* slapd, while its row is measured */
    double up_s;         /* the second start of everything on the same folder */
    double ready_s;      /* of nixad alone */
    double idle_mib;     /* of nixad, before its first request */
    double token_rate;   /* client credentials, once measured */
    int slices;          /* a rate is that of the best of so many slices of time */
    struct floors clock; /* the same parts, both ways */
    struct floors processor;
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
    double processor; /* the ratio by processor time; 0 for rows with a limit */
    double goal;      /* least ratio, 0: none; 1 with limit */
    bool limit;       /* rate is a value that must stay below floor */
    const char *unit;
};

void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
double seconds_now(void);
/* Processor time that a process has used, in seconds. */
double processor_now(pid_t pid);

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
/* Stops nixad and starts it again; seconds until it is ready. */
double rig_restart(struct bench *b);
void rig_down(struct bench *b);
/* Sends one request of the operator's socket through nixactl --json; the reply is owned by the caller. */
json_t *rig_ctl(struct bench *b, const char *const words[]);

/* floors.c */
void floors_measure(struct bench *b);
/* One call of fn, in the slice that was least disturbed. */
struct speed floor_time_of(const struct bench *b, void (*fn)(void *), void *ctx);
/* The empty server that the floor of an answer is measured on; never returns. */
void floors_serve_empty(int fd);

/* wrk.c: the speed of answers, all of them with status 2xx or it dies. origin: "http://127.0.0.1:1234". Once
 * takes a second; best is the best of as many seconds as there are slices. */
struct shot {
    const char *origin;
    const char *path;
    const char *script;
    const char *argument;
    pid_t server; /* whose processor time counts */
};
struct speed wrk_once(const struct bench *b, const struct shot *s);
struct speed wrk_best(const struct bench *b, const struct shot *s);

/* http.c: one blocking connection with cookies. It comes from an address of 127/8 of its own, so that the
 * limits of an address meet people as they meet them in life. */
struct http;
struct http *http_open(const struct bench *b);
void http_close(struct http *h);
int http_fd(const struct http *h);
/* A new connection from a new address, in the place of the old one. */
void http_renew(struct http *h);
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

/* One worker of a load, or a visitor by hand. */
struct visit {
    struct bench *bench;
    int person; /* 0..PEOPLE-1 */
    struct http *browser;
    struct http *phone;
    nx_arena *arena; /* of one flow */
    bool signed_in;  /* in a load that keeps its cookies */
};
typedef void (*flow_fn)(struct visit *v);

/* load.c */
#define LOAD_THREADS 4
struct load;
struct load *load_start(struct bench *b, flow_fn flow);
void load_stop(struct load *l);
/* In the best slice. */
struct speed load_best(struct bench *b, flow_fn flow);
/* The same with browsers that stay: one person each, who keeps her cookies from one flow to the next. */
struct speed load_kept_best(struct bench *b, flow_fn flow);

/* storm.c: p99 of client credentials at `rate` a second with a storm of passwords, as a multiple of the one
 * without; the median of five. */
double storm_ratio(struct bench *b, nx_arena *a, double rate);

/* flows.c */
#define BENCH_PASSWORD "bench horse battery staple"
void form_add(nx_buf *form, const char *name, const char *value);
/* The value of the first <input name="NAME" value="…"> in a page of ours; dies when there is none. */
char *page_field(nx_arena *a, const char *page, const char *name);
/* Without the issuer, when it begins with it. */
const char *issuer_path(const struct bench *b, const char *location);
/* The client's Authorization header. */
char *basic_of(const struct bench *b, nx_arena *a);
struct answer visit_get(struct visit *v, const char *target);
struct answer visit_post(struct visit *v, const char *target, nx_buf *form);
/* Sign-in by password and the code's redemption; gives the refresh token. */
char *flow_tokens(struct visit *v);
void flow_password(struct visit *v);
void flow_qr(struct visit *v);
/* With an account of the agency of directory_up. */
void flow_directory(struct visit *v);
/* A sign-in by password to her own page, no portal in it. */
void flow_own_page(struct visit *v);
void flow_make_people(struct bench *b);
/* The Authorization header of an operator's token with that scope. */
char *operator_bearer(struct bench *b, nx_arena *a, const char *scope);

/* directory.c: a slapd of its own with PEOPLE accounts agency0…, registered and switched on; its bare parts
 * measured. */
void directory_up(struct bench *b);
void directory_down(struct bench *b);

/* saml.c */
#define SAML_PORTALS 5000
/* Registers the portal of flow_saml. */
void saml_register(struct bench *b);
/* A portal that speaks SAML asks for somebody who is signed in: AuthnRequest in, signed Response out. */
void flow_saml(struct visit *v);
/* With SAML_PORTALS registered: seconds until nixad is ready, and how many milliseconds a portal's first
 * request takes more than its second (the middle one of many). */
double ready_with_portals(struct bench *b, nx_arena *a);
double first_request_ms(struct bench *b, nx_arena *a);

/* phone.c */
void phones_enrol(struct bench *b);
/* What a person with a phone does at the sign-in page; the answer to her digits. */
struct answer phone_sign_in(struct visit *v, const char *page);

/* values.c, requests.c: what the rows measure */
double resident_mib(pid_t pid);
double up_seconds(struct bench *b, nx_arena *a);
double ready_seconds(struct bench *b, nx_arena *a);
double idle_memory(struct bench *b, nx_arena *a);
double bytes_a_session(struct bench *b, nx_arena *a);
double p99_in_storm(struct bench *b, nx_arena *a);
struct speed client_credentials(struct bench *b, nx_arena *a);
struct speed refresh(struct bench *b, nx_arena *a);
struct speed introspection_first(struct bench *b, nx_arena *a);
struct speed introspection_again(struct bench *b, nx_arena *a);
struct speed through_edge(struct bench *b, nx_arena *a);
/* Last of all: it moves the rig to the disk. */
struct speed on_disk(struct bench *b, nx_arena *a);

/* rows.c */
/* In every folder that is started: each has clients of its own. */
void rows_make_client(struct bench *b);
/* The client and the people that the rows are measured with. */
void rows_prepare(struct bench *b);
/* Rows whose names contain `only`, or all (NULL). */
size_t rows_measure(struct bench *b, const char *only, struct row *rows, size_t max);

#endif
