#include "bench.h"

#include "http/server.h"

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PART_S 0.5  /* a slice of a bare part */
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

struct speed floor_time_of(const struct bench *b, void (*fn)(void *), void *ctx)
{
    struct speed best = SPEED_NONE;
    for (int slice = 0; slice < b->slices; slice++) {
        double began = seconds_now(), used = processor_now(getpid());
        int calls = 0;
        for (; seconds_now() - began < PART_S; calls++)
            fn(ctx);
        speed_best(&best,
                   (struct speed){(seconds_now() - began) / calls, (processor_now(getpid()) - used) / calls});
    }
    return best;
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

/* On one connection, one after the other: a round trip has an end before the next begins. */
static void round_trip(void *ctx)
{
    const char *argv[] = {"GET", "bench-absent"};
    size_t lengths[] = {3, 12};
    redisReply *r = redisCommandArgv(ctx, 2, argv, lengths);
    if (!r) die("bare round trip failed");
    freeReplyObject(r);
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

#define MEASURE(b, part, fn, ctx)                                                                            \
    do {                                                                                                     \
        struct speed part_ = floor_time_of((b), (fn), (ctx));                                                      \
        (b)->clock.part = part_.clock;                                                                       \
        (b)->processor.part = part_.processor;                                                               \
    } while (0)

/* The bare parts run where nixad runs: on its processor, in a child of their own that reports through a pipe.
 */
static void measure_parts(struct bench *b)
{
    struct signer es = {.key = EVP_EC_gen("P-256")}, rs = {.key = EVP_RSA_gen(2048)};
    MEASURE(b, es256_sign, sign, &es);
    MEASURE(b, es256_verify, verify, &es);
    MEASURE(b, rs256_sign, sign, &rs);
    EVP_PKEY_free(es.key);
    EVP_PKEY_free(rs.key);
    if (sodium_init() < 0) die("libsodium");
    MEASURE(b, argon2id, argon2id, NULL);
    redisContext *c = redisConnectUnix("run/redis.sock");
    if (!c || c->err) die("redis: %s", c ? c->errstr : "no memory");
    MEASURE(b, round_trip, round_trip, c);
    redisFree(c);
}

static void measure_parts_in_child(struct bench *b)
{
    int ends[2];
    struct floors both[2];
    if (pipe2(ends, O_CLOEXEC) != 0) die("pipe");
    pid_t pid = fork();
    if (pid == 0) {
        pin(BENCH_SERVER_CPU);
        measure_parts(b);
        both[0] = b->clock;
        both[1] = b->processor;
        _exit(write(ends[1], both, sizeof both) == (ssize_t)sizeof both ? 0 : 1);
    }
    close(ends[1]);
    if (read(ends[0], both, sizeof both) != (ssize_t)sizeof both) die("the bare parts failed");
    close(ends[0]);
    waitpid(pid, NULL, 0);
    b->clock = both[0];
    b->processor = both[1];
}

static void measure_answer(struct bench *b)
{
    int port, fd = listen_loopback(&port);
    char self[4096], origin[64];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0) die("own path");
    self[n] = 0;
    char *argv[] = {self, (char *)"--empty-server", NULL};
    pid_t pid = spawn(&(struct spawn){BENCH_SERVER_CPU, fd, -1, -1, "/dev/null", argv});
    close(fd);
    snprintf(origin, sizeof origin, "http://127.0.0.1:%d", port);
    struct speed s = wrk_best(b, &(struct shot){origin, "/empty", "form.lua", "x=1", pid});
    end(pid, SIGKILL);
    b->clock.answer = s.clock;
    b->processor.answer = s.processor;
}

static void tell(const char *how, const struct floors *f)
{
    say("microseconds by %s: answer %.1f, round trip %.1f, ES256 %.1f and %.1f, RS256 %.1f, Argon2id %.0f",
        how, f->answer * 1e6, f->round_trip * 1e6, f->es256_sign * 1e6, f->es256_verify * 1e6,
        f->rs256_sign * 1e6, f->argon2id * 1e6);
}

void floors_measure(struct bench *b)
{
    measure_parts_in_child(b);
    measure_answer(b);
    tell("the clock", &b->clock);
    tell("the processor", &b->processor);
}
