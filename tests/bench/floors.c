#include "bench.h"

#include "http/server.h"

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUND_TRIP_THREADS 8
#define PAYLOAD 640 /* bytes of a usual access token before the signature */

static nx_result empty(nx_request *rq, nx_reply *rp)
{
    (void)rq;
    nx_reply_body(rp, 200, "application/json", NX_LIT("{}"));
    return NX_OK;
}

static const struct nx_route empty_rows[] = {
    {NX_POST, "/empty", 16384, NX_GUARD_FORM | NX_GUARD_NO_STORE | NX_GUARD_ANY_HOST, NX_RATE_NONE,
     NX_LANE_FAST, empty},
};
static const struct nx_route_table empty_table = NX_ROUTE_TABLE("empty", empty_rows);

static void answer_error(nx_request *rq, nx_reply *rp, nx_err e)
{
    (void)rq;
    nx_reply_text(rp, 500, nx_err_name(e));
}

void floors_serve_empty(int fd)
{
    const struct nx_route_table *tables[] = {&empty_table};
    struct nx_router_plan plan = {.tables = tables,
                                  .table_count = 1,
                                  .origin = "https://localhost:8443",
                                  .host = {.answer = answer_error}};
    nx_router *router;
    if (!nx_ok(nx_router_open(&router, &plan))) die("empty router");
    struct nx_server_plan server;
    nx_server_plan_default(&server, 1);
    server.router = router;
    server.inherited_fd = fd;
    nx_http_server *s;
    if (!nx_ok(nx_http_server_open(&s, &server))) die("empty server");
    for (;;)
        pause();
}

/* Runs fn until `seconds` are over, in batches; seconds of one call. */
static double time_of(void (*fn)(void *), void *ctx, double seconds, int batch)
{
    double began = seconds_now(), took;
    long n = 0;
    do {
        for (int i = 0; i < batch; i++)
            fn(ctx);
        n += batch;
        took = seconds_now() - began;
    } while (took < seconds);
    return took / (double)n;
}

struct signer {
    EVP_PKEY *key;
    uint8_t payload[PAYLOAD];
    uint8_t signature[512];
    size_t n;
};

static void sign(void *ctx)
{
    struct signer *s = ctx;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    s->n = sizeof s->signature;
    if (EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, s->key) != 1 ||
        EVP_DigestSign(c, s->signature, &s->n, s->payload, PAYLOAD) != 1)
        die("bare signature failed");
    EVP_MD_CTX_free(c);
}

static void verify(void *ctx)
{
    struct signer *s = ctx;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    if (EVP_DigestVerifyInit(c, NULL, EVP_sha256(), NULL, s->key) != 1 ||
        EVP_DigestVerify(c, s->signature, s->n, s->payload, PAYLOAD) != 1)
        die("bare verification failed");
    EVP_MD_CTX_free(c);
}

/* One worker's share of bare round trips, on a connection of its own. */
static void *round_trips(void *ctx)
{
    const char *argv[] = {"GET", "bench-absent"};
    size_t lengths[] = {3, 12};
    long *count = ctx;
    redisContext *c = redisConnectUnix("run/redis.sock");
    if (!c || c->err) die("redis: %s", c ? c->errstr : "no memory");
    for (long i = 0; i < *count; i++) {
        redisReply *r = redisCommandArgv(c, 2, argv, lengths);
        if (!r) die("bare round trip failed");
        freeReplyObject(r);
    }
    redisFree(c);
    return NULL;
}

/* As many at once as nixad has workers: what counts is how long a round trip keeps the processor, not how
 * long it keeps somebody waiting. */
static double measure_round_trip(double seconds)
{
    pthread_t thread[ROUND_TRIP_THREADS];
    long each = 200;
    for (;;) {
        double began = seconds_now();
        for (int i = 0; i < ROUND_TRIP_THREADS; i++)
            pthread_create(&thread[i], NULL, round_trips, &each);
        for (int i = 0; i < ROUND_TRIP_THREADS; i++)
            pthread_join(thread[i], NULL);
        double took = seconds_now() - began;
        if (took >= seconds) return took / (double)(each * ROUND_TRIP_THREADS);
        each *= 4;
    }
}

/* The parameters that nixad starts with (settings.def: password_ops, password_memory_kib). */
static void argon2id(void *ctx)
{
    uint8_t out[32], salt[crypto_pwhash_SALTBYTES] = {1};
    (void)ctx;
    if (crypto_pwhash(out, sizeof out, "correct horse battery", 21, salt, 2, 19456ULL * 1024,
                      crypto_pwhash_ALG_ARGON2ID13) != 0)
        die("bare hash failed");
}

/* The bare parts run where nixad runs: on its processor, in a child of their own that reports through a pipe.
 */
static void measure_parts(struct bench *b)
{
    struct signer es = {.key = EVP_EC_gen("P-256")}, rs = {.key = EVP_RSA_gen(2048)};
    b->floor.es256_sign = time_of(sign, &es, b->seconds / 4, 50);
    b->floor.es256_verify = time_of(verify, &es, b->seconds / 4, 50);
    b->floor.rs256_sign = time_of(sign, &rs, b->seconds / 4, 10);
    EVP_PKEY_free(es.key);
    EVP_PKEY_free(rs.key);
    if (sodium_init() < 0) die("libsodium");
    b->floor.argon2id = time_of(argon2id, NULL, b->seconds, 2);
    b->floor.round_trip = measure_round_trip(b->seconds / 4);
}

static void measure_answer(struct bench *b)
{
    int port, fd = listen_loopback(&port);
    char self[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0) die("own path");
    self[n] = 0;
    char *argv[] = {self, (char *)"--empty-server", NULL};
    pid_t pid = spawn(&(struct spawn){BENCH_SERVER_CPU, fd, -1, -1, "/dev/null", argv});
    close(fd);
    char origin[64];
    snprintf(origin, sizeof origin, "http://127.0.0.1:%d", port);
    b->floor.answer = 1 / wrk_rate(b, origin, "/empty", "form.lua", "x=1");
    end(pid, SIGKILL);
}

void floors_measure(struct bench *b)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) die("pipe");
    pid_t pid = fork();
    if (pid == 0) {
        pin(BENCH_SERVER_CPU);
        measure_parts(b);
        ssize_t n = write(ends[1], &b->floor, sizeof b->floor);
        _exit(n == (ssize_t)sizeof b->floor ? 0 : 1);
    }
    close(ends[1]);
    if (read(ends[0], &b->floor, sizeof b->floor) != (ssize_t)sizeof b->floor) die("the bare parts failed");
    close(ends[0]);
    waitpid(pid, NULL, 0);
    measure_answer(b);
    const struct floors *f = &b->floor;
    say("microseconds: answer %.1f, round trip %.1f, ES256 %.1f and %.1f, RS256 %.1f, Argon2id %.0f",
        f->answer * 1e6, f->round_trip * 1e6, f->es256_sign * 1e6, f->es256_verify * 1e6, f->rs256_sign * 1e6,
        f->argon2id * 1e6);
}
