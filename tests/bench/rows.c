/* The rows of the table: what is done, what its floor is made of, and the least ratio. */
#include "bench.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- floors ---- */

static double floor_issue(const struct floors *f)
{
    return 1 / (f->answer + f->round_trip + f->es256_sign);
}

static double floor_refresh(const struct floors *f)
{
    return 1 / (f->answer + f->round_trip + 2 * f->es256_sign);
}

static double floor_verify(const struct floors *f)
{
    return 1 / (f->answer + f->round_trip + f->es256_verify);
}

static double floor_look(const struct floors *f)
{
    return 1 / (f->answer + f->round_trip);
}

static double floor_hash(const struct floors *f)
{
    return 1 / f->argon2id;
}

/* ---- requests ---- */

static char *origin(struct bench *b, nx_arena *a)
{
    return nx_arena_printf(a, "http://127.0.0.1:%d", b->port);
}

static char *authorization(struct bench *b, nx_arena *a)
{
    char *pair = nx_arena_printf(a, "%s:%s", b->client_id, b->client_secret);
    return nx_arena_printf(a, "Basic %s", nx_b64_dup(a, nx_span_str(pair)));
}

/* In every folder that is started: each has clients of its own. */
static void make_client(struct bench *b)
{
    snprintf(b->redirect_uri, sizeof b->redirect_uri, "https://bench.localhost/callback");
    NX_AUTO_JSON reply = rig_ctl(
        b, (const char *const[]){"client", "add", "--name", "Bench", "--redirect-uri", b->redirect_uri,
                                 "--grant-type", "authorization_code", "--grant-type", "refresh_token",
                                 "--grant-type", "client_credentials", NULL});
    const char *id = nx_json_str(reply, "client_id"), *secret = nx_json_str(reply, "client_secret");
    if (!id || !secret) die("client add gave no id and secret");
    snprintf(b->client_id, sizeof b->client_id, "%s", id);
    snprintf(b->client_secret, sizeof b->client_secret, "%s", secret);
}

void rows_prepare(struct bench *b)
{
    make_client(b);
    say("making people");
    flow_make_people(b, PEOPLE);
}

static double password_flow(struct bench *b, nx_arena *a)
{
    (void)a;
    return flow_password_rate(b);
}

static struct answer post(struct bench *b, struct http *h, nx_arena *a, const char *target, const char *form)
{
    return http_send(h, a, "POST", target, form, NULL, authorization(b, a));
}

static char *client_token(struct bench *b, struct http *h, nx_arena *a)
{
    struct answer r = post(b, h, a, "/oidc/token", "grant_type=client_credentials");
    NX_AUTO_JSON j = json_loadb(r.body, r.n, 0, NULL);
    const char *token = nx_json_str(j, "access_token");
    if (r.status != 200 || !token) die("client credentials: status %d: %s", r.status, r.body);
    return nx_arena_strdup(a, token);
}

/* Tokens that no introspection has seen, one form a line. */
static void write_tokens(struct bench *b, const char *path, int count)
{
    FILE *f = fopen(path, "we");
    struct http *h = http_open(b);
    nx_arena *a = nx_arena_open(4u << 20);
    if (!f || !a) die("%s", path);
    for (int i = 0; i < count; i++) {
        fprintf(f, "token=%s\n", client_token(b, h, a));
        nx_arena_reset(a);
    }
    nx_arena_close(a);
    http_close(h);
    fclose(f);
}

/* ---- what is not a rate ---- */

static double up_seconds(struct bench *b, nx_arena *a)
{
    (void)a;
    return b->up_s;
}

static double ready_seconds(struct bench *b, nx_arena *a)
{
    (void)a;
    return b->ready_s;
}

/* Resident bytes of nixad, in MiB. */
static double idle_memory(struct bench *b, nx_arena *a)
{
    char *path = nx_arena_printf(a, "/proc/%d/status", (int)b->nixad), line[256];
    FILE *f = fopen(path, "re");
    double kib = 0;
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "VmRSS:", 6) == 0) kib = strtod(line + 6, NULL);
    if (f) fclose(f);
    return kib / 1024;
}

static double redis_bytes(void)
{
    redisContext *c = redisConnectUnix("run/redis.sock");
    redisReply *r = c && !c->err ? redisCommand(c, "INFO memory") : NULL;
    const char *at = r && r->str ? strstr(r->str, "used_memory:") : NULL;
    if (!at) die("redis tells no used_memory");
    double bytes = strtod(at + 12, NULL);
    freeReplyObject(r);
    redisFree(c);
    return bytes;
}

/* Redis bytes of one sign-on session with one portal, over many. */
static double bytes_a_session(struct bench *b, nx_arena *a)
{
    enum { SESSIONS = 200 };
    struct http *h = http_open(b);
    double before = 0;
    for (int i = -PEOPLE; i < SESSIONS; i++) { /* the first of each person asks for consent */
        if (i == 0) before = redis_bytes();
        http_forget_cookies(h);
        flow_tokens(b, h, a, (i + PEOPLE) % PEOPLE, NULL);
        nx_arena_reset(a);
    }
    http_close(h);
    return (redis_bytes() - before) / SESSIONS;
}

static double issue_at(struct bench *b, nx_arena *a, const char *at)
{
    return wrk_rate(b, at, "/oidc/token", "form.lua",
                    nx_arena_printf(a, "grant_type=client_credentials %s", authorization(b, a)));
}

static double client_credentials(struct bench *b, nx_arena *a)
{
    return issue_at(b, a, origin(b, a));
}

static double through_edge(struct bench *b, nx_arena *a)
{
    return issue_at(b, a, nx_arena_printf(a, "https://%s", b->listen));
}

/* Last of all: it moves the rig. */
static double on_disk(struct bench *b, nx_arena *a)
{
    if (rig_to_disk(b)) make_client(b);
    return client_credentials(b, a);
}

static double refresh(struct bench *b, nx_arena *a)
{
    struct http *h = http_open(b);
    char *token = NULL;
    flow_tokens(b, h, a, 0, &token);
    http_close(h);
    if (!token) die("the code flow gave no refresh token");
    return wrk_rate(
        b, origin(b, a), "/oidc/token", "form.lua",
        nx_arena_printf(a, "grant_type=refresh_token&refresh_token=%s %s", token, authorization(b, a)));
}

/* Each token once, more of them than a second can take. */
static double introspection_first(struct bench *b, nx_arena *a)
{
    char path[128];
    snprintf(path, sizeof path, "%s/tokens", b->dir);
    write_tokens(b, path, (int)(1.5 * floor_verify(&b->floor)));
    double seconds = b->seconds;
    b->seconds = 1;
    double rate = wrk_rate(b, origin(b, a), "/oidc/introspect", "forms.lua",
                           nx_arena_printf(a, "%s %s", path, authorization(b, a)));
    b->seconds = seconds;
    return rate;
}

static double introspection_again(struct bench *b, nx_arena *a)
{
    struct http *h = http_open(b);
    const char *token = client_token(b, h, a);
    http_close(h);
    return wrk_rate(b, origin(b, a), "/oidc/introspect", "form.lua",
                    nx_arena_printf(a, "token=%s %s", token, authorization(b, a)));
}

/* ---- the table ---- */

static const struct measure {
    const char *name;
    double (*measure)(struct bench *b, nx_arena *a);
    double (*floor)(const struct floors *f); /* NULL: the row has a limit */
    double goal;                             /* least ratio, 0: none; or the limit */
    const char *unit;
} measures[] = {
    {"up on an existing folder, the whole of it", up_seconds, NULL, 3, "s"},
    {"nixad ready after its start on an existing folder", ready_seconds, NULL, 0.5, "s"},
    {"idle memory of nixad", idle_memory, NULL, 60, "MiB"},
    {"Redis memory of a sign-on session with one portal", bytes_a_session, NULL, 1536, "B"},
    {"client credentials, ES256 JWT", client_credentials, floor_issue, 0.5, "/s"},
    {"refresh, confidential client (access and ID token)", refresh, floor_refresh, 0.5, "/s"},
    {"introspection, token seen first", introspection_first, floor_verify, 0.6, "/s"},
    {"introspection, the same token again", introspection_again, floor_look, 0.6, "/s"},
    {"password sign-in, whole code flow", password_flow, floor_hash, 0.85, "/s"},
    {"client credentials through HAProxy and TLS", through_edge, floor_issue, 0, "/s"},
    {"client credentials, Redis on this disk", on_disk, floor_issue, 0, "/s"},
};

static struct row row_of(struct bench *b, const struct measure *m, nx_arena *a)
{
    struct row r = {.name = m->name, .unit = m->unit, .limit = !m->floor};
    r.rate = m->measure(b, a);
    r.floor = m->floor ? m->floor(&b->floor) : m->goal;
    r.goal = m->floor ? m->goal : 1;
    say("%s: %.2f %s of %.2f", r.name, r.rate, r.unit, r.floor);
    return r;
}

size_t rows_measure(struct bench *b, const char *only, struct row *rows, size_t max)
{
    size_t n = 0;
    NX_AUTO(nx_arena) a = nx_arena_open(16u << 20);
    for (size_t i = 0; i < sizeof measures / sizeof measures[0]; i++) {
        if (only && !strstr(measures[i].name, only)) continue;
        if (n == max) die("too many rows");
        rows[n++] = row_of(b, &measures[i], a);
        nx_arena_reset(a);
    }
    return n;
}
