/* What is not a rate: times of starting, memory, a tail of latencies. */
#include "bench.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SESSIONS 200
#define CHAINED_S 2 /* by then the audit streams have been chained into the registry */

double up_seconds(struct bench *b, nx_arena *a)
{
    (void)a;
    return b->up_s;
}

double ready_seconds(struct bench *b, nx_arena *a)
{
    (void)a;
    return b->ready_s;
}

double idle_memory(struct bench *b, nx_arena *a)
{
    (void)a;
    return b->idle_mib;
}

double resident_mib(pid_t pid)
{
    char path[64], line[256];
    double kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "VmRSS:", 6) == 0) kib = strtod(line + 6, NULL);
    if (f) fclose(f);
    return kib / 1024;
}

/* ---- Redis ---- */

static redisReply *ask(redisContext *c, const char *one, const char *two)
{
    const char *argv[] = {one, two};
    redisReply *r = redisCommandArgv(c, two ? 2 : 1, argv, NULL);
    if (!r || r->type == REDIS_REPLY_ERROR) die("redis: %s", one);
    return r;
}

/* The authorization code and the sign-in's transaction end by themselves within a minute and ten: what is
 * asked for is what stays for as long as the session does, the access token included. */
static void drop_passing(redisContext *c)
{
    static const char *const patterns[] = {"{s*}:r:c*", "{s*}:r:x*"};
    for (size_t k = 0; k < 2; k++) {
        redisReply *keys = ask(c, "KEYS", patterns[k]);
        for (size_t i = 0; i < keys->elements; i++)
            freeReplyObject(ask(c, "DEL", keys->element[i]->str));
        freeReplyObject(keys);
    }
}

static double redis_bytes(void)
{
    redisContext *c = redisConnectUnix("run/redis.sock");
    if (!c || c->err) die("redis");
    drop_passing(c);
    redisReply *r = ask(c, "INFO", "memory");
    const char *at = strstr(r->str, "used_memory:");
    if (!at) die("redis tells no used_memory");
    double bytes = strtod(at + 12, NULL);
    freeReplyObject(r);
    redisFree(c);
    return bytes;
}

static void sign_in_many(struct bench *b, nx_arena *a, int count)
{
    struct visit v = {.bench = b, .browser = http_open(b), .arena = a};
    for (int i = 0; i < count; i++) {
        v.person = i % PEOPLE;
        http_forget_cookies(v.browser);
        flow_tokens(&v);
        nx_arena_reset(a);
    }
    http_close(v.browser);
    sleep(CHAINED_S);
}

/* Session, refresh family and access token of one sign-in, with their places in the indexes. */
double bytes_a_session(struct bench *b, nx_arena *a)
{
    sign_in_many(b, a, PEOPLE); /* the first of each person leaves what all of hers share */
    double before = redis_bytes();
    sign_in_many(b, a, SESSIONS);
    return (redis_bytes() - before) / SESSIONS;
}

/* ---- latency ---- */

/* At a fifth of what the token endpoint can do. */
double p99_in_storm(struct bench *b, nx_arena *a)
{
    if (b->token_rate == 0) client_credentials(b, a);
    return storm_ratio(b, a, 0.2 * b->token_rate);
}
